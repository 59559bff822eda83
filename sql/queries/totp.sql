-- SPDX-License-Identifier: MIT
-- Two-factor: $1 is the user of the transaction.

-- Recorded before a code is looked at; attempt_id is null when there were too many.
-- name: totp_attempt
-- roles: app
SELECT attempt_id, locked_until
FROM yavio.auth_attempt('totp', $1, $2, $3, $4);

-- A set-up that nobody confirmed is void after $2 seconds.
-- name: totp_get
-- roles: app
SELECT secret_enc, confirmed_at IS NOT NULL, last_step
FROM yavio.user_totp
WHERE user_id = $1 AND (confirmed_at IS NOT NULL OR created_at > now() - make_interval(secs => $2));

-- Replaces a pending one. No row: it is on already.
-- name: totp_enrol
-- roles: app
INSERT INTO yavio.user_totp (user_id, secret_enc)
VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE
SET secret_enc = excluded.secret_enc, last_step = 0, created_at = now()
WHERE user_totp.confirmed_at IS NULL;

-- No row: it was confirmed or replaced meanwhile.
-- name: totp_confirm
-- roles: app
UPDATE yavio.user_totp
SET confirmed_at = now(), last_step = $3
WHERE user_id = $1 AND secret_enc = $2 AND confirmed_at IS NULL;

-- A step opens once: of parallel uses one changes a row.
-- name: totp_step
-- roles: app
UPDATE yavio.user_totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2;

-- name: totp_delete
-- roles: app
DELETE FROM yavio.user_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL;

-- name: recovery_delete
-- roles: app
DELETE FROM yavio.recovery_codes WHERE user_id = $1;

-- name: recovery_insert
-- roles: app
INSERT INTO yavio.recovery_codes (id, user_id, code_hash) VALUES ($2, $1, $3);

-- One hash for each secret of the server: at most one of them is a code.
-- name: recovery_use
-- roles: app
UPDATE yavio.recovery_codes
SET used_at = now()
WHERE user_id = $1 AND code_hash = ANY ($2::bytea[]) AND used_at IS NULL;

-- Ends the login that waited for the second factor. No row: another request did, or its time is over.
-- name: totp_stage_end
-- roles: app
DELETE FROM yavio.sessions WHERE id = $2 AND user_id = $1 AND stage = 'totp' RETURNING method;

-- name: totp_attempts_clear
-- roles: app
SELECT yavio.auth_attempts_clear();

-- name: totp_password
-- roles: app
SELECT l.password_hash
FROM yavio.users AS u
CROSS JOIN LATERAL yavio.auth_login(u.email) AS l
WHERE u.id = $1;
