/* SPDX-License-Identifier: MIT
 * GET /api/health, /api/health/live: from flags in shared memory, nobody is asked. */
#include <inttypes.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/dashboard.h"

static void add_details(const struct request *req, struct reply *rep, const struct app *app)
{
	const char *token = app->dashboard->settings.metrics_token;
	const char *bearer = web_bearer(req);
	struct fcgi_stats stats;

	if (!web_is_loopback(req) &&
	        (token[0] == '\0' || bearer == NULL || !crypto_equal_text(token, bearer)))
		return;
	fcgi_pool_stats(app->dashboard->pool.shared, &stats);
	buf_addf(rep->body, ",\"version\":\"%s\",\"uptime\":%" PRId64, YAVIO_VERSION,
	        (clock_mono_ms() - stats.started_ms) / 1000);
}

enum err h_health(struct request *req, struct reply *rep, struct app *app)
{
	const struct web_health *health = app->dashboard->health;
	struct web_health_state postgres, clickhouse;
	bool all;

	web_health_get(health, DASHBOARD_POSTGRES, &postgres);
	web_health_get(health, DASHBOARD_CLICKHOUSE, &clickhouse);
	all = postgres.up && clickhouse.up;
	rep->status = all ? 200 : 503;
	buf_addf(rep->body,
	        "{\"status\":\"%s\",\"checks\":{\"postgres\":\"%s\",\"clickhouse\":\"%s\"},"
	        "\"services\":",
	        all ? "healthy" : "unhealthy", postgres.up ? "ok" : "error",
	        clickhouse.up ? "ok" : "error");
	web_health_json(health, rep->body);
	add_details(req, rep, app);
	buf_add_char(rep->body, '}');
	return ERR_OK;
}

enum err h_health_live(struct request *req, struct reply *rep, struct app *app)
{
	(void)req;
	(void)app;
	web_reply_text(rep, "{\"status\":\"healthy\"}");
	return ERR_OK;
}
