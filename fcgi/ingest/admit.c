/* SPDX-License-Identifier: MIT
 * Whether there is room for what a request brings: the worker stays, the spool takes it, its bucket
 * is not empty. Asked before a body is read; also what becomes of refusals. */
#include "base/err.h"
#include "fcgi/ingest/ingest.h"

static enum err admit_events(struct reply *rep, struct app *app)
{
	enum err e = ingest_spool(app);

	if (e == ERR_OK)
		e = spool_admit(app->spool);
	return e == ERR_OK ? ingest_rate_peek(rep, app) : e;
}

enum err ingest_admit(struct request *req, struct reply *rep, struct app *app, enum web_step step)
{
	(void)step;
	if (req->route->rate_class == INGEST_RATE_NONE)
		return ERR_OK;
	if (fcgi_stopping(req->fcgi))
		return ERR_INGEST_DRAINING;
	return req->route->rate_class == INGEST_RATE_EVENTS ? admit_events(rep, app)
	                                                    : ingest_rate_mint(rep, app, true);
}

/* Class of the events that a refusal costs, NULL: none are. */
static const char *class_of(enum err e)
{
	switch (err_info(e)->http_status) {
	case 401:
		return e == ERR_INFRA_METRICS_AUTH_FAILED ? NULL : "auth";
	case 413:
		return "size";
	case 429:
		return "rate_limit";
	case 500:
		return "internal";
	case 503:
		return e == ERR_INGEST_POSTGRESQL_UNAVAILABLE ? "internal" : "backpressure";
	case 400:
	case 415:
		return "validation";
	default:
		return NULL;
	}
}

/* How many events a refused request brought is known only when its body was read; it counts as one
 * else. */
static void count_refusal(const struct request *req, const struct app *app, enum err e)
{
	const char *class = class_of(e);

	if (class == NULL || req->route == NULL || req->route->rate_class != INGEST_RATE_EVENTS)
		return;
	shm_add(app->ingest->shm, INGEST_METRIC_REJECTED, SHM_LABELS(err_code(e), class),
	        req->events > 0 ? (uint64_t)req->events : 1);
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

enum err ingest_refused(struct request *req, struct reply *rep, struct app *app, enum err e)
{
	int status = err_info(e)->http_status;

	if (status == 401 || status == 404 || status == 405)
		e = ingest_rate_failure(req, rep, app, e);
	else if (status == 503)
		rep->retry_after_s = retry_after_s(e);
	count_refusal(req, app, e);
	return e;
}
