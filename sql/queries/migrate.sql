-- SPDX-License-Identifier: MIT
-- The migration runner's own statements. None is prepared: the tables may not exist yet.

-- One run at a time. Polled, since lock_timeout of the role would end a wait.
-- name: migrate_lock
-- roles: service
-- prepare: no
SELECT pg_try_advisory_lock(8386109803225);

-- name: migrate_unlock
-- roles: service
-- prepare: no
SELECT pg_advisory_unlock(8386109803225);

-- name: migrate_ready
-- roles: service
-- prepare: no
SELECT
	EXISTS (
		SELECT FROM pg_catalog.pg_namespace AS n
		JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
		WHERE n.nspname = 'yavio' AND r.rolname = current_user
	),
	EXISTS (
		SELECT FROM pg_catalog.pg_class AS c
		JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = 'yavio' AND c.relname = 'schema_migrations'
	);

-- name: migrate_list
-- roles: service
-- prepare: no
SELECT version, name, checksum, program_version, duration_ms, applied_at
FROM yavio.schema_migrations
ORDER BY version;

-- Gentle: a file that cannot have its locks soon lets others pass and tries again.
-- name: migrate_limits
-- roles: service
-- prepare: no
SET LOCAL lock_timeout = '5s';

-- name: migrate_record
-- roles: service
-- prepare: no
INSERT INTO yavio.schema_migrations (version, name, checksum, program_version, duration_ms)
VALUES ($1, $2, $3, $4, $5);
