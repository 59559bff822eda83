/* SPDX-License-Identifier: MIT
 * A lane: claims the next job, has it done, and writes down how it ended. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/jobs/jobs.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_LAST_MS = 5000, HOST_BYTES = 64 };

static const char *const outcome_texts[] = {
        [OUTCOME_DONE] = "done",
        [OUTCOME_GO_ON] = "continued",
        [OUTCOME_AGAIN] = "failed",
        [OUTCOME_DEAD] = "dead",
        [OUTCOME_STOPPED] = "stopped",
};

bool lane_must_end(void *arg)
{
	const struct lane *lane = arg;
	int64_t stop_by = lane->jobs->stop_by_ms;

	return lane->lost || (stop_by != 0 && clock_mono_ms() >= stop_by);
}

void outcome_again(struct outcome *out, enum err e, const char *why)
{
	out->kind = OUTCOME_AGAIN;
	out->cause = e;
	(void)str_copy(out->why, sizeof(out->why), why ? why : err_message(e));
}

/* Waits for a wake-up, ms at most. */
static void wait_ms(struct lane *lane, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lane->lock);
	while (!lane->woken && !lane->jobs->stopping)
		if (pthread_cond_timedwait(&lane->wake, &lane->lock, &until) != 0)
			break;
	lane->woken = false;
	pthread_mutex_unlock(&lane->lock);
}

void lane_wake(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	lane->woken = true;
	pthread_cond_signal(&lane->wake);
	pthread_mutex_unlock(&lane->lock);
}

/* Nobody is woken for what waits for its time: until then, a minute at most. */
static void wait_for_work(struct lane *lane)
{
	int64_t ms;

	if (store_job_next(lane->pg, lane->id == LANE_MAIL, &ms) != ERR_OK || ms < 0 ||
	        ms > JOBS_WAIT_MAX_MS)
		ms = JOBS_WAIT_MAX_MS;
	/* what is due but was not to be had is held by another lane, or about to be */
	wait_ms(lane, ms < BACKOFF_FIRST_MS ? BACKOFF_FIRST_MS : ms);
}

/* ---- the end of a job ---- */

static enum err write_end(
        struct lane *lane, const struct store_job *job, const struct outcome *o, bool *held)
{
	int64_t pause = o->pause_ms / lane->jobs->options.haste;

	switch (o->kind) {
	case OUTCOME_DONE:
		return store_job_done(lane->pg, job->id, lane->owner, held);
	case OUTCOME_GO_ON:
		return store_job_release(lane->pg, job->id, lane->owner, pause, held);
	case OUTCOME_AGAIN:
		return store_job_later(lane->pg, job->id, lane->owner, o->why, pause, held);
	case OUTCOME_DEAD:
		return store_job_dead(lane->pg, job->id, lane->owner, o->why, held);
	case OUTCOME_STOPPED:
		return store_job_release(lane->pg, job->id, lane->owner, 0, held);
	}
	return ERR_INTEL_JOBS_INTERNAL_ERROR;
}

/* What was done must not be done again only because the database was away for a moment: tries as
 * long as the lease may be ours. */
static void end_job(struct lane *lane, const struct store_job *job, const struct outcome *o)
{
	int64_t wait = BACKOFF_FIRST_MS;
	bool held = false;
	enum err e;

	while ((e = write_end(lane, job, o, &held)) != ERR_OK && !lane_must_end(lane)) {
		clock_sleep_ms(wait);
		wait = 2 * wait > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : 2 * wait;
	}
	if (e != ERR_OK)
		pg_log_failure(lane->pg, e, "the end of a job was not written down");
	else if (!held)
		log_error(ERR_INTEL_JOB_EXCEEDED_TIMEOUT,
		        err_message(ERR_INTEL_JOB_EXCEEDED_TIMEOUT), F_INT("job", job->id),
		        F_STR("kind", job->kind));
}

/* Attempts used up: dead. */
static void settle(const struct store_job *job, const struct job_kind *kind, struct outcome *o)
{
	if (o->kind == OUTCOME_AGAIN) {
		o->pause_ms = job_pause_ms(kind, job->attempts);
		if (o->pause_ms < 0)
			o->kind = OUTCOME_DEAD;
	}
}

static void log_end(
        struct lane *lane, const struct store_job *job, const struct outcome *o, int64_t took_ms)
{
	const struct log_field fields[] = {F_INT("job", job->id), F_STR("kind", job->kind),
	        F_INT("attempt", job->attempts), F_STR("why", *o->why ? o->why : NULL),
	        F_INT("pauseMs", o->pause_ms), F_INT("durationMs", took_ms), {.key = NULL}};

	if (o->cause != ERR_OK) {
		log_write(err_info(o->cause)->level, o->cause, err_message(o->cause), fields);
		metrics_error(lane->jobs, o->cause);
	}
	if (o->kind == OUTCOME_DEAD) {
		log_write(LOG_ERROR, ERR_INTEL_JOB_DEAD, err_message(ERR_INTEL_JOB_DEAD), fields);
		metrics_error(lane->jobs, ERR_INTEL_JOB_DEAD);
	} else if (o->cause == ERR_OK && log_enabled(LOG_DEBUG)) {
		log_write(LOG_DEBUG, ERR_OK, outcome_texts[o->kind], fields);
	}
}

static void run_job(struct lane *lane, const struct store_job *job)
{
	const struct job_kind *kind = job_kind_find(job->kind);
	struct outcome o = {.kind = OUTCOME_DONE};
	int64_t begin = clock_mono_ms(), took;

	lane->lost = false;
	lane->lease_end_ms = begin + lane->jobs->options.lease_ms;
	lane->renew_ms = begin + lane->jobs->options.lease_ms / 2;
	lane->job_id = job->id;
	if (job_pause_ms(kind, job->attempts - 1) < 0)
		/* one that takes its worker down every time comes here at last */
		o = (struct outcome){.kind = OUTCOME_DEAD, .why = "no attempt came to its end"};
	else if (kind)
		kind->handler(lane, job, &o);
	else
		outcome_again(&o, ERR_INTEL_JOB_UNKNOWN_KIND, NULL);
	settle(job, kind, &o);
	took = clock_mono_ms() - begin;
	log_end(lane, job, &o, took);
	if (o.kind == OUTCOME_DEAD && kind && kind->dead)
		kind->dead(lane, job, o.why);
	end_job(lane, job, &o);
	lane->job_id = 0;
	metrics_run(lane->jobs, kind ? job->kind : "unknown", outcome_texts[o.kind], took);
}

/* ---- the thread ---- */

static void *lane_main(void *arg)
{
	struct lane *lane = arg;
	struct store_job *job = calloc(1, sizeof(*job));
	int64_t back_off = BACKOFF_FIRST_MS;

	while (job && !lane->jobs->stopping) {
		enum err e = store_job_claim(lane->pg, lane->owner, lane->id == LANE_MAIL,
		        lane->jobs->options.lease_ms, job);

		if (e != ERR_OK) {
			/* the keeper says that the database is away */
			if (!pg_err_away(e))
				pg_log_failure(lane->pg, e, "no job could be claimed");
			wait_ms(lane, back_off);
			back_off = 2 * back_off > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : 2 * back_off;
			continue;
		}
		back_off = BACKOFF_FIRST_MS;
		if (job->id)
			run_job(lane, job);
		else
			wait_for_work(lane);
	}
	free(job);
	return NULL;
}

enum err lane_start(struct lane *lane, struct jobs *jobs, enum lane_id id)
{
	const struct pg_options options = {.url = jobs->options.pg_url,
	        .role = PG_SERVICE,
	        .application_name = "yavio-jobs",
	        .prepare = jobs->options.pg_prepare,
	        .answer_timeout_ms = JOBS_PG_ANSWER_MS};
	char host[HOST_BYTES] = "", unique[ID_UUID_BYTES];
	pthread_condattr_t monotonic;
	enum err e;

	lane->jobs = jobs;
	lane->id = id;
	(void)gethostname(host, sizeof(host) - 1);
	id_uuid4(unique);
	/* A lane that was started again is another owner. */
	if (!str_format(lane->owner, sizeof(lane->owner), "%s:%d:%s", host, (int)getpid(), unique))
		return ERR_INTEL_JOBS_INTERNAL_ERROR;
	e = pg_open(&options, &lane->pg);
	if (e != ERR_OK)
		return e;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&lane->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&lane->thread, NULL, lane_main, lane) != 0)
		return ERR_INTEL_JOBS_INTERNAL_ERROR;
	lane->started = true;
	return ERR_OK;
}

void lane_stop(struct lane *lane)
{
	if (lane->started) {
		lane_wake(lane);
		pthread_join(lane->thread, NULL);
		lane->started = false;
	}
	pg_close(lane->pg);
	ch_close(lane->eraser);
	ch_close(lane->dashboard);
	lane->pg = NULL;
	lane->eraser = lane->dashboard = NULL;
}
