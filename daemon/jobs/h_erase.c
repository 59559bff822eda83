/* SPDX-License-Identifier: MIT
 * erase.events: deletes the events of deleted projects, and proves it; erase.sweep: what of them
 * came late. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/jobs/jobs.h"
#include "json/json.h"
#include "spool/spool.h"
#include "store/store_erase.h"

enum {
	SECOND_PASS_MS = 3600 * 1000, /* between the two passes that must find nothing */
	SPOOL_PAUSE_MS = 60 * 1000,   /* before another look whether the spool has shipped */
	PAYLOAD_DEPTH = 4,
	ANSWER_BYTES_MAX = 4096,
	COUNT_SQL_BYTES = 128,
};

struct pass {
	struct lane *lane;
	const struct store_erase *erasure;
	bool always;   /* delete without asking whether there is something */
	int64_t found; /* rows, before */
	int64_t left;  /* rows, after */
	char why[JOBS_WHY_BYTES];
};

static bool open_stores(struct lane *lane)
{
	const struct options *o = &lane->jobs->options;
	const struct ch_options ch = {
	        .cluster = o->cluster, .stop = lane_must_end, .stop_arg = lane};

	if (!lane->eraser)
		lane->eraser = ch_open(&o->eraser, &ch);
	if (!lane->dashboard)
		lane->dashboard = ch_open(&o->dashboard, &ch);
	return lane->eraser && lane->dashboard;
}

/* ---- counting and deleting ---- */

static bool read_count(const struct buf *answer, int64_t *rows)
{
	struct json_doc *doc = NULL;
	json_value *cell;
	const char *text;
	bool ok = json_parse(buf_str(answer), answer->len, 16, &doc, NULL);

	cell = ok ? json_at(json_at(json_get(json_root(doc), "data"), 0), 0) : NULL;
	ok = json_int(cell, rows) ||
	     (json_str(cell, &text) && str_parse_int(text, 0, INT64_MAX, rows));
	json_free(doc);
	return ok;
}

/* Rows of the project in one table, as the dashboard would see them. */
static enum err count_table(
        struct pass *p, const struct ch_tenant *tenant, const char *table, int64_t *rows)
{
	char sql[COUNT_SQL_BYTES];
	struct ch_result result;
	struct buf answer;
	struct ch_query query = {.cls = CH_DASHBOARD, .tenant = tenant, .sql = sql};
	enum err e = ERR_INTEL_JOBS_INTERNAL_ERROR;

	buf_init(&answer, ANSWER_BYTES_MAX);
	query.into_buf = &answer;
	if (str_format(sql, sizeof(sql), "SELECT count() FROM %s", table)) {
		e = ch_select(p->lane->dashboard, &query, &result);
		if (e != ERR_OK)
			(void)snprintf(
			        p->why, sizeof(p->why), "counting: %s", err_message(result.cause));
	}
	if (e == ERR_OK && !read_count(&answer, rows))
		e = ERR_INTEL_JOBS_INTERNAL_ERROR;
	buf_release(&answer);
	return e;
}

/* *told: those of them that were sent, of which the erasure tells. */
static enum err count_project(
        struct pass *p, const struct ch_tenant *tenant, int64_t *total, int64_t *told)
{
	enum err e = ERR_OK;

	*total = 0;
	*told = 0;
	for (size_t i = 0; e == ERR_OK && i < ch_tenant_tables_len; i++) {
		int64_t rows = 0;

		e = count_table(p, tenant, ch_tenant_tables[i].name, &rows);
		*total += rows;
		*told += ch_tenant_tables[i].derived ? 0 : rows;
	}
	return e;
}

static enum err erase_project(struct pass *p, const char *project_id)
{
	const struct ch_tenant tenant = {p->erasure->workspace_id, project_id};
	struct ch_result result = {0};
	int64_t before, after, found, left;
	enum err e = count_project(p, &tenant, &before, &found);

	if (e != ERR_OK || (before == 0 && !p->always))
		return e;
	e = ch_erase(p->lane->eraser, &tenant, NULL, NULL, &result);
	if (e != ERR_OK) {
		(void)snprintf(p->why, sizeof(p->why), "deleting: %s", err_message(result.cause));
		return e;
	}
	e = count_project(p, &tenant, &after, &left);
	if (e != ERR_OK)
		return e;
	p->found += found;
	p->left += after;
	return ERR_OK;
}

/* All projects, once. */
static enum err run_pass(struct pass *p)
{
	enum err e = ERR_OK;

	if (!open_stores(p->lane))
		return ERR_INTEL_JOBS_INTERNAL_ERROR;
	for (size_t i = 0; e == ERR_OK && i < p->erasure->projects_len; i++) {
		e = erase_project(p, p->erasure->projects[i]);
		if (lane_must_end(p->lane))
			break;
	}
	shm_set(p->lane->jobs->shm, METRIC_DEPENDENCY_UP, SHM_LABELS("jobs", "clickhouse"),
	        e == ERR_OK || lane_must_end(p->lane));
	shm_add(p->lane->jobs->shm, METRIC_ERASED_ROWS, NULL, (uint64_t)p->found);
	return e;
}

/* Not there, or not used by a writer yet. */
static bool spool_is_absent(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	bool empty = true;

	if (!d)
		return errno == ENOENT;
	while (empty && (entry = readdir(d)) != NULL)
		empty = entry->d_name[0] == '.';
	closedir(d);
	return empty;
}

/* Whether every record of this machine's spool that is older than the request has been stored. A
 * machine without a spool has none. */
static enum err spool_has_shipped(const struct lane *lane, int64_t requested_ms, bool *shipped)
{
	const char *dir = lane->jobs->options.spool_dir;
	struct spool_status status;
	enum err e;

	*shipped = true;
	if (spool_is_absent(dir))
		return ERR_OK;
	e = spool_status(dir, &status);
	*shipped = e == ERR_OK && ((status.oldest_ms == 0 && status.depth_events == 0) ||
	                                  status.oldest_ms > requested_ms);
	return e;
}

/* ---- erase.events ---- */

static void go_on(struct outcome *out, int64_t pause_ms)
{
	out->kind = OUTCOME_GO_ON;
	out->pause_ms = pause_ms;
}

/* Finished is what two passes found empty, an hour apart, both begun after the spool had given up
 * what is older than the request. */
static enum err settle(
        struct pass *p, const struct store_erase *before, bool shipped, struct outcome *out)
{
	struct pg *pg = p->lane->pg;
	struct store_erase now = {0};
	int64_t apart = SECOND_PASS_MS / p->lane->jobs->options.haste;
	enum err e = store_erase_passed(pg, before->id, p->found, shipped);

	if (e != ERR_OK)
		return e;
	if (shipped && p->found == 0 && before->clean_for_ms >= apart) {
		e = store_erase_done(pg, before->id);
		if (e == ERR_OK)
			log_info("erasure is done", F_STR("erasure", before->id),
			        F_INT("passes", before->passes + 1));
		return e;
	}
	e = store_erase_get(pg, before->id, &now);
	if (e == ERR_OK && !shipped)
		go_on(out, SPOOL_PAUSE_MS);
	else if (e == ERR_OK)
		/* in pauses that haste will divide again */
		go_on(out, SECOND_PASS_MS - (now.clean_for_ms > 0 ? now.clean_for_ms : 0) *
		                                    p->lane->jobs->options.haste);
	store_erase_release(&now);
	return e;
}

static enum err work_on(struct lane *lane, const struct store_erase *erasure, struct outcome *out)
{
	struct pass p = {.lane = lane, .erasure = erasure, .always = erasure->passes == 0};
	bool shipped = false;
	enum err e = store_erase_running(lane->pg, erasure->id);

	if (e == ERR_OK)
		e = spool_has_shipped(lane, erasure->requested_ms, &shipped);
	if (e == ERR_OK)
		e = run_pass(&p);
	if (lane_must_end(lane)) {
		out->kind = OUTCOME_STOPPED;
		return ERR_OK;
	}
	if (e == ERR_OK && p.left > 0) {
		(void)snprintf(
		        p.why, sizeof(p.why), "%lld rows are still there", (long long)p.left);
		e = ERR_INTEL_ERASURE_FAILED;
	}
	if (e == ERR_OK)
		e = settle(&p, erasure, shipped, out);
	if (e != ERR_OK) {
		const char *why = *p.why ? p.why : err_message(e);

		outcome_again(out, ERR_INTEL_ERASURE_FAILED, why);
		(void)!store_erase_trouble(lane->pg, erasure->id, why, false);
	}
	return ERR_OK;
}

static const char *erasure_of(const struct store_job *job, struct json_doc **payload)
{
	const char *id = NULL;

	if (!json_parse(job->payload, strlen(job->payload), PAYLOAD_DEPTH, payload, NULL) ||
	        !json_str(json_get(json_root(*payload), "erasureId"), &id) || !str_is_uuid(id))
		return NULL;
	return id;
}

void h_erase(struct lane *lane, const struct store_job *job, struct outcome *out)
{
	struct store_erase erasure = {0};
	struct json_doc *payload = NULL;
	const char *id = erasure_of(job, &payload);
	enum err e;

	if (!id) {
		outcome_again(out, ERR_INTEL_JOB_PAYLOAD_INVALID, NULL);
		json_free(payload);
		return;
	}
	e = store_erase_get(lane->pg, id, &erasure);
	if (e == ERR_OK && *erasure.state && strcmp(erasure.state, "done") != 0)
		e = work_on(lane, &erasure, out);
	if (e != ERR_OK)
		outcome_again(out, ERR_INTEL_ERASURE_FAILED, err_message(e));
	store_erase_release(&erasure);
	json_free(payload);
}

void h_erase_dead(struct lane *lane, const struct store_job *job, const char *why)
{
	struct json_doc *payload = NULL;
	const char *id = erasure_of(job, &payload);

	if (id && store_erase_trouble(lane->pg, id, why, true) != ERR_OK)
		log_error(
		        ERR_INTEL_ERASURE_FAILED, "an erasure was given up", F_STR("erasure", id));
	json_free(payload);
}

/* ---- erase.sweep ---- */

void h_sweep(struct lane *lane, const struct store_job *job, struct outcome *out)
{
	int64_t since = clock_wall_ms();
	enum err e = ERR_OK;
	bool more = true;

	(void)job;
	while (e == ERR_OK && more) {
		struct store_erase erasure = {0};
		struct pass p = {.lane = lane, .erasure = &erasure};

		if (lane_must_end(lane) || lane->jobs->stopping) {
			out->kind = OUTCOME_STOPPED;
			return;
		}
		e = store_erase_sweep_next(lane->pg, since, &erasure);
		more = e == ERR_OK && *erasure.state;
		if (more)
			e = run_pass(&p);
		if (more && e == ERR_OK && p.left > 0)
			e = ERR_INTEL_ERASURE_FAILED;
		if (more && e == ERR_OK)
			e = store_erase_swept(lane->pg, erasure.id, p.found);
		if (p.found > 0)
			log_info("events of an erased project came late and were deleted",
			        F_STR("erasure", erasure.id), F_INT("rows", p.found));
		store_erase_release(&erasure);
		if (e != ERR_OK)
			outcome_again(out, ERR_INTEL_ERASURE_FAILED, *p.why ? p.why : NULL);
	}
}
