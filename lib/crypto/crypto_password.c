/* SPDX-License-Identifier: MIT
 * Password hashes: argon2id in PHC text form. */
#include <argon2.h>
#include <stdio.h>

#include "base/str.h"
#include "crypto/crypto.h"

enum { SALT_BYTES = 16, TAG_BYTES = 32 };

enum err crypto_password_hash(const char *password, const struct crypto_argon2 *cost,
        char out[CRYPTO_PASSWORD_HASH_BYTES])
{
	uint8_t salt[SALT_BYTES];
	size_t len = strlen(password);

	if (len > CRYPTO_PASSWORD_BYTES_MAX)
		return ERR_DASH_PASSWORD_TOO_WEAK;
	crypto_random(salt, sizeof(salt));
	if (argon2id_hash_encoded(cost->iterations, cost->memory_kib, cost->lanes, password, len,
	            salt, sizeof(salt), TAG_BYTES, out, CRYPTO_PASSWORD_HASH_BYTES) != ARGON2_OK)
		return ERR_DASH_INTERNAL_ERROR;
	return ERR_OK;
}

bool crypto_password_verify(
        const char *password, const char *phc, const struct crypto_argon2 *cost, bool *outdated)
{
	unsigned version, memory_kib, iterations, lanes;
	size_t len = strlen(password);

	if (len > CRYPTO_PASSWORD_BYTES_MAX ||
	        sscanf(phc, "$argon2id$v=%u$m=%u,t=%u,p=%u$", &version, &memory_kib, &iterations,
	                &lanes) != 4)
		return false;
	if (outdated != NULL)
		*outdated = memory_kib < cost->memory_kib || iterations < cost->iterations ||
		            lanes < cost->lanes;
	return argon2id_verify(phc, password, len) == ARGON2_OK;
}
