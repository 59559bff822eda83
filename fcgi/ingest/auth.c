/* SPDX-License-Identifier: MIT
 * Who may send events. 401 makes an SDK stop for good, so it is answered only to a credential that
 * is certainly bad; our own trouble is 503. */
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "fcgi/ingest/ingest.h"

/* What the request offers; text lies in it or in the request. */
struct credential {
	const char *text;
	bool from_url;
	char decoded[FCGI_QUERY_BYTES_MAX + 1];
};

/* The header wins. A key in a URL ends up in logs: never taken there. */
static enum err find_credential(const struct request *req, struct credential *c)
{
	c->text = web_bearer(req);
	c->from_url = false;
	if (c->text != NULL)
		return c->text[0] != '\0' ? ERR_OK : ERR_INGEST_MALFORMED_BEARER_TOKEN;
	if (web_header(req, "Authorization") != NULL)
		return ERR_INGEST_MALFORMED_BEARER_TOKEN;
	if (!web_query_param(req, "token", c->decoded, sizeof(c->decoded)) || c->decoded[0] == '\0')
		return ERR_INGEST_MISSING_AUTH_HEADER;
	c->text = c->decoded;
	c->from_url = true;
	return ERR_OK;
}

static void count_source(const struct app *app, enum err e, enum ingest_key_source source)
{
	struct shm *shm = app->ingest->shm;

	if (source == INGEST_KEY_CACHED && e != ERR_INGEST_POSTGRESQL_UNAVAILABLE)
		shm_add(shm, INGEST_METRIC_CACHE_HITS, NULL, 1);
	else
		shm_add(shm, INGEST_METRIC_CACHE_MISSES, NULL, 1);
	if (source == INGEST_KEY_STALE)
		shm_add(shm, INGEST_METRIC_CACHE_STALE, NULL, 1);
}

static enum err check_key(struct request *req, struct reply *rep, struct app *app, const char *text)
{
	const struct ingest *in = app->ingest;
	const struct ingest_settings *s = &in->settings;
	struct ingest_key_answer answer;
	int64_t now = clock_wall_ms();
	enum err e;

	if (!store_key_is_wellformed(text))
		return ERR_INGEST_INVALID_API_KEY;
	e = ingest_keys_cached(in->keys, &s->secrets, &s->key_policy, text, now, &answer);
	if (e == ERR_INGEST_API_KEY_CACHE_MISS) {
		/* Guesses from one address are not looked up without end; a key that was ever seen
		 * is no guess. */
		e = answer.known ? ERR_OK : ingest_rate_stranger(req, rep, app);
		if (e != ERR_OK)
			return e;
		e = ingest_keys_resolve(
		        in->keys, app->pg, &s->secrets, &s->key_policy, text, now, &answer);
	}
	count_source(app, e, answer.source);
	if (e != ERR_OK)
		return e;
	app->who = INGEST_WHO_KEY;
	app->key = answer.key;
	(void)str_copy(app->key_prefix, sizeof(app->key_prefix), text); /* cut: what lists show */
	req->principal = &app->key;
	req->workspace_id = app->key.workspace_id;
	req->project_id = app->key.project_id;
	req->key_prefix = app->key_prefix;
	return ERR_OK;
}

static enum err check_widget(struct request *req, struct app *app, const char *text)
{
	const struct ingest_settings *s = &app->ingest->settings;
	enum err e = auth_widget_token_verify(
	        text, s->jwt_secret, s->jwt_secret_previous, clock_wall_ms() / 1000, &app->widget);

	if (e != ERR_OK)
		return e;
	app->who = INGEST_WHO_WIDGET;
	req->principal = &app->widget;
	req->workspace_id = app->widget.workspace_id;
	req->project_id = app->widget.project_id;
	return ERR_OK;
}

static enum err check_credential(struct request *req, struct reply *rep, struct app *app)
{
	struct credential c;
	enum err e = find_credential(req, &c);

	if (e != ERR_OK)
		return e;
	if (str_starts_with(c.text, "yav_"))
		return c.from_url ? ERR_INGEST_MALFORMED_BEARER_TOKEN
		                  : check_key(req, rep, app, c.text);
	if (!str_starts_with(c.text, "eyJ"))
		return ERR_INGEST_MALFORMED_BEARER_TOKEN;
	if (req->route->auth == WEB_AUTH_API_KEY)
		return ERR_INGEST_WIDGET_TOKEN_UNAUTHORIZED;
	return check_widget(req, app, c.text);
}

/* A beacon cannot set headers: its token comes in the URL, and its body is text/plain. */
static void widen_media(struct request *req)
{
	char token[FCGI_QUERY_BYTES_MAX + 1];

	if (req->route->auth == WEB_AUTH_API_KEY_OR_WIDGET &&
	        web_query_param(req, "token", token, sizeof(token)))
		req->media |= WEB_MEDIA_TEXT;
}

bool ingest_may_see_details(const struct request *req, const struct app *app)
{
	const char *token = app->ingest->settings.metrics_token;
	const char *bearer = web_bearer(req);

	if (token[0] == '\0')
		return web_is_loopback(req);
	return bearer != NULL && crypto_equal_text(token, bearer);
}

enum err ingest_authenticate(struct request *req, struct reply *rep, struct app *app)
{
	app->who = INGEST_WHO_NOBODY;
	app->reserved = 0;
	switch (req->route->auth) {
	case WEB_AUTH_API_KEY:
	case WEB_AUTH_API_KEY_OR_WIDGET:
		widen_media(req);
		return check_credential(req, rep, app);
	case WEB_AUTH_METRICS:
		if (ingest_may_see_details(req, app))
			return ERR_OK;
		web_reply_header(rep, "WWW-Authenticate", "Bearer");
		return ERR_INFRA_METRICS_AUTH_FAILED;
	default:
		return ERR_INGEST_INTERNAL_ERROR;
	}
}
