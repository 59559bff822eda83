/* SPDX-License-Identifier: MIT
 * The cookie of a login. */
#include "base/clock.h"
#include "crypto/crypto.h"
#include "auth/auth_cookie.h"

enum web_cookie_state auth_cookie_hash(
        const struct request *req, bool secure, uint8_t hash[AUTH_TOKEN_HASH_BYTES])
{
	char name[WEB_COOKIE_NAME_BYTES], cookie[WEB_COOKIE_BYTES];
	enum web_cookie_state state;

	web_cookie_name(AUTH_SESSION_COOKIE, secure, name);
	state = web_cookie(req, name, cookie, sizeof(cookie));
	if (state == WEB_COOKIE_GIVEN && !auth_token_hash(cookie, hash))
		state = WEB_COOKIE_MALFORMED;
	crypto_wipe(cookie, sizeof(cookie));
	return state;
}

bool auth_cookie_send(struct reply *rep, bool secure, const char *token, int64_t max_age_s)
{
	const struct web_cookie_spec spec = {
	        .name = AUTH_SESSION_COOKIE, .secure = secure, .max_age_s = max_age_s};

	return web_set_cookie(rep, &spec, token);
}

void auth_cookie_renew(
        const struct request *req, struct reply *rep, bool secure, int64_t expires_at_ms)
{
	int64_t left_s = (expires_at_ms - clock_wall_ms()) / 1000;
	char name[WEB_COOKIE_NAME_BYTES], value[AUTH_TOKEN_BYTES];

	web_cookie_name(AUTH_SESSION_COOKIE, secure, name);
	if (web_cookie(req, name, value, sizeof(value)) == WEB_COOKIE_GIVEN)
		(void)auth_cookie_send(rep, secure, value, left_s);
	crypto_wipe(value, sizeof(value));
}

void auth_cookie_forget(struct reply *rep, bool secure)
{
	(void)auth_cookie_send(rep, secure, "", 0);
}
