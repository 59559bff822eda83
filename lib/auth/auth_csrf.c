/* SPDX-License-Identifier: MIT
 * CSRF: the token is the HMAC of a cookie that only this site can have set. */
#include <inttypes.h>

#include "base/str.h"
#include "crypto/crypto.h"
#include "auth/auth_csrf.h"

enum { RANDOM_BYTES = 16, SECRETS_BYTES_MAX = 4096, SKEW_S = 300 };

enum err auth_key_derive(const char *nextauth_secret, const char *encryption_key, const char *label,
        uint8_t out[AUTH_KEY_BYTES])
{
	char both[SECRETS_BYTES_MAX], info[64];
	enum err e = ERR_INFRA_INVALID_ENV_VAR;

	/* The length of the first keeps two pairs with the same joined text apart. */
	if (str_format(both, sizeof(both), "%zu:%s:%s", strlen(nextauth_secret), nextauth_secret,
	            encryption_key) &&
	        str_format(info, sizeof(info), "yavio %s", label))
		e = crypto_hkdf_sha256(both, strlen(both), info, out, AUTH_KEY_BYTES);
	crypto_wipe(both, sizeof(both));
	return e;
}

enum err auth_csrf_cookie(int64_t now_s, char out[AUTH_CSRF_COOKIE_BYTES])
{
	uint8_t random[RANDOM_BYTES];
	char text[2 * RANDOM_BYTES + 1];

	crypto_random(random, sizeof(random));
	str_hex(random, sizeof(random), text);
	return str_format(out, AUTH_CSRF_COOKIE_BYTES, "%" PRId64 ".%s", now_s, text)
	               ? ERR_OK
	               : ERR_DASH_INTERNAL_ERROR;
}

static bool made_at(const char *cookie, int64_t *out)
{
	const char *dot = strchr(cookie, '.');
	uint8_t random[RANDOM_BYTES];
	char seconds[24];

	return dot != NULL &&
	       str_format(seconds, sizeof(seconds), "%.*s", (int)(dot - cookie), cookie) &&
	       str_parse_int(seconds, 0, INT64_MAX, out) &&
	       str_unhex(dot + 1, random, sizeof(random));
}

bool auth_csrf_token(const uint8_t key[AUTH_KEY_BYTES], const char *cookie, int64_t now_s,
        int64_t margin_s, char out[AUTH_CSRF_TOKEN_BYTES])
{
	uint8_t mac[CRYPTO_SHA256_BYTES];
	int64_t made_s;

	return made_at(cookie, &made_s) && made_s <= now_s + SKEW_S &&
	       now_s - made_s < AUTH_CSRF_LIFE_S - margin_s &&
	       crypto_hmac_sha256(key, AUTH_KEY_BYTES, cookie, strlen(cookie), mac) == ERR_OK &&
	       crypto_base64url_encode(mac, sizeof(mac), out, AUTH_CSRF_TOKEN_BYTES);
}

bool auth_csrf_check(
        const uint8_t key[AUTH_KEY_BYTES], const char *cookie, const char *token, int64_t now_s)
{
	char right[AUTH_CSRF_TOKEN_BYTES];

	return auth_csrf_token(key, cookie, now_s, 0, right) && crypto_equal_text(right, token);
}
