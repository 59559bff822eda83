-- SPDX-License-Identifier: MIT
-- Base of the schema: default privileges, the list of migrations, the instance row and the tenant of a transaction.
--
-- Every later table is granted column by column in the file that makes it; nothing is granted by default.
-- The runner may start before schema_migrations exists: this file makes it, the runner adds this file's row.

-- Without IN SCHEMA: the per-schema form adds to the built-in right of PUBLIC and takes nothing away.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA yavio TO yavio_app, yavio_ingest;

CREATE TABLE yavio.schema_migrations (
	version int PRIMARY KEY CHECK (version > 0),
	name text NOT NULL,
	checksum bytea NOT NULL CHECK (octet_length(checksum) = 32),
	program_version text NOT NULL,
	duration_ms int NOT NULL CHECK (duration_ms >= 0),
	applied_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN yavio.schema_migrations.checksum IS 'SHA-256 of the file as applied';

ALTER TABLE yavio.schema_migrations ENABLE ROW LEVEL SECURITY;

CREATE POLICY schema_migrations_select ON yavio.schema_migrations
	FOR SELECT TO yavio_app, yavio_ingest
	USING (true);

GRANT SELECT (version, name, checksum, program_version, duration_ms, applied_at, created_at)
	ON yavio.schema_migrations TO yavio_app, yavio_ingest;

-- One row. No grant: setup goes through the auth_setup functions, the rest through yavio_service.
CREATE TABLE yavio.instance (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	instance_id uuid NOT NULL,
	setup_token_hash bytea CHECK (octet_length(setup_token_hash) = 32),
	setup_done_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE yavio.instance ENABLE ROW LEVEL SECURITY;

INSERT INTO yavio.instance (instance_id) VALUES (gen_random_uuid());

-- The tenant of the transaction, for the policies. Fails closed: not set, empty (what a connection holds after its
-- first SET LOCAL ended) and the all-zero id (the system account, and what an uninitialised variable prints as) are
-- 42501; what is no uuid is 22P02. Runs as its caller.
CREATE FUNCTION yavio.app_uid() RETURNS uuid
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
DECLARE
	tenant uuid := nullif(current_setting('app.current_user_id', true), '')::uuid;
BEGIN
	IF tenant IS NULL OR tenant = '00000000-0000-0000-0000-000000000000'::uuid THEN
		RAISE EXCEPTION 'no tenant is set in this transaction'
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN tenant;
END
$$;

GRANT EXECUTE ON FUNCTION yavio.app_uid() TO yavio_app;
