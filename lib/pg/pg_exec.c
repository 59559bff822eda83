/* SPDX-License-Identifier: MIT
 * Sending a named statement and waiting for its answer, no longer than allowed. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pg/pg_internal.h"

enum { RESULT_BINARY = 1 };

bool pg_send(struct pg *pg, enum pg_query q, const struct pg_bound *bound)
{
	static const struct pg_bound none = {.len = 0};
	const struct pg_query_def *def = &pg_queries[q];
	const struct pg_bound *b = bound == NULL ? &none : bound;

	if (def->prepare && pg->prepare && !pg->bare)
		return PQsendQueryPrepared(pg->conn, def->name, b->len, b->values, b->lengths,
		        b->formats, RESULT_BINARY);
	return PQsendQueryParams(
	        pg->conn, def->sql, b->len, NULL, b->values, b->lengths, b->formats, RESULT_BINARY);
}

/* Until PQgetResult would not block; false: the connection is unusable or took too long. */
static bool wait_answer(struct pg *pg)
{
	int64_t end =
	        pg->answer_timeout_ms > 0 ? clock_mono_ms() + pg->answer_timeout_ms : INT64_MAX;

	for (;;) {
		struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
		int unsent = PQflush(pg->conn);
		int64_t left;

		if (!PQisBusy(pg->conn))
			return true;
		if (unsent < 0 || fd.fd < 0)
			return false;
		if (unsent > 0)
			fd.events |= POLLOUT;
		left = end == INT64_MAX ? -1 : end - clock_mono_ms();
		if (end != INT64_MAX && left <= 0)
			return false;
		if (poll(&fd, 1, left > INT_MAX ? INT_MAX : (int)left) < 0 && errno != EINTR)
			return false;
		if ((fd.revents & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(pg->conn))
			return false;
	}
}

PGresult *pg_receive(struct pg *pg, bool *lost)
{
	if (wait_answer(pg))
		return PQgetResult(pg->conn);
	*lost = true;
	/* The server's last word, when it had one. */
	return PQstatus(pg->conn) == CONNECTION_BAD ? PQgetResult(pg->conn) : NULL;
}

static enum err judge_failed(struct pg *pg, const PGresult *res, const char *statement)
{
	enum err e;

	pg_error_from_result(pg, res, statement);
	if (PQstatus(pg->conn) == CONNECTION_BAD || res == NULL || pg->error.sqlstate[0] == '\0')
		return ERR_DB_PG_CONNECTION_REFUSED;
	e = pg_sqlstate_err(pg->error.sqlstate);
	if (pg->tx == PG_TX_OPEN)
		pg->tx = PG_TX_FAILED;
	return e;
}

enum err pg_judge(struct pg *pg, const PGresult *res, const char *statement)
{
	switch (PQresultStatus(res)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_PIPELINE_SYNC:
		return ERR_OK;
	default:
		return judge_failed(pg, res, statement);
	}
}

static size_t own_params(const struct pg_query_def *def)
{
	return (size_t)def->params - (def->login ? PG_LOGIN_PARAMS : 0);
}

enum err pg_check_call(struct pg *pg, enum pg_query q, size_t len)
{
	const char *fault = NULL;

	if ((unsigned)q >= PGQ_COUNT)
		fault = "no such statement";
	else if ((pg_queries[q].roles & (unsigned)pg->role) == 0)
		fault = "statement is not this role's";
	else if (own_params(&pg_queries[q]) != len)
		fault = "wrong number of parameters";
	if (fault == NULL)
		return ERR_OK;
	pg_error_clear(pg, (unsigned)q < PGQ_COUNT ? pg_queries[q].name : "unknown");
	pg_error_detail(pg, fault);
	return ERR_DB_INTERNAL_ERROR;
}

/* One answer and the end of answers; anything after the first is an error of ours. */
static enum err exchange(
        struct pg *pg, enum pg_query q, const struct pg_bound *bound, PGresult **out)
{
	const char *name = pg_queries[q].name;
	bool lost = false;
	PGresult *res = NULL, *next;
	enum err e;

	if (!pg_send(pg, q, bound)) {
		pg_error_clear(pg, name);
		pg_drop(pg);
		return ERR_DB_PG_CONNECTION_REFUSED;
	}
	res = pg_receive(pg, &lost);
	e = lost ? judge_failed(pg, res, name) : pg_judge(pg, res, name);
	while (!lost && (next = pg_receive(pg, &lost)) != NULL)
		PQclear(next);
	if (lost || PQstatus(pg->conn) == CONNECTION_BAD) {
		pg_drop(pg);
		if (!pg_err_away(e))
			e = ERR_DB_PG_CONNECTION_REFUSED;
	}
	if (e == ERR_OK) {
		*out = res;
		return ERR_OK;
	}
	PQclear(res);
	return e;
}

enum err pg_wrap(PGresult *res, const char *statement, struct pg_result **out)
{
	struct pg_result *r;

	if (out == NULL) {
		PQclear(res);
		return ERR_OK;
	}
	r = malloc(sizeof(*r));
	if (r == NULL) {
		PQclear(res);
		return ERR_DB_INTERNAL_ERROR;
	}
	*r = (struct pg_result){.res = res, .statement = statement};
	*out = r;
	return ERR_OK;
}

enum err pg_refuse(struct pg *pg, enum pg_query q, const char *detail, enum err e)
{
	pg_error_clear(pg, pg_queries[q].name);
	pg_error_detail(pg, detail);
	return e;
}

enum err pg_ask(
        struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len, PGresult **out)
{
	struct pg_bound bound;
	enum err e = pg_bind(params, len, &bound);

	if (e == ERR_OK)
		e = exchange(pg, q, &bound, out);
	else
		e = pg_refuse(pg, q, "a value does not have the form of its type", e);
	pg_bound_release(&bound);
	return e;
}

enum err pg_exec(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len,
        struct pg_result **out)
{
	PGresult *res = NULL;
	enum err e;

	if (out != NULL)
		*out = NULL;
	e = pg_check_call(pg, q, len);
	if (e != ERR_OK)
		return e;
	if (pg->once_login != NULL)
		return pg_once_exec(pg, q, params, len, out);
	if (pg_queries[q].login)
		return pg_refuse(pg, q, "no login goes with the statement", ERR_DB_INTERNAL_ERROR);
	if (pg->tx == PG_TX_LOST)
		return pg_refuse(
		        pg, q, "connection lost in this transaction", ERR_DB_PG_CONNECTION_REFUSED);
	if (pg->tx == PG_TX_FAILED)
		return pg_refuse(pg, q, "an earlier statement of this transaction failed",
		        ERR_DB_PG_QUERY_FAILED);
	e = pg_ensure(pg);
	if (e == ERR_OK)
		e = pg_ask(pg, q, params, len, &res);
	return e == ERR_OK ? pg_wrap(res, pg_queries[q].name, out) : e;
}

/* Message, detail and hint of a failed script; migrations hold no user's values. */
static void script_detail(const PGresult *res, char *detail, size_t size)
{
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT);

	snprintf(detail, size, "%s%s%s", message ? message : "connection lost", hint ? "; " : "",
	        hint ? hint : "");
}

enum err pg_run_script(
        struct pg *pg, const char *sql, const char *what, char *detail, size_t detail_size)
{
	enum err first = ERR_OK;
	bool lost = false;
	PGresult *res;

	if (!PQsendQuery(pg->conn, sql)) {
		pg_error_clear(pg, what);
		snprintf(detail, detail_size, "connection lost");
		pg_drop(pg);
		return ERR_DB_PG_CONNECTION_REFUSED;
	}
	while ((res = pg_receive(pg, &lost)) != NULL) {
		enum err e = pg_judge(pg, res, what);

		if (first == ERR_OK && e != ERR_OK) {
			first = e;
			script_detail(res, detail, detail_size);
		}
		PQclear(res);
		if (lost)
			break;
	}
	if (lost || PQstatus(pg->conn) == CONNECTION_BAD) {
		pg_drop(pg);
		if (first == ERR_OK)
			snprintf(detail, detail_size, "connection lost");
		first = ERR_DB_PG_CONNECTION_REFUSED;
	}
	return first;
}
