/* SPDX-License-Identifier: MIT
 * Several queries at a time: a thread a lane, each with its own connection. A lane takes the next
 * query as soon as it is done with one, so a slow one holds up nothing but itself. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "ch/ch_internal.h"
#include "ch/ch_many.h"

enum { BUSY_PAUSE_MS = 100 };

struct ch_lanes {
	struct conf_ch_endpoint at;
	struct ch_options options;
	struct ch *lane[CH_LANES];
	/* of the batch in hand */
	const struct ch_batch *batch;
	int64_t deadline_ms;
	atomic_size_t next;
	atomic_bool stopped;
	pthread_mutex_t lock; /* of what follows */
	enum err error;
	size_t failed;
};

struct lane {
	struct ch_lanes *all;
	size_t number;
	pthread_t thread;
};

static bool is_late(const struct ch_lanes *l)
{
	return clock_mono_ms() >= l->deadline_ms;
}

static bool on_stop(void *arg)
{
	struct ch_lanes *l = arg;

	return atomic_load(&l->stopped) || is_late(l) ||
	       (l->options.stop != NULL && l->options.stop(l->options.stop_arg));
}

struct ch_lanes *ch_lanes_open(const struct conf_ch_endpoint *at, const struct ch_options *options)
{
	struct ch_lanes *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->at = *at;
	l->options = *options;
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void ch_lanes_close(struct ch_lanes *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < CH_LANES; i++)
		ch_close(l->lane[i]);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct ch *connection(struct ch_lanes *l, size_t number)
{
	if (l->lane[number] == NULL) {
		struct ch_options options = l->options;

		options.stop = on_stop;
		options.stop_arg = l;
		l->lane[number] = ch_open(&l->at, &options);
	}
	return l->lane[number];
}

/* How many parameters are of use: without the lists that are empty, where there is a form without
 * them. */
static size_t params_len(const struct ch_text *text, const struct ch_values *values)
{
	if (text->plain == NULL || values->in_full)
		return text->params_len;
	for (size_t i = text->plain_len; i < text->params_len; i++) {
		const char *list = values->of[text->params[i]];

		if (list == NULL || strcmp(list, "[]") != 0)
			return text->params_len;
	}
	return text->plain_len;
}

/* The parameters that the query takes, from all that are set. */
static bool bind(const struct ch_text *text, size_t len, const struct ch_values *values,
        struct ch_param out[CHV_COUNT])
{
	for (size_t i = 0; i < len; i++) {
		enum ch_value_id id = text->params[i];

		if (values->of[id] == NULL)
			return false;
		out[i] = (struct ch_param){.name = ch_value_defs[id].name,
		        .value = values->of[id],
		        .raw = ch_value_defs[id].raw};
	}
	return true;
}

static enum err ask_once(struct ch *c, const struct ch_batch *batch, struct ch_ask *ask)
{
	const struct ch_text *text = &ch_texts[ask->text];
	size_t len = params_len(text, ask->values);
	struct ch_param params[CHV_COUNT];
	const struct ch_query query = {.cls = batch->cls,
	        .tenant = ask->tenant != NULL ? ask->tenant : batch->tenant,
	        .sql = len < text->params_len ? text->plain : text->sql,
	        .params = params,
	        .params_len = len,
	        .format = ask->format != NULL ? ask->format : "JSONEachRow",
	        .into_buf = ask->out};

	if (!bind(text, len, ask->values, params)) {
		ask->result = (struct ch_result){.cause = ERR_DB_INTERNAL_ERROR};
		str_copy(ask->result.text, sizeof(ask->result.text), "a parameter is not set");
		return ERR_DB_INTERNAL_ERROR;
	}
	return ch_select(c, &query, &ask->result);
}

/* A store that has no connection free for a while is waited for: it will have one. */
static enum err ask(struct ch_lanes *l, struct ch *c, struct ch_ask *a)
{
	for (;;) {
		enum err e = ask_once(c, l->batch, a);

		if (e == ERR_OK || a->result.cause != ERR_DB_STORE_BUSY || on_stop(l))
			return e != ERR_OK && is_late(l) ? ERR_DASH_ANALYTICS_QUERY_TIMEOUT : e;
		clock_sleep_ms(BUSY_PAUSE_MS);
	}
}

static void fail(struct ch_lanes *l, size_t place, enum err e)
{
	pthread_mutex_lock(&l->lock);
	if (l->error == ERR_OK) {
		l->error = e;
		l->failed = place;
	}
	pthread_mutex_unlock(&l->lock);
	atomic_store(&l->stopped, true);
}

static void run_lane(struct ch_lanes *l, size_t number)
{
	struct ch *c = connection(l, number);

	if (c == NULL) {
		fail(l, 0, ERR_DB_INTERNAL_ERROR);
		return;
	}
	while (!atomic_load(&l->stopped)) {
		size_t i = atomic_fetch_add(&l->next, 1);
		enum err e;

		if (i >= l->batch->len)
			return;
		e = ask(l, c, &l->batch->asks[i]);
		if (e != ERR_OK)
			fail(l, i, e);
	}
}

static void *lane_main(void *arg)
{
	struct lane *lane = arg;

	run_lane(lane->all, lane->number);
	return NULL;
}

enum err ch_many(struct ch_lanes *l, const struct ch_batch *batch, size_t *failed)
{
	size_t lanes = batch->len < CH_LANES ? batch->len : CH_LANES, started = 0;
	struct lane lane[CH_LANES];

	l->batch = batch;
	l->deadline_ms = clock_mono_ms() + batch->time_ms;
	atomic_store(&l->next, 0);
	atomic_store(&l->stopped, false);
	l->error = ERR_OK;
	l->failed = 0;
	/* The calling thread is a lane, too; where no thread is to be had it is the only one. */
	for (; started + 1 < lanes; started++) {
		lane[started] = (struct lane){.all = l, .number = started + 1};
		if (pthread_create(&lane[started].thread, NULL, lane_main, &lane[started]) != 0)
			break;
	}
	run_lane(l, 0);
	while (started > 0)
		pthread_join(lane[--started].thread, NULL);
	if (failed != NULL)
		*failed = l->failed;
	return l->error;
}
