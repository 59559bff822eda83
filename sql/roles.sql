-- SPDX-License-Identifier: MIT
-- Roles, schema and database rights of Yavio: run once by an administrator, before the first `yavio migrate`.
--
-- How it is run. Everything below runs in the application database, in one transaction, as plain SQL (no psql
-- commands), so psql, libpq's simple protocol and a managed server's query window all take the file as it is.
--
--   1. connected to any database, alone (it cannot run inside a transaction):
--        CREATE DATABASE yavio TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
--   2. connected to that database:                this file, e.g.  psql -X -1 -v ON_ERROR_STOP=1 -d yavio -f sql/roles.sql
--   3. passwords, which no SQL file ever holds:   psql's \password yavio_service (and _app, _ingest). It sends a SCRAM
--        hash; until then no role can log in by password.
--
-- `yavio up` does the three steps for the private cluster. Running it again changes nothing and repairs what was
-- loosened. A managed server's administrator needs CREATEROLE and the ownership of the database, not superuser.

DO $$
BEGIN
	IF current_database() IN ('postgres', 'template0', 'template1') THEN
		RAISE EXCEPTION 'roles.sql belongs in the application database, not in "%"', current_database()
			USING HINT = 'CREATE DATABASE yavio, connect to it, run the file again';
	END IF;
	IF current_setting('server_version_num')::int < 150000 THEN
		RAISE EXCEPTION 'PostgreSQL 15 or newer is needed, this is %', current_setting('server_version');
	END IF;
END
$$;

-- The three roles. A role that exists is altered only when an attribute is wrong: ALTER of these attributes takes a
-- superuser, which the administrator of a managed server is not.
DO $$
DECLARE
	wanted CONSTANT text := 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT';
	role_name text;
BEGIN
	FOREACH role_name IN ARRAY ARRAY['yavio_service', 'yavio_app', 'yavio_ingest'] LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
			EXECUTE format('CREATE ROLE %I %s', role_name, wanted);
		ELSIF EXISTS (
			SELECT FROM pg_catalog.pg_roles
			WHERE rolname = role_name
				AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR rolinherit
					OR NOT rolcanlogin)
		) THEN
			EXECUTE format('ALTER ROLE %I %s', role_name, wanted);
		END IF;
	END LOOP;
END
$$;

-- Settings live on the role, not in a connection string: a pooler may drop start-up options, never these.
ALTER ROLE yavio_service SET search_path = yavio, pg_catalog;
ALTER ROLE yavio_service SET timezone = 'UTC';
ALTER ROLE yavio_service SET statement_timeout = '10min';
ALTER ROLE yavio_service SET lock_timeout = '5s';

ALTER ROLE yavio_app SET search_path = yavio, pg_catalog;
ALTER ROLE yavio_app SET timezone = 'UTC';
ALTER ROLE yavio_app SET statement_timeout = '5s';
ALTER ROLE yavio_app SET lock_timeout = '2s';
ALTER ROLE yavio_app SET idle_in_transaction_session_timeout = '10s';
-- Short statements, prepared once and each with its key: compiling them or planning them again costs more than it saves
-- (measured: a page of members 2.6 ms with jit, 0.8 ms without).
ALTER ROLE yavio_app SET jit = off;
ALTER ROLE yavio_app SET plan_cache_mode = 'force_generic_plan';

ALTER ROLE yavio_ingest SET search_path = yavio, pg_catalog;
ALTER ROLE yavio_ingest SET timezone = 'UTC';
ALTER ROLE yavio_ingest SET statement_timeout = '1s';
ALTER ROLE yavio_ingest SET jit = off;

-- Nobody connects or creates by being PUBLIC.
DO $$
BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM yavio_service, yavio_app, yavio_ingest', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO yavio_service, yavio_app, yavio_ingest', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- The schema belongs to yavio_service. To give it away, an administrator who is not superuser must be its member for
-- a moment. Rights on what is inside the schema are stated by the migrations, table by table.
DO $$
DECLARE
	joined boolean := false;
	owner_name text;
BEGIN
	SELECT pg_catalog.pg_get_userbyid(nspowner) INTO owner_name FROM pg_catalog.pg_namespace WHERE nspname = 'yavio';
	IF owner_name IS NOT DISTINCT FROM 'yavio_service' THEN
		RETURN;
	END IF;
	IF owner_name IS NOT NULL THEN
		RAISE EXCEPTION 'schema yavio belongs to "%", not to yavio_service', owner_name;
	END IF;
	IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
		AND NOT pg_catalog.pg_has_role(current_user, 'yavio_service', 'USAGE') THEN
		EXECUTE format('GRANT yavio_service TO %I', current_user);
		joined := true;
	END IF;
	CREATE SCHEMA yavio AUTHORIZATION yavio_service;
	IF joined THEN
		EXECUTE format('REVOKE yavio_service FROM %I', current_user);
	END IF;
END
$$;
