-- SPDX-License-Identifier: MIT
-- Accounts: what one sees of oneself, and whether anybody has one yet.

-- name: setup_needed
-- roles: app
SELECT yavio.auth_setup_needed();

-- name: user_self
-- roles: app
SELECT u.id, u.email, u.name, u.has_password, u.email_proof <> 'none', u.created_at,
	EXISTS (SELECT FROM yavio.user_totp AS t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL),
	(SELECT count(*) FROM yavio.recovery_codes AS c WHERE c.user_id = u.id AND c.used_at IS NULL)
FROM yavio.users AS u
WHERE u.id = (SELECT yavio.app_uid());

-- The same with the workspaces of the user by name, as many as a page shows; one row without any where there is none.
-- name: user_session
-- roles: app
-- with: login
SELECT session_id, user_id, stage, auth_at, expires_at, touched,
	user_id, email, name, has_password, verified, created_at, two_factor, recovery_codes, workspace_id, workspace_name,
	slug, role, plan
FROM yavio.auth_account($1, $2, $3);
