/* SPDX-License-Identifier: MIT
 * Quarantine: rows that the store refuses and records that are damaged, with the reason, until a
 * person retries or purges them. The shipper adds (spool_reader_quarantine), the CLI does the rest.
 */
#ifndef YAVIO_SPOOL_SPOOL_QUARANTINE_H
#define YAVIO_SPOOL_SPOOL_QUARANTINE_H

#include "base/buf.h"
#include "spool/spool.h"

enum {
	SPOOL_QUARANTINE_ID_BYTES = 96,
	SPOOL_QUARANTINE_REASON_BYTES = 1024,
};

struct spool_quarantine_entry {
	char id[SPOOL_QUARANTINE_ID_BYTES];
	int64_t time_ms; /* set aside, Unix ms */
	char table[32];  /* "events", "tool_registry", "" for damaged bytes */
	uint64_t rows;   /* 0: unknown */
	uint64_t bytes;  /* payload */
	enum err code;   /* 5003, 5002, 5405 */
	int store_code;  /* ClickHouse's own error number, 0: none */
	char reason[SPOOL_QUARANTINE_REASON_BYTES]; /* text of the store; may quote a value of the
	                                               row */
};

/* Calls each(entry, arg) for every entry, oldest first, until it returns false. dir is the spool's.
 * ERR_OK (also without any) · ERR_DB_SPOOL_OPEN_FAILED. */
enum err spool_quarantine_list(const char *dir,
        bool (*each)(const struct spool_quarantine_entry *e, void *arg), void *arg) MUST_CHECK;

/* One entry; payload may be NULL, else its bytes are added to it (its cap must allow them).
 * ERR_OK · ERR_DB_QUARANTINE_NOT_FOUND · ERR_DB_SPOOL_OPEN_FAILED: unreadable or damaged. */
enum err spool_quarantine_show(const char *dir, const char *id, struct spool_quarantine_entry *e,
        struct buf *payload) MUST_CHECK;

/* Puts the rows back into the spool as a new record, from where the shipper sends them again, then
 * removes the entry.
 * ERR_OK · ERR_DB_QUARANTINE_NOT_FOUND · ERR_DB_QUARANTINE_RETRY_FAILED: damaged bytes cannot be
 * sent · what spool_writer_open and spool_append return. */
enum err spool_quarantine_retry(const struct spool_options *o, const char *id) MUST_CHECK;

/* Removes one entry for good. ERR_OK · ERR_DB_QUARANTINE_NOT_FOUND · ERR_DB_SPOOL_WRITE_FAILED. */
enum err spool_quarantine_purge(const char *dir, const char *id) MUST_CHECK;

/* Number of entries, rows, and bytes of files; zeros when there is no spool. */
enum err spool_quarantine_usage(
        const char *dir, uint64_t *entries, uint64_t *rows, int64_t *bytes) MUST_CHECK;

#endif
