/* SPDX-License-Identifier: MIT
 * What the parts of yavio-ingest share: settings, the state of a worker, tables. */
#ifndef YAVIO_FCGI_INGEST_INGEST_H
#define YAVIO_FCGI_INGEST_INGEST_H

#include "event/event.h"
#include "fcgi/fcgi.h"
#include "shm/shm.h"
#include "spool/spool.h"
#include "store/store.h"
#include "web/web.h"
#include "web/web_health.h"
#include "web/web_start.h"

enum {
	INGEST_BODY_CAP = 512000, /* YAVIO_MAX_BODY_BYTES unless the option says otherwise */
	INGEST_REPLY_CAP = 2 * EVENT_REPLY_BYTES_MAX + 16 * 1024,
	INGEST_METRICS_CAP = SHM_RENDER_BYTES_MAX,
	INGEST_PG_ANSWER_MS = 2000, /* a key look-up that takes longer is answered 2403 */
	INGEST_TOKEN_BYTES_MAX = 256,
};

/* Services whose health is watched, in the order of the health reply. */
enum ingest_service { INGEST_POSTGRES, INGEST_CLICKHOUSE, INGEST_SPOOL };

/* Which bucket a route draws from. */
enum ingest_rate { INGEST_RATE_NONE, INGEST_RATE_KEY };

/* What the settings say; made anew at a reload. */
struct ingest_settings {
	struct conf *conf; /* owns the texts below */
	struct store_secrets secrets;
	struct web_networks trusted_proxies;
	struct event_limits limits;
	struct spool_options spool;
	size_t body_cap, inflated_cap;
	const char *metrics_token; /* "" when unset */
	char pg_url[PG_URL_BYTES];
	char store_socket[WEB_PATH_BYTES];
};

/* The program as its master made it; workers inherit a copy. */
struct ingest {
	struct web_start start;
	struct ingest_settings settings;
	struct fcgi_pool pool;
	struct shm *shm;
	struct web_health *health;
};

/* One a worker. */
struct app {
	const struct ingest *ingest;
	struct web_worker web;
	struct pg *pg;
	struct spool_writer *spool; /* NULL while the spool cannot be opened */
	int64_t spool_tried_ms;
	struct event_batch batch;
	struct buf inflated;
	struct store_key key; /* principal of the request in hand */
};

enum ingest_metric {
	INGEST_METRIC_RECEIVED = WEB_METRIC_COUNT,
	INGEST_METRIC_REJECTED,
	INGEST_METRIC_TRUNCATED,
	INGEST_METRIC_REDACTED,
	INGEST_METRIC_UNKNOWN_FIELDS,
	INGEST_METRIC_SCAN,
	INGEST_METRIC_APPEND,
	INGEST_METRIC_FSYNC,
	INGEST_METRIC_SPOOL_BYTES,
	INGEST_METRIC_SPOOL_QUOTA,
	INGEST_METRIC_BACKPRESSURE,
	INGEST_METRIC_ACCEPTING,
	INGEST_METRIC_COUNT
};
extern const struct shm_metric ingest_metrics[INGEST_METRIC_COUNT];

extern const struct web_program ingest_program; /* routes.c */

/* options.c: settings from c, which they own from then on also when an error is returned (then
 * released). A fault has been logged. */
enum err ingest_settings_load(struct conf *c, struct ingest_settings *out) MUST_CHECK;
void ingest_settings_release(struct ingest_settings *s);

/* worker.c: life of a worker. */
enum err ingest_worker_start(void *ingest, void **app) MUST_CHECK;
void ingest_worker_serve(struct fcgi_request *r, void *app);
void ingest_worker_stop(void *app);
/* The worker's spool, opened when it is not; the code to answer while it cannot be. */
enum err ingest_spool(struct app *app) MUST_CHECK;

/* monitor.c: probes the services and sets gauges until it is told to end. */
void ingest_monitor(void *ingest);
/* Whether events are taken now: ERR_OK, or the reason for /health/ready. */
enum err ingest_accepting(const struct web_health *health) MUST_CHECK;

/* auth.c */
enum err ingest_authenticate(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err ingest_admit(
        struct request *req, struct reply *rep, struct app *app, enum web_step step) MUST_CHECK;
/* True for a bearer of the metrics token, or from loopback where none is set. */
bool ingest_may_see_details(const struct request *req, const struct app *app);

/* handlers */
enum err h_events_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health_ready(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health_live(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_metrics(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
