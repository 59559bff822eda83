/* SPDX-License-Identifier: MIT
 * Sending a batch: its units side by side, again and again while the store is away; what the store
 * refuses for its data goes on to search.c. */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/shipper/send.h"

enum { SEND_POLL_MS = 50, SEND_PING_MS = 500 };

bool send_must_stop(struct shipper *s)
{
	int64_t by = atomic_load(&s->stop_by_ms);

	/* Whoever sees the signal first starts the clock. */
	if (by == 0 && *s->stop)
		atomic_store(&s->stop_by_ms, by = clock_mono_ms() + SHIP_STOP_MS);
	return by != 0 && clock_mono_ms() >= by;
}

void send_back_off(struct shipper *s, enum err cause)
{
	int64_t until, ping;

	s->counters.retries++;
	s->backoff_ms = s->backoff_ms == 0 ? s->backoff_first_ms : 2 * s->backoff_ms;
	if (s->backoff_ms > s->backoff_last_ms)
		s->backoff_ms = s->backoff_last_ms;
	log_warn(ERR_INGEST_CLICKHOUSE_WRITE_RETRYING,
	        err_message(ERR_INGEST_CLICKHOUSE_WRITE_RETRYING), F_STR("cause", err_code(cause)),
	        F_STR("what", err_message(cause)), F_INT("waitMs", s->backoff_ms));
	metrics_retry(s->metrics, cause);
	metrics_store_up(s->metrics, false);
	until = clock_mono_ms() + s->backoff_ms;
	ping = clock_mono_ms() + SEND_PING_MS;
	while (clock_mono_ms() < until && !*s->stop) {
		int64_t left = until - clock_mono_ms();

		loop_report(s);
		clock_sleep_ms(left < SEND_POLL_MS ? left : SEND_POLL_MS);
		/* A store that was away is used as soon as it is back. */
		if (cause == ERR_DB_CH_CONNECTION_REFUSED && clock_mono_ms() >= ping) {
			if (s->sink.ping(s->sink.arg))
				return;
			ping = clock_mono_ms() + SEND_PING_MS;
		}
	}
}

/* Only events come in numbers that make the encoder worth it. */
static const struct buf *encode(struct shipper *s, unsigned lane, const struct piece *piece)
{
	const struct unit *unit = &piece->units->list[piece->u];

	if (piece->rows != CH_ROWS_NATIVE || s->native[lane] == NULL ||
	        strcmp(unit->table, "events") != 0)
		return NULL;
	return native_encode(s->native[lane], piece->units->rows + unit->first + piece->from,
	        piece->to - piece->from);
}

enum err send_piece(
        struct shipper *s, unsigned lane, const struct piece *piece, struct ch_result *result)
{
	const struct unit *unit = &piece->units->list[piece->u];
	struct ch_insert insert = {.table = unit->table, .rows = CH_ROWS_JSON};
	uint32_t from = piece->from, to = piece->to;
	char token[SHIP_TOKEN_BYTES];
	const struct buf *block;
	size_t len;
	enum err e;

	*result = (struct ch_result){.fault = CH_FAULT_TRANSIENT};
	insert.body = units_body(piece->units, unit, from, to, &s->scratch[lane], &len);
	insert.body_len = len;
	insert.token = token;
	if (insert.body == NULL ||
	        !send_token(s, unit->table, piece->u, from, to, insert.body, len, token))
		return result->cause = ERR_DB_INTERNAL_ERROR;
	block = encode(s, lane, piece);
	if (block != NULL) {
		insert.rows = CH_ROWS_NATIVE;
		insert.body = block->data;
		insert.body_len = block->len;
	}
	e = s->sink.insert(s->sink.arg, lane, &insert, result);
	metrics_insert(s->metrics, result->took_ms, to - from,
	        e == ERR_OK                      ? "ok"
	        : result->fault == CH_FAULT_DATA ? "refused"
	                                         : "failed");
	return e;
}

bool send_token(const struct shipper *s, const char *table, uint32_t u, uint32_t from, uint32_t to,
        const char *body, size_t len, char token[SHIP_TOKEN_BYTES])
{
	return str_format(token, SHIP_TOKEN_BYTES, "%s:%llu:%s:%u:%u-%u:%08x",
	        spool_reader_id(s->reader), (unsigned long long)s->batch.number, table, u, from, to,
	        spool_crc(body, len));
}

/* ---- side by side ---- */

enum unit_state { UNIT_OPEN, UNIT_STORED, UNIT_REFUSED };

struct job {
	struct shipper *s;
	const struct units *units;
	uint8_t *state; /* enum unit_state of each */
	_Atomic uint32_t next;
	_Atomic int failed; /* enum err of a unit that has to be sent again */
};

struct lane {
	struct job *job;
	unsigned number;
	pthread_t thread;
	bool started;
	struct counters counters;
};

static void run_lane(struct lane *lane)
{
	struct job *job = lane->job;
	struct ch_result *result = malloc(sizeof(*result));
	uint32_t u;

	while (result != NULL && atomic_load(&job->failed) == ERR_OK &&
	        (u = atomic_fetch_add(&job->next, 1)) < job->units->count) {
		enum err e;

		if (job->state[u] != UNIT_OPEN)
			continue;
		e = send_piece(job->s, lane->number,
		        &(struct piece){
		                job->units, u, 0, job->units->list[u].count, CH_ROWS_NATIVE},
		        result);
		if (e == ERR_OK) {
			job->state[u] = UNIT_STORED;
			lane->counters.inserts_ok++;
		} else if (result->fault == CH_FAULT_DATA) {
			job->state[u] = UNIT_REFUSED;
			lane->counters.inserts_refused++;
		} else {
			lane->counters.inserts_failed++;
			atomic_store(&job->failed, (int)e);
		}
	}
	if (result == NULL)
		atomic_store(&job->failed, (int)ERR_DB_INTERNAL_ERROR);
	free(result);
}

static void *lane_thread(void *arg)
{
	run_lane(arg);
	return NULL;
}

/* One round over the units that are not stored yet. */
static enum err send_round(struct shipper *s, const struct units *units, uint8_t *state)
{
	struct job job = {.s = s, .units = units, .state = state};
	struct lane lanes[SHIP_LANES] = {0};
	unsigned open = 0;

	for (size_t u = 0; u < units->count; u++)
		open += state[u] == UNIT_OPEN;
	for (unsigned i = 0; i < SHIP_LANES; i++)
		lanes[i] = (struct lane){.job = &job, .number = i};
	for (unsigned i = 1; i < SHIP_LANES && i < open; i++)
		lanes[i].started =
		        pthread_create(&lanes[i].thread, NULL, lane_thread, &lanes[i]) == 0;
	run_lane(&lanes[0]);
	for (unsigned i = 0; i < SHIP_LANES; i++) {
		if (lanes[i].started)
			pthread_join(lanes[i].thread, NULL);
		s->counters.inserts_ok += lanes[i].counters.inserts_ok;
		s->counters.inserts_refused += lanes[i].counters.inserts_refused;
		s->counters.inserts_failed += lanes[i].counters.inserts_failed;
	}
	return (enum err)atomic_load(&job.failed);
}

static enum ship_result send_units(struct shipper *s, const struct units *units, uint8_t *state)
{
	enum ship_result result = SHIP_DONE;
	uint32_t first = 0;
	enum err e;

	/* A search was under way: the units before it are done, it goes on where it was. */
	if (s->batch.search_unit > 0 && s->batch.search_unit <= units->count) {
		first = s->batch.search_unit - 1;
		memset(state, UNIT_STORED, first);
		state[first] = UNIT_REFUSED;
	}
	while ((e = send_round(s, units, state)) != ERR_OK) {
		if (*s->stop)
			return SHIP_LATER;
		send_back_off(s, e);
		if (send_must_stop(s))
			return SHIP_LATER;
	}
	s->backoff_ms = 0;
	metrics_store_up(s->metrics, true);
	for (uint32_t u = first; u < units->count && result == SHIP_DONE; u++) {
		uint32_t count = units->list[u].count;
		bool resumed = s->batch.search_unit == u + 1 && s->batch.search_to <= count &&
		               s->batch.search_from <= s->batch.search_to;

		if (state[u] != UNIT_REFUSED)
			continue;
		result = search_unit(s, units, u, resumed ? s->batch.search_from : 0,
		        resumed ? s->batch.search_to : (count + 1) / 2);
	}
	return result;
}

enum ship_result send_batch(struct shipper *s)
{
	enum ship_result result = SHIP_LATER;
	struct units units;
	uint8_t *state;

	while (!units_cut(&s->batch, &units)) {
		if (*s->stop)
			return SHIP_LATER;
		send_back_off(s, ERR_DB_INTERNAL_ERROR);
	}
	state = calloc(units.count + 1, sizeof(*state));
	if (state != NULL)
		result = send_units(s, &units, state);
	free(state);
	units_release(&units);
	return result;
}
