-- SPDX-License-Identifier: MIT
-- Identities at providers. Those of a user are asked in a transaction of that user, $1.

-- Whose this identity is, who has the address, and whether it was invited: all that decides what a sign-in does.
-- name: oauth_find
-- roles: app
SELECT yavio.auth_oauth($1, $2), l.user_id, l.verified, l.proof, yavio.auth_invited($3)
FROM (VALUES (1)) AS one (n)
LEFT JOIN yavio.auth_login($3) AS l ON true;

-- name: oauth_insert
-- roles: app
INSERT INTO yavio.oauth_accounts (id, user_id, provider, provider_account_id, email, access_token_enc,
	refresh_token_enc, expires_at)
VALUES ($2, $1, $3, $4, $5, $6, $7, $8);

-- name: oauth_get
-- roles: app
SELECT id, provider_account_id, access_token_enc
FROM yavio.oauth_accounts
WHERE user_id = $1 AND provider = $2;

-- name: oauth_update
-- roles: app
UPDATE yavio.oauth_accounts
SET email = $3, access_token_enc = $4, refresh_token_enc = $5, expires_at = $6
WHERE user_id = $1 AND id = $2;

-- name: oauth_delete
-- roles: app
DELETE FROM yavio.oauth_accounts WHERE user_id = $1 AND provider = $2;

-- Holds the account still, so that two unlinks at once cannot each leave the other one as the last way in.
-- name: oauth_lock
-- roles: app
SELECT has_password FROM yavio.users WHERE id = $1 FOR UPDATE;

-- name: oauth_count
-- roles: app
SELECT count(*) FROM yavio.oauth_accounts WHERE user_id = $1;

-- The provider proved the account's own address.
-- name: oauth_proven
-- roles: app
UPDATE yavio.users
SET email_proof = 'oauth', updated_at = now()
WHERE id = $1 AND email = $2 AND email_proof IN ('none', 'setup');
