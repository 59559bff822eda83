/* SPDX-License-Identifier: MIT
 * State of erasures. */
#include <stdlib.h>

#include "base/str.h"
#include "store/store_erase.h"

static enum err read_projects(struct pg *pg, struct store_erase *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_ERASE_PROJECTS, PG_PARAMS(PG_UUID(out->id)), &r);

	if (e != ERR_OK)
		return e;
	out->projects = calloc(pg_rows(r) + 1, sizeof(*out->projects));
	if (out->projects == NULL)
		e = ERR_DB_INTERNAL_ERROR;
	for (size_t i = 0; out->projects != NULL && i < pg_rows(r); i++)
		pg_uuid(r, i, 0, out->projects[out->projects_len++]);
	pg_result_free(r);
	return e;
}

enum err store_erase_get(struct pg *pg, const char *id, struct store_erase *out)
{
	struct pg_result *r;
	enum err e;

	*out = (struct store_erase){.clean_for_ms = -1};
	e = pg_exec(pg, PGQ_ERASE_GET, PG_PARAMS(PG_UUID(id)), &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		str_copy(out->id, sizeof(out->id), id);
		str_copy(out->state, sizeof(out->state), pg_text(r, 0, 0));
		pg_uuid(r, 0, 2, out->workspace_id);
		out->passes = pg_int(r, 0, 3);
		out->requested_ms = pg_time_ms(r, 0, 4);
		out->clean_for_ms = pg_is_null(r, 0, 6) ? -1 : pg_int(r, 0, 6);
	}
	pg_result_free(r);
	return out->state[0] ? read_projects(pg, out) : ERR_OK;
}

void store_erase_release(struct store_erase *e)
{
	free(e->projects);
	e->projects = NULL;
	e->projects_len = 0;
}

enum err store_erase_running(struct pg *pg, const char *id)
{
	return pg_exec(pg, PGQ_ERASE_RUNNING, PG_PARAMS(PG_UUID(id)), NULL);
}

enum err store_erase_passed(struct pg *pg, const char *id, int64_t rows, bool clean)
{
	return pg_exec(pg, PGQ_ERASE_PASSED,
	        PG_PARAMS(PG_UUID(id), PG_INT(rows), PG_BOOL(clean), PG_BOOL(rows > 0)), NULL);
}

static enum err finish(struct pg *pg, void *arg)
{
	enum err e = pg_exec(pg, PGQ_ERASE_DONE, PG_PARAMS(PG_UUID(arg)), NULL);

	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_ERASE_AUDIT, PG_PARAMS(PG_UUID(arg)), NULL);
	return e;
}

enum err store_erase_done(struct pg *pg, const char *id)
{
	char copy[ID_UUID_BYTES];

	str_copy(copy, sizeof(copy), id);
	return pg_tx_run(pg, NULL, finish, copy);
}

enum err store_erase_trouble(struct pg *pg, const char *id, const char *why, bool failed)
{
	return pg_exec(
	        pg, PGQ_ERASE_TROUBLE, PG_PARAMS(PG_UUID(id), PG_TEXT(why), PG_BOOL(failed)), NULL);
}

enum err store_erase_sweep_next(struct pg *pg, int64_t since_ms, struct store_erase *out)
{
	struct pg_result *r;
	enum err e;

	*out = (struct store_erase){.clean_for_ms = -1};
	e = pg_exec(pg, PGQ_ERASE_SWEEP_NEXT, PG_PARAMS(PG_TIME_MS(since_ms)), &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		pg_uuid(r, 0, 0, out->id);
		pg_uuid(r, 0, 1, out->workspace_id);
		str_copy(out->state, sizeof(out->state), "done");
	}
	pg_result_free(r);
	return out->state[0] ? read_projects(pg, out) : ERR_OK;
}

enum err store_erase_swept(struct pg *pg, const char *id, int64_t rows)
{
	return pg_exec(pg, PGQ_ERASE_SWEPT, PG_PARAMS(PG_UUID(id), PG_INT(rows)), NULL);
}

enum err store_erase_pending(struct pg *pg, int64_t *pending, int64_t *failed)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_ERASE_PENDING, PG_NO_PARAMS, &r);

	*pending = *failed = 0;
	if (e != ERR_OK)
		return e;
	*pending = pg_int(r, 0, 0);
	*failed = pg_int(r, 0, 1);
	pg_result_free(r);
	return ERR_OK;
}
