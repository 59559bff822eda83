/* SPDX-License-Identifier: MIT
 * yavio-ingest: takes events over FastCGI and acknowledges them once they are on disk. */
#include "base/err.h"
#include "base/log.h"
#include "fcgi/ingest/ingest.h"

static const char *const SERVICES[] = {[INGEST_POSTGRES] = "postgres",
        [INGEST_CLICKHOUSE] = "clickhouse",
        [INGEST_SPOOL] = "spool",
        NULL};

/* Waits, visibly and not for ever, for a database that this program can work with. */
static enum err wait_for_postgres(const struct ingest_settings *s)
{
	const struct pg_options options = {.url = s->pg_url,
	        .role = PG_INGEST,
	        .application_name = "yavio-ingest",
	        .prepare = conf_bool(s->conf, CONF_PG_PREPARE),
	        .answer_timeout_ms = INGEST_PG_ANSWER_MS};
	struct pg *pg = NULL;
	enum err e = pg_open(&options, &pg);

	if (e == ERR_OK)
		e = pg_start(pg, PG_REACH_WAIT_MS, PG_SCHEMA_WAIT_MS);
	if (e != ERR_OK)
		log_fatal(e, "PostgreSQL cannot be used",
		        F_STR("detail", pg != NULL ? pg_last_error(pg)->detail : NULL));
	pg_close(pg);
	return e;
}

static enum err reload(struct fcgi_pool *pool)
{
	struct ingest *ingest = pool->ctx;
	struct ingest_settings settings;
	struct conf *conf;
	enum err e = web_start_reload(&ingest->start, &conf);

	if (e == ERR_OK)
		e = ingest_settings_load(conf, &settings);
	if (e != ERR_OK)
		return e;
	ingest_settings_release(&ingest->settings);
	ingest->settings = settings;
	web_start_pool(&ingest->start, settings.conf, CONF_YAVIO_INGEST_WORKERS, pool);
	return ERR_OK;
}

static enum err prepare(struct ingest *ingest, char **argv)
{
	struct conf *conf = ingest->start.conf;
	enum err e;

	ingest->start.conf = NULL;
	e = ingest_settings_load(conf, &ingest->settings);
	if (e != ERR_OK)
		return e;
	e = wait_for_postgres(&ingest->settings);
	if (e != ERR_OK)
		return e;
	ingest->health = web_health_new(SERVICES);
	if (ingest->health == NULL)
		return ERR_INGEST_INTERNAL_ERROR;
	e = shm_open_map(ingest->start.metrics_path, ingest->start.name, ingest_metrics,
	        INGEST_METRIC_COUNT, &ingest->shm);
	if (e != ERR_OK)
		return e;
	e = ingest_keys_open(&ingest->keys);
	if (e == ERR_OK)
		e = ingest_rates_open(ingest->settings.conf, &ingest->rates);
	if (e == ERR_OK)
		e = spool_group_new(&ingest->group);
	if (e != ERR_OK) {
		log_fatal(e, "shared memory cannot be made");
		return e;
	}
	ingest->pool = (struct fcgi_pool){.argv = argv,
	        .ctx = ingest,
	        .start = ingest_worker_start,
	        .serve = ingest_worker_serve,
	        .stop = ingest_worker_stop,
	        .monitor = ingest_monitor,
	        .reload = reload};
	web_start_pool(
	        &ingest->start, ingest->settings.conf, CONF_YAVIO_INGEST_WORKERS, &ingest->pool);
	return fcgi_pool_init(&ingest->pool);
}

int main(int argc, char **argv)
{
	static struct ingest ingest = {
	        .start = {.name = "ingest", .program = CONF_INGEST, .web = &ingest_program}};
	int exit_code = 0;
	enum err e;

	if (!web_start(&ingest.start, argc, argv, &exit_code)) {
		web_start_release(&ingest.start);
		return exit_code;
	}
	e = prepare(&ingest, argv);
	if (e == ERR_OK)
		e = fcgi_pool_run(&ingest.pool);
	fcgi_pool_release(&ingest.pool);
	ingest_keys_close(ingest.keys);
	ingest_rates_close(&ingest.rates);
	spool_group_free(ingest.group);
	shm_close(ingest.shm);
	web_health_free(ingest.health);
	ingest_settings_release(&ingest.settings);
	return err_exit_code(e);
}
