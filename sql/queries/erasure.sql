-- SPDX-License-Identifier: MIT
-- Erasures: what is asked for in the transaction that deletes the rows, and how far it got. Pages: as in workspace.sql.

-- $3 null: of every project of the workspace.
-- name: erasure_insert
-- roles: app
INSERT INTO yavio.erasures (id, scope, workspace_id, project_ids, requested_by, receipt_hash)
SELECT $1, $2, $4, coalesce(array_agg(p.id), '{}'), $5, $6
FROM yavio.projects AS p
WHERE p.workspace_id = $4 AND ($3::uuid IS NULL OR p.id = $3);

-- $4: newest first.
-- name: erasure_page
-- roles: app
WITH page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN $4 THEN e.requested_at END DESC,
				CASE WHEN NOT $4 THEN e.requested_at END,
				e.id
		) AS place,
		e.id, e.scope, e.state, cardinality(e.project_ids) AS projects, e.passes, e.rows_deleted, e.requested_at,
		e.finished_at
	FROM yavio.erasures AS e
	WHERE e.requested_by = $1
	ORDER BY place
	LIMIT $2 OFFSET $3
)
SELECT
	(SELECT count(*) FROM (SELECT FROM yavio.erasures AS e WHERE e.requested_by = $1 LIMIT 10000) AS found),
	p.id, p.scope, p.state, p.projects, p.passes, p.rows_deleted, p.requested_at, p.finished_at
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;

-- name: erasure_get
-- roles: app
SELECT id, scope, state, cardinality(project_ids), passes, rows_deleted, requested_at, finished_at
FROM yavio.erasures
WHERE id = $1 AND requested_by = $2;

-- name: erasure_by_receipt
-- roles: app
SELECT scope, state, requested_at, finished_at
FROM yavio.auth_erasure($1);
