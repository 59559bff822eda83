/* SPDX-License-Identifier: MIT
 * The search for rows that the store refuses: pieces from the left, halved while they are refused,
 * doubled while they are taken. The piece to be sent is on disk before it goes out, so that the
 * same pieces go out after a crash. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/shipper/send.h"

enum { SEARCH_FULL_MS = 1000, SEARCH_FULL_LOG_MS = 10 * 1000 };

static bool wait_a_second(struct shipper *s)
{
	int64_t until = clock_mono_ms() + SEARCH_FULL_MS;

	while (clock_mono_ms() < until && !*s->stop)
		clock_sleep_ms(50);
	return !*s->stop;
}

/* False: stopping. */
static bool note_piece(struct shipper *s, uint32_t u, uint32_t from, uint32_t to)
{
	enum err e;

	while ((e = spool_reader_search(s->reader, u, from, to)) != ERR_OK) {
		log_error(e, err_message(e));
		if (!wait_a_second(s))
			return false;
	}
	return true;
}

static bool set_aside(struct shipper *s, const struct units *units, uint32_t u, uint32_t row,
        const struct ch_result *result)
{
	const struct unit *unit = &units->list[u];
	const struct unit_row *r = &units->rows[unit->first + row];
	struct spool_quarantine_entry *q = calloc(1, sizeof(*q));
	enum err e = ERR_DB_INTERNAL_ERROR;

	if (q == NULL)
		return false;
	(void)!str_format(q->id, sizeof(q->id), "%llu-%s-%u-%u",
	        (unsigned long long)s->batch.number, unit->table, u, row);
	str_copy(q->table, sizeof(q->table), unit->table);
	q->rows = 1;
	q->code = result->cause;
	q->store_code = result->ch_code;
	str_copy(q->reason, sizeof(q->reason), result->text);
	for (;;) {
		int64_t now = clock_mono_ms();

		e = spool_reader_quarantine(s->reader, q, r->at, r->len);
		if (e == ERR_OK)
			break;
		if (s->full_logged_ms == 0 || now - s->full_logged_ms >= SEARCH_FULL_LOG_MS) {
			log_error(e, err_message(e), F_STR("id", q->id));
			s->full_logged_ms = now;
		}
		if (!wait_a_second(s))
			break;
	}
	if (e == ERR_OK) {
		s->counters.quarantined++;
		s->counters.quarantined_events += unit->table[0] == 'e';
		log_error(ERR_DB_QUARANTINE_ADDED, err_message(ERR_DB_QUARANTINE_ADDED),
		        F_STR("id", q->id), F_STR("cause", err_code(q->code)),
		        F_INT("storeCode", q->store_code));
	}
	free(q);
	return e == ERR_OK;
}

enum ship_result search_unit(
        struct shipper *s, const struct units *units, uint32_t u, uint32_t from, uint32_t to)
{
	struct ch_result *result = malloc(sizeof(*result));
	uint32_t count = units->list[u].count;
	enum ship_result outcome = SHIP_DONE;

	if (result == NULL)
		return SHIP_LATER;
	while (from < count && outcome == SHIP_DONE) {
		uint32_t len = to - from;
		enum err e;

		if (send_must_stop(s) || !note_piece(s, u, from, to)) {
			outcome = SHIP_LATER;
			break;
		}
		/* As JSON: what the store says of a row then names the field and its text. */
		e = send_piece(s, 0, &(struct piece){units, u, from, to, CH_ROWS_JSON}, result);
		if (e == ERR_OK) {
			s->counters.inserts_ok++;
			s->backoff_ms = 0;
		} else if (result->fault != CH_FAULT_DATA) {
			s->counters.inserts_failed++;
			if (*s->stop)
				outcome = SHIP_LATER;
			else
				send_back_off(s, e);
			continue;
		} else {
			s->counters.inserts_refused++;
			if (len > 1) {
				to = from + len / 2;
				continue;
			}
			if (!set_aside(s, units, u, from, result)) {
				outcome = SHIP_LATER;
				break;
			}
		}
		from = to;
		to = count - from < 2 * len ? count : from + 2 * len;
	}
	free(result);
	return outcome;
}
