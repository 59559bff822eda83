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

-- As the first account's set-up does: two at a time make one first account.
-- name: user_admin_setup_lock
-- roles: service
SELECT pg_advisory_xact_lock(hashtextextended('yavio setup', 0));

-- No row: the address has an account.
-- name: user_admin_insert
-- roles: service
INSERT INTO yavio.users (id, email, name, password_hash, email_verified_at, email_proof)
VALUES ($1, $2, $3, $4, now(), 'setup')
ON CONFLICT (email) DO NOTHING;

-- Of nobody else: what was made headless is the first account's.
-- name: user_admin_adopt_members
-- roles: service
UPDATE yavio.workspace_members AS m SET user_id = $1, joined_at = now()
WHERE m.user_id = yavio.system_account() AND m.role = 'owner'
	AND NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.id NOT IN ($1, yavio.system_account()));

-- name: user_admin_adopt_workspaces
-- roles: service
UPDATE yavio.workspaces AS w SET owner_id = $1, updated_at = now()
WHERE w.owner_id = yavio.system_account()
	AND NOT EXISTS (SELECT FROM yavio.users AS u WHERE u.id NOT IN ($1, yavio.system_account()));

-- name: user_admin_join
-- roles: service
INSERT INTO yavio.workspace_members (workspace_id, user_id, role)
VALUES ($1, $2, 'admin')
ON CONFLICT DO NOTHING;
