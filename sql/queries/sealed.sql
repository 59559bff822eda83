-- SPDX-License-Identifier: MIT
-- The columns that are encrypted at rest: which keys they need, and their re-encryption.

-- name: sealed_keys
-- roles: app service
SELECT key_id FROM yavio.auth_sealed_keys() AS key_id ORDER BY key_id;

-- name: sealed_count
-- roles: service
SELECT
	(SELECT count(*) FROM yavio.oauth_accounts WHERE split_part(access_token_enc, ':', 2) = $1)
	+ (SELECT count(*) FROM yavio.oauth_accounts WHERE split_part(refresh_token_enc, ':', 2) = $1)
	+ (SELECT count(*) FROM yavio.user_totp WHERE split_part(secret_enc, ':', 2) = $1);

-- Rows with a value under another key than $1.
-- name: sealed_oauth_batch
-- roles: service
SELECT id, access_token_enc, refresh_token_enc
FROM yavio.oauth_accounts
WHERE split_part(access_token_enc, ':', 2) <> $1 OR split_part(refresh_token_enc, ':', 2) <> $1
ORDER BY id
LIMIT $2
FOR UPDATE;

-- name: sealed_oauth_update
-- roles: service
UPDATE yavio.oauth_accounts SET access_token_enc = $2, refresh_token_enc = $3 WHERE id = $1;

-- name: sealed_totp_batch
-- roles: service
SELECT user_id, secret_enc
FROM yavio.user_totp
WHERE split_part(secret_enc, ':', 2) <> $1
ORDER BY user_id
LIMIT $2
FOR UPDATE;

-- name: sealed_totp_update
-- roles: service
UPDATE yavio.user_totp SET secret_enc = $2 WHERE user_id = $1;
