-- SPDX-License-Identifier: MIT
-- One's own account: $1 is the user of the transaction.

-- The account is active from now on if it was not. $2: its address is proven by a mail.
-- name: self_activate
-- roles: app
UPDATE yavio.users
SET email_verified_at = coalesce(email_verified_at, now()),
	email_proof = CASE WHEN $2::boolean THEN 'mail' ELSE email_proof END,
	updated_at = now()
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

-- Held still until it is gone; no row: it went meanwhile.
-- name: self_lock
-- roles: app
SELECT id FROM yavio.users WHERE id = $1 FOR UPDATE;

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

-- What somebody did as an account and not in a workspace, newest first if $4; columns as in audit_page. One's own events
-- are few: they are sorted, not read in the order of an index.
-- name: self_audit
-- roles: app
WITH mine AS (
	SELECT
		row_number() OVER (
			ORDER BY
				CASE WHEN $4::boolean THEN a.at END DESC,
				CASE WHEN $4 THEN a.id END DESC,
				a.at,
				a.id
		) AS place,
		a.id, a.at, a.action, a.actor_kind, a.actor_user_id, u.name, a.target_type, a.target_id, host(a.ip) AS ip,
		a.user_agent, a.request_id, a.detail::text AS detail
	FROM yavio.audit_log AS a
	JOIN yavio.users AS u ON u.id = a.actor_user_id
	WHERE a.actor_user_id = $1 AND a.workspace_id IS NULL
	ORDER BY place
	LIMIT 10000
), page AS (
	SELECT * FROM mine ORDER BY place LIMIT $2 OFFSET $3
)
SELECT (SELECT count(*) FROM mine), p.id, p.at, p.action, p.actor_kind, p.actor_user_id, p.name, p.target_type,
	p.target_id, p.ip, p.user_agent, p.request_id, p.detail
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;
