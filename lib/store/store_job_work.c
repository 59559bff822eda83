/* SPDX-License-Identifier: MIT
 * The queue as yavio-jobs and the operator see it: claim, renew, finish; list, retry, purge. */
#include <stdlib.h>

#include "base/str.h"
#include "store/store_job.h"

enum err store_job_claim(
        struct pg *pg, const char *owner, bool mail, int64_t lease_ms, struct store_job *out)
{
	struct pg_result *r;
	enum err e;

	out->id = 0;
	e = pg_exec(
	        pg, PGQ_JOB_CLAIM, PG_PARAMS(PG_TEXT(owner), PG_BOOL(mail), PG_INT(lease_ms)), &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		out->id = pg_int(r, 0, 0);
		str_copy(out->kind, sizeof(out->kind), pg_text(r, 0, 1));
		str_copy(out->payload, sizeof(out->payload), pg_text(r, 0, 2));
		out->attempts = pg_int(r, 0, 3);
		out->created_at_ms = pg_time_ms(r, 0, 4);
	}
	pg_result_free(r);
	return ERR_OK;
}

/* A statement that changes one row, if it still is the caller's. */
static enum err change(
        struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len, bool *held)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, len, &r);

	*held = false;
	if (e != ERR_OK)
		return e;
	*held = pg_affected(r) == 1;
	pg_result_free(r);
	return ERR_OK;
}

enum err store_job_renew(struct pg *pg, int64_t id, const char *owner, int64_t lease_ms, bool *held)
{
	return change(
	        pg, PGQ_JOB_RENEW, PG_PARAMS(PG_INT(id), PG_TEXT(owner), PG_INT(lease_ms)), held);
}

enum err store_job_done(struct pg *pg, int64_t id, const char *owner, bool *held)
{
	return change(pg, PGQ_JOB_DONE, PG_PARAMS(PG_INT(id), PG_TEXT(owner)), held);
}

enum err store_job_later(
        struct pg *pg, int64_t id, const char *owner, const char *why, int64_t pause_ms, bool *held)
{
	return change(pg, PGQ_JOB_LATER,
	        PG_PARAMS(PG_INT(id), PG_TEXT(owner), PG_TEXT(why), PG_INT(pause_ms)), held);
}

enum err store_job_release(
        struct pg *pg, int64_t id, const char *owner, int64_t pause_ms, bool *held)
{
	return change(
	        pg, PGQ_JOB_RELEASE, PG_PARAMS(PG_INT(id), PG_TEXT(owner), PG_INT(pause_ms)), held);
}

enum err store_job_dead(struct pg *pg, int64_t id, const char *owner, const char *why, bool *held)
{
	return change(pg, PGQ_JOB_DEAD, PG_PARAMS(PG_INT(id), PG_TEXT(owner), PG_TEXT(why)), held);
}

static enum err count_rows(
        struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len, int64_t *count)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, len, &r);

	*count = 0;
	if (e != ERR_OK)
		return e;
	*count = pg_affected(r);
	pg_result_free(r);
	return ERR_OK;
}

enum err store_job_expire(struct pg *pg, int64_t *count)
{
	return count_rows(pg, PGQ_JOB_EXPIRE, PG_NO_PARAMS, count);
}

enum err store_job_next(struct pg *pg, bool mail, int64_t *ms)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_JOB_NEXT, PG_PARAMS(PG_BOOL(mail)), &r);

	*ms = -1;
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1)
		*ms = pg_int(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

struct cron_slot {
	const char *kind, *key;
};

/* The lock makes "no job with this key, also no finished one" hold until the row is there. */
static enum err add_slot(struct pg *pg, void *arg)
{
	const struct cron_slot *s = arg;
	enum err e = pg_exec(pg, PGQ_JOB_CRON_LOCK, PG_NO_PARAMS, NULL);

	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_JOB_CRON, PG_PARAMS(PG_TEXT(s->kind), PG_TEXT(s->key)), NULL);
	return e;
}

enum err store_job_cron(struct pg *pg, const char *kind, int64_t slot)
{
	char key[STORE_JOB_CRON_BYTES];
	struct cron_slot s = {.kind = kind, .key = key};

	if (!str_format(key, sizeof(key), "cron:%s:%lld", kind, (long long)slot))
		return ERR_DB_INTERNAL_ERROR;
	return pg_tx_run(pg, NULL, add_slot, &s);
}

void store_job_listen(struct pg *pg)
{
	pg_listen(pg, PGQ_JOB_LISTEN);
}

enum err store_job_gauges(struct pg *pg, struct store_job_gauge **out, size_t *len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_JOB_GAUGES, PG_NO_PARAMS, &r);

	*out = NULL;
	*len = 0;
	if (e != ERR_OK)
		return e;
	*out = calloc(pg_rows(r) + 1, sizeof(**out));
	if (*out == NULL)
		e = ERR_DB_INTERNAL_ERROR;
	for (size_t i = 0; *out != NULL && i < pg_rows(r); i++) {
		struct store_job_gauge *g = &(*out)[(*len)++];

		str_copy(g->kind, sizeof(g->kind), pg_text(r, i, 0));
		g->queued = pg_int(r, i, 1);
		g->running = pg_int(r, i, 2);
		g->dead = pg_int(r, i, 3);
		g->oldest_s = pg_int(r, i, 4);
	}
	pg_result_free(r);
	return e;
}

static void copy_text(char *out, size_t size, const char *text)
{
	str_copy(out, size, text ? text : "");
}

static void read_row(const struct pg_result *r, size_t i, struct store_job_row *row)
{
	row->id = pg_int(r, i, 0);
	copy_text(row->kind, sizeof(row->kind), pg_text(r, i, 1));
	copy_text(row->state, sizeof(row->state), pg_text(r, i, 2));
	row->attempts = pg_int(r, i, 3);
	row->created_at_ms = pg_time_ms(r, i, 4);
	row->run_at_ms = pg_time_ms(r, i, 5);
	row->finished_at_ms = pg_time_ms(r, i, 6);
	copy_text(row->error, sizeof(row->error), pg_text(r, i, 7));
	copy_text(row->owner, sizeof(row->owner), pg_text(r, i, 8));
	copy_text(row->payload, sizeof(row->payload), pg_text(r, i, 9));
}

enum err store_job_list(struct pg *pg, const struct store_job_filter *filter,
        struct store_job_row **out, size_t *len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_JOB_LIST,
	        PG_PARAMS(PG_TEXT(filter->state), PG_TEXT(filter->kind),
	                filter->id ? PG_INT(filter->id) : PG_NULL(), PG_INT(filter->limit)),
	        &r);

	*out = NULL;
	*len = 0;
	if (e != ERR_OK)
		return e;
	*out = calloc(pg_rows(r) + 1, sizeof(**out));
	if (*out == NULL)
		e = ERR_DB_INTERNAL_ERROR;
	for (size_t i = 0; *out != NULL && i < pg_rows(r); i++)
		read_row(r, i, &(*out)[(*len)++]);
	pg_result_free(r);
	return e;
}

enum err store_job_retry(struct pg *pg, int64_t id, const char *kind, int64_t *count)
{
	struct pg_result *r;
	enum err e = pg_exec(
	        pg, PGQ_JOB_RETRY, PG_PARAMS(id ? PG_INT(id) : PG_NULL(), PG_TEXT(kind)), &r);

	*count = 0;
	if (e != ERR_OK)
		return e;
	*count = pg_int(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

enum err store_job_purge(
        struct pg *pg, int64_t id, const char *kind, int64_t older_ms, int64_t *count)
{
	return count_rows(pg, PGQ_JOB_PURGE,
	        PG_PARAMS(id ? PG_INT(id) : PG_NULL(), PG_TEXT(kind), PG_INT(older_ms)), count);
}
