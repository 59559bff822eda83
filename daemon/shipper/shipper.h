/* SPDX-License-Identifier: MIT
 * yavio-shipper: takes acknowledged events from the spool to the store, each exactly once. */
#ifndef YAVIO_SHIPPER_SHIPPER_H
#define YAVIO_SHIPPER_SHIPPER_H

#include <signal.h>
#include <stdatomic.h>

#include "ch/ch.h"
#include "daemon/shipper/native.h"
#include "daemon/shipper/options.h"
#include "daemon/shipper/units.h"
#include "spool/spool_reader.h"

enum {
	SHIP_INSERT_BYTES = 32 * 1024 * 1024,
	/* A batch goes out when an insert is full to this part, or after the interval. */
	SHIP_DUE_PART = 2,
	SHIP_INSERT_DAYS = 31,
	SHIP_LANES = 2, /* inserts at the same time */
	/* No insert is made smaller than this to keep all lanes busy. */
	SHIP_SHARE_ROWS = 20 * 1000,
	SHIP_BACKOFF_FIRST_MS = 1000,
	SHIP_BACKOFF_LAST_MS = 60 * 1000,
	SHIP_STOP_MS = 5000, /* for the last insert after SIGTERM */
	SHIP_TOKEN_BYTES = 192,
};

/* Since the start; one thread writes, metrics.c reads. */
struct counters {
	uint64_t inserts_ok, inserts_refused, inserts_failed, retries;
	uint64_t rows_server, rows_widget, registry_rows; /* stored */
	uint64_t quarantined, damaged;
	uint64_t quarantined_events; /* of quarantined: rows of table events */
};

/* Where inserts go: ch_insert, or what a test puts in its place. lane: 0 … SHIP_LANES - 1, never
 * the same twice at a time. */
struct sink {
	enum err (*insert)(
	        void *arg, unsigned lane, const struct ch_insert *insert, struct ch_result *result);
	bool (*ping)(void *arg);
	void *arg;
};

struct metrics;

struct shipper {
	struct options options;
	struct spool_reader *reader;
	struct sink sink;
	struct metrics *metrics; /* may be NULL */
	struct counters counters;
	struct spool_batch batch;
	uint64_t waiting_rows; /* at the last look */
	struct buf scratch[SHIP_LANES];
	struct native *native[SHIP_LANES]; /* NULL: rows go out as JSON */
	volatile sig_atomic_t *stop;
	_Atomic int64_t stop_by_ms; /* clock_mono_ms at which calls are ended, 0: not stopping */
	int64_t backoff_first_ms, backoff_last_ms; /* SHIP_BACKOFF_…, shorter in tests */
	int64_t backoff_ms, behind_logged_ms, full_logged_ms;
};

enum ship_result {
	SHIP_DONE,    /* stored and acknowledged */
	SHIP_NOTHING, /* nothing to ship */
	SHIP_LATER,   /* stopping: the plan under way waits in the spool */
};

/* ---- send.c ---- */

/* Sends the batch until all of it is stored or set aside, waiting as long as it takes; SHIP_LATER
 * only when stopping. */
enum ship_result send_batch(struct shipper *s);
/* True when SIGTERM came and its time is over. */
bool send_must_stop(struct shipper *s);
/* Waits the next step of the back-off (1 … 60 s), less when the store answers again or a stop
 * comes. */
void send_back_off(struct shipper *s, enum err cause);

/* ---- search.c ---- */

/* Sends unit u piece by piece, halving what is refused, from row `from`, first piece up to `to`;
 * rows that are refused alone go to quarantine. */
enum ship_result search_unit(
        struct shipper *s, const struct units *units, uint32_t u, uint32_t from, uint32_t to);

/* ---- loop.c ---- */

/* Ships until *stop, then once more (≤ SHIP_STOP_MS). ERR_OK, or what makes going on pointless
 * (5406). */
enum err loop_run(struct shipper *s);
/* Plans, sends, acknowledges one batch. */
enum err loop_ship(struct shipper *s, enum ship_result *result);
/* While a batch waits to be sent again: how far behind we are, that batch included. */
void loop_report(struct shipper *s);

/* ---- pulse.c ---- */

struct pulse;

/* Watches a store that is not the embedded one, and writes what it sees to store_path. NULL: there
 * is nothing to watch, or it could not be started (logged). */
struct pulse *pulse_start(const struct options *o);
void pulse_stop(struct pulse *p); /* NULL-safe */

/* ---- metrics.c ---- */

struct metrics *metrics_open(const struct options *o);
void metrics_close(struct metrics *m);
/* After an insert: how long it took and how many rows it had. */
void metrics_insert(struct metrics *m, int64_t took_ms, uint64_t rows, const char *result);
void metrics_retry(struct metrics *m, enum err cause);
/* After a batch was acknowledged: how old its oldest event was. */
void metrics_batch(struct metrics *m, const struct shipper *s);
/* Gauges, at most once a second unless force. */
void metrics_refresh(struct metrics *m, const struct shipper *s, const struct spool_backlog *b);
void metrics_store_up(struct metrics *m, bool up);

#endif
