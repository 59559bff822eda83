/* SPDX-License-Identifier: MIT
 * Random tokens: making and hashing. */
#include "crypto/crypto.h"

#include "auth/auth_token.h"

enum err auth_token_make(char text[AUTH_TOKEN_BYTES], uint8_t hash[AUTH_TOKEN_HASH_BYTES])
{
	uint8_t random[AUTH_TOKEN_RANDOM_BYTES];
	bool fits;

	crypto_random(random, sizeof(random));
	fits = crypto_base64url_encode(random, sizeof(random), text, AUTH_TOKEN_BYTES);
	crypto_wipe(random, sizeof(random));
	if (!fits)
		return ERR_DASH_INTERNAL_ERROR;
	return crypto_sha256(text, AUTH_TOKEN_CHARS, hash);
}

bool auth_token_hash(const char *text, uint8_t hash[AUTH_TOKEN_HASH_BYTES])
{
	static const char alphabet[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	if (strlen(text) != AUTH_TOKEN_CHARS || strspn(text, alphabet) != AUTH_TOKEN_CHARS)
		return false;
	return crypto_sha256(text, AUTH_TOKEN_CHARS, hash) == ERR_OK;
}
