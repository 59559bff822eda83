-- SPDX-License-Identifier: MIT
-- What the user of a transaction may see: sent together with the look-up of the login. The first condition asks nothing
-- of a transaction that got no tenant, since its login was unknown.

-- name: access_workspace
-- roles: app
SELECT m.workspace_id, m.role, p.id
FROM yavio.workspace_members AS m
LEFT JOIN yavio.projects AS p ON p.id = $2 AND p.workspace_id = m.workspace_id
WHERE current_setting('app.current_user_id', true) <> ''
	AND m.workspace_id = $1
	AND m.user_id = (SELECT yavio.app_uid());

-- name: access_project
-- roles: app
SELECT m.workspace_id, m.role, p.id
FROM yavio.projects AS p
JOIN yavio.workspace_members AS m ON m.workspace_id = p.workspace_id
WHERE current_setting('app.current_user_id', true) <> ''
	AND p.id = $1
	AND m.user_id = (SELECT yavio.app_uid());
