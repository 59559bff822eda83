/* SPDX-License-Identifier: MIT
 * Inventing, scanning and inserting side by side: the store has two connections for inserts. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/str.h"
#include "event/event.h"

#include "cli/seed_load.h"

enum {
	LOADERS = 2,
	BLOCK_EVENTS = 20000, /* of one insert, about */
	BLOCK_DAYS = 60,      /* the store takes 100 in one insert */
	EVENT_BYTES_MAX = 50 << 10,
	BODY_BYTES_MAX = 64 << 20,
	ROWS_BYTES_MAX = 96 << 20,
	TOKEN_BYTES = 160,
	TRIES = 5,
};

struct run {
	struct seed_load *load;
	int64_t blocks, block_sessions;
	atomic_llong next;
	atomic_bool stop;
	pthread_mutex_t lock; /* of load's results and of failed */
	enum err failed;
};

struct loader {
	struct run *run;
	struct ch *ch;
	struct buf body;
	struct event_batch batch;
};

/* Rows of the wire events in l->body. */
static enum err scan(struct loader *l)
{
	const struct seed_load *load = l->run->load;
	const struct event_limits limits = {
	        .batch_events_max = SIZE_MAX, .event_bytes_max = EVENT_BYTES_MAX};
	const struct event_origin origin = {.workspace_id = load->tenant->workspace_id,
	        .project_id = load->tenant->project_id,
	        .widget_events_left = SIZE_MAX,
	        .now_ms = load->plan->end_ms};
	enum err e;

	if (!buf_add_str(&l->body, "]}"))
		return ERR_CLI_INTERNAL_ERROR;
	event_batch_clear(&l->batch);
	e = event_scan(l->body.data, l->body.len, &limits, &origin, NULL, NULL, &l->batch);
	return e == ERR_OK && l->batch.rejected == 0 ? ERR_OK : ERR_CLI_INTERNAL_ERROR;
}

static enum err insert(
        struct loader *l, const char *table, const char *part, const struct buf *rows)
{
	struct seed_load *load = l->run->load;
	const struct seed_plan *p = load->plan;
	struct ch_result result;
	char token[TOKEN_BYTES];
	const struct ch_insert insert = {table, token, CH_ROWS_JSON, rows->data, rows->len};
	enum err e = ERR_CLI_INTERNAL_ERROR;

	if (!str_format(token, sizeof(token), "seed:%s:%s:%llu:%lld:%lld:%s",
	            load->tenant->project_id, p->profile, (unsigned long long)p->seed,
	            (long long)p->events, (long long)p->days, part))
		return e;
	for (int i = 0; i < TRIES; i++) {
		e = ch_insert(l->ch, &insert, &result);
		if (e == ERR_OK || result.fault != CH_FAULT_TRANSIENT || atomic_load(&l->run->stop))
			break;
	}
	if (e != ERR_OK) {
		pthread_mutex_lock(&l->run->lock);
		load->failed = result;
		pthread_mutex_unlock(&l->run->lock);
	}
	return e;
}

static enum err load_tools(struct loader *l)
{
	enum err e = ERR_CLI_INTERNAL_ERROR;

	buf_clear(&l->body);
	if (buf_add_str(&l->body, "{\"events\":[") && seed_tools(l->run->load->plan, &l->body))
		e = scan(l);
	return e == ERR_OK ? insert(l, "tool_registry", "tools", &l->batch.tools) : e;
}

static enum err load_block(struct loader *l, int64_t block)
{
	struct seed_load *load = l->run->load;
	int64_t from = block * l->run->block_sessions, to = from + l->run->block_sessions;
	char part[32];
	enum err e;

	buf_clear(&l->body);
	buf_add_str(&l->body, "{\"events\":[");
	for (int64_t s = from; s < to && s < load->plan->sessions; s++) {
		if (s > from)
			buf_add_char(&l->body, ',');
		if (!seed_session(load->plan, s, &l->body))
			return ERR_CLI_INTERNAL_ERROR;
	}
	e = scan(l);
	(void)snprintf(part, sizeof(part), "%lld", (long long)block);
	if (e == ERR_OK)
		e = insert(l, "events", part, &l->batch.events);
	if (e != ERR_OK)
		return e;
	pthread_mutex_lock(&l->run->lock);
	load->stored += (int64_t)l->batch.accepted;
	for (int i = 0; i < EVENT_PII_KINDS; i++)
		load->redacted += l->batch.redacted[i];
	if (load->progress)
		load->progress(load->stored, load->arg);
	pthread_mutex_unlock(&l->run->lock);
	return ERR_OK;
}

static void *loader_main(void *arg)
{
	struct run *run = arg;
	struct loader l = {.run = run, .ch = ch_open(run->load->at, NULL)};
	enum err e = l.ch ? ERR_OK : ERR_CLI_INTERNAL_ERROR;
	int64_t block;

	buf_init(&l.body, BODY_BYTES_MAX);
	event_batch_init(&l.batch, ROWS_BYTES_MAX);
	while (e == ERR_OK && !atomic_load(&run->stop)) {
		block = atomic_fetch_add(&run->next, 1);
		if (block >= run->blocks)
			break;
		e = block < 0 ? load_tools(&l) : load_block(&l, block);
	}
	if (e != ERR_OK) {
		pthread_mutex_lock(&run->lock);
		run->failed = e;
		pthread_mutex_unlock(&run->lock);
		atomic_store(&run->stop, true);
	}
	event_batch_release(&l.batch);
	buf_release(&l.body);
	ch_close(l.ch);
	return NULL;
}

enum err seed_load_run(struct seed_load *load)
{
	const struct seed_plan *p = load->plan;
	struct run run = {.load = load, .next = -1, .failed = ERR_OK}; /* -1: the tools */
	pthread_t threads[LOADERS];
	int started = 0;

	run.block_sessions = BLOCK_EVENTS * p->sessions / p->events;
	if (run.block_sessions > BLOCK_DAYS * p->sessions / p->days)
		run.block_sessions = BLOCK_DAYS * p->sessions / p->days;
	if (run.block_sessions < 1)
		run.block_sessions = 1;
	run.blocks = (p->sessions + run.block_sessions - 1) / run.block_sessions;
	pthread_mutex_init(&run.lock, NULL);
	while (started < LOADERS && pthread_create(&threads[started], NULL, loader_main, &run) == 0)
		started++;
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&run.lock);
	return started > 0 ? run.failed : ERR_CLI_INTERNAL_ERROR;
}
