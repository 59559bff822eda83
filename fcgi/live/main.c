/* SPDX-License-Identifier: MIT
 * yavio-live: streams of a project's events, as server-sent events over FastCGI. One worker process
 * has them all. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "fcgi/live/hub.h"
#include "web/web_rate.h"

enum { RATE_BUCKETS = 16384 };

static const char *const SERVICES[] = {
        [LIVE_POSTGRES] = "postgres", [LIVE_CLICKHOUSE] = "clickhouse", NULL};

static void worker_stop(void *arg)
{
	struct app *app = arg;

	live_hub_stop(app->hub);
	live_seats_free(app->seats);
	pg_close(app->pg);
	web_worker_release(&app->web);
	free(app);
}

static enum err worker_start(void *arg, void **out)
{
	const struct live *live = arg;
	const struct live_settings *s = &live->settings;
	struct app *app = calloc(1, sizeof(*app));
	enum err e;

	if (app == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	app->live = live;
	web_worker_init(&app->web, &live_program, app, live->shm);
	app->web.trusted_proxies = s->trusted_proxies;
	e = live_pg_open(s, "yavio-live", true, &app->pg);
	app->seats = live_seats_new((size_t)s->streams_per_user, (size_t)s->streams);
	if (e == ERR_OK && app->seats != NULL)
		app->hub = live_hub_start(live);
	if (app->hub == NULL) {
		worker_stop(app);
		return e != ERR_OK ? e : ERR_DASH_INTERNAL_ERROR;
	}
	*out = app;
	return ERR_OK;
}

static void worker_serve(struct fcgi_request *r, void *arg)
{
	struct app *app = arg;

	web_serve(r, &app->web);
}

/* Waits, visibly and not for ever, for a database that this program can work with. */
static enum err wait_for_postgres(const struct live_settings *s)
{
	struct pg *pg = NULL;
	enum err e = live_pg_open(s, "yavio-live", true, &pg);

	if (e == ERR_OK)
		e = pg_start(pg, PG_REACH_WAIT_MS, PG_SCHEMA_WAIT_MS);
	if (e != ERR_OK)
		log_fatal(e, "PostgreSQL cannot be used",
		        F_STR("detail", pg != NULL ? pg_last_error(pg)->detail : NULL));
	pg_close(pg);
	return e;
}

static void set_pool(struct live *live)
{
	web_start_paths(&live->start, &live->pool);
	live->pool.workers = 1;
	live->pool.drain_timeout_ms = conf_int(live->settings.conf, CONF_YAVIO_DRAIN_TIMEOUT);
}

static enum err reload(struct fcgi_pool *pool)
{
	struct live *live = pool->ctx;
	struct live_settings settings;
	struct conf *conf;
	enum err e = web_start_reload(&live->start, &conf);

	if (e == ERR_OK)
		e = live_settings_load(conf, &settings);
	if (e != ERR_OK)
		return e;
	live_settings_release(&live->settings);
	live->settings = settings;
	set_pool(live);
	return ERR_OK;
}

static enum err prepare(struct live *live, char **argv)
{
	struct conf *conf = live->start.conf;
	enum err e;

	live->start.conf = NULL;
	e = live_settings_load(conf, &live->settings);
	if (e == ERR_OK)
		e = wait_for_postgres(&live->settings);
	if (e != ERR_OK)
		return e;
	live->health = web_health_new(SERVICES);
	if (live->health == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	e = shm_open_map(live->start.metrics_path, live->start.name, live_metrics,
	        LIVE_METRIC_COUNT, &live->shm);
	if (e == ERR_OK)
		e = web_rate_open(
		        live->settings.conf, "live-rates.map", RATE_BUCKETS, &live->rates);
	if (e != ERR_OK)
		return e;
	live->pool = (struct fcgi_pool){.argv = argv,
	        .ctx = live,
	        .start = worker_start,
	        .serve = worker_serve,
	        .stop = worker_stop,
	        .reload = reload};
	set_pool(live);
	return fcgi_pool_init(&live->pool);
}

int main(int argc, char **argv)
{
	static struct live live = {
	        .start = {.name = "live", .program = CONF_LIVE, .web = &live_program}};
	int exit_code = 0;
	enum err e;

	if (!web_start(&live.start, argc, argv, &exit_code)) {
		web_start_release(&live.start);
		return exit_code;
	}
	e = prepare(&live, argv);
	if (e == ERR_OK)
		e = fcgi_pool_run(&live.pool);
	fcgi_pool_release(&live.pool);
	shm_rate_close(live.rates);
	shm_close(live.shm);
	web_health_free(live.health);
	live_settings_release(&live.settings);
	return err_exit_code(e);
}
