/* SPDX-License-Identifier: MIT
 * Who may send events, and whether there is room for them. 401 makes an SDK stop for good, so it is
 * answered only to a credential that is certainly bad; our own trouble is 503. */
#include "base/err.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "fcgi/ingest/ingest.h"

static enum err check_api_key(struct request *req, struct app *app)
{
	const char *bearer = web_bearer(req);
	char token[INGEST_TOKEN_BYTES_MAX];
	enum err e;

	if (bearer == NULL && web_header(req, "Authorization") == NULL)
		/* A key in a URL ends up in logs: never taken there. */
		return web_query_param(req, "token", token, sizeof(token))
		               ? ERR_INGEST_MALFORMED_BEARER_TOKEN
		               : ERR_INGEST_MISSING_AUTH_HEADER;
	if (bearer == NULL || !str_starts_with(bearer, "yav_"))
		return ERR_INGEST_MALFORMED_BEARER_TOKEN;
	if (!store_key_is_wellformed(bearer))
		return ERR_INGEST_INVALID_API_KEY;
	e = store_key_lookup(app->pg, &app->ingest->settings.secrets, bearer, &app->key);
	if (e == ERR_OK)
		req->principal = &app->key;
	return e;
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
	switch (req->route->auth) {
	case WEB_AUTH_API_KEY:
		return check_api_key(req, app);
	case WEB_AUTH_METRICS:
		if (ingest_may_see_details(req, app))
			return ERR_OK;
		web_reply_header(rep, "WWW-Authenticate", "Bearer");
		return ERR_INFRA_METRICS_AUTH_FAILED;
	default:
		return ERR_INGEST_INTERNAL_ERROR;
	}
}

static int64_t retry_after_s(enum err e)
{
	switch (e) {
	case ERR_INGEST_BACKPRESSURE_ACTIVE:
		return SPOOL_RETRY_QUOTA_S;
	case ERR_INGEST_SPOOL_DISK_FULL:
		return SPOOL_RETRY_DISK_S;
	default:
		return 1;
	}
}

enum err ingest_admit(struct request *req, struct reply *rep, struct app *app, enum web_step step)
{
	enum err e;

	(void)step;
	if (req->route->rate_class == INGEST_RATE_NONE)
		return ERR_OK;
	e = ingest_spool(app);
	if (e == ERR_OK)
		e = spool_admit(app->spool);
	if (e != ERR_OK) {
		rep->retry_after_s = retry_after_s(e);
		shm_add(app->ingest->shm, INGEST_METRIC_REJECTED,
		        SHM_LABELS(err_code(e), "backpressure"), 1);
	}
	return e;
}
