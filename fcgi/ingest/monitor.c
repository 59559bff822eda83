/* SPDX-License-Identifier: MIT
 * The process that asks the services how they are, so that no request has to. */

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ch/ch.h"
#include "fcgi/ingest/ingest.h"

enum {
	PROBE_TIMEOUT_MS = 2000,
	TOUCH_MAX = 256, /* keys whose last use is written by one statement */
};

struct monitor {
	const struct ingest *ingest;
	struct pg *pg;
	struct ch *ch;
	struct spool_writer *spool;
	struct web_metrics_before before;
};

static enum err probe_postgres(struct monitor *m, int64_t *took_ns)
{
	const struct pg_options options = {.url = m->ingest->settings.pg_url,
	        .role = PG_INGEST,
	        .application_name = "yavio-ingest monitor",
	        .prepare = false,
	        .answer_timeout_ms = PROBE_TIMEOUT_MS};
	enum err e = m->pg != NULL ? ERR_OK : pg_open(&options, &m->pg);

	(void)took_ns;
	return e == ERR_OK ? pg_exec(m->pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL) : e;
}

/* The embedded store answers /ping without a login; of another one, whose address ingest is not
 * given, the shipper tells. */
static enum err probe_clickhouse(struct monitor *m, int64_t *took_ns)
{
	struct conf_ch_endpoint at = {.url = "http://localhost"};
	enum err e;

	if (web_health_published(m->ingest->settings.store_health, &e, took_ns))
		return e;
	if (m->ch == NULL &&
	        str_copy(at.unix_socket, sizeof(at.unix_socket), m->ingest->settings.store_socket))
		m->ch = ch_open(&at, NULL);
	return m->ch != NULL ? ch_ping(m->ch, PROBE_TIMEOUT_MS) : ERR_DB_CH_CONNECTION_REFUSED;
}

static enum err probe_spool(struct monitor *m, int64_t *took_ns)
{
	enum err e = ERR_OK;

	(void)took_ns;
	if (m->spool == NULL)
		e = spool_writer_open(&m->ingest->settings.spool, &m->spool);
	if (e != ERR_OK) {
		m->spool = NULL;
		return ERR_INGEST_SPOOL_WRITE_FAILED;
	}
	e = spool_admit(m->spool);
	return e == ERR_OK ? spool_probe(m->spool) : e;
}

static const struct {
	enum ingest_service service;
	/* took_ns: set by a probe that somebody else made */
	enum err (*probe)(struct monitor *, int64_t *took_ns);
} PROBES[] = {
        {INGEST_POSTGRES, probe_postgres},
        {INGEST_CLICKHOUSE, probe_clickhouse},
        {INGEST_SPOOL, probe_spool},
};

static void set_gauges(struct monitor *m)
{
	const struct ingest *in = m->ingest;
	struct web_health_state spool;
	struct spool_writer_stats stats;

	web_metrics_update(in->shm, in->start.name, in->pool.shared, in->health, &m->before);
	web_health_get(in->health, INGEST_SPOOL, &spool);
	shm_set(in->shm, INGEST_METRIC_BACKPRESSURE, NULL,
	        spool.cause == ERR_INGEST_BACKPRESSURE_ACTIVE ||
	                spool.cause == ERR_INGEST_SPOOL_DISK_FULL);
	shm_set(in->shm, INGEST_METRIC_ACCEPTING, NULL, ingest_accepting(in) == ERR_OK);
	ingest_rates_gauge(in);
	if (m->spool == NULL)
		return;
	spool_writer_stats(m->spool, &stats);
	shm_set(in->shm, INGEST_METRIC_SPOOL_BYTES, NULL, (double)stats.used_bytes);
	shm_set(in->shm, INGEST_METRIC_SPOOL_QUOTA, NULL, (double)stats.max_bytes);
}

enum err ingest_accepting(const struct ingest *in)
{
	struct web_health_state spool, postgres;

	web_health_get(in->health, INGEST_SPOOL, &spool);
	if (!spool.up)
		return spool.cause;
	web_health_get(in->health, INGEST_POSTGRES, &postgres);
	/* Keys that were known lately are good while PostgreSQL is away. */
	if (!postgres.up &&
	        !ingest_keys_usable(in->keys, &in->settings.key_policy, clock_wall_ms()))
		return postgres.cause == ERR_INFRA_NOT_READY ? ERR_INFRA_NOT_READY
		                                             : ERR_INGEST_POSTGRESQL_UNAVAILABLE;
	return ERR_OK;
}

/* Writes when keys were last used, for all workers, so that no request waits for it. What fails is
 * not repeated: a key in use comes up again within a minute. */
static void touch_keys(struct monitor *m)
{
	char ids[TOUCH_MAX][ID_UUID_BYTES];
	const char *list[TOUCH_MAX];
	size_t len = ingest_keys_take_touched(m->ingest->keys, ids, TOUCH_MAX);
	enum err e;

	if (len == 0 || m->pg == NULL)
		return;
	for (size_t i = 0; i < len; i++)
		list[i] = ids[i];
	e = store_key_touch(m->pg, list, len);
	if (e != ERR_OK && !pg_err_away(e))
		pg_log_failure(m->pg, e, "last use of keys not written");
}

static void *listen_for_keys(void *arg)
{
	const struct ingest *in = arg;
	const struct pg_options options = {.url = in->settings.pg_url,
	        .role = PG_INGEST,
	        .application_name = "yavio-ingest keys",
	        .prepare = false,
	        .answer_timeout_ms = PROBE_TIMEOUT_MS};

	ingest_keys_listen(in->keys, &options);
	return NULL;
}

static size_t busy_workers(void *arg)
{
	const struct ingest *in = arg;

	return fcgi_pool_busy(in->pool.shared);
}

static void *append_for_workers(void *arg)
{
	const struct ingest *in = arg;
	const struct spool_service service = {
	        .options = &in->settings.spool, .busy = busy_workers, .ctx = arg};

	spool_group_serve(in->group, &service);
	return NULL;
}

void ingest_monitor(void *arg)
{
	struct monitor m = {.ingest = arg};
	pthread_t listener, appender;

	/* Without it every worker appends by itself. */
	if (m.ingest->settings.spool.fsync == SPOOL_FSYNC_ALWAYS &&
	        pthread_create(&appender, NULL, append_for_workers, arg) != 0)
		log_warn(ERR_INGEST_INTERNAL_ERROR, "workers do not share their writes");

	if (pthread_create(&listener, NULL, listen_for_keys, arg) != 0)
		log_error(ERR_INGEST_INTERNAL_ERROR, "key changes cannot be listened for");
	for (;;) {
		for (size_t i = 0; i < ARRAY_LEN(PROBES); i++) {
			int64_t began = clock_mono_ns(), took = -1;
			enum err e = PROBES[i].probe(&m, &took);

			if (took < 0)
				took = clock_mono_ns() - began;
			web_health_report(m.ingest->health, PROBES[i].service, e, took);
		}
		touch_keys(&m);
		set_gauges(&m);
		clock_sleep_ms(WEB_HEALTH_INTERVAL_MS);
	}
}
