-- SPDX-License-Identifier: MIT
-- Erasures as yavio-jobs works on them.

-- name: erase_get
-- roles: service
SELECT state, scope, workspace_id, passes, requested_at, clean_at,
	(extract(epoch FROM now() - clean_at) * 1000)::bigint
FROM yavio.erasures
WHERE id = $1;

-- name: erase_projects
-- roles: service
SELECT unnest(project_ids) FROM yavio.erasures WHERE id = $1;

-- name: erase_running
-- roles: service
UPDATE yavio.erasures
SET state = 'running', passes = passes + 1
WHERE id = $1 AND state <> 'done';

-- After a pass without a fault: $3 true: nothing is left and nothing older can come from the spool of this machine;
-- $4 true: rows were found, so a first clean pass before it no longer counts.
-- name: erase_passed
-- roles: service
UPDATE yavio.erasures
SET rows_deleted = rows_deleted + $2,
	clean_at = CASE WHEN NOT $3::boolean THEN NULL WHEN clean_at IS NULL OR $4::boolean THEN now() ELSE clean_at END,
	last_error = NULL
WHERE id = $1
RETURNING clean_at;

-- name: erase_done
-- roles: service
UPDATE yavio.erasures
SET state = 'done', finished_at = now(), last_error = NULL
WHERE id = $1;

-- Where the workspace is still there to show it.
-- name: erase_audit
-- roles: service
INSERT INTO yavio.audit_log (workspace_id, actor_kind, action, target_type, target_id, detail)
SELECT e.workspace_id, 'system', 'erasure.done', 'erasure', e.id::text,
	jsonb_build_object('rows', e.rows_deleted, 'projects', cardinality(e.project_ids))
FROM yavio.erasures AS e
JOIN yavio.workspaces AS w ON w.id = e.workspace_id
WHERE e.id = $1;

-- name: erase_trouble
-- roles: service
UPDATE yavio.erasures
SET last_error = $2, state = CASE WHEN $3::boolean THEN 'failed' ELSE state END
WHERE id = $1;

-- Finished less than 30 days ago and not looked at since $1.
-- name: erase_sweep_next
-- roles: service
SELECT id, workspace_id
FROM yavio.erasures
WHERE finished_at > now() - interval '30 days' AND state = 'done' AND (swept_at IS NULL OR swept_at < $1)
ORDER BY id
LIMIT 1;

-- name: erase_swept
-- roles: service
UPDATE yavio.erasures SET swept_at = now(), rows_deleted = rows_deleted + $2 WHERE id = $1;

-- name: erase_pending
-- roles: service
SELECT count(*) FILTER (WHERE state IN ('queued', 'running')), count(*) FILTER (WHERE state = 'failed')
FROM yavio.erasures;
