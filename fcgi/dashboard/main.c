/* SPDX-License-Identifier: MIT
 * yavio-dashboard: the API of the dashboard over FastCGI. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "fcgi/dashboard/analytics.h"
#include "fcgi/dashboard/dashboard.h"
#include "fcgi/dashboard/export.h"
#include "store/store_sealed.h"
#include "web/web_rate.h"

enum { RATE_BUCKETS = 65536 };

static const char *const SERVICES[] = {[DASHBOARD_POSTGRES] = "postgres",
        [DASHBOARD_CLICKHOUSE] = "clickhouse",
        [DASHBOARD_MAIL] = "mail",
        [DASHBOARD_JOBS] = "jobs",
        NULL};

static enum err open_pg(const struct dashboard_settings *s, struct pg **out)
{
	const struct pg_options options = {.url = s->pg_url,
	        .role = PG_APP,
	        .application_name = "yavio-dashboard",
	        .prepare = conf_bool(s->conf, CONF_PG_PREPARE),
	        .answer_timeout_ms = DASHBOARD_PG_ANSWER_MS};

	return pg_open(&options, out);
}

static void worker_stop(void *arg)
{
	struct app *app = arg;

	pg_close(app->pg);
	httpc_free(app->http);
	analytics_worker_free(app->analytics);
	web_worker_release(&app->web);
	free(app);
}

static enum err worker_start(void *arg, void **out)
{
	const struct dashboard *d = arg;
	struct app *app = calloc(1, sizeof(*app));
	enum err e;

	if (app == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	app->dashboard = d;
	web_worker_init(&app->web, &dashboard_program, app, d->shm);
	app->web.trusted_proxies = d->settings.trusted_proxies;
	e = open_pg(&d->settings, &app->pg);
	if (e != ERR_OK) {
		worker_stop(app);
		return e;
	}
	*out = app;
	return ERR_OK;
}

static void worker_serve(struct fcgi_request *r, void *arg)
{
	struct app *app = arg;

	web_serve(r, &app->web);
}

/* What is stored must be readable: refused now rather than at somebody's login. */
static enum err check_keys(struct pg *pg, const struct crypto_keyring *ring)
{
	char missing[CRYPTO_KEY_ID_BYTES];
	enum err e = store_sealed_missing(pg, ring, missing);

	if (e == ERR_OK && missing[0] != '\0')
		e = ERR_INFRA_ENV_CONFLICT;
	if (e != ERR_OK)
		log_fatal(e, "ENCRYPTION_KEY lacks a key that stored values need",
		        F_STR("key", missing));
	return e;
}

/* Waits, visibly and not for ever, for a database that this program can work with. */
static enum err wait_for_postgres(const struct dashboard_settings *s)
{
	struct pg *pg = NULL;
	enum err e = open_pg(s, &pg);

	if (e == ERR_OK)
		e = pg_start(pg, PG_REACH_WAIT_MS, PG_SCHEMA_WAIT_MS);
	if (e != ERR_OK)
		log_fatal(e, "PostgreSQL cannot be used",
		        F_STR("detail", pg != NULL ? pg_last_error(pg)->detail : NULL));
	else
		e = check_keys(pg, &s->keyring);
	pg_close(pg);
	return e;
}

static enum err reload(struct fcgi_pool *pool)
{
	struct dashboard *d = pool->ctx;
	struct dashboard_settings settings;
	struct auth_hasher hasher;
	struct shm_slots *queries;
	struct conf *conf;
	enum err e = web_start_reload(&d->start, &conf);

	if (e == ERR_OK)
		e = dashboard_settings_load(conf, &settings);
	if (e != ERR_OK)
		return e;
	e = dashboard_hasher_make(settings.conf, d->shm, &hasher);
	if (e != ERR_OK) {
		dashboard_settings_release(&settings);
		return e;
	}
	e = analytics_slots_make(settings.conf, &queries);
	if (e != ERR_OK) {
		shm_slots_close(hasher.slots);
		dashboard_settings_release(&settings);
		return e;
	}
	dashboard_settings_release(&d->settings);
	d->settings = settings;
	/* Workers on their way out keep the slots they know. */
	shm_slots_close(d->hasher.slots);
	d->hasher = hasher;
	shm_slots_close(d->queries);
	d->queries = queries;
	web_start_pool(&d->start, settings.conf, CONF_YAVIO_DASHBOARD_WORKERS, pool);
	return ERR_OK;
}

static enum err prepare(struct dashboard *d, char **argv)
{
	struct conf *conf = d->start.conf;
	enum err e;

	d->start.conf = NULL;
	e = dashboard_settings_load(conf, &d->settings);
	if (e != ERR_OK)
		return e;
	e = wait_for_postgres(&d->settings);
	if (e != ERR_OK)
		return e;
	d->health = web_health_new(SERVICES);
	if (d->health == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	e = shm_open_map(d->start.metrics_path, d->start.name, dashboard_metrics,
	        DASHBOARD_METRIC_COUNT, &d->shm);
	if (e == ERR_OK)
		e = web_rate_open(d->settings.conf, "dashboard-rates.map", RATE_BUCKETS, &d->rates);
	if (e == ERR_OK)
		e = dashboard_hasher_make(d->settings.conf, d->shm, &d->hasher);
	if (e == ERR_OK)
		e = analytics_slots_make(d->settings.conf, &d->queries);
	if (e == ERR_OK)
		e = export_slots_make(d->settings.conf, &d->exports);
	if (e != ERR_OK)
		return e;
	d->pool = (struct fcgi_pool){.argv = argv,
	        .ctx = d,
	        .start = worker_start,
	        .serve = worker_serve,
	        .stop = worker_stop,
	        .monitor = dashboard_monitor,
	        .reload = reload};
	web_start_pool(&d->start, d->settings.conf, CONF_YAVIO_DASHBOARD_WORKERS, &d->pool);
	return fcgi_pool_init(&d->pool);
}

int main(int argc, char **argv)
{
	static struct dashboard d = {
	        .start = {
	                .name = "dashboard", .program = CONF_DASHBOARD, .web = &dashboard_program}};
	int exit_code = 0;
	enum err e;

	export_fields_init();
	if (!web_start(&d.start, argc, argv, &exit_code)) {
		web_start_release(&d.start);
		return exit_code;
	}
	e = prepare(&d, argv);
	if (e == ERR_OK)
		e = fcgi_pool_run(&d.pool);
	fcgi_pool_release(&d.pool);
	shm_slots_close(d.hasher.slots);
	shm_slots_close(d.queries);
	shm_slots_close(d.exports);
	shm_rate_close(d.rates);
	shm_close(d.shm);
	web_health_free(d.health);
	dashboard_settings_release(&d.settings);
	return err_exit_code(e);
}
