-- SPDX-License-Identifier: MIT
-- Invitations. Pending: not accepted and not expired. Pages: as in workspace.sql.

-- What stands in the way of one more, under workspace_lock: member of that address, pending for it, and how many of each.
-- name: invitation_room
-- roles: app
SELECT
	EXISTS (
		SELECT FROM yavio.workspace_members AS m
		JOIN yavio.users AS u ON u.id = m.user_id
		WHERE m.workspace_id = $1 AND u.email = $2
	),
	EXISTS (
		SELECT FROM yavio.invitations AS i
		WHERE i.workspace_id = $1 AND i.email = $2 AND i.accepted_at IS NULL AND i.expires_at > now()
	),
	(SELECT count(*) FROM yavio.workspace_members AS m WHERE m.workspace_id = $1),
	(
		SELECT count(*) FROM yavio.invitations AS i
		WHERE i.workspace_id = $1 AND i.accepted_at IS NULL AND i.expires_at > now()
	);

-- An expired one of the same address, which the daily clean-up has not met yet.
-- name: invitation_forget_expired
-- roles: app
DELETE FROM yavio.invitations
WHERE workspace_id = $1 AND email = $2 AND accepted_at IS NULL AND expires_at <= now();

-- With a token it counts as sent: somebody passes it on by hand. Without, a job makes the token and sends it.
-- name: invitation_insert
-- roles: app
INSERT INTO yavio.invitations (id, workspace_id, email, role, invited_by, token_hash, sent_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6::bytea IS NOT NULL THEN now() END, now() + interval '7 days')
RETURNING expires_at;

-- name: invitation_page
-- roles: app
WITH found AS (
	SELECT i.id, i.email, i.role, i.invited_by, u.name AS inviter, i.sent_at, i.expires_at, i.created_at
	FROM yavio.invitations AS i
	LEFT JOIN yavio.users AS u ON u.id = i.invited_by
	WHERE i.workspace_id = $1 AND i.accepted_at IS NULL AND i.expires_at > now()
	LIMIT 10000
), page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN $4 = 'email' AND NOT $5 THEN email END,
				CASE WHEN $4 = 'email' AND $5 THEN email END DESC,
				CASE WHEN $4 = 'expiresAt' AND NOT $5 THEN expires_at END,
				CASE WHEN $4 = 'expiresAt' AND $5 THEN expires_at END DESC,
				CASE WHEN $4 = 'createdAt' AND NOT $5 THEN created_at END,
				CASE WHEN $4 = 'createdAt' AND $5 THEN created_at END DESC,
				id
		) AS place, *
	FROM found
	ORDER BY place
	LIMIT $2 OFFSET $3
)
SELECT (SELECT count(*) FROM found), p.id, p.email, p.role, p.invited_by, p.inviter, p.sent_at, p.expires_at,
	p.created_at
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;

-- name: invitation_get
-- roles: app
SELECT i.id, i.email, i.role
FROM yavio.invitations AS i
WHERE i.id = $1 AND i.workspace_id = $2 AND i.accepted_at IS NULL;

-- name: invitation_delete
-- roles: app
DELETE FROM yavio.invitations
WHERE id = $1 AND workspace_id = $2 AND accepted_at IS NULL
RETURNING id, email, role;

-- name: invitation_preview
-- roles: app
SELECT id, email, role, expires_at, inviter_name, workspace_id, workspace_name
FROM yavio.auth_invitation($1);

-- name: invitation_accept
-- roles: app
SELECT result, workspace_id, slug, role
FROM yavio.auth_invitation_accept($1);
