-- SPDX-License-Identifier: MIT
-- Opening and closing a transaction; on app connections only with a tenant.

-- name: tx_begin
-- roles: service app ingest superuser
BEGIN;

-- name: tx_commit
-- roles: service app ingest superuser
COMMIT;

-- name: tx_rollback
-- roles: service app ingest superuser
ROLLBACK;

-- The tenant until the end of the transaction: SET LOCAL with a parameter.
-- name: tx_set_user
-- roles: app
SELECT set_config('app.current_user_id', $1, true);

-- Finds and touches the login, and sets its user as the tenant.
-- name: tx_login
-- roles: app
SELECT id, user_id, stage, auth_at, expires_at, touched
FROM yavio.auth_session($1, $2, $3);
