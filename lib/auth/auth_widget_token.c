/* SPDX-License-Identifier: MIT
 * Signing and checking of widget tokens. */
#include "base/buf.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "auth/auth_widget_token.h"

enum { HEADER_DEPTH_MAX = 4, JSON_BYTES_MAX = AUTH_WIDGET_TOKEN_BYTES_MAX };

/* {"alg":"HS256","typ":"JWT"} */
static const char HEADER[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

bool auth_widget_id_valid(const char *text)
{
	size_t left = strlen(text), chars = 0;

	while (left > 0) {
		size_t n = str_utf8_len(text, left);

		/* A control character takes six bytes of JSON: 128 of them are no token any more.
		 */
		if (n == 0 || (unsigned char)*text < ' ' || *text == 0x7F)
			return false;
		text += n;
		left -= n;
		chars++;
	}
	return chars >= 1 && chars <= AUTH_WIDGET_ID_CHARS_MAX;
}

/* base64url of the HMAC over text. */
static bool signature(const char *text, size_t len, const char *secret, char *out, size_t out_size)
{
	uint8_t mac[CRYPTO_SHA256_BYTES];

	return crypto_hmac_sha256(secret, strlen(secret), text, len, mac) == ERR_OK &&
	       crypto_base64url_encode(mac, sizeof(mac), out, out_size);
}

enum err auth_widget_token_sign(const struct auth_widget_token *claims, const char *secret,
        char out[AUTH_WIDGET_TOKEN_BYTES_MAX + 1])
{
	char encoded[AUTH_WIDGET_TOKEN_BYTES_MAX + 1], text[AUTH_WIDGET_TOKEN_BYTES_MAX + 1];
	char mac[CRYPTO_SHA256_HEX_BYTES];
	struct json_writer w;
	struct buf json;
	bool done;

	if (!auth_widget_id_valid(claims->trace_id) || !auth_widget_id_valid(claims->session_id))
		return ERR_INGEST_INTERNAL_ERROR;
	buf_init(&json, JSON_BYTES_MAX);
	json_write_init(&w, &json);
	json_write_object(&w, NULL);
	json_write_str(&w, "pid", claims->project_id);
	json_write_str(&w, "wid", claims->workspace_id);
	json_write_str(&w, "tid", claims->trace_id);
	json_write_str(&w, "sid", claims->session_id);
	json_write_int(&w, "iat", claims->issued_at_s);
	json_write_int(&w, "exp", claims->expires_at_s);
	json_write_end_object(&w);
	done = !json.failed &&
	       crypto_base64url_encode(
	               (const uint8_t *)json.data, json.len, encoded, sizeof(encoded)) &&
	       str_format(text, sizeof(text), "%s.%s", HEADER, encoded) &&
	       signature(text, strlen(text), secret, mac, sizeof(mac)) &&
	       str_format(out, AUTH_WIDGET_TOKEN_BYTES_MAX + 1, "%s.%s", text, mac);
	buf_release(&json);
	return done ? ERR_OK : ERR_INGEST_INTERNAL_ERROR;
}

/* A part of the token as JSON; NULL: not base64url or no JSON object. Caller frees with json_free.
 */
static struct json_doc *decode_part(const char *text, size_t len)
{
	uint8_t json[JSON_BYTES_MAX];
	struct json_doc *doc = NULL;
	size_t json_len;

	if (!crypto_base64url_decode(text, len, json, sizeof(json), &json_len) ||
	        !json_parse((const char *)json, json_len, HEADER_DEPTH_MAX, &doc, NULL))
		return NULL;
	if (json_kind(json_root(doc)) != JSON_KIND_OBJECT) {
		json_free(doc);
		return NULL;
	}
	return doc;
}

static bool is_hs256(const char *header, size_t len)
{
	struct json_doc *doc = decode_part(header, len);
	const char *alg = "";
	bool right;

	if (doc == NULL)
		return false;
	right = json_str(json_get(json_root(doc), "alg"), &alg) && strcmp(alg, "HS256") == 0;
	json_free(doc);
	return right;
}

static bool signed_with(const char *token, size_t signed_len, const char *secret)
{
	char mac[CRYPTO_SHA256_HEX_BYTES];

	return secret[0] != '\0' && signature(token, signed_len, secret, mac, sizeof(mac)) &&
	       crypto_equal_text(mac, token + signed_len + 1);
}

static bool uuid_claim(json_value *claims, const char *name, char out[ID_UUID_BYTES])
{
	const char *text;

	return json_str(json_get(claims, name), &text) && str_is_uuid(text) &&
	       str_copy(out, ID_UUID_BYTES, text);
}

static bool id_claim(json_value *claims, const char *name, char out[AUTH_WIDGET_ID_BYTES])
{
	const char *text;

	return json_str(json_get(claims, name), &text) && auth_widget_id_valid(text) &&
	       str_copy(out, AUTH_WIDGET_ID_BYTES, text);
}

static bool read_claims(const char *payload, size_t len, struct auth_widget_token *out)
{
	struct json_doc *doc = decode_part(payload, len);
	json_value *claims;
	bool right;

	if (doc == NULL)
		return false;
	claims = json_root(doc);
	right = uuid_claim(claims, "pid", out->project_id) &&
	        uuid_claim(claims, "wid", out->workspace_id) &&
	        id_claim(claims, "tid", out->trace_id) &&
	        id_claim(claims, "sid", out->session_id) &&
	        json_int(json_get(claims, "iat"), &out->issued_at_s) &&
	        json_int(json_get(claims, "exp"), &out->expires_at_s);
	json_free(doc);
	return right;
}

enum err auth_widget_token_verify(const char *token, const char *secret, const char *previous,
        int64_t now_s, struct auth_widget_token *out)
{
	const char *first = strchr(token, '.');
	const char *second = first != NULL ? strchr(first + 1, '.') : NULL;
	size_t signed_len;

	if (strlen(token) > AUTH_WIDGET_TOKEN_BYTES_MAX || second == NULL ||
	        strchr(second + 1, '.') != NULL)
		return ERR_INGEST_INVALID_WIDGET_JWT;
	signed_len = (size_t)(second - token);
	/* The signature first: nothing of a token is believed, or even parsed, before it. */
	if (!signed_with(token, signed_len, secret) && !signed_with(token, signed_len, previous))
		return ERR_INGEST_INVALID_WIDGET_JWT;
	if (!is_hs256(token, (size_t)(first - token)) ||
	        !read_claims(first + 1, (size_t)(second - first - 1), out))
		return ERR_INGEST_INVALID_WIDGET_JWT;
	if (out->issued_at_s < 0 || out->expires_at_s < out->issued_at_s ||
	        out->expires_at_s - out->issued_at_s > AUTH_WIDGET_TOKEN_LIFE_MAX_S ||
	        out->issued_at_s > now_s + AUTH_WIDGET_TOKEN_SKEW_S)
		return ERR_INGEST_INVALID_WIDGET_JWT;
	if (out->expires_at_s <= now_s - AUTH_WIDGET_TOKEN_SKEW_S)
		return ERR_INGEST_WIDGET_JWT_EXPIRED;
	return ERR_OK;
}
