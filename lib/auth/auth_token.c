/* SPDX-License-Identifier: MIT
 * Tokens: 256 random bits, found by their SHA-256. */
#include "crypto/crypto.h"

#include "auth/auth_token.h"

enum err auth_token_new(struct auth_token *out)
{
	uint8_t random[AUTH_TOKEN_RANDOM_BYTES];

	crypto_random(random, sizeof(random));
	if (!crypto_base64url_encode(random, sizeof(random), out->text, sizeof(out->text)))
		return ERR_DASH_INTERNAL_ERROR;
	crypto_wipe(random, sizeof(random));
	return crypto_sha256(out->text, strlen(out->text), out->hash);
}

bool auth_token_hash(const char *text, uint8_t out[AUTH_TOKEN_HASH_BYTES])
{
	size_t len = strlen(text);

	return len == AUTH_TOKEN_BYTES - 1 &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
	               len &&
	       crypto_sha256(text, len, out) == ERR_OK;
}
