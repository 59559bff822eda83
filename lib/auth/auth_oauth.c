/* SPDX-License-Identifier: MIT
 * State cookie, PKCE challenge and authorization address of a sign-in with a provider. */
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto.h"
#include "httpc/httpc.h"
#include "json/json.h"
#include "auth/auth_oauth.h"

enum {
	RANDOM_BYTES = 32,
	JSON_DEPTH = 2,
	JSON_BYTES_MAX = 4 * AUTH_OAUTH_RETURN_BYTES, /* a quote takes two */
	OVERHEAD = CRYPTO_GCM_NONCE_BYTES + CRYPTO_GCM_TAG_BYTES,
};

#define AAD "yavio oauth flow v1"

static const struct provider {
	const char *name, *scope;
} PROVIDERS[AUTH_PROVIDERS] = {
        [AUTH_GITHUB] = {"github", "read:user user:email"},
        [AUTH_GOOGLE] = {"google", "openid email profile"},
};

const char *auth_provider_name(enum auth_provider p)
{
	return PROVIDERS[p].name;
}

bool auth_provider_find(const char *name, enum auth_provider *out)
{
	for (enum auth_provider p = 0; p < AUTH_PROVIDERS; p++)
		if (strcmp(PROVIDERS[p].name, name) == 0) {
			*out = p;
			return true;
		}
	return false;
}

void auth_oauth_return_to(const char *text, char out[AUTH_OAUTH_RETURN_BYTES])
{
	/* Browsers drop tabs and line ends inside an address and take '\' for '/', so "/<tab>/evil"
	 * would be another host. */
	bool ours = text[0] == '/' && text[1] != '/' && text[1] != '\\' &&
	            strlen(text) < AUTH_OAUTH_RETURN_BYTES;

	for (const unsigned char *p = (const unsigned char *)text; ours && *p != '\0'; p++)
		ours = *p > ' ' && *p < 0x7F;
	str_copy(out, AUTH_OAUTH_RETURN_BYTES, ours ? text : "/");
}

enum err auth_oauth_begin(struct auth_oauth_flow *flow, int64_t now_s)
{
	uint8_t random[RANDOM_BYTES];
	bool done;

	crypto_random(random, sizeof(random));
	done = crypto_base64url_encode(random, sizeof(random), flow->state, sizeof(flow->state));
	crypto_random(random, sizeof(random));
	done = crypto_base64url_encode(
	               random, sizeof(random), flow->verifier, sizeof(flow->verifier)) &&
	       done;
	crypto_wipe(random, sizeof(random));
	flow->expires_at_s = now_s + AUTH_OAUTH_LIFE_S;
	return done ? ERR_OK : ERR_DASH_INTERNAL_ERROR;
}

static void write_flow(const struct auth_oauth_flow *flow, struct buf *json)
{
	struct json_writer w;

	json_write_init(&w, json);
	json_write_object(&w, NULL);
	json_write_int(&w, "provider", flow->provider);
	json_write_int(&w, "purpose", flow->purpose);
	json_write_str(&w, "state", flow->state);
	json_write_str(&w, "verifier", flow->verifier);
	json_write_str(&w, "returnTo", flow->return_to);
	json_write_str(&w, "userId", flow->user_id);
	json_write_int(&w, "exp", flow->expires_at_s);
	json_write_end_object(&w);
}

enum err auth_oauth_seal(const uint8_t key[AUTH_OAUTH_KEY_BYTES],
        const struct auth_oauth_flow *flow, struct buf *out)
{
	uint8_t sealed[JSON_BYTES_MAX + OVERHEAD];
	char text[2 * sizeof(sealed)];
	struct buf json;
	enum err e = ERR_DASH_INTERNAL_ERROR;

	buf_init(&json, JSON_BYTES_MAX);
	write_flow(flow, &json);
	crypto_random(sealed, CRYPTO_GCM_NONCE_BYTES);
	if (!json.failed)
		e = crypto_gcm_seal(
		        key, sealed, AAD, json.data, json.len, sealed + CRYPTO_GCM_NONCE_BYTES);
	if (e == ERR_OK &&
	        (!crypto_base64url_encode(sealed, json.len + OVERHEAD, text, sizeof(text)) ||
	                !buf_add_str(out, text)))
		e = ERR_DASH_INTERNAL_ERROR;
	if (json.data != NULL)
		crypto_wipe(json.data, json.len);
	buf_release(&json);
	return e;
}

static bool read_text(json_value *root, const char *key, char *out, size_t size)
{
	const char *text;

	return json_str(json_get(root, key), &text) && str_copy(out, size, text);
}

static bool read_flow(const char *json, size_t len, struct auth_oauth_flow *out)
{
	struct json_doc *doc = NULL;
	int64_t provider, purpose;
	json_value *root;
	bool done;

	if (!json_parse(json, len, JSON_DEPTH, &doc, NULL))
		return false;
	root = json_root(doc);
	done = json_int(json_get(root, "provider"), &provider) && provider >= 0 &&
	       provider < AUTH_PROVIDERS && json_int(json_get(root, "purpose"), &purpose) &&
	       purpose >= AUTH_OAUTH_LOGIN && purpose <= AUTH_OAUTH_REAUTH &&
	       json_int(json_get(root, "exp"), &out->expires_at_s) &&
	       read_text(root, "state", out->state, sizeof(out->state)) &&
	       read_text(root, "verifier", out->verifier, sizeof(out->verifier)) &&
	       read_text(root, "returnTo", out->return_to, sizeof(out->return_to)) &&
	       read_text(root, "userId", out->user_id, sizeof(out->user_id));
	if (done) {
		out->provider = (enum auth_provider)provider;
		out->purpose = (enum auth_oauth_purpose)purpose;
	}
	json_free(doc);
	return done;
}

bool auth_oauth_open(const uint8_t key[AUTH_OAUTH_KEY_BYTES], const char *text, int64_t now_s,
        struct auth_oauth_flow *out)
{
	uint8_t sealed[JSON_BYTES_MAX + OVERHEAD], json[JSON_BYTES_MAX];
	size_t len;
	bool done;

	if (!crypto_base64url_decode(text, strlen(text), sealed, sizeof(sealed), &len) ||
	        len < OVERHEAD ||
	        crypto_gcm_open(key, sealed, AAD, sealed + CRYPTO_GCM_NONCE_BYTES,
	                len - CRYPTO_GCM_NONCE_BYTES, json) != ERR_OK)
		return false;
	done = read_flow((const char *)json, len - OVERHEAD, out) && out->expires_at_s > now_s;
	crypto_wipe(json, sizeof(json));
	return done;
}

static void add_query(struct buf *out, const char *mark, const char *name, const char *value)
{
	buf_addf(out, "%s%s=", mark, name);
	(void)httpc_add_escaped(out, value);
}

bool auth_oauth_url(
        const struct auth_oauth_ask *ask, const struct auth_oauth_flow *flow, struct buf *out)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char challenge[AUTH_OAUTH_RANDOM_CHARS + 1];

	if (crypto_sha256(flow->verifier, strlen(flow->verifier), digest) != ERR_OK ||
	        !crypto_base64url_encode(digest, sizeof(digest), challenge, sizeof(challenge)))
		return false;
	buf_add_str(out, ask->authorize_url);
	add_query(
	        out, strchr(ask->authorize_url, '?') != NULL ? "&" : "?", "response_type", "code");
	add_query(out, "&", "client_id", ask->client_id);
	add_query(out, "&", "redirect_uri", ask->redirect_uri);
	add_query(out, "&", "scope", PROVIDERS[flow->provider].scope);
	add_query(out, "&", "state", flow->state);
	add_query(out, "&", "code_challenge", challenge);
	add_query(out, "&", "code_challenge_method", "S256");
	return !out->failed;
}
