/* SPDX-License-Identifier: MIT
 * The spool: a durable local log of accepted events. An append that returned ERR_OK is on disk and
 * will reach the store; one that did not will never be seen. Format: lib/spool/FORMAT.md. */
#ifndef YAVIO_SPOOL_SPOOL_H
#define YAVIO_SPOOL_SPOOL_H

#include "base/base.h"
#include "base/errors.h"

enum {
	SPOOL_ID_BYTES = 37,                        /* UUID text with its NUL */
	SPOOL_RECORD_BYTES_MAX = 128 * 1024 * 1024, /* payload of one record */
	SPOOL_STREAMS_MAX = 256,                    /* writers at work at the same time */
	SPOOL_RETRY_QUOTA_S = 5,
	SPOOL_RETRY_DISK_S = 60, /* Retry-After of 2402 and of 2406 */
};

enum spool_fsync {
	SPOOL_FSYNC_ALWAYS,   /* answer after fdatasync */
	SPOOL_FSYNC_INTERVAL, /* fdatasync every fsync_interval_ms: loses acknowledged events on
	                         power loss */
	SPOOL_FSYNC_OFF,      /* the kernel decides */
};

struct spool_options {
	const char *dir;        /* YAVIO_SPOOL_DIR; made when missing (its parent must exist) */
	int64_t max_bytes;      /* YAVIO_SPOOL_MAX_BYTES: unshipped bytes of all writers */
	int64_t segment_bytes;  /* YAVIO_SPOOL_SEGMENT_BYTES; at most an eighth of max_bytes is used
	                         */
	int64_t reserve_bytes;  /* YAVIO_DISK_RESERVE; 0: max(512 MiB, 5 % of the file system) */
	enum spool_fsync fsync; /* YAVIO_SPOOL_FSYNC */
	int64_t fsync_interval_ms; /* YAVIO_SPOOL_FSYNC_INTERVAL */
	bool allow_any_fs; /* YAVIO_SPOOL_ALLOW_LOSS: a network or memory file system is no error */
};

/* ---- writer: one a process and thread, opened after fork ---- */

struct spool_writer;

/* Takes a free stream of the spool and settles how its last segment ends. No segment is made before
 * the first append. dir is copied.
 * ERR_DB_SPOOL_OPEN_FAILED (logged with the cause) · ERR_DB_SPOOL_FORMAT_NEWER ·
 * ERR_DB_SPOOL_FILESYSTEM_UNSUITABLE. Free with spool_writer_close. */
enum err spool_writer_open(const struct spool_options *o, struct spool_writer **out) MUST_CHECK;
/* Closes the segment and gives the stream back. NULL-safe. */
void spool_writer_close(struct spool_writer *w);

/* Whether an append would be taken, from numbers at most 1 s old; to be asked before a body is
 * read. ERR_OK · ERR_INGEST_BACKPRESSURE_ACTIVE (2402, quota) · ERR_INGEST_SPOOL_DISK_FULL (2406,
 * reserve) · ERR_INGEST_SPOOL_WRITE_FAILED (2405: the disk failed less than 0.2 s ago). Opens again
 * below 95 %. */
enum err spool_admit(struct spool_writer *w) MUST_CHECK;

/* One request's accepted rows: JSON objects as JSONEachRow takes them, each line ended by '\n'. */
struct spool_record {
	int64_t accepted_ms;    /* arrival, Unix ms (ingested_at) */
	uint32_t rows_server;   /* lines of events with source server */
	uint32_t rows_widget;   /* … and with source widget */
	uint32_t registry_rows; /* lines of registry */
	const char *events;     /* rows of table events; may be NULL when events_len is 0 */
	size_t events_len;
	const char *registry; /* rows of table tool_registry */
	size_t registry_len;
};

/* Writes r as one record and returns after fdatasync (mode always). A record without bytes is
 * ERR_OK and nothing. Both sections are not kept. ERR_OK: durable, will be shipped. Anything else:
 * no byte of it will ever be shipped, also after a crash; the same codes as spool_admit. */
enum err spool_append(struct spool_writer *w, const struct spool_record *r) MUST_CHECK;

/* Writes and syncs a few bytes beside the segments: whether the disk takes an append at all, for
 * /health/ready. Costs one fdatasync; the codes of spool_admit. */
enum err spool_probe(struct spool_writer *w) MUST_CHECK;

/* Numbers of one writer since it was opened; the durations are of the last append. */
struct spool_writer_stats {
	uint64_t appends, rows, bytes, failures;
	uint64_t shared;   /* of the appends: done by the server of a group (spool_group.h) */
	int64_t append_ns; /* whole append */
	int64_t fsync_ns;  /* of which fdatasync */
	int64_t used_bytes, max_bytes; /* of all writers, at most 1 s old */
	uint32_t stream;
};
void spool_writer_stats(const struct spool_writer *w, struct spool_writer_stats *out);

/* ---- what is in a spool; needs no lock, may run beside writers and shipper ---- */

struct spool_status {
	char id[SPOOL_ID_BYTES];
	uint64_t depth_events; /* rows not yet acknowledged by the store */
	int64_t depth_bytes;   /* their bytes: what the quota counts */
	int64_t disk_bytes;    /* of all segments, also shipped and kept ones */
	int64_t oldest_ms;     /* when the oldest unshipped record was accepted, Unix ms; 0: none */
	uint32_t streams, segments;
	uint32_t writers; /* streams whose lock is held */
	bool shipper_running;
	uint64_t quarantine_entries, quarantine_rows;
	int64_t quarantine_bytes;
};
/* ERR_OK · ERR_DB_SPOOL_OPEN_FAILED (also: there is no spool yet) · ERR_DB_SPOOL_FORMAT_NEWER. */
enum err spool_status(const char *dir, struct spool_status *out) MUST_CHECK;

/* Puts records that were shipped and are still there (YAVIO_SPOOL_KEEP), accepted at since_ms (Unix
 * ms) or later, into the spool once more: after a restore of the store. Rows that the store has
 * collapse by event_id. *rows: event rows put back. Records that are damaged by now are left out.
 * ERR_OK · what spool_writer_open and spool_append return. */
enum err spool_replay(const struct spool_options *o, int64_t since_ms, uint64_t *rows) MUST_CHECK;

/* While the returned descriptor is open nothing is deleted from the spool (a backup copies it).
 * -1: errno. Close it to let go. */
int spool_hold(const char *dir) MUST_CHECK;

#endif
