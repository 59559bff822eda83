/* SPDX-License-Identifier: MIT
 * The numbers of yavio-jobs, in a map that /api/metrics renders. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "daemon/jobs/jobs.h"
#include "store/store_erase.h"
#include "store/store_session.h"

const struct shm_metric jobs_metrics[METRIC_COUNT] = {
        [METRIC_QUEUED] = {"yavio_jobs_queued", SHM_GAUGE, "Jobs that wait or run", {"kind"}, 32,
                NULL},
        [METRIC_OLDEST] = {"yavio_jobs_oldest_seconds", SHM_GAUGE,
                "How long the oldest due job has been waiting", {NULL}, 0, NULL},
        [METRIC_DEAD_NOW] = {"yavio_jobs_dead", SHM_GAUGE, "Jobs given up, waiting for an operator",
                {"kind"}, 32, NULL},
        [METRIC_ERASURES] = {"yavio_erasures_pending", SHM_GAUGE, "Erasures not yet finished",
                {NULL}, 0, NULL},
        [METRIC_ERASURES_FAILED] = {"yavio_erasures_failed", SHM_GAUGE, "Erasures given up", {NULL},
                0, NULL},
        [METRIC_LOGINS] = {"yavio_dashboard_active_sessions", SHM_GAUGE,
                "Logins that are not over, counted every 15 s", {NULL}, 0, NULL},
        [METRIC_DEAD] = {"yavio_jobs_dead_total", SHM_COUNTER, "Jobs given up", {"kind"}, 32, NULL},
        [METRIC_RUNS] = {"yavio_jobs_runs_total", SHM_COUNTER, "Runs of jobs, by how they ended",
                {"kind", "result"}, 128, NULL},
        [METRIC_DURATION] = {"yavio_jobs_duration_seconds", SHM_HISTOGRAM, "One run of a job",
                {"kind"}, 32, &shm_buckets_d},
        [METRIC_MAIL] = {"yavio_mail_total", SHM_COUNTER, "Mails, by what became of them",
                {"kind", "result"}, 64, NULL},
        [METRIC_CLEANUP_ROWS] = {"yavio_cleanup_rows_total", SHM_COUNTER,
                "Rows removed because their time was over", {"kind"}, 32, NULL},
        [METRIC_ERASED_ROWS] = {"yavio_erased_rows_total", SHM_COUNTER,
                "Rows of events that erasures removed", {NULL}, 0, NULL},
        [METRIC_DEPENDENCY_UP] = {"yavio_dependency_up", SHM_GAUGE,
                "1 while a needed service answers", {"service", "dependency"}, 8, NULL},
        [METRIC_ERRORS] = {"yavio_errors_total", SHM_COUNTER, "Errors answered or logged",
                {"service", "code"}, 64, NULL},
        [METRIC_UPTIME] = {"yavio_uptime_seconds", SHM_GAUGE, "Since the master started",
                {"service"}, 1, NULL},
        [METRIC_BUILD] = {"yavio_build_info", SHM_GAUGE, "1, its version as label",
                {"service", "version"}, 1, NULL},
};

void metrics_run(struct jobs *jobs, const char *kind, const char *result, int64_t took_ms)
{
	shm_add(jobs->shm, METRIC_RUNS, SHM_LABELS(kind, result), 1);
	shm_observe(jobs->shm, METRIC_DURATION, SHM_LABELS(kind), (double)took_ms / 1000);
	if (strcmp(result, "dead") == 0)
		shm_add(jobs->shm, METRIC_DEAD, SHM_LABELS(kind), 1);
}

void metrics_error(struct jobs *jobs, enum err e)
{
	shm_add(jobs->shm, METRIC_ERRORS, SHM_LABELS("jobs", err_code(e)), 1);
}

/* Kinds are a closed set; what a newer version added counts together. */
static void refresh_kinds(struct jobs *jobs, const struct store_job_gauge *list, size_t len)
{
	int64_t unknown_waiting = 0, unknown_dead = 0, oldest = 0;

	for (size_t i = 0; i < job_kinds_len; i++) {
		shm_set(jobs->shm, METRIC_QUEUED, SHM_LABELS(job_kinds[i].kind), 0);
		shm_set(jobs->shm, METRIC_DEAD_NOW, SHM_LABELS(job_kinds[i].kind), 0);
	}
	for (size_t i = 0; i < len; i++) {
		const struct store_job_gauge *g = &list[i];
		const struct job_kind *kind = job_kind_find(g->kind);

		oldest = g->oldest_s > oldest ? g->oldest_s : oldest;
		if (kind) {
			shm_set(jobs->shm, METRIC_QUEUED, SHM_LABELS(kind->kind),
			        (double)(g->queued + g->running));
			shm_set(jobs->shm, METRIC_DEAD_NOW, SHM_LABELS(kind->kind),
			        (double)g->dead);
		} else {
			unknown_waiting += g->queued + g->running;
			unknown_dead += g->dead;
		}
	}
	shm_set(jobs->shm, METRIC_QUEUED, SHM_LABELS("unknown"), (double)unknown_waiting);
	shm_set(jobs->shm, METRIC_DEAD_NOW, SHM_LABELS("unknown"), (double)unknown_dead);
	shm_set(jobs->shm, METRIC_OLDEST, NULL, (double)oldest);
}

void metrics_refresh(struct jobs *jobs, struct pg *pg)
{
	static int64_t started_ms;
	struct store_job_gauge *list = NULL;
	int64_t pending, failed;
	size_t len;

	if (started_ms == 0)
		started_ms = clock_mono_ms();
	shm_set(jobs->shm, METRIC_BUILD, SHM_LABELS("jobs", YAVIO_VERSION), 1);
	shm_set(jobs->shm, METRIC_UPTIME, SHM_LABELS("jobs"),
	        (double)(clock_mono_ms() - started_ms) / 1000);
	if (store_job_gauges(pg, &list, &len) == ERR_OK)
		refresh_kinds(jobs, list, len);
	free(list);
	if (store_erase_pending(pg, &pending, &failed) == ERR_OK) {
		shm_set(jobs->shm, METRIC_ERASURES, NULL, (double)pending);
		shm_set(jobs->shm, METRIC_ERASURES_FAILED, NULL, (double)failed);
	}
}

void metrics_logins(struct jobs *jobs, struct pg *pg)
{
	int64_t count;

	if (store_session_count(pg, &count) == ERR_OK)
		shm_set(jobs->shm, METRIC_LOGINS, NULL, (double)count);
}
