/* SPDX-License-Identifier: MIT
 * How a login travels in a cookie: the same for every program that people are logged in to. */
#ifndef YAVIO_AUTH_AUTH_COOKIE_H
#define YAVIO_AUTH_AUTH_COOKIE_H

#include "auth/auth_token.h"
#include "web/web.h"
#include "web/web_cookie.h"

/* Name of the cookie, without the prefix that https gives it. */
#define AUTH_SESSION_COOKIE "yavio_session"

/* SHA-256 of the login's token that the request's cookie is. secure: the public origin is https.
 * WEB_COOKIE_MALFORMED: there is such a cookie, and nobody's login has it. */
enum web_cookie_state auth_cookie_hash(
        const struct request *req, bool secure, uint8_t hash[AUTH_TOKEN_HASH_BYTES]) MUST_CHECK;

/* Sends the cookie of a login for so long. False: value is not fit for a cookie. */
bool auth_cookie_send(struct reply *rep, bool secure, const char *token, int64_t max_age_s);
/* Sends the request's own cookie again, with the life its login has now. */
void auth_cookie_renew(
        const struct request *req, struct reply *rep, bool secure, int64_t expires_at_ms);
/* Tells the browser to forget its login. */
void auth_cookie_forget(struct reply *rep, bool secure);

#endif
