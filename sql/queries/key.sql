-- SPDX-License-Identifier: MIT
-- API keys: looked up by hash, made, listed, revoked and rotated.

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

-- name: key_live_secrets
-- roles: service
SELECT DISTINCT hash_kid
FROM yavio.api_keys
WHERE (revoked_at IS NULL OR revoked_at > now())
	AND (expires_at IS NULL OR expires_at > now())
ORDER BY hash_kid;

-- name: key_insert
-- roles: service app
INSERT INTO yavio.api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- Live: neither revoked nor expired; a key in its grace counts.
-- name: key_count_live
-- roles: service app
SELECT count(*)
FROM yavio.api_keys
WHERE project_id = $1 AND workspace_id = $2
	AND (revoked_at IS NULL OR revoked_at > now())
	AND (expires_at IS NULL OR expires_at > now());

-- A grace that runs already is only ever shortened.
-- name: key_revoke
-- roles: service app
UPDATE yavio.api_keys
SET revoked_at = least(revoked_at, now() + $3::float8 * interval '1 millisecond')
WHERE id = $1 AND workspace_id = $2 AND (revoked_at IS NULL OR revoked_at > now());

-- Still, until the end of the transaction: of two rotations of a key one waits and finds it revoked.
-- name: key_lock
-- roles: app
SELECT k.name, k.expires_at, k.revoked_at IS NULL, k.revoked_at IS NULL OR k.revoked_at > now(),
	k.expires_at IS NOT NULL AND k.expires_at <= now()
FROM yavio.api_keys AS k
WHERE k.id = $1 AND k.project_id = $2 AND k.workspace_id = $3
FOR NO KEY UPDATE;

-- name: key_replaced
-- roles: app
UPDATE yavio.api_keys SET replaced_by = $3 WHERE id = $1 AND workspace_id = $2;

-- name: key_get
-- roles: app
SELECT k.id, k.key_prefix, k.name, k.created_by, u.name, k.created_at, k.expires_at, k.last_used_at, k.revoked_at,
	k.replaced_by,
	CASE
		WHEN k.revoked_at <= now() THEN 'revoked'
		WHEN k.expires_at <= now() THEN 'expired'
		WHEN k.revoked_at IS NOT NULL THEN 'grace'
		ELSE 'active'
	END
FROM yavio.api_keys AS k
LEFT JOIN yavio.users AS u ON u.id = k.created_by
WHERE k.id = $1 AND k.project_id = $2 AND k.workspace_id = $3;

-- name: key_page
-- roles: app
WITH found AS (
	SELECT k.id, k.key_prefix, k.name, k.created_by, u.name AS creator, k.created_at, k.expires_at, k.last_used_at,
		k.revoked_at, k.replaced_by,
		CASE
			WHEN k.revoked_at <= now() THEN 'revoked'
			WHEN k.expires_at <= now() THEN 'expired'
			WHEN k.revoked_at IS NOT NULL THEN 'grace'
			ELSE 'active'
		END AS state
	FROM yavio.api_keys AS k
	LEFT JOIN yavio.users AS u ON u.id = k.created_by
	WHERE k.project_id = $1 AND k.workspace_id = $2
	LIMIT 10000
), page AS (
	SELECT row_number() OVER (
			ORDER BY
				CASE WHEN $5 = 'name' AND NOT $6 THEN lower(name) END,
				CASE WHEN $5 = 'name' AND $6 THEN lower(name) END DESC,
				CASE WHEN $5 = 'lastUsedAt' AND NOT $6 THEN last_used_at END NULLS FIRST,
				CASE WHEN $5 = 'lastUsedAt' AND $6 THEN last_used_at END DESC NULLS LAST,
				CASE WHEN $5 = 'createdAt' AND NOT $6 THEN created_at END,
				CASE WHEN $5 = 'createdAt' AND $6 THEN created_at END DESC,
				id
		) AS place, *
	FROM found
	ORDER BY place
	LIMIT $3 OFFSET $4
)
SELECT (SELECT count(*) FROM found), p.id, p.key_prefix, p.name, p.created_by, p.creator, p.created_at, p.expires_at,
	p.last_used_at, p.revoked_at, p.replaced_by, p.state
FROM (VALUES (1)) AS one (n)
LEFT JOIN page AS p ON true
ORDER BY p.place;

-- name: key_secret_uses
-- roles: service
SELECT count(*)
FROM yavio.api_keys
WHERE hash_kid = $1
	AND (revoked_at IS NULL OR revoked_at > now())
	AND (expires_at IS NULL OR expires_at > now());
