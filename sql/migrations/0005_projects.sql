-- SPDX-License-Identifier: MIT
-- Projects and API keys: what ingest looks up, and how it learns within a second that a key changed.
--
-- Functions: ingest_key_touch; trigger: api_keys_notify (channel yavio_keys, payload the key hash in hex).

CREATE TABLE yavio.projects (
	id uuid PRIMARY KEY,
	workspace_id uuid NOT NULL REFERENCES yavio.workspaces (id) ON DELETE CASCADE,
	name text NOT NULL CHECK (char_length(name) BETWEEN 2 AND 100),
	slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,46}[a-z0-9]$'),
	updated_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (workspace_id, slug),
	UNIQUE (id, workspace_id)
);

-- The foreign key over both columns: a key cannot name another workspace's project.
CREATE TABLE yavio.api_keys (
	id uuid PRIMARY KEY,
	project_id uuid NOT NULL,
	workspace_id uuid NOT NULL,
	key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
	hash_kid text NOT NULL,
	key_prefix text NOT NULL CHECK (key_prefix ~ '^yav_[0-9a-f]{8}$'),
	name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
	created_by uuid REFERENCES yavio.users (id) ON DELETE SET NULL,
	replaced_by uuid REFERENCES yavio.api_keys (id) ON DELETE SET NULL,
	expires_at timestamptz,
	last_used_at timestamptz,
	revoked_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	FOREIGN KEY (project_id, workspace_id) REFERENCES yavio.projects (id, workspace_id) ON DELETE CASCADE
);

COMMENT ON COLUMN yavio.api_keys.key_hash IS 'HMAC-SHA256 under the secret hash_kid of API_KEY_HASH_SECRET';
COMMENT ON COLUMN yavio.api_keys.revoked_at IS 'In the future: grace, the key still works until then';
COMMENT ON COLUMN yavio.api_keys.last_used_at IS 'Exact to a minute';

CREATE INDEX api_keys_project_id_idx ON yavio.api_keys (project_id, created_at DESC);
CREATE INDEX api_keys_workspace_id_idx ON yavio.api_keys (workspace_id);
CREATE INDEX api_keys_created_by_idx ON yavio.api_keys (created_by);
CREATE INDEX api_keys_replaced_by_idx ON yavio.api_keys (replaced_by);

ALTER TABLE yavio.projects ENABLE ROW LEVEL SECURITY;

CREATE POLICY projects_select ON yavio.projects
	FOR SELECT TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(1)));
CREATE POLICY projects_insert ON yavio.projects
	FOR INSERT TO yavio_app
	WITH CHECK (workspace_id IN (SELECT yavio.app_workspaces(3)));
CREATE POLICY projects_update ON yavio.projects
	FOR UPDATE TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(3)))
	WITH CHECK (workspace_id IN (SELECT yavio.app_workspaces(3)));
CREATE POLICY projects_delete ON yavio.projects
	FOR DELETE TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(3)));

GRANT
	SELECT (id, workspace_id, name, slug, updated_at, created_at),
	INSERT (id, workspace_id, name, slug),
	UPDATE (name, slug, updated_at),
	DELETE
	ON yavio.projects TO yavio_app;

ALTER TABLE yavio.api_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_keys_select ON yavio.api_keys
	FOR SELECT TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(2)));
CREATE POLICY api_keys_insert ON yavio.api_keys
	FOR INSERT TO yavio_app
	WITH CHECK (workspace_id IN (SELECT yavio.app_workspaces(3)));
CREATE POLICY api_keys_update ON yavio.api_keys
	FOR UPDATE TO yavio_app
	USING (workspace_id IN (SELECT yavio.app_workspaces(3)))
	WITH CHECK (workspace_id IN (SELECT yavio.app_workspaces(3)));
-- Ingest reads the keys of all tenants by hash, and nothing else.
CREATE POLICY api_keys_ingest ON yavio.api_keys
	FOR SELECT TO yavio_ingest
	USING (true);

GRANT
	SELECT (id, project_id, workspace_id, hash_kid, key_prefix, name, created_by, replaced_by, expires_at,
		last_used_at, revoked_at, created_at),
	INSERT (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name, created_by, expires_at),
	UPDATE (name, revoked_at, replaced_by)
	ON yavio.api_keys TO yavio_app;
GRANT SELECT (id, key_hash, project_id, workspace_id, expires_at, revoked_at) ON yavio.api_keys TO yavio_ingest;

CREATE FUNCTION yavio.api_keys_notify() RETURNS trigger
	LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	PERFORM pg_notify('yavio_keys', encode(coalesce(NEW.key_hash, OLD.key_hash), 'hex'));
	RETURN NULL;
END
$$;

-- On insert too: ingest forgets that it refused the key.
CREATE TRIGGER api_keys_notify
	AFTER INSERT OR DELETE OR UPDATE OF revoked_at, expires_at ON yavio.api_keys
	FOR EACH ROW EXECUTE FUNCTION yavio.api_keys_notify();

-- Marks keys as used now, at most once a minute each; returns how many were marked. Rows that another worker is
-- marking are left to it, so two workers never wait for each other.
CREATE FUNCTION yavio.ingest_key_touch(ids uuid[]) RETURNS int
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	marked int;
BEGIN
	WITH stale AS MATERIALIZED (
		SELECT k.id FROM yavio.api_keys AS k
		WHERE k.id = ANY (ids) AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '60 seconds')
		FOR NO KEY UPDATE SKIP LOCKED
	)
	UPDATE yavio.api_keys AS k SET last_used_at = now() FROM stale WHERE k.id = stale.id;
	GET DIAGNOSTICS marked = ROW_COUNT;
	RETURN marked;
END
$$;

GRANT EXECUTE ON FUNCTION yavio.ingest_key_touch(uuid[]) TO yavio_ingest;
