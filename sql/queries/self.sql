-- SPDX-License-Identifier: MIT
-- One's own account: $1 is the user of the transaction.

-- The address is proven, and the account active if it was not.
-- name: self_proven
-- roles: app
UPDATE yavio.users
SET email_verified_at = coalesce(email_verified_at, now()), email_proof = 'mail', updated_at = now()
WHERE id = $1;

-- name: self_identities
-- roles: app
SELECT provider, email, created_at
FROM yavio.oauth_accounts
WHERE user_id = $1
ORDER BY provider;

-- name: self_rename
-- roles: app
UPDATE yavio.users SET name = $2, updated_at = now() WHERE id = $1;

-- name: self_set_password
-- roles: app
UPDATE yavio.users SET password_hash = $2, updated_at = now() WHERE id = $1;

-- The workspaces that go with the account.
-- name: self_owned
-- roles: app
SELECT w.id, w.name, (SELECT count(*) FROM yavio.workspace_members AS m WHERE m.workspace_id = w.id) > 1
FROM yavio.workspaces AS w
WHERE w.owner_id = $1
ORDER BY w.id
FOR UPDATE OF w;

-- name: self_delete
-- roles: app
DELETE FROM yavio.users WHERE id = $1;

-- What somebody did as an account and not in a workspace, newest first. The first column counts them, to 10,000; the
-- others are null in the one row of an empty page.
-- name: self_audit
-- roles: app
WITH page AS (
	SELECT a.id, a.at, a.action, a.target_type, a.target_id, host(a.ip) AS ip, a.user_agent, a.request_id,
		a.detail::text AS detail
	FROM yavio.audit_log AS a
	WHERE a.actor_user_id = $1 AND a.workspace_id IS NULL
	ORDER BY a.at DESC, a.id DESC
	LIMIT $2 OFFSET $3
)
SELECT
	(
		SELECT count(*)
		FROM (
			SELECT FROM yavio.audit_log AS a
			WHERE a.actor_user_id = $1 AND a.workspace_id IS NULL
			LIMIT 10000
		) AS counted
	),
	p.id, p.at, p.action, p.target_type, p.target_id, p.ip, p.user_agent, p.request_id, p.detail
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.at DESC, p.id DESC;
