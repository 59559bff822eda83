/* SPDX-License-Identifier: MIT
 * The connection: made with a time limit, prepared in one round trip, made again with back-off. */
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "pg/pg_internal.h"

enum { REACH_LOG_MS = 5000, ALIVE_READS_MAX = 16 };

static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

enum err pg_open(const struct pg_options *o, struct pg **out)
{
	enum err e = pg_url_check(o->url);
	struct pg *pg;

	*out = NULL;
	if (e != ERR_OK)
		return e;
	pg = calloc(1, sizeof(*pg));
	if (pg == NULL)
		return ERR_DB_INTERNAL_ERROR;
	pg->url = strdup(o->url);
	pg->application_name = strdup(o->application_name);
	if (pg->url == NULL || pg->application_name == NULL) {
		pg_close(pg);
		return ERR_DB_INTERNAL_ERROR;
	}
	pg->role = o->role;
	pg->prepare = o->prepare;
	pg->answer_timeout_ms = o->answer_timeout_ms;
	pg->stop = o->stop;
	pg->stop_arg = o->stop_arg;
	pg_error_clear(pg, "connect");
	*out = pg;
	return ERR_OK;
}

void pg_close(struct pg *pg)
{
	if (pg == NULL)
		return;
	pg_drop(pg);
	if (pg->url != NULL)
		explicit_bzero(pg->url, strlen(pg->url));
	free(pg->url);
	free(pg->application_name);
	free(pg);
}

void pg_drop(struct pg *pg)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->listen_sent = false;
	if (pg->tx == PG_TX_OPEN || pg->tx == PG_TX_FAILED)
		pg->tx = PG_TX_LOST;
}

bool pg_stopped(const struct pg *pg)
{
	return pg->stop != NULL && pg->stop(pg->stop_arg);
}

/* libpq tells no SQLSTATE of a refused connection, only the server's text. */
static enum err refusal(const char *text)
{
	if (strstr(text, "too many clients") || strstr(text, "connection slots are reserved") ||
	        strstr(text, "too many connections"))
		return ERR_DB_PG_CONNECTION_POOL_EXHAUSTED;
	return ERR_DB_PG_CONNECTION_REFUSED;
}

static void back_off(struct pg *pg, enum err e)
{
	int64_t next = pg->backoff_ms == 0 ? PG_BACKOFF_MIN_MS : pg->backoff_ms * 2;

	pg->backoff_ms = next > PG_BACKOFF_MAX_MS ? PG_BACKOFF_MAX_MS : next;
	pg->retry_at_ms = clock_mono_ms() + pg->backoff_ms;
	pg->connect_err = e;
}

enum err pg_connect_once(struct pg *pg)
{
	char timeout[12];
	/* What stands before the URL is a default, what follows it wins over it. */
	const char *keywords[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle",
	        "keepalives_interval", "dbname", "application_name", "client_encoding",
	        pg->database == NULL ? NULL : "dbname", NULL};
	const char *values[] = {timeout, "10000", "30", "10", pg->url, pg->application_name, "UTF8",
	        pg->database, NULL};
	enum err e;

	snprintf(timeout, sizeof(timeout), "%d", (int)PG_CONNECT_TIMEOUT_S);
	pg_drop(pg);
	pg->conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		const char *text = PQerrorMessage(pg->conn);

		e = refusal(text);
		pg_error_clear(pg, "connect");
		pg_error_detail(pg, text);
	} else {
		PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
		PQsetnonblocking(pg->conn, 1);
		e = pg->bare ? ERR_OK : pg_prepare_all(pg);
	}
	if (e != ERR_OK) {
		pg_drop(pg);
		back_off(pg, e);
		return e;
	}
	pg->backoff_ms = 0;
	return ERR_OK;
}

/* An error of preparing says that the statement does not fit the schema, unless it is the line. */
static enum err prepare_error(struct pg *pg, enum err e)
{
	static const char *const schema[] = {"42P01", "42883", "42703", "42501", "3F000"};

	for (size_t i = 0; i < ARRAY_LEN(schema); i++)
		if (strcmp(pg->error.sqlstate, schema[i]) == 0) {
			pg_error_detail(pg, "the schema does not fit this program: yavio migrate");
			return ERR_DB_PG_MIGRATION_FAILED;
		}
	return e;
}

static bool is_prepared(const struct pg *pg, int q)
{
	return pg_queries[q].prepare && (pg_queries[q].roles & (unsigned)pg->role) != 0;
}

static bool send_prepares(struct pg *pg)
{
	for (int q = 0; q < PGQ_COUNT; q++) {
		const struct pg_query_def *def = &pg_queries[q];

		if (is_prepared(pg, q) && !PQsendPrepare(pg->conn, def->name, def->sql, 0, NULL))
			return false;
	}
	return PQpipelineSync(pg->conn);
}

static enum err receive_prepares(struct pg *pg)
{
	enum err first = ERR_OK;

	for (int q = 0; q <= PGQ_COUNT; q++) {
		bool last = q == PGQ_COUNT, lost = false;
		PGresult *res;
		enum err e;

		if (!last && !is_prepared(pg, q))
			continue;
		res = pg_receive(pg, &lost);
		if (first == ERR_OK) {
			e = pg_judge(pg, res, last ? "connect" : pg_queries[q].name);
			first = e == ERR_OK ? ERR_OK : prepare_error(pg, e);
		}
		PQclear(res);
		if (lost || res == NULL)
			return first;
		/* The end of this statement's results. */
		if (!last)
			PQclear(pg_receive(pg, &lost));
	}
	return first;
}

enum err pg_prepare_all(struct pg *pg)
{
	enum err e;

	if (!pg->prepare)
		return ERR_OK;
	if (!PQenterPipelineMode(pg->conn))
		return ERR_DB_PG_CONNECTION_REFUSED;
	if (!send_prepares(pg)) {
		pg_error_clear(pg, "connect");
		return ERR_DB_PG_CONNECTION_REFUSED;
	}
	e = receive_prepares(pg);
	if (e == ERR_OK && !PQexitPipelineMode(pg->conn))
		e = ERR_DB_PG_CONNECTION_REFUSED;
	return e;
}

/* Reads what came while the connection lay idle: a server that ended it has said so by now. */
static bool alive(struct pg *pg)
{
	struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};

	for (int i = 0; i < ALIVE_READS_MAX; i++) {
		if (poll(&fd, 1, 0) <= 0)
			break;
		if (!PQconsumeInput(pg->conn))
			return false;
	}
	return PQstatus(pg->conn) == CONNECTION_OK;
}

enum err pg_ensure(struct pg *pg)
{
	if (pg->conn != NULL) {
		/* Inside a transaction a loss shows by itself, and must not be repaired. */
		if (pg->tx != PG_TX_NONE || alive(pg))
			return ERR_OK;
		pg_drop(pg);
	}
	if (pg->pinned) {
		pg_error_clear(pg, "connect");
		pg_error_detail(pg, "connection lost");
		return ERR_DB_PG_CONNECTION_REFUSED;
	}
	if (pg->backoff_ms > 0 && clock_mono_ms() < pg->retry_at_ms)
		return pg->connect_err;
	return pg_connect_once(pg);
}

enum err pg_reach(struct pg *pg, int64_t reach_ms)
{
	int64_t end = clock_mono_ms() + reach_ms, told_at = 0;
	enum err e;

	while ((e = pg_ensure(pg)) != ERR_OK) {
		int64_t now = clock_mono_ms();

		if (!pg_err_away(e) || now >= end || pg_stopped(pg))
			return e;
		if (now - told_at >= REACH_LOG_MS) {
			log_warn(e, "waiting for PostgreSQL", F_STR("detail", pg->error.detail));
			told_at = now;
		}
		clock_sleep_ms(pg->retry_at_ms > now ? pg->retry_at_ms - now : 1);
	}
	return ERR_OK;
}
