/* SPDX-License-Identifier: MIT
 * The loop: waits until a batch is due, ships it, and reports when it falls behind. */
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/shipper/shipper.h"

enum {
	LOOP_POLL_MS = 20,
	LOOP_TROUBLE_MS = 1000, /* between tries when the spool itself makes trouble */
	LOOP_TROUBLE_LOG_MS = 10 * 1000,
	LOOP_BEHIND_MS = 60 * 1000,
	LOOP_BEHIND_LOG_MS = 60 * 1000,
	LOOP_KEEP_BYTES = 4 * 1024 * 1024, /* memory of a batch that is kept for the next one */
};

static void trouble(struct shipper *s, enum err e)
{
	int64_t now = clock_mono_ms();

	if (s->full_logged_ms == 0 || now - s->full_logged_ms >= LOOP_TROUBLE_LOG_MS) {
		log_error(e, err_message(e));
		s->full_logged_ms = now;
	}
	for (int64_t until = now + LOOP_TROUBLE_MS; clock_mono_ms() < until && !*s->stop;)
		clock_sleep_ms(50);
}

/* Not ERR_OK only when stopping: what was stored is then sent again with its token. */
static enum err acknowledge(struct shipper *s)
{
	enum err e;

	while ((e = spool_reader_ack(s->reader)) != ERR_OK) {
		trouble(s, e);
		if (*s->stop && send_must_stop(s))
			return e;
	}
	return ERR_OK;
}

/* Which source a refused row had nobody knows without parsing it: server, the usual one. */
static void count_stored(struct shipper *s, uint64_t refused)
{
	uint64_t server = s->batch.rows_server, widget = s->batch.rows_widget;
	uint64_t of_server = refused < server ? refused : server;

	s->counters.rows_server += server - of_server;
	s->counters.rows_widget += widget - (refused - of_server);
}

/* What waits, shared by the lanes when there is enough of it: each insert costs the store 20 ms of
 * CPU whatever it holds, and each makes a part to be merged. */
static struct spool_limits limits_now(const struct shipper *s)
{
	struct spool_limits limits = s->options.limits;
	uint64_t share = s->waiting_rows / SHIP_LANES + 1;

	if (share >= SHIP_SHARE_ROWS && limits.rows > share)
		limits.rows = (uint32_t)share;
	return limits;
}

enum err loop_ship(struct shipper *s, enum ship_result *result)
{
	const struct spool_limits limits = limits_now(s);
	uint64_t refused;
	enum err e = spool_reader_plan(s->reader, &limits, &s->batch);

	*result = SHIP_NOTHING;
	if (e != ERR_OK || s->batch.number == 0)
		return e;
	if (s->batch.again)
		log_info("a batch that was under way is sent again",
		        F_INT("batch", (int64_t)s->batch.number));
	refused = s->counters.quarantined_events;
	*result = send_batch(s);
	if (*result != SHIP_DONE)
		return ERR_OK;
	e = acknowledge(s);
	if (e != ERR_OK)
		return e;
	refused = s->counters.quarantined_events - refused;
	count_stored(s, refused);
	s->counters.registry_rows += s->batch.registry_rows;
	metrics_batch(s->metrics, s);
	log_debug("stored", F_INT("batch", (int64_t)s->batch.number),
	        F_INT("eventCount", (int64_t)(s->batch.rows_server + s->batch.rows_widget)),
	        F_INT("lagMs", clock_wall_ms() - s->batch.oldest_ms));
	return ERR_OK;
}

static void warn_behind(struct shipper *s, const struct spool_backlog *b)
{
	int64_t now = clock_mono_ms();
	int64_t age = b->oldest_ms > 0 ? clock_wall_ms() - b->oldest_ms : 0;

	if (age < LOOP_BEHIND_MS ||
	        (s->behind_logged_ms != 0 && now - s->behind_logged_ms < LOOP_BEHIND_LOG_MS))
		return;
	s->behind_logged_ms = now;
	log_warn(ERR_INGEST_SHIPPING_BEHIND, err_message(ERR_INGEST_SHIPPING_BEHIND),
	        F_INT("oldestSeconds", age / 1000), F_INT("eventCount", (int64_t)b->rows));
}

void loop_report(struct shipper *s)
{
	struct spool_backlog b;

	if (spool_reader_poll(s->reader, &b) != ERR_OK)
		return; /* the loop itself reports what is wrong */
	b.rows += s->batch.rows_server + s->batch.rows_widget;
	if (b.oldest_ms == 0 || s->batch.oldest_ms < b.oldest_ms)
		b.oldest_ms = s->batch.oldest_ms;
	warn_behind(s, &b);
	metrics_refresh(s->metrics, s, &b);
}

/* After a backlog the large buffers go back. */
static void shrink(struct shipper *s)
{
	if (s->batch.events.size > LOOP_KEEP_BYTES)
		buf_release(&s->batch.events);
	if (s->batch.registry.size > LOOP_KEEP_BYTES)
		buf_release(&s->batch.registry);
	for (unsigned i = 0; i < SHIP_LANES; i++) {
		if (s->scratch[i].size > LOOP_KEEP_BYTES)
			buf_release(&s->scratch[i]);
		native_shrink(s->native[i], LOOP_KEEP_BYTES);
	}
}

static bool due(const struct shipper *s, const struct spool_backlog *b, int64_t *since)
{
	int64_t now = clock_mono_ms();

	if (!b->any) {
		*since = 0;
		return false;
	}
	if (*since == 0)
		*since = now;
	return b->rows >= s->options.limits.rows / SHIP_DUE_PART ||
	       b->bytes >= s->options.limits.bytes / SHIP_DUE_PART ||
	       now - *since >= s->options.interval_ms;
}

static enum err last_insert(struct shipper *s)
{
	enum ship_result result = SHIP_DONE;
	struct spool_backlog backlog;
	enum err e = ERR_OK;

	spool_reader_rescan(s->reader);
	while (e == ERR_OK && result == SHIP_DONE && !send_must_stop(s)) {
		e = spool_reader_poll(s->reader, &backlog);
		if (e == ERR_OK)
			e = loop_ship(s, &result);
	}
	return e == ERR_DB_SPOOL_FORMAT_NEWER ? e : ERR_OK;
}

enum err loop_run(struct shipper *s)
{
	enum ship_result result = SHIP_NOTHING;
	int64_t since = 0;
	enum err e;

	/* What was under way when the last shipper ended comes first. */
	while (!*s->stop && (e = loop_ship(s, &result)) != ERR_OK) {
		if (e == ERR_DB_SPOOL_FORMAT_NEWER)
			return e;
		trouble(s, e);
	}
	while (!*s->stop) {
		struct spool_backlog backlog;

		e = spool_reader_poll(s->reader, &backlog);
		if (e == ERR_DB_SPOOL_FORMAT_NEWER)
			return e;
		if (e != ERR_OK) {
			trouble(s, e);
			continue;
		}
		s->counters.damaged = backlog.damaged;
		s->waiting_rows = backlog.rows;
		warn_behind(s, &backlog);
		metrics_refresh(s->metrics, s, &backlog);
		if (!backlog.any)
			shrink(s);
		if (!due(s, &backlog, &since)) {
			clock_sleep_ms(LOOP_POLL_MS);
			continue;
		}
		since = 0;
		e = loop_ship(s, &result);
		if (e != ERR_OK)
			trouble(s, e);
	}
	return last_insert(s);
}
