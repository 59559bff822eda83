/* SPDX-License-Identifier: MIT
 * The reading side of the spool, for the one shipper: plans batches, gives their rows, acknowledges
 * them, frees what is shipped. Rules and files: FORMAT.md. */
#ifndef YAVIO_SPOOL_SPOOL_READER_H
#define YAVIO_SPOOL_SPOOL_READER_H

#include "base/buf.h"
#include "spool/spool.h"
#include "spool/spool_quarantine.h"

struct spool_reader;

struct spool_reader_options {
	const char *dir; /* made when missing */
	bool allow_any_fs;
	int64_t max_bytes; /* YAVIO_SPOOL_MAX_BYTES: kept segments go first when it gets tight */
	int64_t reserve_bytes;        /* YAVIO_DISK_RESERVE, as in spool_options */
	int64_t quarantine_max_bytes; /* YAVIO_QUARANTINE_MAX_BYTES */
	int64_t keep_ms; /* YAVIO_SPOOL_KEEP, 0: shipped segments are deleted at once */
};

/* Takes the spool's shipper lock. ERR_OK · ERR_DB_SHIPPER_ALREADY_RUNNING · what spool_writer_open
 * returns. Free with spool_reader_close. */
enum err spool_reader_open(
        const struct spool_reader_options *o, struct spool_reader **out) MUST_CHECK;
void spool_reader_close(struct spool_reader *r);
/* The spool's UUID, for deduplication tokens. */
const char *spool_reader_id(const struct spool_reader *r);

/* CRC32C, for tokens. */
uint32_t spool_crc(const void *bytes, size_t len);

/* What waits behind the last plan. */
struct spool_backlog {
	uint64_t rows;     /* event rows */
	uint64_t bytes;    /* at least these */
	bool any;          /* a record waits (also one of registry rows only) */
	int64_t oldest_ms; /* when the oldest was accepted, Unix ms; 0: none */
	uint64_t damaged;  /* damaged places set aside since the reader was opened */
};
/* Looks for new records, streams whose writer died, and segments to free. Cheap: to be called every
 * few milliseconds.
 * ERR_OK · ERR_DB_QUARANTINE_FULL · ERR_DB_SPOOL_FORMAT_NEWER · ERR_DB_SPOOL_OPEN_FAILED. */
enum err spool_reader_poll(struct spool_reader *r, struct spool_backlog *out) MUST_CHECK;

/* Makes the next poll look for new streams at once, not only every half second. */
void spool_reader_rescan(struct spool_reader *r);

/* How a plan is cut into inserts. */
struct spool_limits {
	uint32_t rows, bytes, days; /* of one insert */
	uint32_t units;             /* a plan holds about so many inserts */
};

struct spool_batch {
	uint64_t number; /* 0: nothing */
	bool again;      /* was under way before: may be in the store already, in part or whole */
	struct spool_limits
	        limits; /* those of the plan, not of the caller, when it is sent again */
	struct buf events, registry; /* JSONEachRow lines */
	uint64_t rows_server, rows_widget, registry_rows;
	uint64_t records;
	int64_t oldest_ms, newest_ms; /* accepted */
	/* the search for bad rows that was under way: unit + 1 (0: none), rows [from, to) of it */
	uint32_t search_unit, search_from, search_to;
};
void spool_batch_init(struct spool_batch *b);
void spool_batch_release(struct spool_batch *b);

/* The plan under way when there is one, else a new one of the oldest records, which is on disk when
 * this returns; b is emptied first. Nothing to ship: ERR_OK and number 0.
 * ERR_OK · ERR_DB_SPOOL_ACK_FAILED: the plan could not be written, nothing is under way · as
 * spool_reader_poll. */
enum err spool_reader_plan(struct spool_reader *r, const struct spool_limits *limits,
        struct spool_batch *b) MUST_CHECK;
/* Writes which piece of which unit goes out next, before it does: unit counted from 0.
 * ERR_OK · ERR_DB_SPOOL_ACK_FAILED. */
enum err spool_reader_search(
        struct spool_reader *r, uint32_t unit, uint32_t from, uint32_t to) MUST_CHECK;
/* The plan under way is stored: writes that and frees what is no longer needed.
 * ERR_OK · ERR_DB_SPOOL_ACK_FAILED: still under way, to be called again. */
enum err spool_reader_ack(struct spool_reader *r) MUST_CHECK;

/* Sets rows aside (e->id given; time and bytes are filled in). On disk when it returns; the same id
 * overwrites.
 * ERR_OK · ERR_DB_QUARANTINE_FULL · ERR_DB_SPOOL_WRITE_FAILED. */
enum err spool_reader_quarantine(struct spool_reader *r, const struct spool_quarantine_entry *e,
        const char *payload, size_t len) MUST_CHECK;

#endif
