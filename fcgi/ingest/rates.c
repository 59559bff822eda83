/* SPDX-License-Identifier: MIT
 * Rate limits: which bucket a request draws from. */
#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "fcgi/ingest/ingest.h"
#include "web/web_rate.h"

enum {
	BUCKETS = 32768,      /* of keys and traces */
	ADDR_BUCKETS = 32768, /* of addresses, apart: strangers push no key's bucket out */
};

enum err ingest_rates_open(const struct conf *c, struct ingest_rates *out)
{
	enum err e = web_rate_open(c, "ingest-rates.map", BUCKETS, &out->buckets);

	return e == ERR_OK ? shm_rate_open(NULL, ADDR_BUCKETS, &out->addrs) : e;
}

void ingest_rates_close(struct ingest_rates *r)
{
	shm_rate_close(r->buckets);
	shm_rate_close(r->addrs);
	*r = (struct ingest_rates){.buckets = NULL};
}

static void count_limited(const struct app *app, const char *class)
{
	shm_add(app->ingest->shm, INGEST_METRIC_RATE_LIMITED, SHM_LABELS(class), 1);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool take_addr(const struct request *req, const struct app *app, bool look, int64_t *wait_s)
{
	const struct ingest *in = app->ingest;
	const struct shm_rate_limit *limit = &in->settings.rate_ip;
	int64_t now = clock_wall_ms();
	uint8_t key[32];

	web_rate_addr_key("ip", req, key);
	return look ? shm_rate_peek(in->rates.addrs, key, limit, 1, now, wait_s)
	            : shm_rate_take(in->rates.addrs, key, limit, 1, now, wait_s);
}

enum err ingest_rate_failure(
        const struct request *req, struct reply *rep, const struct app *app, enum err e)
{
	if (take_addr(req, app, false, &rep->retry_after_s))
		return e;
	count_limited(app, "ip");
	return ERR_INGEST_IP_RATE_LIMIT;
}

enum err ingest_rate_stranger(const struct request *req, struct reply *rep, const struct app *app)
{
	if (take_addr(req, app, true, &rep->retry_after_s))
		return ERR_OK;
	count_limited(app, "ip");
	return ERR_INGEST_IP_RATE_LIMIT;
}

/* ---- keys and traces ------------------------------------------------------------------------- */

static void widget_key(const struct app *app, uint8_t key[32])
{
	web_rate_key("widget", app->widget.project_id, app->widget.trace_id, key);
}

static int64_t until_expiry_s(const struct app *app)
{
	int64_t left = app->widget.expires_at_s - clock_wall_ms() / 1000;

	return left > 1 ? left : 1;
}

static enum err refuse_widget(struct reply *rep, const struct app *app)
{
	rep->retry_after_s = until_expiry_s(app);
	count_limited(app, "widget");
	return ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT;
}

/* The bucket of the key; most requests come with the key of the one before. */
static const uint8_t *bucket_of_key(struct app *app)
{
	struct ingest_bucket *b = &app->bucket;

	if (strcmp(b->key_id, app->key.key_id) != 0) {
		web_rate_key("key", app->key.key_id, "", b->key);
		(void)str_copy(b->key_id, sizeof(b->key_id), app->key.key_id);
	}
	return b->key;
}

enum err ingest_rate_peek(struct reply *rep, struct app *app)
{
	const struct ingest *in = app->ingest;
	int64_t now = clock_wall_ms();
	uint8_t key[32];

	if (app->who == INGEST_WHO_WIDGET) {
		widget_key(app, key);
		return shm_rate_peek(
		               in->rates.buckets, key, &in->settings.rate_widget, 1, now, NULL)
		               ? ERR_OK
		               : refuse_widget(rep, app);
	}
	if (shm_rate_peek(in->rates.buckets, bucket_of_key(app), &in->settings.rate_key, 1, now,
	            &rep->retry_after_s))
		return ERR_OK;
	count_limited(app, "key");
	return ERR_INGEST_API_KEY_RATE_LIMIT;
}

static enum err charge_widget(struct reply *rep, struct app *app, size_t events)
{
	const struct ingest *in = app->ingest;
	uint8_t key[32];

	if (in->settings.rate_widget.rate <= 0) {
		app->origin.widget_events_left = SIZE_MAX;
		return ERR_OK;
	}
	widget_key(app, key);
	app->reserved = shm_rate_take_some(
	        in->rates.buckets, key, &in->settings.rate_widget, events, clock_wall_ms());
	app->origin.widget_events_left = app->reserved;
	return app->reserved > 0 ? ERR_OK : refuse_widget(rep, app);
}

enum err ingest_rate_charge(struct reply *rep, struct app *app, size_t events)
{
	const struct ingest *in = app->ingest;

	if (app->who == INGEST_WHO_WIDGET)
		return charge_widget(rep, app, events);
	if (shm_rate_take(in->rates.buckets, bucket_of_key(app), &in->settings.rate_key,
	            (double)events, clock_wall_ms(), &rep->retry_after_s))
		return ERR_OK;
	count_limited(app, "key");
	return ERR_INGEST_API_KEY_RATE_LIMIT;
}

void ingest_rate_settle(struct app *app, size_t used)
{
	const struct ingest *in = app->ingest;
	uint8_t key[32];

	if (app->reserved > used) {
		widget_key(app, key);
		shm_rate_give(in->rates.buckets, key, &in->settings.rate_widget,
		        app->reserved - used, clock_wall_ms());
	}
	app->reserved = 0;
}

enum err ingest_rate_mint(struct reply *rep, const struct app *app, bool look)
{
	const struct ingest *in = app->ingest;
	const struct shm_rate_limit *limit = &in->settings.rate_mint;
	int64_t now = clock_wall_ms();
	uint8_t key[32];
	bool left;

	web_rate_key("mint", app->key.key_id, "", key);
	left = look ? shm_rate_peek(in->rates.buckets, key, limit, 1, now, &rep->retry_after_s)
	            : shm_rate_take(in->rates.buckets, key, limit, 1, now, &rep->retry_after_s);
	if (left)
		return ERR_OK;
	count_limited(app, "mint");
	return ERR_INGEST_WIDGET_TOKEN_RATE_LIMITED;
}

void ingest_rates_gauge(const struct ingest *in)
{
	size_t used, room, addr_used, addr_room;

	shm_rate_usage(in->rates.buckets, &used, &room);
	shm_rate_usage(in->rates.addrs, &addr_used, &addr_room);
	shm_set(in->shm, INGEST_METRIC_RATE_TABLE, NULL,
	        fmax((double)used / (double)room, (double)addr_used / (double)addr_room));
}
