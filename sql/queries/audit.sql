-- SPDX-License-Identifier: MIT
-- The audit log: written by the dashboard in the transaction of the change it tells of, read by the admins of a workspace.

-- name: audit_add
-- roles: app
INSERT INTO yavio.audit_log (workspace_id, actor_user_id, actor_kind, action, target_type, target_id, ip, user_agent,
	request_id, detail)
VALUES ($1, $2, 'user', $3, $4, $5, $6, left($7, 256), $8, coalesce($9::jsonb, '{}'));

-- Pages: as in workspace.sql. $8: newest first. Of the two branches only the wanted one is run, in the order of the index.
-- name: audit_page
-- roles: app
WITH page AS (
	(
		SELECT a.id, a.at, a.action, a.actor_kind, a.actor_user_id, a.target_type, a.target_id, a.ip, a.user_agent,
			a.request_id, a.detail
		FROM yavio.audit_log AS a
		WHERE $8::boolean AND a.workspace_id = $1
			AND ($4::text IS NULL OR a.action = $4)
			AND ($5::uuid IS NULL OR a.actor_user_id = $5)
			AND ($6::timestamptz IS NULL OR a.at >= $6)
			AND ($7::timestamptz IS NULL OR a.at < $7)
		ORDER BY a.at DESC, a.id DESC
		LIMIT $2 OFFSET $3
	)
	UNION ALL
	(
		SELECT a.id, a.at, a.action, a.actor_kind, a.actor_user_id, a.target_type, a.target_id, a.ip, a.user_agent,
			a.request_id, a.detail
		FROM yavio.audit_log AS a
		WHERE NOT $8::boolean AND a.workspace_id = $1
			AND ($4::text IS NULL OR a.action = $4)
			AND ($5::uuid IS NULL OR a.actor_user_id = $5)
			AND ($6::timestamptz IS NULL OR a.at >= $6)
			AND ($7::timestamptz IS NULL OR a.at < $7)
		ORDER BY a.at, a.id
		LIMIT $2 OFFSET $3
	)
)
SELECT
	(
		SELECT count(*)
		FROM (
			SELECT
			FROM yavio.audit_log AS a
			WHERE a.workspace_id = $1
			AND ($4::text IS NULL OR a.action = $4)
			AND ($5::uuid IS NULL OR a.actor_user_id = $5)
			AND ($6::timestamptz IS NULL OR a.at >= $6)
			AND ($7::timestamptz IS NULL OR a.at < $7)
			LIMIT 10000
		) AS found
	),
	p.id, p.at, p.action, p.actor_kind, p.actor_user_id, n.name, p.target_type,
	p.target_id, host(p.ip), p.user_agent, p.request_id, p.detail
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
LEFT JOIN yavio.app_actor_names($1, (SELECT array_agg(DISTINCT actor_user_id) FROM page)) AS n ON n.id = p.actor_user_id
ORDER BY CASE WHEN $8 THEN p.at END DESC, CASE WHEN $8 THEN p.id END DESC, p.at, p.id;
