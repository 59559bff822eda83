/* SPDX-License-Identifier: MIT
 * ClickHouse over HTTP, the same for yavio-store and a server: insert with a token, select within a
 * tenant, commands, migrations. */
#ifndef YAVIO_CH_CH_H
#define YAVIO_CH_CH_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"
#include "ch/ch_tables.h"
#include "conf/conf.h"

struct ch;

/* Classes of queries, each with its limits (ch_limits.c). */
enum ch_class { CH_DASHBOARD, CH_LIVE, CH_EXPORT, CH_FREE_SQL, CH_INSERT, CH_ADMIN };

/* Both are UUID text; anything else is refused before a byte is sent. */
struct ch_tenant {
	const char *workspace_id, *project_id;
};

/* A value for {name:Type}: plain text, escaped by the client; raw: already ClickHouse text, as
 * arrays are ("['a','b']", see ch_text_list). */
struct ch_param {
	const char *name, *value;
	bool raw;
};

/* What an error means for the caller that wants to repeat. */
enum ch_fault {
	CH_FAULT_NONE,
	CH_FAULT_TRANSIENT, /* the same call may succeed later: no connection, busy, disk, memory */
	CH_FAULT_DATA,      /* a row of this insert can never be stored: halve the batch */
	CH_FAULT_QUERY,     /* the text or its limits */
	CH_FAULT_CONFIG,    /* login, missing table, schema: an operator has to act; retry slowly */
};

enum { CH_ERROR_TEXT_BYTES = 512, CH_QUERY_ID_BYTES = 64, CH_SQL_BYTES_MAX = 256 * 1024 };

struct ch_result {
	enum err cause; /* 50xx for the log, also where 34xx is returned for the reply */
	enum ch_fault fault;
	int http_status; /* 0: no answer came */
	int ch_code;     /* X-ClickHouse-Exception-Code, 0: none */
	bool sent;       /* the other side may have acted although the call failed */
	char query_id[CH_QUERY_ID_BYTES];
	uint64_t read_rows, read_bytes, written_rows, written_bytes, result_rows, result_bytes;
	int64_t took_ms;
	/* first bytes of the error as the store sent it, one line; may quote data: only for
	 * operators (quarantine reason, CLI), never for a reply or the log */
	char text[CH_ERROR_TEXT_BYTES];
};

/* Limits that come from the configuration; 0 keeps the default of ch_limits.c. */
struct ch_options {
	int64_t query_timeout_ms; /* YAVIO_QUERY_TIMEOUT */
	int64_t query_memory;     /* YAVIO_QUERY_MEMORY, bytes */
	int64_t query_max_rows;   /* YAVIO_QUERY_MAX_ROWS */
	int64_t query_threads;    /* YAVIO_QUERY_THREADS */
	const char *cluster;      /* CLICKHOUSE_CLUSTER, NULL or "": single */
	bool (*stop)(void *arg);  /* true ends a running call early; may be NULL */
	void *stop_arg;
};

/* A handle for one thread; keeps its connection. at is copied; options may be NULL. NULL: no
 * memory.
 */
struct ch *ch_open(const struct conf_ch_endpoint *at, const struct ch_options *options);
void ch_close(struct ch *c);

/* GET /ping, no login. ERR_OK or ERR_DB_CH_CONNECTION_REFUSED. */
enum err ch_ping(struct ch *c, int64_t timeout_ms) MUST_CHECK;

enum ch_rows {
	CH_ROWS_JSON,   /* JSONEachRow: a JSON object a line */
	CH_ROWS_NATIVE, /* Native: one block of columns */
};

struct ch_insert {
	const char *table; /* a name of ch_tenant_tables */
	const char *token; /* insert_deduplication_token: a repeat with the same stores nothing,
	                      whatever its form */
	enum ch_rows rows;
	const void *body; /* not copied */
	size_t body_len;
};

/* Inserts rows. Synchronous: on ERR_OK they are on disk. The body is gzipped when the store is
 * another machine.
 * Returns ERR_OK or the 50xx that is also in result->cause; result->fault tells what to do. */
enum err ch_insert(
        struct ch *c, const struct ch_insert *insert, struct ch_result *result) MUST_CHECK;

struct ch_query {
	enum ch_class cls;
	const struct ch_tenant *tenant; /* NULL only for CH_ADMIN */
	const char *sql;                /* without FORMAT */
	const struct ch_param *params;
	size_t params_len;
	const char *format; /* NULL: JSONCompact */
	/* one of both, as in httpc: appended to, or called with pieces while the answer arrives
	 * (never with an error's text); false ends the call */
	struct buf *into_buf;
	bool (*sink)(const char *bytes, size_t len, void *arg);
	void *sink_arg;
	bool check; /* free SQL: run the lexer of the gate first (the store does all of it anyway)
	             */
};

/* Runs a select. For the tenant classes it returns what the dashboard answers: ERR_OK,
 * ERR_DASH_ANALYTICS_QUERY_TIMEOUT, ERR_DASH_ANALYTICS_QUERY_REJECTED (limits),
 * ERR_DASH_CLICKHOUSE_UNAVAILABLE, or the 50xx of cause otherwise; for CH_ADMIN always the cause.
 * After an error into_buf is as long as before; a sink may have got the first pieces. */
enum err ch_select(struct ch *c, const struct ch_query *query, struct ch_result *result) MUST_CHECK;

/* Adds "['a','b\\'c']", the text of an Array(String). False: does not fit. */
bool ch_text_list(struct buf *out, const char *const *items, size_t items_len) MUST_CHECK;

/* DDL and other statements without a result, as the handle's user with the limits of CH_ADMIN. */
enum err ch_command(struct ch *c, const char *sql, const struct ch_param *params, size_t params_len,
        struct ch_result *result) MUST_CHECK;

enum { CH_ERASE_SQL_BYTES = 1024 };

struct ch_erase_form {
	const struct ch_table *table;
	const char *database; /* NULL: the connection's */
	const char *cluster;  /* NULL: none */
	bool end_user;    /* {u:String} and {s:Array(String)} (sessions of that user), else all */
	bool lightweight; /* DELETE FROM: hides at once, removes at the next merge */
};
/* Writes an erasure statement for the tenant {w:String}, {p:String}. False: the table has no end
 * user, or it does not fit. */
bool ch_erase_sql(char *out, size_t out_size, const struct ch_erase_form *form) MUST_CHECK;
/* Deletes a project's rows (user_id NULL) or one end user's from every tenant table and waits for
 * the mutation. sessions: {s:Array(String)} in ClickHouse text, e.g. "['a','b']", NULL: none. */
enum err ch_erase(struct ch *c, const struct ch_tenant *tenant, const char *user_id,
        const char *sessions, struct ch_result *result) MUST_CHECK;

/* Keeps events for that many days (0: for ever): the table's TTL, altered only when it differs, by
 * which rows go at merges, within two days; and drops days that are wholly over, with what was told
 * of their sessions. As administrator. *dropped: how many days. */
enum err ch_retention_apply(struct ch *c, int64_t days, bool *changed, int64_t *dropped,
        struct ch_result *result) MUST_CHECK;

/* One migration that is in this program. */
struct ch_migration {
	unsigned version;
	const char *name; /* file name without directory and ".sql" */
	const char *text;
	size_t len;
};
extern const struct ch_migration ch_migrations[];
extern const size_t ch_migrations_len;

enum ch_migrate_event {
	CH_MIGRATE_APPLIED,
	CH_MIGRATE_PRESENT,
	CH_MIGRATE_USERS,
	CH_MIGRATE_FAILED
};
typedef void ch_migrate_progress(enum ch_migrate_event event, const struct ch_migration *migration,
        const struct ch_result *result, void *arg);

/* Creates the database and brings it to this program's schema, statement by statement. To be called
 * alone (pg_migrate_alone): where two move a table at once, rows are lost. ERR_OK;
 * ERR_DB_CH_MIGRATION_FAILED: a statement failed, a file that had been applied is different now, or
 * one is missing in between; ERR_DB_CH_SCHEMA_NEWER: the database is ahead of this program; or the
 * error of the connection. */
enum err ch_migrate(struct ch *c, ch_migrate_progress *progress, void *arg) MUST_CHECK;

/* Highest version applied, 0 for none or no database. */
enum err ch_schema_version(struct ch *c, unsigned *version) MUST_CHECK;

/* Users, grants and row policies of a server (clickhouse/users.sql). Passwords in clear, hashed by
 * this program before they are sent; an empty one leaves that user out (yavio_intelligence) or is
 * ERR_DB_CH_CREDENTIALS_OPEN. Not for yavio-store, which has its users built in. */
struct ch_users {
	const char *ingest, *dashboard, *eraser, *intelligence;
	const char *host; /* network of HOST, e.g. "ANY" or "IP '10.0.0.0/8'" */
};
enum err ch_apply_users(
        struct ch *c, const struct ch_users *users, struct ch_result *result) MUST_CHECK;

#endif
