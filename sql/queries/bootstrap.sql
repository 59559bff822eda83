-- SPDX-License-Identifier: MIT
-- Making the database and setting passwords, once, as the server's administrator.

-- Held by the first connection until all is done.
-- name: bootstrap_lock
-- roles: superuser
-- prepare: no
SELECT pg_advisory_lock(8386109803226);

-- name: bootstrap_database_exists
-- roles: superuser
-- prepare: no
SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = 'yavio');

-- name: bootstrap_database
-- roles: superuser
-- prepare: no
CREATE DATABASE yavio TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';

-- For bootstrap_password, in the same transaction: ALTER ROLE takes no parameters.
-- name: bootstrap_password_of
-- roles: superuser
-- prepare: no
SELECT set_config('yavio.role', $1, true), set_config('yavio.verifier', $2, true);

-- The verifier is SCRAM: the password itself never reaches the server or its log.
-- name: bootstrap_password
-- roles: superuser
-- prepare: no
DO $$
BEGIN
	EXECUTE format('ALTER ROLE %I PASSWORD %L', current_setting('yavio.role'), current_setting('yavio.verifier'));
END
$$;
