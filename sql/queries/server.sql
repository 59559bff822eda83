-- SPDX-License-Identifier: MIT
-- What a program asks about the server and its own role before it serves anybody.

-- Why this role must not answer the internet; no row: it may.
-- name: server_role_faults
-- roles: app ingest
-- prepare: no
SELECT fault
FROM (
	SELECT 1 AS rank, 'role ' || r.rolname || ' is superuser' AS fault
	FROM pg_catalog.pg_roles AS r
	WHERE r.rolname IN (current_user, session_user) AND r.rolsuper
	UNION ALL
	SELECT 2, 'role ' || r.rolname || ' has BYPASSRLS'
	FROM pg_catalog.pg_roles AS r
	WHERE r.rolname IN (current_user, session_user) AND r.rolbypassrls
	UNION ALL
	SELECT 3, 'role ' || r.rolname || ' is a member of ' || pg_catalog.pg_get_userbyid(m.roleid)
	FROM pg_catalog.pg_auth_members AS m
	JOIN pg_catalog.pg_roles AS r ON r.oid = m.member
	WHERE r.rolname IN (current_user, session_user)
	UNION ALL
	SELECT 4, 'role ' || r.rolname || ' owns ' || c.relname
	FROM pg_catalog.pg_class AS c
	JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
	WHERE r.rolname IN (current_user, session_user) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		AND c.relpersistence <> 't'
	UNION ALL
	SELECT 5, 'table ' || c.relname || ' has no row-level security'
	FROM pg_catalog.pg_class AS c
	JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname = 'yavio' AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
) AS faults
ORDER BY rank, fault
LIMIT 1;

-- name: server_schema
-- roles: service app ingest
-- prepare: no
SELECT version, program_version
FROM yavio.schema_migrations
ORDER BY version;

-- Behind a pooler this is the server's process, which differs from the one named at connect.
-- name: server_backend
-- roles: service app ingest
-- prepare: no
SELECT pg_backend_pid();

-- Sent by its prepared name to find out whether a pooler keeps prepared statements.
-- name: server_probe
-- roles: service app ingest
SELECT 1;
