-- SPDX-License-Identifier: MIT
-- Logging in by password, registration, mailed links, the first user.
--
-- Those without $1 as a user id are functions of the database and need no tenant.

-- name: login_begin
-- roles: app
SELECT setup, attempt_id, tier, locked_until, user_id, password_hash, verified, two_factor
FROM yavio.auth_login_begin($1, $2);

-- name: login_right
-- roles: app
SELECT yavio.auth_attempt_ok($1);

-- name: login_attempts_clear
-- roles: app
SELECT yavio.auth_attempts_clear();

-- name: login_done
-- roles: app
UPDATE yavio.users SET last_login_at = now() WHERE id = $1;

-- The same, and a hash that costs as much as one of today.
-- name: login_done_rehash
-- roles: app
UPDATE yavio.users SET last_login_at = now(), password_hash = $2 WHERE id = $1;

-- name: register_clear
-- roles: app
SELECT yavio.auth_register_clear($1);

-- Active when $5: otherwise its address has to be verified first. No row: the address is taken.
-- name: register_insert
-- roles: app
INSERT INTO yavio.users (id, email, name, password_hash, email_verified_at, email_proof)
VALUES ($1, $2, $3, $4, CASE WHEN $5::boolean THEN now() END, $6)
ON CONFLICT (email) DO NOTHING;

-- name: token_user
-- roles: app
SELECT user_id, email, verified
FROM yavio.auth_token_user($1, $2);

-- name: token_use
-- roles: app
SELECT yavio.auth_token_use($1, $2);

-- A mail to an address, whether anybody has it or not, unless it got as many as its limit allows.
-- name: login_mail
-- roles: app
INSERT INTO yavio.jobs (kind, payload)
SELECT $1, jsonb_build_object('email', $2::text)
FROM yavio.auth_attempt($3, $2, $4, $5, $6) AS a
WHERE a.attempt_id IS NOT NULL;

-- name: setup_claim
-- roles: app
SELECT yavio.auth_setup_claim($1);

-- name: setup_adopt
-- roles: app
SELECT yavio.auth_setup_adopt();

-- A token for the first user, unless somebody is that already; it voids the one before. Without $2 only where none is
-- waiting.
-- name: setup_token_set
-- roles: service
UPDATE yavio.instance
SET setup_token_hash = $1
WHERE NOT EXISTS (SELECT FROM yavio.users WHERE id <> yavio.system_account())
	AND ($2::boolean OR setup_token_hash IS NULL);

-- name: setup_needed_service
-- roles: service
SELECT NOT EXISTS (SELECT FROM yavio.users WHERE id <> yavio.system_account());
