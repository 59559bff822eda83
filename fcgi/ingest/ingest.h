/* SPDX-License-Identifier: MIT
 * What the parts of yavio-ingest share: settings, the state of a worker, tables. */
#ifndef YAVIO_FCGI_INGEST_INGEST_H
#define YAVIO_FCGI_INGEST_INGEST_H

#include "auth/auth_widget_token.h"
#include "event/event.h"
#include "fcgi/fcgi.h"
#include "fcgi/ingest/keys.h"
#include "shm/shm.h"
#include "shm/shm_rate.h"
#include "spool/spool.h"
#include "spool/spool_group.h"
#include "store/store.h"
#include "web/web.h"
#include "web/web_health.h"
#include "web/web_start.h"

enum {
	INGEST_BODY_CAP = 512000, /* YAVIO_MAX_BODY_BYTES unless the option says otherwise */
	INGEST_MINT_BODY_CAP = 4096,
	INGEST_RATE_IP_BURST = 20,
	INGEST_RATE_MINT_BURST = 500,
	INGEST_METRICS_CAP = SHM_RENDER_BYTES_MAX,
	INGEST_PG_ANSWER_MS = 2000, /* a key look-up that takes longer is answered 2403 */
};

/* Services whose health is watched, in the order of the health reply. */
enum ingest_service { INGEST_POSTGRES, INGEST_CLICKHOUSE, INGEST_SPOOL };

/* Which bucket a route draws from. */
enum ingest_rate { INGEST_RATE_NONE, INGEST_RATE_EVENTS, INGEST_RATE_MINT };

/* What the settings say; made anew at a reload. */
struct ingest_settings {
	struct conf *conf; /* owns the texts below */
	struct store_secrets secrets;
	struct web_networks trusted_proxies;
	struct event_limits limits;
	struct spool_options spool;
	size_t body_cap, inflated_cap;
	const char *metrics_token; /* "" when unset */
	const char *jwt_secret, *jwt_secret_previous;
	struct ingest_key_policy key_policy;
	struct shm_rate_limit rate_key, rate_ip, rate_widget, rate_mint;
	char pg_url[PG_URL_BYTES];
	char store_socket[WEB_PATH_BYTES]; /* of the embedded store */
	char store_health[WEB_PATH_BYTES]; /* what the shipper says of another store */
};

/* Buckets that all workers draw from. */
struct ingest_rates {
	struct shm_rate *buckets; /* of keys and traces; survive a restart */
	struct shm_rate *addrs;   /* of addresses with failed requests */
};

/* The program as its master made it; workers inherit a copy. */
struct ingest {
	struct web_start start;
	struct ingest_settings settings;
	struct fcgi_pool pool;
	struct shm *shm;
	struct web_health *health;
	struct ingest_keys *keys;
	struct ingest_rates rates;
	struct spool_group *group; /* workers and the monitor, which serves it */
};

enum ingest_who { INGEST_WHO_NOBODY, INGEST_WHO_KEY, INGEST_WHO_WIDGET };

/* Which bucket a key draws from: a hash, kept from one request to the next. */
struct ingest_bucket {
	char key_id[ID_UUID_BYTES];
	uint8_t key[SHM_CACHE_KEY_BYTES];
};

/* One a worker. */
struct app {
	const struct ingest *ingest;
	struct web_worker web;
	struct pg *pg;
	struct spool_writer *spool; /* NULL while the spool cannot be opened */
	int64_t spool_tried_ms;
	struct spool_seat *seat; /* NULL: appends by itself */
	struct event_batch batch;
	struct buf inflated;
	struct ingest_bucket bucket; /* of the last key */
	/* of the request in hand */
	enum ingest_who who;
	struct store_key key;            /* with INGEST_WHO_KEY */
	struct auth_widget_token widget; /* with INGEST_WHO_WIDGET */
	char key_prefix[STORE_KEY_PREFIX_BYTES];
	struct event_origin origin;
	size_t reserved; /* events taken from the trace's bucket */
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
	INGEST_METRIC_CACHE_HITS,
	INGEST_METRIC_CACHE_MISSES,
	INGEST_METRIC_CACHE_STALE,
	INGEST_METRIC_RATE_LIMITED,
	INGEST_METRIC_RATE_TABLE,
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
enum err ingest_accepting(const struct ingest *in) MUST_CHECK;

/* auth.c: hook of the dispatcher; sets app->who. */
enum err ingest_authenticate(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
/* admit.c: hooks of the dispatcher. */
enum err ingest_admit(
        struct request *req, struct reply *rep, struct app *app, enum web_step step) MUST_CHECK;
enum err ingest_refused(
        struct request *req, struct reply *rep, struct app *app, enum err e) MUST_CHECK;
/* True for a bearer of the metrics token, or from loopback where none is set. */
bool ingest_may_see_details(const struct request *req, const struct app *app);

/* body.c: the body, at most cap bytes inflated; *out lives until the next request. 2109 empty or
 * broken, 2120 too large inflated. */
enum err ingest_body(
        struct request *req, struct app *app, size_t cap, const struct buf **out) MUST_CHECK;

/* rates.c. Those that refuse set rep->retry_after_s. */
enum err ingest_rates_open(const struct conf *c, struct ingest_rates *out) MUST_CHECK;
void ingest_rates_close(struct ingest_rates *r);
/* A request of this address failed with e: e, or 2052 when it failed too often. */
enum err ingest_rate_failure(
        const struct request *req, struct reply *rep, const struct app *app, enum err e) MUST_CHECK;
/* Whether a credential that nobody knows yet may be looked up for this address: ERR_OK or 2052. */
enum err ingest_rate_stranger(
        const struct request *req, struct reply *rep, const struct app *app) MUST_CHECK;
/* Whether the bucket of the credential has anything left: ERR_OK, 2050 or 2053. */
enum err ingest_rate_peek(struct reply *rep, struct app *app) MUST_CHECK;
/* Charges so many events: all to a key or none (2050); to a trace as many as fit, of which
 * app->reserved and the origin tell (2053: none). */
enum err ingest_rate_charge(struct reply *rep, struct app *app, size_t events) MUST_CHECK;
/* After the scan: gives back what was reserved beyond used. */
void ingest_rate_settle(struct app *app, size_t used);
/* Looks at or takes from the bucket of minting: ERR_OK or 2303. */
enum err ingest_rate_mint(struct reply *rep, const struct app *app, bool look) MUST_CHECK;
void ingest_rates_gauge(const struct ingest *in);

/* handlers */
enum err h_events_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_widget_tokens_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health_ready(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health_live(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_metrics(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
