/* SPDX-License-Identifier: MIT
 * PostgreSQL: the only user of libpq. Named statements (sql/queries), typed rows, transactions, the
 * tenant of a transaction, notifications. A handle belongs to one thread,
 * and to the process that opened it: a worker opens its own after fork. */
#ifndef YAVIO_PG_PG_H
#define YAVIO_PG_PG_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg_queries.h" /* generated from sql/queries: PGQ_<NAME> */

enum {
	PG_CONNECT_TIMEOUT_S = 3,
	PG_BACKOFF_MIN_MS = 50,
	PG_BACKOFF_MAX_MS = 2000,
	PG_TX_TRIES = 3,
	PG_PARAMS_MAX = 32,
	PG_URL_BYTES = 4096,
	PG_PARAM_BYTES_MAX = 1024 * 1024,
	PG_SQLSTATE_BYTES = 6,
	PG_CONSTRAINT_BYTES = 64,
	PG_DETAIL_BYTES = 512,
	PG_PAYLOAD_BYTES = 256,
	PG_TOKEN_HASH_BYTES = 32,
	PG_REACH_WAIT_MS = 60 * 1000,
	PG_SCHEMA_WAIT_MS = 60 * 1000,
};

struct pg;

/* Which of the three roles the URL logs in as: decides which statements exist on the connection and
 * how a transaction may be opened. Bits, so that a statement can name several. */
enum pg_role { PG_SERVICE = 1, PG_APP = 2, PG_INGEST = 4, PG_SUPERUSER = 8 };

struct pg_options {
	const char *url; /* postgresql://…; another machine only with sslmode=verify-full */
	enum pg_role role;
	const char *application_name; /* "yavio-ingest": shown by pg_stat_activity */
	bool prepare;                 /* PG_PREPARE: false sends unnamed statements */
	int64_t answer_timeout_ms;    /* a statement without an answer for so long loses its
	                                 connection (the server's own statement_timeout is shorter);
	                                 0: no limit */
	bool (*stop)(void *arg);      /* true ends a wait early; may be NULL */
	void *stop_arg;
};

/* Makes a handle without connecting; o is copied. ERR_OK, ERR_INFRA_INVALID_ENV_VAR (no
 * postgresql:// URL, or PGHOST or a service would choose the server),
 * ERR_INFRA_INSECURE_CONFIGURATION (another machine without sslmode=verify-full),
 * ERR_DB_INTERNAL_ERROR (no memory). Free *out with pg_close. */
enum err pg_open(const struct pg_options *o, struct pg **out) MUST_CHECK;
/* NULL-safe; ends an open transaction by losing it. */
void pg_close(struct pg *pg);

/* What a program does once at its start: connects (waits up to reach_ms, logging why), refuses a
 * server below 15 (ERR_DB_PG_VERSION_UNSUPPORTED), a privileged role on app and ingest connections
 * (ERR_DB_PG_ROLE_PRIVILEGED), waits up to schema_ms for an older schema (then
 * ERR_DB_PG_MIGRATION_FAILED), refuses a schema more than one release newer
 * (ERR_DB_PG_SCHEMA_NEWER), prepares the role's statements, and finds a pooler that loses them
 * (ERR_DB_PG_POOLER_MODE). ERR_DB_PG_CONNECTION_REFUSED: not reached in time, or stop. The reason
 * is in pg_last_error()->detail. */
enum err pg_start(struct pg *pg, int64_t reach_ms, int64_t schema_ms) MUST_CHECK;

/* --- statements --- */

struct pg_param {
	enum {
		PG_TYPE_NULL,
		PG_TYPE_TEXT,
		PG_TYPE_INT,
		PG_TYPE_BOOL,
		PG_TYPE_UUID,       /* UUID text */
		PG_TYPE_BYTES,      /* bytea */
		PG_TYPE_TIME_MS,    /* timestamptz from Unix milliseconds */
		PG_TYPE_UUID_LIST,  /* uuid[] */
		PG_TYPE_BYTES_LIST, /* bytea[], every element len bytes */
	} type;
	union {
		const char *text;
		int64_t integer;
		bool boolean;
		const void *bytes;
		const char *const *texts;
		const uint8_t *const *blobs;
	} v;
	size_t len;   /* of bytes, or of each element */
	size_t count; /* elements of a list */
};

/* A NULL pointer is SQL NULL. Values are not copied: they must live until the call returns. */
#define PG_NULL()      ((struct pg_param){.type = PG_TYPE_NULL})
#define PG_TEXT(t)     ((struct pg_param){.type = PG_TYPE_TEXT, .v.text = (t)})
#define PG_INT(i)      ((struct pg_param){.type = PG_TYPE_INT, .v.integer = (i)})
#define PG_BOOL(b)     ((struct pg_param){.type = PG_TYPE_BOOL, .v.boolean = (b)})
#define PG_UUID(t)     ((struct pg_param){.type = PG_TYPE_UUID, .v.text = (t)})
#define PG_BYTES(p, n) ((struct pg_param){.type = PG_TYPE_BYTES, .v.bytes = (p), .len = (n)})
#define PG_TIME_MS(ms) ((struct pg_param){.type = PG_TYPE_TIME_MS, .v.integer = (ms)})
#define PG_UUIDS(a, n) ((struct pg_param){.type = PG_TYPE_UUID_LIST, .v.texts = (a), .count = (n)})
#define PG_BLOBS(a, l, n)                                                                          \
	((struct pg_param){.type = PG_TYPE_BYTES_LIST, .v.blobs = (a), .len = (l), .count = (n)})

/* PG_PARAMS(PG_UUID(id), PG_INT(5)) fills the two arguments params, len of pg_exec. */
#define PG_PARAMS(...)                                                                             \
	(const struct pg_param[]){__VA_ARGS__},                                                    \
	        sizeof((const struct pg_param[]){__VA_ARGS__}) / sizeof(struct pg_param)
#define PG_NO_PARAMS NULL, 0

struct pg_result;

/* Runs one named statement, in the open transaction or alone. Connects first when there is no
 * connection; within the back-off after a failure it returns at once. A statement that was sent is
 * never repeated by itself.
 * out may be NULL; else caller frees *out with pg_result_free; NULL on error.
 * ERR_OK; ERR_DB_PG_CONNECTION_REFUSED or ERR_DB_PG_CONNECTION_POOL_EXHAUSTED (PostgreSQL away: the
 * caller answers 503); the code of pg_sqlstate_err otherwise; ERR_DB_INTERNAL_ERROR for a statement
 * the role does not have, a wrong count or a value that is no UUID (a bug). */
enum err pg_exec(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len,
        struct pg_result **out) MUST_CHECK;
void pg_result_free(struct pg_result *r); /* NULL-safe */

/* True for the codes that mean "PostgreSQL is away", which callers answer with 2403 or 3851. */
bool pg_err_away(enum err e);

/* Rows and columns count from 0. Asking for the wrong type of a column is a bug and aborts. */
size_t pg_rows(const struct pg_result *r);
/* Rows that INSERT, UPDATE, DELETE touched or SELECT returned. */
int64_t pg_affected(const struct pg_result *r);
bool pg_is_null(const struct pg_result *r, size_t row, size_t col);
/* text, varchar, name, json, jsonb; NULL for SQL NULL; valid until pg_result_free. */
const char *pg_text(const struct pg_result *r, size_t row, size_t col);
/* int2, int4, int8; 0 for NULL. */
int64_t pg_int(const struct pg_result *r, size_t row, size_t col);
/* false for NULL. */
bool pg_bool(const struct pg_result *r, size_t row, size_t col);
/* "" for NULL. */
void pg_uuid(const struct pg_result *r, size_t row, size_t col, char out[ID_UUID_BYTES]);
/* bytea; NULL and *len 0 for NULL. */
const uint8_t *pg_bytes(const struct pg_result *r, size_t row, size_t col, size_t *len);
/* timestamptz as Unix milliseconds, rounded down; 0 for NULL, INT64_MAX and INT64_MIN for the
 * infinities. */
int64_t pg_time_ms(const struct pg_result *r, size_t row, size_t col);

/* --- transactions --- */

/* One more statement in the round trip that opens a transaction. It runs also when the login is
 * unknown, then without a tenant: it has to fail or find nothing. */
struct pg_then {
	enum pg_query query;
	const struct pg_param *params;
	size_t len;
	struct pg_result *result; /* caller frees with pg_result_free; NULL on error */
};

/* A login, looked up and touched by auth_session() in the round trip that opens the transaction. */
struct pg_login {
	uint8_t token_hash[PG_TOKEN_HASH_BYTES];
	int64_t session_days, session_max_days;
	/* results */
	char session_id[ID_UUID_BYTES], user_id[ID_UUID_BYTES];
	char stage[8]; /* full, totp */
	int64_t auth_at_ms, expires_at_ms;
	bool touched;
};

/* On service and ingest connections. On an app connection ERR_DB_INTERNAL_ERROR: there every
 * transaction has a tenant. */
enum err pg_tx_begin(struct pg *pg) MUST_CHECK;
/* On app connections, the two ways to open one: as user_id (which a function of the database just
 * returned, or a new account's), or as the owner of a login. */
enum err pg_tx_begin_user(struct pg *pg, const char *user_id) MUST_CHECK;
/* then may be NULL. ERR_DASH_SESSION_EXPIRED: no such login; no transaction is open then. */
enum err pg_tx_begin_login(struct pg *pg, struct pg_login *login, struct pg_then *then) MUST_CHECK;
/* For a request that asks one statement and changes nothing: the login, then's statement (then may
 * be NULL) and the next pg_exec go in one round trip, as one transaction that ends with it. That
 * pg_exec gives ERR_DASH_SESSION_EXPIRED when there is no such login; else login and then are set.
 * Both must live until pg_once_end. A statement "with: login" looks the login up itself: it goes
 * only so, alone (then is NULL), its caller gives and reads what follows the login's parameters and
 * columns. */
void pg_once_begin(struct pg *pg, struct pg_login *login, struct pg_then *then);
/* True: the statement was sent. Nothing waits for one any more. */
bool pg_once_end(struct pg *pg);
/* Also ends the transaction when it fails. ERR_DB_PG_QUERY_FAILED: a statement in it had failed, so
 * it was rolled back. ERR_DB_PG_CONNECTION_REFUSED: lost while committing, outcome unknown. */
enum err pg_tx_commit(struct pg *pg) MUST_CHECK;
/* Safe at any time, also without a transaction or connection. */
void pg_tx_rollback(struct pg *pg);
bool pg_tx_is_open(const struct pg *pg);

/* Who a transaction is for: one of the two set, or NULL / none on service and ingest connections.
 */
struct pg_tx_as {
	const char *user_id;
	struct pg_login *login;
};
/* Statements of a transaction; no side effect elsewhere, since it may run again. An error rolls
 * back. */
typedef enum err pg_tx_fn(struct pg *pg, void *arg);

/* Opens, runs fn, commits. Runs all of it again, PG_TX_TRIES times at most, after a deadlock or
 * serialisation failure (then ERR_DB_PG_QUERY_FAILED), and once more when the connection was lost
 * before the transaction began. Returns fn's error otherwise. */
enum err pg_tx_run(struct pg *pg, const struct pg_tx_as *as, pg_tx_fn *fn, void *arg) MUST_CHECK;

/* --- errors --- */

struct pg_error {
	char sqlstate[PG_SQLSTATE_BYTES]; /* "" when the server did not answer */
	const char *statement;            /* its name, or "connect"; never NULL */
	char constraint[PG_CONSTRAINT_BYTES];
	char detail[PG_DETAIL_BYTES]; /* only of connecting and start-up checks: no values */
};
/* Of the last call that failed on this handle; valid until the next one. */
const struct pg_error *pg_last_error(const struct pg *pg);
/* The one log line of a failure, with SQLSTATE and statement name: values are never in it. */
void pg_log_failure(const struct pg *pg, enum err e, const char *msg);
/* The error for a SQLSTATE (five characters). */
enum err pg_sqlstate_err(const char *sqlstate) MUST_CHECK;

/* --- notifications --- */

enum pg_notify_kind {
	PG_NOTIFY_NONE,    /* the time is over */
	PG_NOTIFY_MESSAGE, /* channel and payload are set */
	PG_NOTIFY_RESET,   /* listening began, or began again: messages before it are lost, what
	                      depends on them has to be forgotten now */
};
struct pg_notify {
	enum pg_notify_kind kind;
	char channel[PG_CONSTRAINT_BYTES];
	char payload[PG_PAYLOAD_BYTES]; /* cut to fit */
};
/* listen: a LISTEN statement; it is sent now or with the next connection, and again after every
 * reconnect. One a handle. Needs a direct connection or a session pooler. */
void pg_listen(struct pg *pg, enum pg_query listen);
/* Waits for one message. Reconnects by itself, with back-off; ERR_DB_PG_CONNECTION_REFUSED after
 * timeout_ms without a connection. */
enum err pg_wait_notify(struct pg *pg, int64_t timeout_ms, struct pg_notify *out) MUST_CHECK;

#endif
