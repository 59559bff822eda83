/* SPDX-License-Identifier: MIT
 * cleanup.*: removes what is over, a thousand rows at a time. */
#include "base/str.h"
#include "daemon/jobs/jobs.h"
#include "store/store_cleanup.h"

static bool find(const char *kind, enum store_cleanup *what)
{
	static const char mark[] = "cleanup.";

	if (!str_starts_with(kind, mark))
		return false;
	for (enum store_cleanup i = 0; i < STORE_CLEANUP_COUNT; i++) {
		if (strcmp(store_cleanup_text(i), kind + sizeof(mark) - 1) == 0) {
			*what = i;
			return true;
		}
	}
	return false;
}

static int64_t days_of(const struct options *o, enum store_cleanup what)
{
	return what == STORE_CLEANUP_AUDIT ? o->audit_days : o->session_max_days;
}

void h_cleanup(struct lane *lane, const struct store_job *job, struct outcome *out)
{
	const struct options *o = &lane->jobs->options;
	enum store_cleanup what;
	int64_t rows = STORE_CLEANUP_BATCH;
	enum err e = ERR_OK;

	if (!find(job->kind, &what)) {
		outcome_again(out, ERR_INTEL_JOB_UNKNOWN_KIND, NULL);
		return;
	}
	while (e == ERR_OK && rows == STORE_CLEANUP_BATCH) {
		if (lane_must_end(lane) || lane->jobs->stopping) {
			out->kind = OUTCOME_STOPPED;
			return;
		}
		e = store_cleanup_batch(lane->pg, what, days_of(o, what), &rows);
		if (e == ERR_OK)
			shm_add(lane->jobs->shm, METRIC_CLEANUP_ROWS,
			        SHM_LABELS(store_cleanup_text(what)), (uint64_t)rows);
	}
	if (e != ERR_OK) {
		pg_log_failure(lane->pg, e, "clean-up failed");
		outcome_again(out, ERR_INTEL_SCHEDULED_JOB_FAILED, "a statement failed");
	}
}
