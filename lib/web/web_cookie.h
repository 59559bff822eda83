/* SPDX-License-Identifier: MIT
 * Cookies: RFC 6265. */
#ifndef YAVIO_WEB_WEB_COOKIE_H
#define YAVIO_WEB_WEB_COOKIE_H

#include "base/base.h"
#include "web/web.h"

enum { WEB_COOKIE_BYTES = 4096 }; /* of a value with its NUL; a longer one is malformed */

enum web_cookie_state {
	WEB_COOKIE_ABSENT,
	WEB_COOKIE_GIVEN,
	WEB_COOKIE_MALFORMED, /* sent twice, too long, or with bytes that no value has */
};

/* Looks the cookie up in a Cookie header (NULL: none) and copies its value. *out is "" unless
 * WEB_COOKIE_GIVEN. */
enum web_cookie_state web_cookie_find(
        const char *header, const char *name, char *out, size_t out_size);
/* The same in the request. */
enum web_cookie_state web_cookie(
        const struct request *req, const char *name, char *out, size_t out_size);

/* Names of the cookies of a program, by how browsers reach it: with TLS they begin with __Host-
 * and are Secure. */
struct web_cookie_spec {
	const char *name;  /* without prefix */
	bool secure;       /* the public origin is https */
	int64_t max_age_s; /* 0 or less: deletes it */
};
enum { WEB_COOKIE_NAME_BYTES = 64 };
/* "__Host-yavio_session" or "yavio_session". */
void web_cookie_name(const char *name, bool secure, char out[WEB_COOKIE_NAME_BYTES]);
/* Adds Set-Cookie: HttpOnly, SameSite=Lax, Path=/, no Domain. False: value is not fit for a
 * cookie. */
bool web_set_cookie(struct reply *rep, const struct web_cookie_spec *spec, const char *value);

#endif
