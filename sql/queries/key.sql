-- SPDX-License-Identifier: MIT
-- API keys: looked up by hash, made, listed and revoked.

-- One hash for each secret: at most one of them is a key.
-- name: key_by_hash
-- roles: ingest service
SELECT id, project_id, workspace_id, key_hash, expires_at, revoked_at
FROM yavio.api_keys
WHERE key_hash = ANY ($1::bytea[]);

-- name: key_touch
-- roles: ingest
SELECT yavio.ingest_key_touch($1);

-- Payload: hash in hex of a key that was made, changed or deleted.
-- name: key_listen
-- roles: ingest
-- prepare: no
LISTEN yavio_keys;

-- name: key_insert
-- roles: service
INSERT INTO yavio.api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- Live: neither revoked nor expired; a key in its grace counts.
-- name: key_count_live
-- roles: service
SELECT count(*)
FROM yavio.api_keys
WHERE project_id = $1
	AND (revoked_at IS NULL OR revoked_at > now())
	AND (expires_at IS NULL OR expires_at > now());

-- name: key_list
-- roles: service
SELECT k.id, k.project_id, k.workspace_id, k.key_prefix, k.hash_kid, k.name, p.name, w.name,
	k.created_at, k.expires_at, k.revoked_at, k.last_used_at
FROM yavio.api_keys AS k
JOIN yavio.projects AS p ON p.id = k.project_id
JOIN yavio.workspaces AS w ON w.id = k.workspace_id
WHERE $1::uuid IS NULL OR k.project_id = $1
ORDER BY k.created_at DESC, k.id
LIMIT 10000;

-- By id or by prefix, the live ones first; two rows tell that a prefix is not enough.
-- name: key_find
-- roles: service
SELECT id, workspace_id, name, (revoked_at IS NULL OR revoked_at > now()) AS live
FROM yavio.api_keys
WHERE id = $1 OR key_prefix = $2
ORDER BY live DESC, created_at DESC
LIMIT 2;

-- A grace that runs already is only ever shortened.
-- name: key_revoke
-- roles: service
UPDATE yavio.api_keys
SET revoked_at = least(revoked_at, now() + $2::float8 * interval '1 millisecond')
WHERE id = $1 AND (revoked_at IS NULL OR revoked_at > now());

-- name: key_live_secrets
-- roles: service
SELECT DISTINCT hash_kid
FROM yavio.api_keys
WHERE (revoked_at IS NULL OR revoked_at > now())
	AND (expires_at IS NULL OR expires_at > now())
ORDER BY hash_kid;
