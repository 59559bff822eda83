/* SPDX-License-Identifier: MIT
 * The migration runner: one run at a time, one transaction a file, nothing applied twice. */
#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "pg/pg_internal.h"
#include "pg/pg_migrate.h"

enum {
	LOCK_POLL_MS = 200,
	LOCK_TELL_MS = 5000,
	RETRY_PAUSE_MS = 500,
};

struct run {
	const struct pg_migrate_options *o;
	const struct pg_migration *set;
	size_t set_len;
	struct pg_migrate_result *result;
	struct pg *pg;
};

static void tell(const struct run *run, enum pg_migrate_event event, const struct pg_migration *m,
        int64_t ms, const char *text)
{
	if (run->o->progress != NULL)
		run->o->progress(run->o->arg, event, m, ms, text);
}

static enum err fail(struct run *run, const struct pg_migration *m, enum err e, const char *fmt,
        ...) PRINTF_LIKE(4, 5);
static enum err fail(
        struct run *run, const struct pg_migration *m, enum err e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->result->text, sizeof(run->result->text), fmt, args);
	va_end(args);
	tell(run, PG_MIGRATE_FAILED, m, 0, run->result->text);
	return e;
}

/* A statement of the runner itself failed. */
static enum err fail_statement(struct run *run, const struct pg_migration *m, enum err e)
{
	const struct pg_error *error = pg_last_error(run->pg);

	if (!pg_err_away(e))
		e = ERR_DB_PG_MIGRATION_FAILED;
	return fail(run, m, e, "%s failed%s%s%s%s", error->statement,
	        error->sqlstate[0] ? ": SQLSTATE " : "", error->sqlstate,
	        error->detail[0] ? ": " : "", error->detail);
}

static enum err try_lock(struct run *run, bool *locked)
{
	struct pg_result *r;
	enum err e = pg_exec(run->pg, PGQ_MIGRATE_LOCK, PG_NO_PARAMS, &r);

	if (e != ERR_OK)
		return fail_statement(run, NULL, e);
	*locked = pg_bool(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

static enum err take_lock(struct run *run)
{
	int64_t wait_ms = run->o->lock_wait_ms > 0 ? run->o->lock_wait_ms : PG_MIGRATE_LOCK_WAIT_MS;
	int64_t begin = clock_mono_ms(), told_at = -LOCK_TELL_MS;

	for (;;) {
		bool locked = false;
		enum err e = try_lock(run, &locked);
		int64_t waited = clock_mono_ms() - begin;

		if (e != ERR_OK || locked)
			return e;
		if (waited >= wait_ms)
			return fail(run, NULL, ERR_DB_PG_MIGRATION_LOCKED,
			        "another migration still runs after %lld s",
			        (long long)wait_ms / 1000);
		if (waited - told_at >= LOCK_TELL_MS) {
			tell(run, PG_MIGRATE_WAITING, NULL, waited, "another migration runs");
			told_at = waited;
		}
		clock_sleep_ms(LOCK_POLL_MS);
	}
}

/* *listed: whether schema_migrations exists. */
static enum err check_ready(struct run *run, bool *listed)
{
	struct pg_result *r;
	enum err e = pg_exec(run->pg, PGQ_MIGRATE_READY, PG_NO_PARAMS, &r);
	bool owned;

	if (e != ERR_OK)
		return fail_statement(run, NULL, e);
	owned = pg_bool(r, 0, 0);
	*listed = pg_bool(r, 0, 1);
	pg_result_free(r);
	if (!owned)
		return fail(run, NULL, ERR_DB_PG_MIGRATION_FAILED,
		        "the database has no schema yavio that belongs to this role: run "
		        "sql/roles.sql as its administrator, migrate as yavio_service");
	return ERR_OK;
}

static bool same_file(const struct pg_result *r, size_t row, const struct pg_migration *m)
{
	size_t len;
	const uint8_t *sum = pg_bytes(r, row, 2, &len);

	return len == sizeof(m->sha256) && memcmp(sum, m->sha256, len) == 0;
}

/* The database's list against ours: no gap, no change, not too new. */
static enum err compare(struct run *run, const struct pg_result *r)
{
	size_t rows = pg_rows(r);

	for (size_t i = 0; i < rows; i++) {
		int64_t version = pg_int(r, i, 0);

		if (version != (int64_t)i + 1)
			return fail(run, NULL, ERR_DB_PG_MIGRATION_FAILED,
			        "the database lacks migration %zu but has %lld", i + 1,
			        (long long)version);
		if (i < run->set_len && !same_file(r, i, &run->set[i]))
			return fail(run, &run->set[i], ERR_DB_PG_MIGRATION_FAILED,
			        "migration %04lld_%s was changed after it was applied",
			        (long long)version, run->set[i].name);
	}
	run->result->before = run->result->after = (int)rows;
	if (rows > run->set_len && !pg_release_compatible(YAVIO_VERSION, pg_text(r, rows - 1, 3)))
		return fail(run, NULL, ERR_DB_PG_SCHEMA_NEWER,
		        "the database has schema %zu of version %s, this is %s with schema %zu",
		        rows, pg_text(r, rows - 1, 3), YAVIO_VERSION, run->set_len);
	return ERR_OK;
}

static enum err read_state(struct run *run, struct pg_result **list)
{
	bool listed = false;
	enum err e = check_ready(run, &listed);

	*list = NULL;
	if (e != ERR_OK || !listed)
		return e;
	e = pg_exec(run->pg, PGQ_MIGRATE_LIST, PG_NO_PARAMS, list);
	return e == ERR_OK ? ERR_OK : fail_statement(run, NULL, e);
}

static enum err record(struct run *run, const struct pg_migration *m, int64_t began)
{
	return pg_exec(run->pg, PGQ_MIGRATE_RECORD,
	        PG_PARAMS(PG_INT(m->version), PG_TEXT(m->name),
	                PG_BYTES(m->sha256, sizeof(m->sha256)), PG_TEXT(YAVIO_VERSION),
	                PG_INT(clock_mono_ms() - began)),
	        NULL);
}

static enum err apply_in_transaction(
        struct run *run, const struct pg_migration *m, char *why, size_t why_size)
{
	int64_t began = clock_mono_ms();
	enum err e = pg_tx_begin(run->pg);

	if (e == ERR_OK)
		e = pg_exec(run->pg, PGQ_MIGRATE_LIMITS, PG_NO_PARAMS, NULL);
	if (e == ERR_OK)
		e = pg_run_script(run->pg, m->sql, m->name, why, why_size);
	if (e == ERR_OK && PQtransactionStatus(run->pg->conn) != PQTRANS_INTRANS) {
		snprintf(why, why_size, "the file ends the transaction it runs in");
		e = ERR_DB_PG_MIGRATION_FAILED;
	}
	if (e == ERR_OK)
		e = record(run, m, began);
	if (e == ERR_OK)
		return pg_tx_commit(run->pg);
	pg_tx_rollback(run->pg);
	return e;
}

static enum err apply_alone(
        struct run *run, const struct pg_migration *m, char *why, size_t why_size)
{
	int64_t began = clock_mono_ms();
	enum err e = pg_run_script(run->pg, m->sql, m->name, why, why_size);

	return e == ERR_OK ? record(run, m, began) : e;
}

static enum err apply_once(
        struct run *run, const struct pg_migration *m, char *why, size_t why_size)
{
	enum err e;

	why[0] = '\0';
	e = m->no_transaction ? apply_alone(run, m, why, why_size)
	                      : apply_in_transaction(run, m, why, why_size);
	if (e != ERR_OK && why[0] == '\0')
		snprintf(why, why_size, "%s failed", pg_last_error(run->pg)->statement);
	return e;
}

/* Somebody else held a lock it needs: the file itself may well be right. */
static bool blocked(const struct run *run)
{
	const char *sqlstate = pg_last_error(run->pg)->sqlstate;

	return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0;
}

static enum err apply(struct run *run, const struct pg_migration *m)
{
	int64_t began = clock_mono_ms();
	char why[PG_MIGRATE_TEXT_BYTES - 128];
	enum err e;

	tell(run, PG_MIGRATE_APPLYING, m, 0, NULL);
	for (int tries = 1; (e = apply_once(run, m, why, sizeof(why))) != ERR_OK; tries++) {
		if (!blocked(run) || tries == PG_MIGRATE_TRIES)
			return fail(run, m, pg_err_away(e) ? e : ERR_DB_PG_MIGRATION_FAILED,
			        "%04d_%s: %s%s%s", m->version, m->name, why,
			        pg_last_error(run->pg)->sqlstate[0] ? " SQLSTATE " : "",
			        pg_last_error(run->pg)->sqlstate);
		tell(run, PG_MIGRATE_RETRYING, m, clock_mono_ms() - began, why);
		clock_sleep_ms(RETRY_PAUSE_MS * tries);
	}
	run->result->after = m->version;
	run->result->applied++;
	tell(run, PG_MIGRATE_APPLIED, m, clock_mono_ms() - began, NULL);
	return ERR_OK;
}

static enum err open_run(
        struct run *run, const struct pg_migrate_options *o, struct pg_migrate_result *result)
{
	struct pg_options options = {
	        .url = o->url, .role = PG_SERVICE, .application_name = "yavio-migrate"};
	enum err e;

	*result = (struct pg_migrate_result){.before = 0};
	*run = (struct run){.o = o, .set = o->set, .set_len = o->set_len, .result = result};
	if (run->set == NULL) {
		run->set = pg_migrations;
		run->set_len = pg_migrations_len;
	}
	result->known = (int)run->set_len;
	e = pg_open(&options, &run->pg);
	if (e != ERR_OK)
		return fail(run, NULL, e, "the connection URL cannot be used");
	run->pg->bare = true;
	e = pg_connect_once(run->pg);
	/* The lock belongs to this connection. */
	run->pg->pinned = true;
	if (e == ERR_OK)
		e = pg_check_server(run->pg);
	if (e != ERR_OK)
		return fail(run, NULL, e, "%s", pg_last_error(run->pg)->detail);
	return ERR_OK;
}

static enum err apply_missing(struct run *run)
{
	enum err e = ERR_OK;

	for (size_t i = (size_t)run->result->before; e == ERR_OK && i < run->set_len; i++) {
		if (run->o->dry_run)
			run->result->applied++;
		else
			e = apply(run, &run->set[i]);
	}
	return e;
}

enum err pg_migrate(const struct pg_migrate_options *o, struct pg_migrate_result *result)
{
	struct pg_result *list = NULL;
	struct run run;
	enum err e = open_run(&run, o, result);

	if (e == ERR_OK && !o->dry_run)
		e = take_lock(&run);
	/* Read under the lock: what a run before us applied is not applied again. */
	if (e == ERR_OK)
		e = read_state(&run, &list);
	if (e == ERR_OK && list != NULL)
		e = compare(&run, list);
	if (e == ERR_OK)
		e = apply_missing(&run);
	pg_result_free(list);
	pg_close(run.pg); /* and with the connection goes the lock */
	return e;
}

enum err pg_migrate_alone(const struct pg_migrate_options *o, void (*work)(void *arg), void *arg,
        struct pg_migrate_result *result)
{
	struct run run;
	enum err e = open_run(&run, o, result);

	if (e == ERR_OK)
		e = take_lock(&run);
	if (e == ERR_OK)
		work(arg);
	pg_close(run.pg);
	return e;
}

static void fill_state(
        struct pg_migration_state *s, const struct pg_result *r, size_t i, const struct run *run)
{
	bool done = r != NULL && i < pg_rows(r);

	s->version = (int)i + 1;
	str_copy(s->name, sizeof(s->name), i < run->set_len ? run->set[i].name : pg_text(r, i, 1));
	if (!done)
		return;
	s->state = i >= run->set_len               ? PG_MIGRATION_UNKNOWN
	           : same_file(r, i, &run->set[i]) ? PG_MIGRATION_DONE
	                                           : PG_MIGRATION_CHANGED;
	str_copy(s->program_version, sizeof(s->program_version), pg_text(r, i, 3));
	s->duration_ms = pg_int(r, i, 4);
	s->applied_at_ms = pg_time_ms(r, i, 5);
}

enum err pg_migrate_status(const struct pg_migrate_options *o, struct pg_migration_state **out,
        size_t *len, struct pg_migrate_result *result)
{
	struct pg_result *list = NULL;
	struct run run;
	size_t rows, n = 0;
	enum err e = open_run(&run, o, result);

	*out = NULL;
	*len = 0;
	if (e == ERR_OK)
		e = read_state(&run, &list);
	if (e != ERR_OK)
		goto out;
	rows = list == NULL ? 0 : pg_rows(list);
	n = rows > run.set_len ? rows : run.set_len;
	*out = calloc(n + 1, sizeof(**out));
	if (*out == NULL) {
		e = ERR_DB_INTERNAL_ERROR;
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		fill_state(&(*out)[i], list, i, &run);
	*len = n;
	result->before = result->after = (int)rows;
	result->applied = run.set_len > rows ? (int)(run.set_len - rows) : 0;
out:
	pg_result_free(list);
	pg_close(run.pg);
	return e;
}
