-- SPDX-License-Identifier: MIT
-- Workspaces as their members use them.
--
-- A page of a list is one statement: its first column counts what was found (to 10,000), the others are NULL in the one
-- row of an empty page.

-- Of workspaces that one person makes at once each is counted before the next.
-- name: workspace_owner_lock
-- roles: app
SELECT id FROM yavio.users WHERE id = $1 FOR NO KEY UPDATE;

-- name: workspace_owned
-- roles: app
SELECT count(*) FROM yavio.workspaces WHERE owner_id = $1;

-- No row: the slug is taken.
-- name: workspace_insert
-- roles: service app
INSERT INTO yavio.workspaces (id, name, slug, owner_id)
VALUES ($1, $2, $3, $4)
ON CONFLICT (slug) DO NOTHING;

-- A statement of its own: the policy looks for the workspace, and a statement does not see its own rows.
-- name: workspace_owner_insert
-- roles: service app
INSERT INTO yavio.workspace_members (workspace_id, user_id, role)
VALUES ($1, $2, 'owner');

-- name: workspace_page
-- roles: app
WITH found AS (
	SELECT w.id, w.name, w.slug, w.plan, m.role, w.created_at
	FROM yavio.workspace_members AS m
	JOIN yavio.workspaces AS w ON w.id = m.workspace_id
	WHERE m.user_id = (SELECT yavio.app_uid())
	LIMIT 10000
), page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN $3 = 'name' AND NOT $4 THEN lower(name) END,
				CASE WHEN $3 = 'name' AND $4 THEN lower(name) END DESC,
				CASE WHEN $3 = 'slug' AND NOT $4 THEN slug END,
				CASE WHEN $3 = 'slug' AND $4 THEN slug END DESC,
				CASE WHEN $3 = 'createdAt' AND NOT $4 THEN created_at END,
				CASE WHEN $3 = 'createdAt' AND $4 THEN created_at END DESC,
				id
		) AS place, *
	FROM found
	ORDER BY place
	LIMIT $1 OFFSET $2
)
SELECT (SELECT count(*) FROM found), p.id, p.name, p.slug, p.plan, p.role, p.created_at
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;

-- name: workspace_get
-- roles: app
SELECT w.id, w.name, w.slug, w.plan, m.role, w.created_at, yavio.app_member_count(w.id)
FROM yavio.workspaces AS w
JOIN yavio.workspace_members AS m ON m.workspace_id = w.id
WHERE w.id = $1 AND m.user_id = (SELECT yavio.app_uid());

-- Still, until the end of the transaction; no row: gone, or the user is no admin (any more). Keys to the row stay free,
-- so members, projects and keys can go on being made.
-- name: workspace_lock
-- roles: app
SELECT id, name, slug FROM yavio.workspaces WHERE id = $1 FOR NO KEY UPDATE;

-- The same before it is deleted, by its owner.
-- name: workspace_lock_owned
-- roles: app
SELECT id, name, slug FROM yavio.workspaces WHERE id = $1 AND owner_id = $2 FOR UPDATE;

-- name: workspace_update
-- roles: app
UPDATE yavio.workspaces
SET name = coalesce($2, name), slug = coalesce($3, slug), updated_at = now()
WHERE id = $1;

-- name: workspace_transfer
-- roles: app
SELECT yavio.workspace_transfer($1, $2);

-- name: workspace_delete
-- roles: app
DELETE FROM yavio.workspaces WHERE id = $1 AND owner_id = $2;

-- name: workspace_visible
-- roles: app
SELECT id FROM yavio.workspaces WHERE id = $1;
