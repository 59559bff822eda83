-- SPDX-License-Identifier: MIT
-- The audit log, written by the dashboard in the transaction of the change it tells of.

-- name: audit_add
-- roles: app
INSERT INTO yavio.audit_log (workspace_id, actor_user_id, actor_kind, action, target_type, target_id, ip, user_agent,
	request_id, detail)
VALUES ($1, $2, 'user', $3, $4, $5, $6, left($7, 256), $8, coalesce($9::jsonb, '{}'));
