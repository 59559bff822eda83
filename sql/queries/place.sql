-- SPDX-License-Identifier: MIT
-- Workspaces and projects, found and made by the headless set-up; audit rows of the CLI; counts.

-- Two set-ups at once make one workspace, not two.
-- name: place_lock
-- roles: service
SELECT pg_advisory_xact_lock(hashtextextended('yavio place', 0));

-- name: workspace_find
-- roles: service
SELECT id, name, slug
FROM yavio.workspaces
WHERE id = $1 OR slug = $2 OR name = $2
ORDER BY id IS NOT DISTINCT FROM $1 DESC, slug = $2 DESC, created_at, id
LIMIT 1;

-- name: project_find_in
-- roles: service
SELECT id, name, slug
FROM yavio.projects
WHERE workspace_id = $1 AND (id = $2 OR slug = $3 OR name = $3)
ORDER BY id IS NOT DISTINCT FROM $2 DESC, slug = $3 DESC, created_at, id
LIMIT 1;

-- By id, by workspace slug and project slug ($2 and $3), or by slug or name alone ($2 null).
-- name: project_find
-- roles: service
SELECT w.id, w.name, w.slug, p.id, p.name, p.slug,
	(
		SELECT count(*) FROM yavio.api_keys AS k
		WHERE k.project_id = p.id
			AND (k.revoked_at IS NULL OR k.revoked_at > now())
			AND (k.expires_at IS NULL OR k.expires_at > now())
	), p.created_at
FROM yavio.projects AS p
JOIN yavio.workspaces AS w ON w.id = p.workspace_id
WHERE p.id = $1
	OR ($2::text IS NOT NULL AND w.slug = $2 AND p.slug = $3)
	OR ($2::text IS NULL AND (p.slug = $3 OR p.name = $3))
ORDER BY p.created_at, p.id
LIMIT 2;

-- In the transaction of the change it tells of.
-- name: audit_cli
-- roles: service
INSERT INTO yavio.audit_log (workspace_id, actor_kind, action, target_type, target_id, detail)
VALUES ($1, 'cli', $2, $3, $4, jsonb_build_object('name', $5::text));

-- name: place_counts
-- roles: service
SELECT
	(SELECT count(*) FROM yavio.users WHERE id <> yavio.system_account()),
	(SELECT count(*) FROM yavio.workspaces),
	(SELECT count(*) FROM yavio.projects),
	(
		SELECT count(*) FROM yavio.api_keys
		WHERE (revoked_at IS NULL OR revoked_at > now()) AND (expires_at IS NULL OR expires_at > now())
	);
