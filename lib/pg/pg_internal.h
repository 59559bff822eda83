/* SPDX-License-Identifier: MIT
 * Insides of lib/pg: the connection, and what its files share. */
#ifndef YAVIO_PG_PG_INTERNAL_H
#define YAVIO_PG_PG_INTERNAL_H

#include <libpq-fe.h>

#include "pg/pg.h"

/* What tx_login takes and gives. */
enum { PG_LOGIN_PARAMS = 3, PG_LOGIN_COLUMNS = 6 };

/* One row of the generated table. */
struct pg_query_def {
	const char *name, *sql;
	int params;
	unsigned roles; /* enum pg_role bits */
	bool prepare;   /* false: always sent unnamed */
	bool login;     /* looks the login up itself: params and columns begin with tx_login's */
};
extern const struct pg_query_def pg_queries[PGQ_COUNT];

enum pg_tx_state {
	PG_TX_NONE,
	PG_TX_OPEN,
	PG_TX_FAILED, /* a statement failed: only a rollback is left */
	PG_TX_LOST,   /* its connection is gone: nothing may run as if it were still open */
};

struct pg {
	PGconn *conn; /* NULL or usable */
	char *url, *application_name;
	const char *database; /* instead of the URL's; NULL: the URL's */
	enum pg_role role;
	bool prepare;
	bool bare;   /* the schema may be absent: prepare nothing at connect */
	bool pinned; /* a lost connection is not replaced: something depends on this one */
	int64_t answer_timeout_ms;
	bool (*stop)(void *arg);
	void *stop_arg;

	int64_t backoff_ms;   /* 0: the last attempt worked */
	int64_t retry_at_ms;  /* monotonic; before it no attempt is made */
	enum err connect_err; /* of the last attempt */
	enum pg_tx_state tx;
	struct pg_login *once_login; /* goes with the next statement; NULL: none */
	struct pg_then *once_then;
	bool once_sent;
	bool listening, listen_sent;
	bool reset_due; /* tell the listener that messages may be lost */
	enum pg_query listen;
	struct pg_error error;
};

struct pg_result {
	PGresult *res;
	const char *statement;
	int first; /* column of res that counts as 0 */
};

/* pg_url.c: see pg_open. */
enum err pg_url_check(const char *url) MUST_CHECK;

/* pg_conn.c. Connects when there is no connection, one attempt, none within the back-off. */
enum err pg_ensure(struct pg *pg) MUST_CHECK;
/* Connects now; once with preparing unless bare. */
enum err pg_connect_once(struct pg *pg) MUST_CHECK;
/* Prepares the statements of the role. */
enum err pg_prepare_all(struct pg *pg) MUST_CHECK;
/* Waits until connected, logging every few seconds; ends with the last attempt's error. */
enum err pg_reach(struct pg *pg, int64_t reach_ms) MUST_CHECK;
/* Closes the connection; an open transaction becomes PG_TX_LOST. */
void pg_drop(struct pg *pg);
bool pg_stopped(const struct pg *pg);

/* pg_exec.c. A statement's parameters in libpq's form; values point into the structs. */
struct pg_bound {
	const char *values[PG_PARAMS_MAX];
	int lengths[PG_PARAMS_MAX], formats[PG_PARAMS_MAX];
	char scratch[PG_PARAMS_MAX][32]; /* numbers and times */
	char *owned[PG_PARAMS_MAX];      /* lists, to be freed */
	int len;
};
enum err pg_bind(const struct pg_param *params, size_t len, struct pg_bound *out) MUST_CHECK;
void pg_bound_release(struct pg_bound *b);
/* Whether the role may run the statement with so many parameters, those of a login that it looks up
 * itself left out: ERR_OK or ERR_DB_INTERNAL_ERROR. */
enum err pg_check_call(struct pg *pg, enum pg_query q, size_t len) MUST_CHECK;
/* Sends one statement that was checked, alone, on the connection that there is, and waits for its
 * answer. */
enum err pg_ask(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len,
        PGresult **out) MUST_CHECK;
/* Notes why a call was refused before anything was sent, and gives e. */
enum err pg_refuse(struct pg *pg, enum pg_query q, const char *detail, enum err e) MUST_CHECK;
/* Makes *out of a result; out NULL: the result is dropped. */
enum err pg_wrap(PGresult *res, const char *statement, struct pg_result **out) MUST_CHECK;
/* pg_tx.c: pg_exec behind pg_once_begin. */
enum err pg_once_exec(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len,
        struct pg_result **out) MUST_CHECK;
/* Queues one statement on a connection in any mode. */
bool pg_send(struct pg *pg, enum pg_query q, const struct pg_bound *bound);
/* Next result within the answer timeout. NULL and *lost false: no more of this statement. */
PGresult *pg_receive(struct pg *pg, bool *lost);
/* Turns a result into the error it is (ERR_OK for none) and remembers it. */
enum err pg_judge(struct pg *pg, const PGresult *res, const char *statement);
/* Sends SQL that has no name (a migration's file), several statements allowed; detail gets the
 * server's message for the operator. */
enum err pg_run_script(struct pg *pg, const char *sql, const char *what, char *detail,
        size_t detail_size) MUST_CHECK;

/* pg_err.c */
void pg_error_clear(struct pg *pg, const char *statement);
void pg_error_from_result(struct pg *pg, const PGresult *res, const char *statement);
/* Text for people; newlines become spaces. */
void pg_error_detail(struct pg *pg, const char *text);

/* pg_check.c */
enum err pg_check_server(struct pg *pg) MUST_CHECK;
enum err pg_check_role(struct pg *pg) MUST_CHECK;
enum err pg_check_pooler(struct pg *pg) MUST_CHECK;
/* Waits for the schema of this program. */
enum err pg_check_schema(struct pg *pg, int64_t schema_ms) MUST_CHECK;

#endif
