/* SPDX-License-Identifier: MIT
 * yavio-jobs: mail, erasure and clean-up, from the durable queue in PostgreSQL. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/jobs/jobs.h"

static volatile sig_atomic_t stop_signal, reload_signal;

static void on_stop(int number)
{
	stop_signal = number;
}

static void on_reload(int number)
{
	reload_signal = number;
}

static void signals_set(void)
{
	struct sigaction stop = {.sa_handler = on_stop}, reload = {.sa_handler = on_reload},
	                 ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &reload, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static bool signalled(void *arg)
{
	(void)arg;
	return stop_signal || reload_signal;
}

static void ready_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (fd < 0)
		log_warn(ERR_INFRA_HOME_UNUSABLE, "readiness not written",
		        F_STR("cause", strerror(errno)));
	else
		close(fd);
}

/* Waits, visibly and not for ever, for a database that this program can work with. */
static enum err database_open(struct jobs *jobs)
{
	const struct pg_options options = {.url = jobs->options.pg_url,
	        .role = PG_SERVICE,
	        .application_name = "yavio-jobs keeper",
	        .prepare = jobs->options.pg_prepare,
	        .answer_timeout_ms = JOBS_PG_ANSWER_MS,
	        .stop = signalled};
	enum err e = pg_open(&options, &jobs->pg);

	if (e == ERR_OK)
		e = pg_start(jobs->pg, PG_REACH_WAIT_MS, PG_SCHEMA_WAIT_MS);
	if (e != ERR_OK && !signalled(NULL))
		log_fatal(e, "PostgreSQL cannot be used",
		        F_STR("detail", jobs->pg ? pg_last_error(jobs->pg)->detail : NULL));
	return e;
}

static enum err work(struct jobs *jobs)
{
	enum err e = ERR_OK;

	for (enum lane_id i = 0; e == ERR_OK && i < LANE_COUNT; i++)
		e = lane_start(&jobs->lanes[i], jobs, i);
	if (e == ERR_OK) {
		ready_write(jobs->start.ready_path);
		log_info("jobs is ready", F_BOOL("mail", jobs->options.mail));
		e = keeper_run(jobs, &stop_signal, &reload_signal);
	}
	jobs->stopping = true;
	for (enum lane_id i = 0; i < LANE_COUNT; i++)
		lane_stop(&jobs->lanes[i]);
	return e;
}

static enum err run(struct jobs *jobs)
{
	enum err e;

	signals_set();
	unlink(jobs->start.ready_path);
	e = shm_open_map(
	        jobs->start.metrics_path, jobs->start.name, jobs_metrics, METRIC_COUNT, &jobs->shm);
	if (e == ERR_OK)
		e = database_open(jobs);
	if (e == ERR_OK)
		e = work(jobs);
	else if (signalled(NULL))
		e = ERR_OK;
	unlink(jobs->start.ready_path);
	log_info("jobs stops", F_INT("signal", stop_signal));
	pg_close(jobs->pg);
	shm_close(jobs->shm);
	return e;
}

/* New settings, and a new binary if there is one: the program begins anew in its own place. What it
 * had in hand is done or given back by then. */
static void begin_anew(char **argv)
{
	log_info("jobs begins anew with its new settings");
	execv(argv[0][0] == '/' ? argv[0] : "/proc/self/exe", argv);
	log_fatal(ERR_INTEL_JOBS_INTERNAL_ERROR, "the program could not be started again",
	        F_STR("cause", strerror(errno)));
}

int main(int argc, char **argv)
{
	static struct jobs jobs = {.start = {.name = "jobs", .program = CONF_JOBS}};
	int exit_code = 0;
	enum err e;

	if (!web_start(&jobs.start, argc, argv, &exit_code)) {
		web_start_release(&jobs.start);
		return exit_code;
	}
	e = options_load(jobs.start.conf, &jobs.options);
	jobs.start.conf = NULL;
	if (e == ERR_OK)
		e = run(&jobs);
	options_release(&jobs.options);
	if (e == ERR_OK && reload_signal && !stop_signal)
		begin_anew(argv);
	return e == ERR_OK ? 0 : err_exit_code(e);
}
