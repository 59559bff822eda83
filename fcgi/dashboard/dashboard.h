/* SPDX-License-Identifier: MIT
 * What the parts of yavio-dashboard share. */
#ifndef YAVIO_FCGI_DASHBOARD_DASHBOARD_H
#define YAVIO_FCGI_DASHBOARD_DASHBOARD_H

#include "fcgi/fcgi.h"
#include "pg/pg.h"
#include "shm/shm.h"
#include "web/web.h"
#include "web/web_health.h"
#include "web/web_start.h"

enum {
	DASHBOARD_BODY_CAP = 64 * 1024,
	DASHBOARD_REPLY_CAP = SHM_RENDER_BYTES_MAX,
	DASHBOARD_PROBE_MS = 1000,
	DASHBOARD_PG_ANSWER_MS = 35000,
};

/* Services whose health is watched, in the order of the health reply. */
enum dashboard_service { DASHBOARD_POSTGRES, DASHBOARD_CLICKHOUSE };

/* What the settings say; made anew at a reload. */
struct dashboard_settings {
	struct conf *conf; /* owns the texts below */
	struct web_networks trusted_proxies;
	const char *metrics_token; /* "" when unset */
	char pg_url[PG_URL_BYTES];
	struct conf_ch_endpoint store;
};

/* The program as its master made it; workers inherit a copy. */
struct dashboard {
	struct web_start start;
	struct dashboard_settings settings;
	struct fcgi_pool pool;
	struct shm *shm;
	struct web_health *health;
};

/* One a worker. */
struct app {
	const struct dashboard *dashboard;
	struct web_worker web;
};

enum { DASHBOARD_METRIC_COUNT = WEB_METRIC_COUNT };
extern const struct shm_metric dashboard_metrics[DASHBOARD_METRIC_COUNT];

extern const struct web_program dashboard_program; /* routes.c */

/* options.c: settings from c, which they own from then on also when an error is returned (then
 * released). A fault has been logged. */
enum err dashboard_settings_load(struct conf *c, struct dashboard_settings *out) MUST_CHECK;
void dashboard_settings_release(struct dashboard_settings *s);

/* monitor.c: probes the services and sets gauges until it is told to end. */
void dashboard_monitor(void *dashboard);

/* auth.c */
enum err dashboard_authenticate(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* handlers */
enum err h_health(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health_live(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_metrics(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
