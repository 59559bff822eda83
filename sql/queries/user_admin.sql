-- SPDX-License-Identifier: MIT
-- Accounts as the operator handles them from the command line.

-- Locked: a lock of failed passwords stands (its length by tier, as in auth_attempt).
-- name: user_admin_list
-- roles: service
SELECT u.id, u.email, u.name, u.email_verified_at IS NOT NULL, u.has_password,
	EXISTS (SELECT FROM yavio.user_totp AS t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL),
	EXISTS (
		SELECT FROM yavio.login_attempts AS a
		WHERE a.kind = 'password' AND a.subject = u.email AND a.tier > 0
			AND a.at + (ARRAY['15 minutes', '1 hour', '24 hours']::interval[])[a.tier] > now()
	),
	(SELECT count(*) FROM yavio.workspace_members AS m WHERE m.user_id = u.id),
	u.last_login_at, u.created_at
FROM yavio.users AS u
WHERE u.id <> yavio.system_account() AND ($1::text IS NULL OR u.email = $1)
ORDER BY u.created_at DESC, u.id
LIMIT 10000;

-- name: user_admin_lock
-- roles: service
SELECT id FROM yavio.users WHERE email = $1 AND id <> yavio.system_account() FOR NO KEY UPDATE;

-- name: user_admin_unlock
-- roles: service
DELETE FROM yavio.login_attempts
WHERE (kind = 'password' AND subject = $2) OR (kind = 'totp' AND subject = $1::uuid::text);

-- name: user_admin_totp_off
-- roles: service
DELETE FROM yavio.user_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL;

-- name: user_admin_codes_off
-- roles: service
DELETE FROM yavio.recovery_codes WHERE user_id = $1;

-- name: user_admin_logout
-- roles: service
DELETE FROM yavio.sessions WHERE user_id = $1;

-- The user sees it among the events of the account.
-- name: user_admin_audit
-- roles: service
INSERT INTO yavio.audit_log (actor_user_id, actor_kind, action, target_type, target_id)
VALUES ($1, 'cli', $2, 'user', $1::uuid::text);
