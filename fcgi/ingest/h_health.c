/* SPDX-License-Identifier: MIT
 * GET /health, /health/ready, /health/live: from flags in shared memory, nobody is asked. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/err.h"
#include "fcgi/ingest/ingest.h"

static const char *spool_word(const struct web_health_state *s)
{
	if (s->up)
		return "ok";
	return s->cause == ERR_INGEST_BACKPRESSURE_ACTIVE || s->cause == ERR_INGEST_SPOOL_DISK_FULL
	               ? "full"
	               : "error";
}

static void add_details(const struct request *req, struct reply *rep, const struct app *app)
{
	struct fcgi_stats stats;

	if (!ingest_may_see_details(req, app) && !web_is_loopback(req))
		return;
	fcgi_pool_stats(app->ingest->pool.shared, &stats);
	buf_addf(rep->body, ",\"version\":\"%s\",\"uptime\":%" PRId64, YAVIO_VERSION,
	        (clock_mono_ms() - stats.started_ms) / 1000);
}

enum err h_health(struct request *req, struct reply *rep, struct app *app)
{
	const struct web_health *health = app->ingest->health;
	struct web_health_state postgres, clickhouse, spool;
	bool accepting = ingest_accepting(app->ingest) == ERR_OK;
	bool all;

	web_health_get(health, INGEST_POSTGRES, &postgres);
	web_health_get(health, INGEST_CLICKHOUSE, &clickhouse);
	web_health_get(health, INGEST_SPOOL, &spool);
	all = postgres.up && clickhouse.up && spool.up;
	rep->status = all ? 200 : 503;
	buf_addf(rep->body,
	        "{\"status\":\"%s\",\"postgres\":\"%s\",\"clickhouse\":\"%s\",\"spool\":\"%s\","
	        "\"accepting\":%s,\"services\":",
	        all         ? "ok"
	        : accepting ? "degraded"
	                    : "unhealthy",
	        postgres.up ? "up" : "down", clickhouse.up ? "up" : "down", spool_word(&spool),
	        accepting ? "true" : "false");
	web_health_json(health, rep->body);
	add_details(req, rep, app);
	buf_add_char(rep->body, '}');
	return ERR_OK;
}

enum err h_health_ready(struct request *req, struct reply *rep, struct app *app)
{
	enum err e = ingest_accepting(app->ingest);

	(void)req;
	if (e == ERR_OK) {
		web_reply_text(rep, "{\"status\":\"ok\"}");
		return ERR_OK;
	}
	rep->status = 503;
	buf_addf(rep->body, "{\"status\":\"unhealthy\",\"reason\":\"%s\"}", err_code(e));
	return ERR_OK;
}

enum err h_health_live(struct request *req, struct reply *rep, struct app *app)
{
	(void)req;
	(void)app;
	web_reply_text(rep, "{\"status\":\"ok\"}");
	return ERR_OK;
}
