-- SPDX-License-Identifier: MIT
-- Projects of a workspace. Pages: as in workspace.sql.

-- name: project_count
-- roles: service app
SELECT count(*) FROM yavio.projects WHERE workspace_id = $1;

-- No row: the slug is taken.
-- name: project_insert
-- roles: service app
INSERT INTO yavio.projects (id, workspace_id, name, slug)
VALUES ($1, $2, $3, $4)
ON CONFLICT (workspace_id, slug) DO NOTHING;

-- Holds the project still while its keys are counted and one is added.
-- name: project_lock
-- roles: service app
SELECT id, name, slug FROM yavio.projects WHERE id = $1 AND workspace_id = $2 FOR NO KEY UPDATE;

-- name: project_lock_whole
-- roles: app
SELECT id, name, slug FROM yavio.projects WHERE id = $1 AND workspace_id = $2 FOR UPDATE;

-- name: project_get
-- roles: app
SELECT id, name, slug, created_at, updated_at
FROM yavio.projects
WHERE id = $1 AND workspace_id = $2;

-- name: project_page
-- roles: app
WITH found AS (
	SELECT p.id, p.name, p.slug, p.created_at, p.updated_at
	FROM yavio.projects AS p
	WHERE p.workspace_id = $1
	LIMIT 10000
), page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN $4 = 'name' AND NOT $5 THEN lower(name) END,
				CASE WHEN $4 = 'name' AND $5 THEN lower(name) END DESC,
				CASE WHEN $4 = 'slug' AND NOT $5 THEN slug END,
				CASE WHEN $4 = 'slug' AND $5 THEN slug END DESC,
				CASE WHEN $4 = 'createdAt' AND NOT $5 THEN created_at END,
				CASE WHEN $4 = 'createdAt' AND $5 THEN created_at END DESC,
				CASE WHEN $4 = 'updatedAt' AND NOT $5 THEN updated_at END,
				CASE WHEN $4 = 'updatedAt' AND $5 THEN updated_at END DESC,
				id
		) AS place, *
	FROM found
	ORDER BY place
	LIMIT $2 OFFSET $3
)
SELECT (SELECT count(*) FROM found), p.id, p.name, p.slug, p.created_at, p.updated_at
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;

-- name: project_update
-- roles: app
UPDATE yavio.projects
SET name = coalesce($3, name), slug = coalesce($4, slug), updated_at = now()
WHERE id = $1 AND workspace_id = $2
RETURNING id, name, slug, created_at, updated_at;

-- name: project_delete
-- roles: app
DELETE FROM yavio.projects WHERE id = $1 AND workspace_id = $2;
