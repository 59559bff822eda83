-- SPDX-License-Identifier: MIT
-- Workspaces as their members use them.
--
-- A page of a list is one statement: its first column counts what was found, the others are NULL in the one row of an
-- empty page.

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
-- with: login
SELECT session_id, user_id, stage, auth_at, expires_at, touched, total, id, name, slug, plan, role, created_at
FROM yavio.auth_workspaces($1, $2, $3, $4, $5, $6, $7);

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
