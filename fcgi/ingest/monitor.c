/* SPDX-License-Identifier: MIT
 * The process that asks the services how they are, so that no request has to. */

#include "base/clock.h"
#include "base/str.h"
#include "ch/ch.h"
#include "fcgi/ingest/ingest.h"

enum { PROBE_TIMEOUT_MS = 2000 };

struct monitor {
	const struct ingest *ingest;
	struct pg *pg;
	struct ch *ch;
	struct spool_writer *spool;
	struct web_metrics_before before;
};

static enum err probe_postgres(struct monitor *m)
{
	const struct pg_options options = {.url = m->ingest->settings.pg_url,
	        .role = PG_INGEST,
	        .application_name = "yavio-ingest monitor",
	        .prepare = false,
	        .answer_timeout_ms = PROBE_TIMEOUT_MS};
	enum err e = m->pg != NULL ? ERR_OK : pg_open(&options, &m->pg);

	return e == ERR_OK ? pg_exec(m->pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL) : e;
}

/* The store answers /ping without a login; ingest has none. */
static enum err probe_clickhouse(struct monitor *m)
{
	struct conf_ch_endpoint at = {.url = "http://localhost"};

	if (m->ch == NULL &&
	        str_copy(at.unix_socket, sizeof(at.unix_socket), m->ingest->settings.store_socket))
		m->ch = ch_open(&at, NULL);
	return m->ch != NULL ? ch_ping(m->ch, PROBE_TIMEOUT_MS) : ERR_DB_CH_CONNECTION_REFUSED;
}

static enum err probe_spool(struct monitor *m)
{
	enum err e = ERR_OK;

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
	enum err (*probe)(struct monitor *);
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
	shm_set(in->shm, INGEST_METRIC_ACCEPTING, NULL, ingest_accepting(in->health) == ERR_OK);
	if (m->spool == NULL)
		return;
	spool_writer_stats(m->spool, &stats);
	shm_set(in->shm, INGEST_METRIC_SPOOL_BYTES, NULL, (double)stats.used_bytes);
	shm_set(in->shm, INGEST_METRIC_SPOOL_QUOTA, NULL, (double)stats.max_bytes);
}

enum err ingest_accepting(const struct web_health *health)
{
	struct web_health_state spool, postgres;

	web_health_get(health, INGEST_SPOOL, &spool);
	if (!spool.up)
		return spool.cause;
	web_health_get(health, INGEST_POSTGRES, &postgres);
	if (!postgres.up)
		return postgres.cause == ERR_INFRA_NOT_READY ? ERR_INFRA_NOT_READY
		                                             : ERR_INGEST_POSTGRESQL_UNAVAILABLE;
	return ERR_OK;
}

void ingest_monitor(void *arg)
{
	struct monitor m = {.ingest = arg};

	for (;;) {
		for (size_t i = 0; i < ARRAY_LEN(PROBES); i++) {
			int64_t began = clock_mono_ns();
			enum err e = PROBES[i].probe(&m);

			web_health_report(
			        m.ingest->health, PROBES[i].service, e, clock_mono_ns() - began);
		}
		set_gauges(&m);
		clock_sleep_ms(WEB_HEALTH_INTERVAL_MS);
	}
}
