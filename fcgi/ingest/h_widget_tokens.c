/* SPDX-License-Identifier: MIT
 * POST /v1/widget-tokens: a server exchanges its API key for a token that one widget may use. */
#include "auth/auth_widget_token.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "fcgi/ingest/ingest.h"
#include "json/json.h"

enum { DEPTH_MAX = 32 };

static const char BOM[] = "\xEF\xBB\xBF";

/* A member that can be an id; false: missing or another thing. */
static bool take_id(json_value *root, const char *name, char out[AUTH_WIDGET_ID_BYTES])
{
	const char *text;

	return json_str(json_get(root, name), &text) && auth_widget_id_valid(text) &&
	       str_copy(out, AUTH_WIDGET_ID_BYTES, text);
}

static enum err read_claims(const struct buf *body, struct auth_widget_token *claims)
{
	size_t skip = body->len >= 3 && memcmp(body->data, BOM, 3) == 0 ? 3 : 0;
	struct json_doc *doc;
	enum err e = ERR_OK;

	if (!str_is_utf8(body->data + skip, body->len - skip))
		return ERR_INGEST_INVALID_UTF8;
	if (!json_parse(body->data + skip, body->len - skip, DEPTH_MAX, &doc, NULL))
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	if (!take_id(json_root(doc), "traceId", claims->trace_id))
		e = ERR_INGEST_MISSING_TRACE_ID;
	else if (!take_id(json_root(doc), "sessionId", claims->session_id))
		e = ERR_INGEST_MISSING_SESSION_ID;
	json_free(doc);
	return e;
}

static enum err answer(
        const struct auth_widget_token *claims, const struct app *app, struct reply *rep)
{
	char token[AUTH_WIDGET_TOKEN_BYTES_MAX + 1], expires[CLOCK_TEXT_BYTES];
	enum err e = auth_widget_token_sign(claims, app->ingest->settings.jwt_secret, token);

	if (e != ERR_OK)
		return e;
	clock_format_iso(claims->expires_at_s * 1000, expires);
	buf_addf(rep->body, "{\"token\":\"%s\",\"expiresAt\":\"%s\"}", token, expires);
	crypto_wipe(token, sizeof(token));
	return ERR_OK;
}

enum err h_widget_tokens_post(struct request *req, struct reply *rep, struct app *app)
{
	struct auth_widget_token claims = {.issued_at_s = clock_wall_ms() / 1000};
	const struct buf *body;
	enum err e = ingest_body(req, app, INGEST_MINT_BODY_CAP, &body);

	if (e == ERR_OK)
		e = read_claims(body, &claims);
	if (e == ERR_OK)
		e = ingest_rate_mint(rep, app, false);
	if (e != ERR_OK)
		return e;
	claims.expires_at_s = claims.issued_at_s + AUTH_WIDGET_TOKEN_LIFE_S;
	str_copy(claims.project_id, sizeof(claims.project_id), app->key.project_id);
	str_copy(claims.workspace_id, sizeof(claims.workspace_id), app->key.workspace_id);
	return answer(&claims, app, rep);
}
