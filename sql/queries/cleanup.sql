-- SPDX-License-Identifier: MIT
-- What yavio-jobs removes when its time is over: 1,000 rows a statement, each a transaction of its own.

-- $1: YAVIO_SESSION_MAX_DAYS.
-- name: cleanup_sessions
-- roles: service
DELETE FROM yavio.sessions WHERE id IN (
	SELECT id FROM yavio.sessions
	WHERE expires_at <= now() OR created_at <= now() - $1::int * interval '1 day'
	LIMIT 1000
);

-- Accounts whose address nobody proved within a day. One that owns a workspace is left alone.
-- name: cleanup_users
-- roles: service
DELETE FROM yavio.users WHERE id IN (
	SELECT u.id FROM yavio.users AS u
	WHERE u.email_verified_at IS NULL AND u.created_at <= now() - interval '24 hours'
		AND u.id <> yavio.system_account()
		AND NOT EXISTS (SELECT FROM yavio.workspaces AS w WHERE w.owner_id = u.id)
	LIMIT 1000
);

-- name: cleanup_totp
-- roles: service
DELETE FROM yavio.user_totp WHERE user_id IN (
	SELECT user_id FROM yavio.user_totp
	WHERE confirmed_at IS NULL AND created_at <= now() - interval '15 minutes'
	LIMIT 1000
);

-- name: cleanup_attempts
-- roles: service
DELETE FROM yavio.login_attempts WHERE id IN (
	SELECT id FROM yavio.login_attempts WHERE at <= now() - interval '24 hours' LIMIT 1000
);

-- name: cleanup_tokens
-- roles: service
DELETE FROM yavio.verification_tokens WHERE id IN (
	SELECT id FROM yavio.verification_tokens WHERE used_at IS NOT NULL OR expires_at <= now() LIMIT 1000
);

-- name: cleanup_invitations
-- roles: service
DELETE FROM yavio.invitations WHERE id IN (
	SELECT id FROM yavio.invitations
	WHERE (accepted_at IS NULL AND expires_at <= now()) OR accepted_at <= now() - interval '30 days'
	LIMIT 1000
);

-- name: cleanup_keys
-- roles: service
DELETE FROM yavio.api_keys WHERE id IN (
	SELECT id FROM yavio.api_keys WHERE revoked_at <= now() - interval '1 year' LIMIT 1000
);

-- $1: YAVIO_AUDIT_DAYS.
-- name: cleanup_audit
-- roles: service
DELETE FROM yavio.audit_log WHERE id IN (
	SELECT id FROM yavio.audit_log WHERE at <= now() - $1::int * interval '1 day' LIMIT 1000
);

-- name: cleanup_erasures
-- roles: service
DELETE FROM yavio.erasures WHERE id IN (
	SELECT id FROM yavio.erasures WHERE state = 'done' AND finished_at <= now() - interval '1 year' LIMIT 1000
);

-- name: cleanup_jobs
-- roles: service
DELETE FROM yavio.jobs WHERE id IN (
	SELECT id FROM yavio.jobs
	WHERE (state = 'done' AND finished_at <= now() - interval '7 days')
		OR (state = 'dead' AND finished_at <= now() - interval '30 days')
	LIMIT 1000
);

-- name: cleanup_stripe
-- roles: service
DELETE FROM yavio.stripe_webhook_events WHERE event_id IN (
	SELECT event_id FROM yavio.stripe_webhook_events WHERE received_at <= now() - interval '30 days' LIMIT 1000
);
