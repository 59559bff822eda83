/* SPDX-License-Identifier: MIT
 * Sign-in with a provider, the browser's half: authorization code flow (RFC 6749) with PKCE S256
 * (RFC 7636). What must survive the trip to the provider travels in an encrypted cookie. */
#ifndef YAVIO_AUTH_AUTH_OAUTH_H
#define YAVIO_AUTH_AUTH_OAUTH_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"
#include "base/id.h"

enum auth_provider { AUTH_GITHUB, AUTH_GOOGLE, AUTH_PROVIDERS };
/* "github", "google": in paths and in oauth_accounts.provider. */
const char *auth_provider_name(enum auth_provider p);
/* False: no such provider. */
bool auth_provider_find(const char *name, enum auth_provider *out) MUST_CHECK;

enum auth_oauth_purpose { AUTH_OAUTH_LOGIN, AUTH_OAUTH_LINK, AUTH_OAUTH_REAUTH };

enum {
	AUTH_OAUTH_LIFE_S = 600,
	AUTH_OAUTH_KEY_BYTES = 32,
	AUTH_OAUTH_RANDOM_CHARS = 43, /* 32 bytes in base64url */
	AUTH_OAUTH_RETURN_BYTES = 512,
	AUTH_OAUTH_COOKIE_BYTES_MAX = 3072, /* of the sealed text */
	AUTH_OAUTH_URL_BYTES_MAX = 4096,
};

/* One sign-in under way. */
struct auth_oauth_flow {
	enum auth_provider provider;
	enum auth_oauth_purpose purpose;
	char state[AUTH_OAUTH_RANDOM_CHARS + 1];
	char verifier[AUTH_OAUTH_RANDOM_CHARS + 1];
	char return_to[AUTH_OAUTH_RETURN_BYTES];
	char user_id[ID_UUID_BYTES]; /* who links or proves himself; "" with AUTH_OAUTH_LOGIN */
	int64_t expires_at_s;
};

/* Where a browser may be sent afterwards: text itself when it is a path of ours, that is, begins
 * with one '/' that neither '/' nor '\' follows, and has no control character, blank or byte beyond
 * ASCII; else "/". */
void auth_oauth_return_to(const char *text, char out[AUTH_OAUTH_RETURN_BYTES]);

/* Starts a flow: fresh state and verifier, the end of its life. provider, purpose, return_to and
 * user_id are the caller's. ERR_DASH_INTERNAL_ERROR: a bug. */
enum err auth_oauth_begin(struct auth_oauth_flow *flow, int64_t now_s) MUST_CHECK;

/* The flow as the value of a cookie (AES-256-GCM), appended to out. */
enum err auth_oauth_seal(const uint8_t key[AUTH_OAUTH_KEY_BYTES],
        const struct auth_oauth_flow *flow, struct buf *out) MUST_CHECK;
/* False: not one of ours, changed, or its life is over. */
bool auth_oauth_open(const uint8_t key[AUTH_OAUTH_KEY_BYTES], const char *text, int64_t now_s,
        struct auth_oauth_flow *out) MUST_CHECK;

/* The address at the provider that the browser is sent to, appended to out. False: out's cap. */
struct auth_oauth_ask {
	const char *authorize_url, *client_id, *redirect_uri;
};
bool auth_oauth_url(const struct auth_oauth_ask *ask, const struct auth_oauth_flow *flow,
        struct buf *out) MUST_CHECK;

#endif
