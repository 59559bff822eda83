/* SPDX-License-Identifier: MIT
 * What the parts of yavio-live share. */
#ifndef YAVIO_LIVE_LIVE_H
#define YAVIO_LIVE_LIVE_H

#include "ch/ch.h"
#include "fcgi/fcgi.h"
#include "fcgi/live/seats.h"
#include "pg/pg.h"
#include "shm/shm.h"
#include "shm/shm_rate.h"
#include "store/store_access.h"
#include "web/web.h"
#include "web/web_health.h"
#include "web/web_start.h"

enum {
	LIVE_REPLY_CAP = 64 * 1024,
	LIVE_PG_ANSWER_MS = 6000, /* a little more than the server's statement_timeout */
	LIVE_PROBE_MS = 1000,
};

enum live_service { LIVE_POSTGRES, LIVE_CLICKHOUSE };

/* Classes of limits: all requests of an address; those of a user. */
enum live_rate { LIVE_RATE_CEILING, LIVE_RATE_ANALYTICS, LIVE_RATE_COUNT };

/* What the settings say; made anew at a reload. */
struct live_settings {
	struct conf *conf; /* owns the texts below */
	struct web_networks trusted_proxies;
	bool secure; /* the public origin is https */
	char pg_url[PG_URL_BYTES];
	struct conf_ch_endpoint store;
	struct ch_options store_limits;
	int64_t session_days, session_max_days;
	int64_t streams_per_user, streams;
	struct shm_rate_limit rates[LIVE_RATE_COUNT];
};

/* The program as its master made it; the worker inherits a copy. */
struct live {
	struct web_start start;
	struct live_settings settings;
	struct fcgi_pool pool;
	struct shm *shm;
	struct web_health *health;
	struct shm_rate *rates;
};

struct live_hub;

/* The worker; there is one. */
struct app {
	const struct live *live;
	struct web_worker web;
	struct pg *pg;
	struct live_seats *seats;
	struct live_hub *hub;
	/* of the request in hand */
	struct pg_login login;
	struct store_access access;
};

enum {
	LIVE_METRIC_STREAMS = WEB_METRIC_COUNT,
	LIVE_METRIC_PROJECTS,
	LIVE_METRIC_QUERY,
	LIVE_METRIC_EVENTS,
	LIVE_METRIC_DROPPED,
	LIVE_METRIC_ENDED,
	LIVE_METRIC_WAITING,
	LIVE_METRIC_RATE_LIMITED,
	LIVE_METRIC_COUNT
};
extern const struct shm_metric live_metrics[LIVE_METRIC_COUNT];

extern const struct web_program live_program; /* routes.c */

/* options.c: settings from c, which they own from then on also when an error is returned (then
 * released). A fault has been logged. */
enum err live_settings_load(struct conf *c, struct live_settings *out) MUST_CHECK;
void live_settings_release(struct live_settings *s);

/* A connection to PostgreSQL as this program has it. */
enum err live_pg_open(
        const struct live_settings *s, const char *name, bool prepare, struct pg **out) MUST_CHECK;

/* guard.c: hooks of the dispatcher. */
enum err live_admit(
        struct request *req, struct reply *rep, struct app *app, enum web_step step) MUST_CHECK;
enum err live_authenticate(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err live_refused(
        struct request *req, struct reply *rep, struct app *app, enum err e) MUST_CHECK;

/* h_live.c */
enum err h_live_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
