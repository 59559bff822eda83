/* SPDX-License-Identifier: MIT
 * Sign-in with a provider, the server's half: exchanges a code, asks who it is, revokes. Every call
 * takes AUTH_PROVIDER_TIMEOUT_MS and AUTH_PROVIDER_ANSWER_BYTES at most and follows no redirect; no
 * database transaction may be open meanwhile. */
#ifndef YAVIO_AUTH_AUTH_PROVIDER_H
#define YAVIO_AUTH_AUTH_PROVIDER_H

#include "auth/auth_oauth.h"
#include "base/base.h"
#include "base/errors.h"
#include "httpc/httpc.h"

enum {
	AUTH_PROVIDER_TIMEOUT_MS = 10 * 1000,
	AUTH_PROVIDER_REVOKE_TIMEOUT_MS = 5 * 1000,
	AUTH_PROVIDER_ANSWER_BYTES = 64 * 1024,
	AUTH_PROVIDER_TOKEN_BYTES = 2048 + 1,
	AUTH_PROVIDER_ACCOUNT_BYTES = 255 + 1,
	AUTH_PROVIDER_EMAIL_BYTES = 254 + 1,
	AUTH_PROVIDER_NAME_BYTES = 100 * 4 + 1,
	AUTH_PROVIDER_CODE_BYTES = 2048,
};

/* One provider as the settings say; texts are the caller's. */
struct auth_provider_site {
	enum auth_provider provider;
	const char *client_id, *client_secret; /* "" both: this server does not use it */
	const char *issuer;
	const char *authorize_url, *token_url, *user_url;
	const char *emails_url; /* GitHub only, else "" */
	const char *revoke_url;
};

struct auth_provider_tokens {
	char access[AUTH_PROVIDER_TOKEN_BYTES];
	char refresh[AUTH_PROVIDER_TOKEN_BYTES]; /* "" none */
	int64_t expires_at_ms;                   /* of access; 0: not said */
};

struct auth_identity {
	char account_id[AUTH_PROVIDER_ACCOUNT_BYTES];
	char email[AUTH_PROVIDER_EMAIL_BYTES]; /* as the provider writes it, verified by it; "" none
	                                        */
	char name[AUTH_PROVIDER_NAME_BYTES];   /* "" none */
};

/* Exchanges the code of a callback for tokens. ERR_OK; ERR_DASH_OAUTH_ERROR: the provider did not
 * answer, or not as it should; the reason is logged here, never a code or token. crypto_wipe *out.
 */
enum err auth_provider_exchange(struct httpc *h, const struct auth_provider_site *site,
        const struct auth_oauth_flow *flow, const char *code, const char *redirect_uri,
        struct auth_provider_tokens *out) MUST_CHECK;

/* Asks the provider whose token it is: Google sub, email, email_verified; GitHub id and its primary
 * verified address. Results as above. */
enum err auth_provider_identity(struct httpc *h, const struct auth_provider_site *site,
        const struct auth_provider_tokens *tokens, struct auth_identity *out) MUST_CHECK;

/* Has the provider forget a token; what comes of it is only logged. */
void auth_provider_revoke(
        struct httpc *h, const struct auth_provider_site *site, const char *access_token);

/* The answers of the two user endpoints, as parsers of their own. False: not of that form. */
bool auth_provider_read_github(const char *user, size_t user_len, const char *emails,
        size_t emails_len, struct auth_identity *out) MUST_CHECK;
bool auth_provider_read_google(const char *user, size_t len, struct auth_identity *out) MUST_CHECK;
bool auth_provider_read_tokens(
        const char *json, size_t len, int64_t now_ms, struct auth_provider_tokens *out) MUST_CHECK;

#endif
