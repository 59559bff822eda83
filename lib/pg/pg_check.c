/* SPDX-License-Identifier: MIT
 * What a program makes sure of before it serves anybody: server version, its own role, the schema,
 * and that a pooler keeps prepared statements. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "pg/pg_internal.h"
#include "pg/pg_migrate.h"

enum {
	SERVER_VERSION_MIN = 150000,
	SCHEMA_POLL_MS = 250,
	SCHEMA_LOG_MS = 5000,
	PROBE_TIMEOUT_MS = 2000,
};

enum err pg_check_server(struct pg *pg)
{
	int version = PQserverVersion(pg->conn);

	if (version >= SERVER_VERSION_MIN)
		return ERR_OK;
	pg_error_clear(pg, "connect");
	snprintf(pg->error.detail, sizeof(pg->error.detail), "server version is %d.%d",
	        version / 10000, version % 10000);
	return ERR_DB_PG_VERSION_UNSUPPORTED;
}

enum err pg_check_role(struct pg *pg)
{
	struct pg_result *r;
	enum err e;

	if (pg->role != PG_APP && pg->role != PG_INGEST)
		return ERR_OK;
	e = pg_exec(pg, PGQ_SERVER_ROLE_FAULTS, PG_NO_PARAMS, &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) > 0) {
		pg_error_clear(pg, pg_queries[PGQ_SERVER_ROLE_FAULTS].name);
		pg_error_detail(pg, pg_text(r, 0, 0));
		e = ERR_DB_PG_ROLE_PRIVILEGED;
	}
	pg_result_free(r);
	return e;
}

/* major.minor of "1.2.3" or "1.2". */
static bool release_of(const char *version, int64_t *major, int64_t *minor)
{
	char part[16];
	size_t len = strspn(version, "0123456789");
	const char *rest = version + len;
	size_t minor_len;

	if (len == 0 || len >= sizeof(part) || *rest != '.')
		return false;
	memcpy(part, version, len);
	part[len] = '\0';
	if (!str_parse_int(part, 0, INT32_MAX, major))
		return false;
	minor_len = strspn(++rest, "0123456789");
	if (minor_len == 0 || minor_len >= sizeof(part))
		return false;
	memcpy(part, rest, minor_len);
	part[minor_len] = '\0';
	return str_parse_int(part, 0, INT32_MAX, minor);
}

bool pg_release_compatible(const char *mine, const char *theirs)
{
	int64_t major, minor, their_major, their_minor;

	if (!release_of(mine, &major, &minor) || !release_of(theirs, &their_major, &their_minor))
		return false;
	if (their_major == major)
		return their_minor <= minor + 1;
	return their_major < major || (their_major == major + 1 && their_minor == 0);
}

static enum err judge_schema(struct pg *pg, const struct pg_result *r, int known)
{
	size_t rows = pg_rows(r);
	int64_t version = rows == 0 ? 0 : pg_int(r, rows - 1, 0);

	pg_error_clear(pg, pg_queries[PGQ_SERVER_SCHEMA].name);
	if (version == known)
		return ERR_OK;
	snprintf(pg->error.detail, sizeof(pg->error.detail),
	        "the database has schema %lld, this program needs %d", (long long)version, known);
	if (version < known)
		return ERR_DB_PG_MIGRATION_FAILED;
	return pg_release_compatible(YAVIO_VERSION, pg_text(r, rows - 1, 1))
	               ? ERR_OK
	               : ERR_DB_PG_SCHEMA_NEWER;
}

static enum err check_schema_once(struct pg *pg)
{
	int known = (int)pg_migrations_len;
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SERVER_SCHEMA, PG_NO_PARAMS, &r);

	if (e == ERR_OK) {
		e = judge_schema(pg, r, known);
		pg_result_free(r);
		return e;
	}
	/* Nothing is there yet: no schema, no table, or no right to look. */
	if (strcmp(pg->error.sqlstate, "3F000") == 0 || strcmp(pg->error.sqlstate, "42P01") == 0 ||
	        strcmp(pg->error.sqlstate, "42501") == 0) {
		snprintf(pg->error.detail, sizeof(pg->error.detail),
		        "the database has no schema, this program needs %d", known);
		return ERR_DB_PG_MIGRATION_FAILED;
	}
	return e;
}

enum err pg_check_schema(struct pg *pg, int64_t schema_ms)
{
	int64_t end = clock_mono_ms() + schema_ms, told_at = 0;

	for (;;) {
		enum err e = check_schema_once(pg);
		int64_t now = clock_mono_ms();

		if ((e != ERR_DB_PG_MIGRATION_FAILED && !pg_err_away(e)) || now >= end ||
		        pg_stopped(pg))
			return e;
		if (now - told_at >= SCHEMA_LOG_MS) {
			log_warn(e, "waiting for the schema of PostgreSQL",
			        F_STR("detail", pg->error.detail));
			told_at = now;
		}
		clock_sleep_ms(SCHEMA_POLL_MS);
	}
}

/* Whether somebody stands between us and the server: the process that answers is not the one that
 * the connection was told of. */
static enum err find_pooler(struct pg *pg, bool *found)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SERVER_BACKEND, PG_NO_PARAMS, &r);

	*found = false;
	if (e != ERR_OK)
		return e;
	*found = pg_int(r, 0, 0) != PQbackendPID(pg->conn);
	pg_result_free(r);
	return ERR_OK;
}

/* A holds a server connection in a transaction, so B's statement, prepared before, meets another
 * one. A pooler that keeps prepared statements per client does not mind. */
static enum err probe(struct pg *a, struct pg *b)
{
	enum err e = pg_connect_once(b);

	if (e != ERR_OK)
		return e;
	e = pg_exec(a, PGQ_TX_BEGIN, PG_NO_PARAMS, NULL);
	if (e != ERR_OK)
		return e;
	a->tx = PG_TX_OPEN;
	e = pg_exec(a, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL);
	if (e == ERR_OK)
		e = pg_exec(b, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL);
	if (e != ERR_OK && b->error.sqlstate[0] != '\0')
		a->error = b->error;
	pg_tx_rollback(a);
	return e;
}

enum err pg_check_pooler(struct pg *pg)
{
	struct pg_options same = {.url = pg->url,
	        .role = pg->role,
	        .application_name = pg->application_name,
	        .prepare = true,
	        .answer_timeout_ms = PROBE_TIMEOUT_MS};
	struct pg *second;
	bool found;
	enum err e;

	if (!pg->prepare)
		return ERR_OK;
	e = find_pooler(pg, &found);
	if (e != ERR_OK || !found)
		return e;
	e = pg_open(&same, &second);
	if (e != ERR_OK)
		return e;
	e = probe(pg, second);
	pg_close(second);
	/* A pooler of one server connection lets nobody else in meanwhile: nothing was learnt. */
	return e == ERR_DB_PG_POOLER_MODE ? e : ERR_OK;
}

static enum err check_all(struct pg *pg, int64_t schema_ms)
{
	enum err e = pg_check_server(pg);

	if (e == ERR_OK)
		e = pg_check_role(pg);
	if (e == ERR_OK)
		e = pg_check_schema(pg, schema_ms);
	/* Again: the schema may have come only now. */
	if (e == ERR_OK)
		e = pg_check_role(pg);
	return e;
}

enum err pg_start(struct pg *pg, int64_t reach_ms, int64_t schema_ms)
{
	enum err e;

	pg_drop(pg);
	pg->bare = true;
	e = pg_reach(pg, reach_ms);
	if (e == ERR_OK)
		e = check_all(pg, schema_ms);
	pg->bare = false;
	if (e != ERR_OK)
		return e;
	/* Lost since: the reconnect prepares. */
	e = pg->conn == NULL ? pg_ensure(pg) : pg_prepare_all(pg);
	if (e != ERR_OK) {
		pg_drop(pg);
		return e;
	}
	return pg_check_pooler(pg);
}
