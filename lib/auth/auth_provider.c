/* SPDX-License-Identifier: MIT
 * Calls to the providers. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "auth/auth_provider.h"

enum { REQUEST_BYTES_MAX = 16 * 1024, URL_BYTES = 1024, STATUS_OK = 200, BEARER_BYTES = 2100 };

static enum err failed(
        const struct auth_provider_site *site, const char *step, const char *why, int status)
{
	log_warn(ERR_DASH_OAUTH_ERROR, "sign-in with a provider failed",
	        F_STR("provider", auth_provider_name(site->provider)), F_STR("step", step),
	        F_STR("reason", why), F_INT("status", status));
	return ERR_DASH_OAUTH_ERROR;
}

/* The error of the provider's own is a short word (RFC 6749 §5.2); anything else is not shown. */
static const char *error_word(const struct buf *answer, char out[64])
{
	struct json_doc *doc = NULL;
	const char *word;

	out[0] = '\0';
	if (answer->len > 0 && json_parse(answer->data, answer->len, 8, &doc, NULL) &&
	        json_str(json_get(json_root(doc), "error"), &word) &&
	        strspn(word, "abcdefghijklmnopqrstuvwxyz_") == strlen(word))
		str_copy(out, 64, word);
	json_free(doc);
	return out[0] != '\0' ? out : "status";
}

/* Makes the call; the answer's body goes into answer. Only a 200 is success. */
static enum err ask(struct httpc *h, const struct auth_provider_site *site, const char *step,
        struct httpc_request *request, struct buf *answer)
{
	struct httpc_response response;
	enum httpc_result result;
	char word[64];

	request->into_buf = answer;
	request->response_max = AUTH_PROVIDER_ANSWER_BYTES;
	if (request->timeout_ms == 0)
		request->timeout_ms = AUTH_PROVIDER_TIMEOUT_MS;
	result = httpc_call(h, request, &response);
	if (result != HTTPC_OK)
		return failed(site, step, httpc_result_text(result), 0);
	if (response.status != STATUS_OK)
		return failed(site, step, error_word(answer, word), response.status);
	return ERR_OK;
}

static void add_field(struct buf *form, const char *name, const char *value)
{
	buf_addf(form, "%s%s=", form->len > 0 ? "&" : "", name);
	(void)httpc_add_escaped(form, value);
}

/* A token goes into a header and back to the provider: printable ASCII without blanks. */
static bool read_token(json_value *v, char out[AUTH_PROVIDER_TOKEN_BYTES])
{
	const char *text;

	if (!json_str(v, &text) || text[0] == '\0')
		return false;
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7F)
			return false;
	return str_copy(out, AUTH_PROVIDER_TOKEN_BYTES, text);
}

bool auth_provider_read_tokens(
        const char *json, size_t len, int64_t now_ms, struct auth_provider_tokens *out)
{
	enum { LIFE_S_MAX = 10 * 366 * 86400 };
	struct json_doc *doc = NULL;
	int64_t life_s;
	json_value *root;
	bool done;

	memset(out, 0, sizeof(*out));
	if (!json_parse(json, len, 8, &doc, NULL))
		return false;
	root = json_root(doc);
	done = read_token(json_get(root, "access_token"), out->access);
	if (done && !read_token(json_get(root, "refresh_token"), out->refresh))
		out->refresh[0] = '\0';
	if (json_int(json_get(root, "expires_in"), &life_s) && life_s > 0 && life_s <= LIFE_S_MAX)
		out->expires_at_ms = now_ms + life_s * 1000;
	json_free(doc);
	return done;
}

enum err auth_provider_exchange(struct httpc *h, const struct auth_provider_site *site,
        const struct auth_oauth_flow *flow, const char *code, const char *redirect_uri,
        struct auth_provider_tokens *out)
{
	static const struct httpc_header headers[] = {
	        {"Content-Type", "application/x-www-form-urlencoded"},
	        {"Accept", "application/json"},
	        {"User-Agent", "yavio"},
	};
	struct httpc_request request = {.method = "POST",
	        .url = site->token_url,
	        .headers = headers,
	        .headers_len = ARRAY_LEN(headers)};
	struct buf form, answer;
	char word[64];
	enum err e;

	buf_init(&form, REQUEST_BYTES_MAX);
	buf_init(&answer, AUTH_PROVIDER_ANSWER_BYTES);
	memset(out, 0, sizeof(*out));
	add_field(&form, "grant_type", "authorization_code");
	add_field(&form, "code", code);
	add_field(&form, "redirect_uri", redirect_uri);
	add_field(&form, "client_id", site->client_id);
	add_field(&form, "client_secret", site->client_secret);
	add_field(&form, "code_verifier", flow->verifier);
	request.body = form.data;
	request.body_len = form.len;
	e = form.failed ? failed(site, "token", "request too large", 0)
	                : ask(h, site, "token", &request, &answer);
	/* GitHub tells its errors with status 200. */
	if (e == ERR_OK &&
	        !auth_provider_read_tokens(buf_str(&answer), answer.len, clock_wall_ms(), out))
		e = failed(site, "token", error_word(&answer, word), STATUS_OK);
	if (form.data != NULL)
		crypto_wipe(form.data, form.len);
	if (answer.data != NULL)
		crypto_wipe(answer.data, answer.len);
	buf_release(&form);
	buf_release(&answer);
	return e;
}

/* A name is shown and stored: what is no name of ours is left out. */
static void read_name(json_value *v, char out[AUTH_PROVIDER_NAME_BYTES])
{
	const char *text;

	out[0] = '\0';
	if (json_str(v, &text) && !str_copy(out, AUTH_PROVIDER_NAME_BYTES, text))
		out[0] = '\0';
}

bool auth_provider_read_google(const char *user, size_t len, struct auth_identity *out)
{
	struct json_doc *doc = NULL;
	const char *id, *email;
	bool verified, done;
	json_value *root;

	memset(out, 0, sizeof(*out));
	if (!json_parse(user, len, 8, &doc, NULL))
		return false;
	root = json_root(doc);
	done = json_str(json_get(root, "sub"), &id) && id[0] != '\0' &&
	       str_copy(out->account_id, sizeof(out->account_id), id);
	if (done && json_bool(json_get(root, "email_verified"), &verified) && verified &&
	        json_str(json_get(root, "email"), &email) &&
	        !str_copy(out->email, sizeof(out->email), email))
		out->email[0] = '\0';
	read_name(json_get(root, "name"), out->name);
	json_free(doc);
	return done;
}

/* The address that is both primary and verified. */
static void read_github_email(json_value *list, char out[AUTH_PROVIDER_EMAIL_BYTES])
{
	for (size_t i = 0; i < json_len(list); i++) {
		json_value *item = json_at(list, i);
		bool primary, verified;
		const char *email;

		if (json_bool(json_get(item, "primary"), &primary) && primary &&
		        json_bool(json_get(item, "verified"), &verified) && verified &&
		        json_str(json_get(item, "email"), &email)) {
			if (!str_copy(out, AUTH_PROVIDER_EMAIL_BYTES, email))
				out[0] = '\0';
			return;
		}
	}
}

bool auth_provider_read_github(const char *user, size_t user_len, const char *emails,
        size_t emails_len, struct auth_identity *out)
{
	struct json_doc *doc = NULL, *list = NULL;
	int64_t id;
	bool done;

	memset(out, 0, sizeof(*out));
	done = json_parse(user, user_len, 16, &doc, NULL) &&
	       json_int(json_get(json_root(doc), "id"), &id) && id > 0 &&
	       str_format(out->account_id, sizeof(out->account_id), "%lld", (long long)id) &&
	       json_parse(emails, emails_len, 8, &list, NULL) &&
	       json_kind(json_root(list)) == JSON_KIND_ARRAY;
	if (done) {
		read_github_email(json_root(list), out->email);
		read_name(json_get(json_root(doc), "name"), out->name);
		if (out->name[0] == '\0')
			read_name(json_get(json_root(doc), "login"), out->name);
	}
	json_free(doc);
	json_free(list);
	return done;
}

/* GET with the token; the answer goes into out. */
static enum err ask_user(struct httpc *h, const struct auth_provider_site *site, const char *url,
        const char *step, const char *access_token, struct buf *out)
{
	char bearer[BEARER_BYTES];
	const struct httpc_header headers[] = {
	        {"Authorization", bearer},
	        {"Accept", "application/json"},
	        {"User-Agent", "yavio"},
	};
	struct httpc_request request = {
	        .url = url, .headers = headers, .headers_len = ARRAY_LEN(headers)};
	enum err e;

	if (!str_format(bearer, sizeof(bearer), "Bearer %s", access_token))
		return failed(site, step, "token too long", 0);
	e = ask(h, site, step, &request, out);
	crypto_wipe(bearer, sizeof(bearer));
	return e;
}

enum err auth_provider_identity(struct httpc *h, const struct auth_provider_site *site,
        const struct auth_provider_tokens *tokens, struct auth_identity *out)
{
	bool github = site->provider == AUTH_GITHUB;
	struct buf user, emails;
	enum err e;

	buf_init(&user, AUTH_PROVIDER_ANSWER_BYTES);
	buf_init(&emails, AUTH_PROVIDER_ANSWER_BYTES);
	e = ask_user(h, site, site->user_url, "user", tokens->access, &user);
	if (e == ERR_OK && github)
		e = ask_user(h, site, site->emails_url, "emails", tokens->access, &emails);
	if (e == ERR_OK && !(github ? auth_provider_read_github(buf_str(&user), user.len,
	                                      buf_str(&emails), emails.len, out)
	                            : auth_provider_read_google(buf_str(&user), user.len, out)))
		e = failed(site, "user", "answer not understood", STATUS_OK);
	buf_release(&user);
	buf_release(&emails);
	return e;
}

/* GitHub: DELETE <base>/<client>/token with the client's password and the token in JSON; Google
 * (RFC 7009): POST with the token in a form. */
static bool describe_revoke(const struct auth_provider_site *site, const char *access_token,
        struct httpc_request *request, char url[URL_BYTES], struct buf *body)
{
	struct json_writer w;

	if (site->provider == AUTH_GOOGLE) {
		request->method = "POST";
		add_field(body, "token", access_token);
		return str_copy(url, URL_BYTES, site->revoke_url) && !body->failed;
	}
	request->method = "DELETE";
	request->user = site->client_id;
	request->password = site->client_secret;
	json_write_init(&w, body);
	json_write_object(&w, NULL);
	json_write_str(&w, "access_token", access_token);
	json_write_end_object(&w);
	return str_format(url, URL_BYTES, "%s/%s/token", site->revoke_url, site->client_id) &&
	       !body->failed;
}

void auth_provider_revoke(
        struct httpc *h, const struct auth_provider_site *site, const char *access_token)
{
	const struct httpc_header headers[] = {
	        {"Content-Type", site->provider == AUTH_GOOGLE ? "application/x-www-form-urlencoded"
	                                                       : "application/json"},
	        {"Accept", "application/json"},
	        {"User-Agent", "yavio"},
	};
	char url[URL_BYTES];
	struct httpc_request request = {.url = url,
	        .headers = headers,
	        .headers_len = ARRAY_LEN(headers),
	        .timeout_ms = AUTH_PROVIDER_REVOKE_TIMEOUT_MS,
	        .response_max = AUTH_PROVIDER_ANSWER_BYTES};
	struct httpc_response response = {.status = 0};
	enum httpc_result result = HTTPC_INVALID;
	struct buf body;

	buf_init(&body, REQUEST_BYTES_MAX);
	if (describe_revoke(site, access_token, &request, url, &body)) {
		request.body = body.data;
		request.body_len = body.len;
		result = httpc_call(h, &request, &response);
	}
	if (result != HTTPC_OK || response.status >= 300)
		(void)failed(site, "revoke", httpc_result_text(result), response.status);
	if (body.data != NULL)
		crypto_wipe(body.data, body.len);
	buf_release(&body);
}
