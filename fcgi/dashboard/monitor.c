/* SPDX-License-Identifier: MIT
 * The process that asks the services how they are, so that no request has to. */
#include "base/clock.h"
#include "ch/ch.h"
#include "fcgi/dashboard/dashboard.h"

struct monitor {
	const struct dashboard *dashboard;
	struct pg *pg;
	struct ch *ch;
	struct web_metrics_before before;
};

static enum err probe_postgres(struct monitor *m)
{
	const struct pg_options options = {.url = m->dashboard->settings.pg_url,
	        .role = PG_APP,
	        .application_name = "yavio-dashboard monitor",
	        .prepare = false,
	        .answer_timeout_ms = DASHBOARD_PROBE_MS};
	enum err e = m->pg != NULL ? ERR_OK : pg_open(&options, &m->pg);

	return e == ERR_OK ? pg_exec(m->pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL) : e;
}

static enum err probe_clickhouse(struct monitor *m)
{
	if (m->ch == NULL)
		m->ch = ch_open(&m->dashboard->settings.store, NULL);
	return m->ch != NULL ? ch_ping(m->ch, DASHBOARD_PROBE_MS) : ERR_DB_CH_CONNECTION_REFUSED;
}

/* What yavio-jobs says; without it nothing is known. */
static enum err published(const char *path)
{
	int64_t took_ns;
	enum err e;

	return web_health_published(path, &e, &took_ns) ? e : ERR_INFRA_NOT_READY;
}

static enum err probe_mail(struct monitor *m)
{
	return !m->dashboard->settings.mail ? ERR_OK
	                                    : published(m->dashboard->settings.mail_health);
}

static enum err probe_jobs(struct monitor *m)
{
	return published(m->dashboard->settings.jobs_health);
}

static const struct {
	enum dashboard_service service;
	enum err (*probe)(struct monitor *);
} PROBES[] = {
        {DASHBOARD_POSTGRES, probe_postgres},
        {DASHBOARD_CLICKHOUSE, probe_clickhouse},
        {DASHBOARD_MAIL, probe_mail},
        {DASHBOARD_JOBS, probe_jobs},
};

void dashboard_monitor(void *arg)
{
	const struct dashboard *d = arg;
	struct monitor m = {.dashboard = d};

	web_health_use(d->health, DASHBOARD_MAIL, d->settings.mail);
	for (;;) {
		for (size_t i = 0; i < ARRAY_LEN(PROBES); i++) {
			int64_t began = clock_mono_ns();
			enum err e = PROBES[i].probe(&m);

			web_health_report(d->health, PROBES[i].service, e, clock_mono_ns() - began);
		}
		web_metrics_update(d->shm, d->start.name, d->pool.shared, d->health, &m.before);
		clock_sleep_ms(WEB_HEALTH_INTERVAL_MS);
	}
}
