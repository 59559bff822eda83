/* SPDX-License-Identifier: MIT
 * yavio-jobs: works on the durable queue in PostgreSQL. What its files share. */
#ifndef YAVIO_JOBS_JOBS_H
#define YAVIO_JOBS_JOBS_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "ch/ch.h"
#include "daemon/jobs/options.h"
#include "shm/shm.h"
#include "store/store_job.h"
#include "web/web_start.h"

enum {
	JOBS_PG_ANSWER_MS = 11 * 60 * 1000, /* the server's statement_timeout is 10 min */
	JOBS_STOP_MS = 10 * 1000,           /* for the work in hand after SIGTERM */
	JOBS_WAIT_MAX_MS = 60 * 1000,       /* between two looks at the queue without a wake-up */
	JOBS_WHY_BYTES = 200,
};

/* Mail, which people wait for, never stands behind an erasure that takes an hour. */
enum lane_id { LANE_MAIL, LANE_OTHER, LANE_COUNT };

struct jobs;

/* One thread with its own connections, working on one job at a time. */
struct lane {
	struct jobs *jobs;
	enum lane_id id;
	pthread_t thread;
	bool started;
	struct pg *pg;
	struct ch *eraser, *dashboard; /* opened when needed */
	char owner[STORE_JOB_OWNER_BYTES];

	/* told by the keeper */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool woken;
	_Atomic int64_t job_id;       /* what is worked on, 0: nothing */
	_Atomic int64_t renew_ms;     /* clock_mono_ms when the lease is to be renewed */
	_Atomic int64_t lease_end_ms; /* clock_mono_ms when it is over */
	_Atomic bool lost;            /* somebody else has the job, or may have it */
};

struct jobs {
	struct web_start start;
	struct options options;
	struct shm *shm;
	struct lane lanes[LANE_COUNT];
	struct pg *pg; /* the keeper's */
	_Atomic bool stopping;
	_Atomic int mail_cause;     /* enum err of the last attempt to reach the mail server */
	_Atomic int64_t stop_by_ms; /* clock_mono_ms at which work in hand is ended; 0: not yet */
};

/* ---- what a handler says of its job ---- */

enum outcome_kind {
	OUTCOME_DONE,
	OUTCOME_GO_ON, /* all well, to be continued after pause_ms: no attempt counted */
	OUTCOME_AGAIN, /* failed; after the pause of its kind, dead when its attempts are used up */
	OUTCOME_DEAD,  /* failed for good */
	OUTCOME_STOPPED, /* ended by a stop or a lost lease: given back as it was */
};
struct outcome {
	enum outcome_kind kind;
	enum err cause;           /* logged unless ERR_OK */
	int64_t pause_ms;         /* of OUTCOME_GO_ON */
	char why[JOBS_WHY_BYTES]; /* kept with the job: one line without secrets or addresses */
};
typedef void handler_fn(struct lane *lane, const struct store_job *job, struct outcome *out);

/* Failed for e, for the reason given; whether it was the database being away. */
void outcome_again(struct outcome *out, enum err e, const char *why);

struct job_kind {
	const char *kind;
	handler_fn *handler;
	const int64_t *pauses_s; /* after the first, second, ... failed attempt */
	size_t pauses_len;       /* one attempt more than pauses */
	int64_t every_s;         /* of a schedule; 0: added by requests */
	/* called when the job is given up; may be NULL */
	void (*dead)(struct lane *lane, const struct store_job *job, const char *why);
};

/* ---- kinds.c ---- */

extern const struct job_kind job_kinds[];
extern const size_t job_kinds_len;
/* NULL: not known to this version. */
const struct job_kind *job_kind_find(const char *kind);
/* Pause in ms after that many attempts; -1: none are left. A kind that is not known has those of
 * mail. */
int64_t job_pause_ms(const struct job_kind *kind, int64_t attempts);

/* ---- handlers ---- */

handler_fn h_mail, h_erase, h_sweep, h_cleanup, h_retention;
void h_erase_dead(struct lane *lane, const struct store_job *job, const char *why);

/* ---- lane.c ---- */

/* Starts the lane's thread; its connection is checked by the keeper's before. */
enum err lane_start(struct lane *lane, struct jobs *jobs, enum lane_id id) MUST_CHECK;
/* Has it look at the queue now. */
void lane_wake(struct lane *lane);
/* Waits for its end (jobs->stopping is set) and frees what it holds. */
void lane_stop(struct lane *lane);
/* For the network calls of a handler: stop asked and its time over, or the lease lost. */
bool lane_must_end(void *lane);

/* ---- keeper.c ---- */

/* Until a stop, or a reload with good settings (*reload then stays set): wakes lanes, renews
 * leases, adds what schedules want, counts. The lanes have nothing in hand when it returns. */
enum err keeper_run(
        struct jobs *jobs, volatile sig_atomic_t *stop, volatile sig_atomic_t *reload) MUST_CHECK;

/* ---- metrics.c ---- */

enum metric {
	METRIC_QUEUED,
	METRIC_OLDEST,
	METRIC_DEAD_NOW,
	METRIC_ERASURES,
	METRIC_ERASURES_FAILED,
	METRIC_LOGINS,
	METRIC_DEAD,
	METRIC_RUNS,
	METRIC_DURATION,
	METRIC_MAIL,
	METRIC_CLEANUP_ROWS,
	METRIC_ERASED_ROWS,
	METRIC_DEPENDENCY_UP,
	METRIC_ERRORS,
	METRIC_UPTIME,
	METRIC_BUILD,
	METRIC_COUNT,
};
extern const struct shm_metric jobs_metrics[METRIC_COUNT];
/* A run ended: how, after how long. */
void metrics_run(struct jobs *jobs, const char *kind, const char *result, int64_t took_ms);
void metrics_error(struct jobs *jobs, enum err e);
/* The gauges, from the database. */
void metrics_refresh(struct jobs *jobs, struct pg *pg);
/* The one that takes longer to count. */
void metrics_logins(struct jobs *jobs, struct pg *pg);

#endif
