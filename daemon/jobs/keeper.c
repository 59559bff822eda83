/* SPDX-License-Identifier: MIT
 * The keeper: hears of new jobs, keeps the leases of those in hand, gives back what dead processes
 * held, adds what schedules want, and counts. */
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/jobs/jobs.h"

enum {
	ROUND_MS = 500,         /* longest wait for a notification */
	EXPIRE_EVERY_MS = 5000, /* looks for leases that are over */
	GAUGES_EVERY_MS = 5000,
	LOGINS_EVERY_MS = 15 * 1000,
	CRON_EVERY_MS = 1000,
	RENEW_RETRY_MS = 1000,
};

struct keeper {
	struct jobs *jobs;
	int64_t expired_ms, gauges_ms, logins_ms, cron_ms, published_ms;
	int64_t slots[64]; /* last slot that was added, by index in job_kinds */
	bool away;         /* the database: told once */
};

static bool due(int64_t *last, int64_t every)
{
	int64_t now = clock_mono_ms();

	if (*last != 0 && now - *last < every)
		return false;
	*last = now;
	return true;
}

static void note_database(struct keeper *k, enum err e)
{
	bool away = e != ERR_OK && pg_err_away(e);

	if (away && !k->away)
		pg_log_failure(k->jobs->pg, e, "PostgreSQL is away; jobs wait");
	else if (!away && k->away)
		log_info("PostgreSQL is back");
	else if (e != ERR_OK && !away)
		pg_log_failure(k->jobs->pg, e, "the queue could not be kept");
	if (e != ERR_OK)
		metrics_error(k->jobs, e);
	k->away = away;
	shm_set(k->jobs->shm, METRIC_DEPENDENCY_UP, SHM_LABELS("jobs", "postgres"), !away);
}

/* A lease that could not be renewed before its end is lost: its handler stops at once. */
static void renew(struct keeper *k, struct lane *lane)
{
	int64_t id = lane->job_id, now = clock_mono_ms();
	int64_t lease = k->jobs->options.lease_ms;
	bool held = false;
	enum err e;

	if (id == 0 || lane->lost || now < lane->renew_ms)
		return;
	e = store_job_renew(k->jobs->pg, id, lane->owner, lease, &held);
	if (e == ERR_OK && held) {
		lane->lease_end_ms = now + lease;
		lane->renew_ms = now + lease / 2;
	} else if (e != ERR_OK && now < lane->lease_end_ms) {
		note_database(k, e);
		lane->renew_ms = now + RENEW_RETRY_MS;
	} else if (lane->job_id == id) {
		/* not ours any more, unless the lane has just ended it itself */
		lane->lost = true;
		log_error(ERR_INTEL_JOB_EXCEEDED_TIMEOUT,
		        err_message(ERR_INTEL_JOB_EXCEEDED_TIMEOUT), F_INT("job", id));
	}
}

/* For those who watch the dashboard: /api/health. */
static void publish(const struct keeper *k)
{
	const struct options *o = &k->jobs->options;
	bool told = web_health_publish(
	        o->health_path, k->away ? ERR_DB_PG_CONNECTION_REFUSED : ERR_OK, 0);

	if (o->mail)
		told = web_health_publish(o->mail_health_path, (enum err)k->jobs->mail_cause, 0) &&
		       told;
	if (!told)
		log_debug("health not written");
}

static void wake_all(struct keeper *k)
{
	for (enum lane_id i = 0; i < LANE_COUNT; i++)
		lane_wake(&k->jobs->lanes[i]);
}

static enum err expire(struct keeper *k)
{
	int64_t count;
	enum err e = store_job_expire(k->jobs->pg, &count);

	if (e == ERR_OK && count > 0) {
		log_warn(ERR_INTEL_JOB_EXCEEDED_TIMEOUT, "jobs of a worker that is gone wait again",
		        F_INT("count", count));
		wake_all(k);
	}
	return e;
}

/* The insert wakes the lanes by its notification. */
static enum err add_scheduled(struct keeper *k)
{
	int64_t now_s = clock_wall_ms() / 1000;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < job_kinds_len && i < ARRAY_LEN(k->slots); i++) {
		const struct job_kind *kind = &job_kinds[i];
		int64_t slot = kind->every_s ? now_s / kind->every_s : 0;

		if (slot == 0 || slot == k->slots[i])
			continue;
		e = store_job_cron(k->jobs->pg, kind->kind, slot);
		if (e == ERR_OK)
			k->slots[i] = slot;
	}
	return e;
}

static void one_round(struct keeper *k)
{
	struct pg_notify n;
	enum err e = pg_wait_notify(k->jobs->pg, ROUND_MS, &n);

	/* after a reconnect also what came meanwhile has to be looked for */
	if (e == ERR_OK && n.kind != PG_NOTIFY_NONE)
		wake_all(k);
	for (enum lane_id i = 0; i < LANE_COUNT; i++)
		renew(k, &k->jobs->lanes[i]);
	if (e == ERR_OK && due(&k->expired_ms, EXPIRE_EVERY_MS))
		e = expire(k);
	if (e == ERR_OK && due(&k->cron_ms, CRON_EVERY_MS))
		e = add_scheduled(k);
	if (e == ERR_OK && due(&k->gauges_ms, GAUGES_EVERY_MS))
		metrics_refresh(k->jobs, k->jobs->pg);
	if (e == ERR_OK && due(&k->logins_ms, LOGINS_EVERY_MS))
		metrics_logins(k->jobs, k->jobs->pg);
	note_database(k, e);
	if (due(&k->published_ms, WEB_HEALTH_INTERVAL_MS))
		publish(k);
}

/* Leases go on being renewed while the lanes end what they have in hand. */
static void wait_for_lanes(struct keeper *k)
{
	struct jobs *jobs = k->jobs;
	bool busy = true;

	jobs->stop_by_ms = clock_mono_ms() + JOBS_STOP_MS;
	jobs->stopping = true;
	wake_all(k);
	while (busy) {
		busy = false;
		for (enum lane_id i = 0; i < LANE_COUNT; i++) {
			renew(k, &jobs->lanes[i]);
			busy = busy || jobs->lanes[i].job_id != 0;
		}
		if (clock_mono_ms() > jobs->stop_by_ms + JOBS_STOP_MS)
			break;
		clock_sleep_ms(20);
	}
}

/* Settings that cannot be used leave the old ones active. */
static bool reload_is_good(const struct jobs *jobs)
{
	struct conf *conf = NULL;

	if (web_start_reload(&jobs->start, &conf) != ERR_OK) {
		log_error(ERR_INFRA_RELOAD_REFUSED, err_message(ERR_INFRA_RELOAD_REFUSED));
		return false;
	}
	conf_free(conf);
	return true;
}

enum err keeper_run(struct jobs *jobs, volatile sig_atomic_t *stop, volatile sig_atomic_t *reload)
{
	struct keeper k = {.jobs = jobs};

	store_job_listen(jobs->pg);
	while (!*stop) {
		if (*reload && reload_is_good(jobs))
			break;
		*reload = 0;
		one_round(&k);
	}
	wait_for_lanes(&k);
	return ERR_OK;
}
