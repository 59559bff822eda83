-- SPDX-License-Identifier: MIT
-- Members of a workspace. Pages: as in workspace.sql.

-- name: member_page
-- roles: app
WITH found AS (
	SELECT m.user_id, u.name, u.email, m.role, m.joined_at
	FROM yavio.workspace_members AS m
	JOIN yavio.users AS u ON u.id = m.user_id
	WHERE m.workspace_id = $1
	LIMIT 10000
), page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN $4 = 'name' AND NOT $5 THEN lower(name) END,
				CASE WHEN $4 = 'name' AND $5 THEN lower(name) END DESC,
				CASE WHEN $4 = 'email' AND NOT $5 THEN email END,
				CASE WHEN $4 = 'email' AND $5 THEN email END DESC,
				CASE WHEN $4 = 'role' AND NOT $5 THEN array_position(ARRAY['owner', 'admin', 'member', 'viewer'], role) END,
				CASE WHEN $4 = 'role' AND $5 THEN array_position(ARRAY['owner', 'admin', 'member', 'viewer'], role) END DESC,
				CASE WHEN $4 = 'joinedAt' AND NOT $5 THEN joined_at END,
				CASE WHEN $4 = 'joinedAt' AND $5 THEN joined_at END DESC,
				user_id
		) AS place, *
	FROM found
	ORDER BY place
	LIMIT $2 OFFSET $3
)
SELECT (SELECT count(*) FROM found), p.user_id, p.name, p.email, p.role, p.joined_at
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;

-- Oneself only, or by a member: the policy.
-- name: member_get
-- roles: app
SELECT m.user_id, u.name, u.email, m.role, m.joined_at
FROM yavio.workspace_members AS m
JOIN yavio.users AS u ON u.id = m.user_id
WHERE m.workspace_id = $1 AND m.user_id = $2;

-- name: member_update_role
-- roles: app
UPDATE yavio.workspace_members SET role = $3
WHERE workspace_id = $1 AND user_id = $2 AND role <> 'owner';

-- name: member_delete
-- roles: app
DELETE FROM yavio.workspace_members
WHERE workspace_id = $1 AND user_id = $2 AND role <> 'owner';
