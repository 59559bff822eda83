/* SPDX-License-Identifier: MIT
 * A file to be downloaded: rows are written into an unnamed temporary file first, so that its
 * length is known when it is sent (a file that is cut never looks whole, also behind a Caddy that
 * ends a cut reply as if it were one) and a store that fails is answered with a code. */
#ifndef YAVIO_FCGI_DASHBOARD_EXPORT_H
#define YAVIO_FCGI_DASHBOARD_EXPORT_H

#include "fcgi/dashboard/analytics.h"
#include "json/json_span.h"

enum {
	EXPORT_ROWS_MAX = 1000000,
	EXPORT_TIME_MS = 300000,
	EXPORT_COUNT_TIME_MS = 25000,
	EXPORT_BYTES_MAX = 2047 * 1024 * 1024,
	EXPORT_BUSY_RETRY_S = 5,
	/* of the workers that may wait for the store one in so many may be at an export */
	EXPORT_SHARE = 4,
};

enum export_format { EXPORT_CSV, EXPORT_NDJSON };

struct export_file;

/* How many exports may run at one time; a user has one. */
enum err export_slots_make(const struct conf *c, struct shm_slots **out) MUST_CHECK;

/* Takes a place for the user's export and makes the file; columns are the names of a file without
 * rows. ERR_DASH_ANALYTICS_QUERY_RATE_LIMITED: the user has one that runs, or too many run. */
enum err export_open(struct app *app, enum export_format format, const char *columns,
        struct export_file **out) MUST_CHECK;
/* NULL-safe. */
void export_close(struct export_file *f);
/* Adds a row, a JSON object. ERR_DASH_ANALYTICS_QUERY_REJECTED: it would be too long. */
enum err export_add(struct export_file *f, struct json_span row) MUST_CHECK;
int64_t export_rows(const struct export_file *f);
/* Makes the file the body of the reply, which closes it; name: of the download, without extension.
 */
enum err export_send(struct export_file *f, struct reply *rep, const char *name) MUST_CHECK;

/* h_export.c: the tables; fields of a table are those of its route without its page, and format and
 * count. To be called once, before the route table is used. */
enum export_table {
	EXPORT_TOOLS,
	EXPORT_INVOCATIONS,
	EXPORT_SESSIONS,
	EXPORT_ERRORS,
	EXPORT_ERROR_GROUPS,
	EXPORT_INTENTS,
	EXPORT_OVERVIEW,
	EXPORT_USERS,
	EXPORT_ACTIVE_USERS,
	EXPORT_NEW_VS_RETURNING,
	EXPORT_RETENTION,
	EXPORT_FUNNEL,
	EXPORT_PATH_LINKS,
	EXPORT_PATH_SEQUENCES,
	EXPORT_EVENTS,
	EXPORT_TABLES
};
extern struct web_fields export_fields[EXPORT_TABLES];
void export_fields_init(void);
enum err h_export(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
