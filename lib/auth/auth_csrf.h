/* SPDX-License-Identifier: MIT
 * Keys made from the server's secrets, and the CSRF token of forms that need no login. */
#ifndef YAVIO_AUTH_AUTH_CSRF_H
#define YAVIO_AUTH_AUTH_CSRF_H

#include "base/base.h"
#include "base/errors.h"

enum {
	AUTH_KEY_BYTES = 32,
	AUTH_CSRF_LIFE_S = 24 * 3600,
	AUTH_CSRF_COOKIE_BYTES = 64, /* of the cookie's value with its NUL */
	AUTH_CSRF_TOKEN_BYTES = 43 + 1,
};

/* HKDF-SHA256 over NEXTAUTH_SECRET and the active ENCRYPTION_KEY; label separates the uses
 * ("csrf", "oauth cookie"). */
enum err auth_key_derive(const char *nextauth_secret, const char *encryption_key, const char *label,
        uint8_t out[AUTH_KEY_BYTES]) MUST_CHECK;

/* A fresh value of the CSRF cookie: when it was made, and random. */
enum err auth_csrf_cookie(int64_t now_s, char out[AUTH_CSRF_COOKIE_BYTES]) MUST_CHECK;
/* The token that belongs to a cookie; false: no cookie of ours, or older than AUTH_CSRF_LIFE_S -
 * margin_s. */
bool auth_csrf_token(const uint8_t key[AUTH_KEY_BYTES], const char *cookie, int64_t now_s,
        int64_t margin_s, char out[AUTH_CSRF_TOKEN_BYTES]) MUST_CHECK;
/* Whether token belongs to cookie, in constant time. */
bool auth_csrf_check(const uint8_t key[AUTH_KEY_BYTES], const char *cookie, const char *token,
        int64_t now_s) MUST_CHECK;

#endif
