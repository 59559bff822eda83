/* SPDX-License-Identifier: MIT
 * What became of the workers: deaths and their replacement with back-off, and the hand-over of the
 * socket to a new program image. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi_internal.h"

enum {
	LONG_LIFE_MS = 10000, /* a worker that lived so long starts the back-off anew */
	CRASH_LOOP_COUNT = 10,
	CRASH_LOOP_MS = 60000,
	CHECK_PATIENCE_MS = 10000,
	ARGS_MAX = 64,
};

static const int BACKOFF_MS[] = {0, 100, 500, 1000, 5000};

/* More than CRASH_LOOP_COUNT within CRASH_LOOP_MS is said once in that time. */
static void note_crash(struct fcgi_master *m, int64_t now)
{
	size_t ring = ARRAY_LEN(m->crash_ms);
	unsigned recent = 0;

	m->crash_ms[m->crashes++ % ring] = now;
	for (size_t i = 0; i < ring && i < m->crashes; i++) {
		if (now - m->crash_ms[i] <= CRASH_LOOP_MS)
			recent++;
	}
	if (recent > CRASH_LOOP_COUNT &&
	        (m->crash_loop_logged_ms == 0 || now - m->crash_loop_logged_ms > CRASH_LOOP_MS)) {
		m->crash_loop_logged_ms = now;
		log_error(ERR_INFRA_WORKER_CRASH_LOOP, "workers keep crashing",
		        F_INT("crashes", recent), F_INT("seconds", CRASH_LOOP_MS / 1000));
	}
}

static void log_death(const struct fcgi_child *c, const struct fcgi_slot *slot, int status)
{
	log_error(ERR_INFRA_WORKER_CRASHED, "worker died", F_INT("worker", c->pid),
	        F_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	        F_STR("signalName", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : NULL),
	        F_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
	        F_STR("route", slot->route[0] != '\0' ? slot->route : NULL),
	        F_STR("request", slot->request_id[0] != '\0' ? slot->request_id : NULL));
}

static void plan_replacement(
        struct fcgi_master *m, const struct fcgi_child *c, bool crashed, int64_t now)
{
	struct fcgi_seat *seat = &m->seats[c->seat];
	size_t step;

	seat->child = -1;
	if (!crashed || now - c->started_ms >= LONG_LIFE_MS)
		seat->failures = 0;
	step = seat->failures < ARRAY_LEN(BACKOFF_MS) ? seat->failures : ARRAY_LEN(BACKOFF_MS) - 1;
	seat->start_at_ms = now + BACKOFF_MS[step];
	if (crashed)
		seat->failures++;
}

/* A worker ends cleanly when told to or after its share of requests; the monitor ends by the signal
 * itself. */
static bool is_crash(const struct fcgi_child *c, bool recycled, int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) != 0 || (!c->told_to_stop && !recycled);
	return !c->told_to_stop || (WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGKILL);
}

static void bury(struct fcgi_master *m, struct fcgi_child *c, int status)
{
	struct fcgi_shared *shared = m->pool->shared;
	struct fcgi_slot *slot = &shared->slots[c - m->children];
	int64_t now = clock_mono_ms();
	bool recycled = atomic_load(&slot->recycled);
	bool crashed = is_crash(c, recycled, status);

	if (crashed && !c->hung) {
		log_death(c, slot, status);
		note_crash(m, now);
		atomic_fetch_add(&shared->restarts[FCGI_RESTART_CRASH], 1);
	} else if (c->hung) {
		atomic_fetch_add(&shared->restarts[FCGI_RESTART_TIMEOUT], 1);
	} else if (recycled) {
		atomic_fetch_add(&shared->restarts[FCGI_RESTART_RECYCLE], 1);
	}
	if (c->seat >= 0)
		plan_replacement(m, c, crashed, now);
	*c = (struct fcgi_child){.pid = 0};
	atomic_store(&slot->busy_since_ns, 0);
	atomic_store(&slot->state, FCGI_STATE_FREE);
}

void fcgi_master_reap(struct fcgi_master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
			if (m->children[i].pid == pid)
				bury(m, &m->children[i], status);
		}
	}
}

/* ---- SIGUSR2 --------------------------------------------------------------------------------- */

static _Noreturn void exec_check(char **argv)
{
	char *args[ARGS_MAX + 2];
	static char check[] = "--check-config";
	int n = 0;
	sigset_t none;

	for (; argv[n] != NULL && n < ARGS_MAX; n++)
		args[n] = argv[n];
	args[n] = check;
	args[n + 1] = NULL;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], args);
	_exit(127);
}

/* True when the new binary starts and accepts the present configuration. */
static bool new_binary_is_good(char **argv)
{
	int64_t end = clock_mono_ms() + CHECK_PATIENCE_MS;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		exec_check(argv);
	while (pid > 0 && clock_mono_ms() < end) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		clock_sleep_ms(10);
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return false;
}

void fcgi_master_upgrade(struct fcgi_master *m)
{
	sigset_t none;
	int64_t now;

	if (m->pool->argv == NULL)
		return;
	if (!new_binary_is_good(m->pool->argv)) {
		log_error(ERR_INFRA_RELOAD_REFUSED, "new binary refused",
		        F_STR("path", m->pool->argv[0]));
		return;
	}
	log_info("becoming the new binary", F_STR("path", m->pool->argv[0]));
	if (!fcgi_socket_pass(&m->socket)) {
		log_error(ERR_INFRA_RELOAD_REFUSED, "socket cannot be passed on",
		        F_STR("reason", strerror(errno)));
		return;
	}
	/* Connections queue in the socket until the new workers take them. */
	now = clock_mono_ms();
	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		if (m->children[i].pid != 0)
			fcgi_master_tell(m, &m->children[i], now);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(m->pool->argv[0], m->pool->argv);
	log_error(ERR_INFRA_RELOAD_REFUSED, "new binary cannot be started",
	        F_STR("path", m->pool->argv[0]), F_STR("reason", strerror(errno)));
	/* The old ones drain already and are replaced as they end. */
	fcgi_socket_forget_passing();
	sigprocmask(SIG_BLOCK, &m->signals, NULL);
}

void fcgi_master_adopt(struct fcgi_master *m)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	int64_t now = clock_mono_ms();
	int pid, n = 0;

	/* Freshly started there are none; after SIGUSR2 those of the image before drain. */
	while (f != NULL && n < FCGI_SLOTS_MAX && fscanf(f, "%d", &pid) == 1) {
		m->children[n] = (struct fcgi_child){.pid = pid,
		        .seat = -1,
		        .told_to_stop = true,
		        .started_ms = now,
		        .kill_at_ms = now + m->pool->drain_timeout_ms};
		atomic_store(&m->pool->shared->slots[n].state, FCGI_STATE_DRAINING);
		n++;
	}
	if (f != NULL)
		fclose(f);
}
