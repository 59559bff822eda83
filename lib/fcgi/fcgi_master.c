/* SPDX-License-Identifier: MIT
 * The master: keeps every seat filled with a living worker, replaces all on SIGHUP, drains on
 * SIGTERM. All its signals are blocked and taken by sigtimedwait, so none is lost. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi_internal.h"

enum { TICK_MS = 1000, NO_SLOT_RETRY_MS = 100 };

static const int MASTER_SIGNALS[] = {
        SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1 /* a worker is ready */, SIGUSR2};

enum err fcgi_pool_init(struct fcgi_pool *pool)
{
	struct fcgi_shared *shared = mmap(
	        NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED) {
		log_fatal(ERR_INFRA_FCGI_SOCKET_FAILED, "no memory for the worker pool");
		return ERR_INFRA_FCGI_SOCKET_FAILED;
	}
	shared->started_ms = clock_mono_ms();
	pool->shared = shared;
	return ERR_OK;
}

void fcgi_pool_release(struct fcgi_pool *pool)
{
	if (pool->shared != NULL)
		munmap(pool->shared, sizeof(*pool->shared));
	pool->shared = NULL;
}

void fcgi_pool_stats(const struct fcgi_shared *shared, struct fcgi_stats *out)
{
	unsigned by_state[FCGI_STATE_DRAINING + 1] = {0};

	for (size_t i = 0; i < FCGI_SLOTS_MAX; i++) {
		int state = atomic_load_explicit(&shared->slots[i].state, memory_order_relaxed);

		if (state >= 0 && state <= FCGI_STATE_DRAINING)
			by_state[state]++;
	}
	*out = (struct fcgi_stats){.starting = by_state[FCGI_STATE_STARTING],
	        .idle = by_state[FCGI_STATE_IDLE],
	        .busy = by_state[FCGI_STATE_BUSY],
	        .draining = by_state[FCGI_STATE_DRAINING],
	        .requests = atomic_load(&shared->requests),
	        .busy_ns = atomic_load(&shared->busy_ns),
	        .generation = atomic_load(&shared->generation),
	        .started_ms = shared->started_ms};
	for (size_t i = 0; i < FCGI_RESTART_COUNT; i++)
		out->restarts[i] = atomic_load(&shared->restarts[i]);
}

size_t fcgi_pool_busy(const struct fcgi_shared *shared)
{
	size_t used = atomic_load_explicit(&shared->slots_used, memory_order_relaxed), busy = 0;

	for (size_t i = 0; i < used; i++)
		busy += atomic_load_explicit(&shared->slots[i].state, memory_order_relaxed) ==
		        FCGI_STATE_BUSY;
	return busy;
}

/* ---- seats ---------------------------------------------------------------------------------- */

static bool seat_wanted(const struct fcgi_master *m, int seat)
{
	if (seat == FCGI_WORKERS_MAX)
		return m->pool->monitor != NULL;
	return seat < m->pool->workers;
}

static int free_slot(const struct fcgi_master *m)
{
	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		if (m->children[i].pid == 0)
			return i;
	}
	return -1;
}

static void run_child(struct fcgi_master *m, struct fcgi_slot *slot, int seat)
{
	if (seat == FCGI_WORKERS_MAX) {
		close(m->socket.fd);
		fcgi_monitor_run(m->pool, slot, m->pid);
	}
	fcgi_worker_run(m->pool, m->socket.fd, slot, seat, m->pid);
}

static void fill_seat(struct fcgi_master *m, int seat, int64_t now)
{
	int n = free_slot(m);
	struct fcgi_slot *slot;
	pid_t pid;

	if (n < 0) {
		m->seats[seat].start_at_ms = now + NO_SLOT_RETRY_MS;
		return;
	}
	slot = &m->pool->shared->slots[n];
	if (atomic_load(&m->pool->shared->slots_used) <= (size_t)n)
		atomic_store(&m->pool->shared->slots_used, (size_t)n + 1);
	slot->route[0] = slot->request_id[0] = '\0';
	atomic_store(&slot->recycled, false);
	atomic_store(&slot->busy_since_ns, 0);
	atomic_store(&slot->state, FCGI_STATE_STARTING);
	pid = fork();
	if (pid == 0)
		run_child(m, slot, seat);
	if (pid < 0) {
		atomic_store(&slot->state, FCGI_STATE_FREE);
		log_error(ERR_INFRA_WORKER_CRASHED, "cannot fork a worker",
		        F_STR("reason", strerror(errno)));
		m->seats[seat].start_at_ms = now + TICK_MS;
		return;
	}
	m->children[n] = (struct fcgi_child){.pid = pid, .seat = seat, .started_ms = now};
	m->seats[seat].child = n;
}

static void fill_seats(struct fcgi_master *m, int64_t now)
{
	for (int i = 0; i < FCGI_SEATS_MAX; i++) {
		struct fcgi_seat *seat = &m->seats[i];

		if (seat->child < 0 && seat_wanted(m, i) && seat->start_at_ms <= now)
			fill_seat(m, i, now);
	}
}

static bool all_ready(const struct fcgi_master *m)
{
	for (int i = 0; i < FCGI_SEATS_MAX; i++) {
		int child = m->seats[i].child;

		if (!seat_wanted(m, i))
			continue;
		if (child < 0 ||
		        atomic_load(&m->pool->shared->slots[child].state) == FCGI_STATE_STARTING)
			return false;
	}
	return true;
}

/* ---- what happens ---------------------------------------------------------------------------- */

void fcgi_master_tell(struct fcgi_master *m, struct fcgi_child *c, int64_t now)
{
	if (c->told_to_stop)
		return;
	c->told_to_stop = true;
	c->kill_at_ms = now + m->pool->drain_timeout_ms;
	kill(c->pid, SIGTERM);
}

static void reload(struct fcgi_master *m)
{
	if (m->pool->reload != NULL) {
		enum err e = m->pool->reload(m->pool);

		if (e != ERR_OK) {
			log_error(ERR_INFRA_RELOAD_REFUSED, "reload refused",
			        F_STR("cause", err_code(e)));
			return;
		}
	}
	atomic_fetch_add(&m->pool->shared->generation, 1);
	for (int i = 0; i < FCGI_SEATS_MAX; i++) {
		if (m->seats[i].child >= 0)
			m->children[m->seats[i].child].seat = -1;
		m->seats[i] = (struct fcgi_seat){.child = -1};
	}
	m->replacing = true;
	log_info("reloading", F_INT("workers", m->pool->workers),
	        F_INT("generation", atomic_load(&m->pool->shared->generation)));
}

/* The old serve until every new one is ready. */
static void retire_old(struct fcgi_master *m, int64_t now)
{
	if (!m->replacing || !all_ready(m))
		return;
	m->replacing = false;
	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		struct fcgi_child *c = &m->children[i];

		if (c->pid == 0 || c->seat >= 0 || c->told_to_stop)
			continue;
		atomic_fetch_add(&m->pool->shared->restarts[FCGI_RESTART_RELOAD], 1);
		fcgi_master_tell(m, c, now);
	}
	log_info("new workers serve");
}

static void begin_stop(struct fcgi_master *m, int64_t now)
{
	if (m->stopping)
		return;
	m->stopping = true;
	log_info("stopping");
	if (m->pool->ready_file != NULL)
		unlink(m->pool->ready_file);
	if (m->socket.owned) {
		fcgi_socket_unlink(&m->socket);
		atomic_store(&m->pool->shared->empty_backlog, true);
	}
	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		if (m->children[i].pid != 0)
			fcgi_master_tell(m, &m->children[i], now);
	}
}

static void kill_overdue(struct fcgi_master *m, int64_t now)
{
	int64_t hang_ns = m->pool->hang_timeout_ms * 1000000;

	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		struct fcgi_child *c = &m->children[i];
		struct fcgi_slot *slot = &m->pool->shared->slots[i];
		int64_t since = atomic_load(&slot->busy_since_ns);

		if (c->pid == 0)
			continue;
		if (c->kill_at_ms != 0 && now >= c->kill_at_ms) {
			log_warn(ERR_INFRA_SHUTDOWN_FORCED, "worker did not finish in time",
			        F_INT("worker", c->pid), F_STR("route", slot->route));
			kill(c->pid, SIGKILL);
			c->kill_at_ms = now + TICK_MS;
		} else if (hang_ns > 0 && since != 0 && clock_mono_ns() - since > hang_ns &&
		           !c->hung) {
			log_error(ERR_INFRA_WORKER_CRASHED, "worker hangs, killed",
			        F_INT("worker", c->pid), F_STR("route", slot->route),
			        F_STR("request", slot->request_id));
			c->hung = true;
			kill(c->pid, SIGKILL);
		}
	}
}

static void announce(struct fcgi_master *m)
{
	char temporary[PATH_MAX];
	int fd;

	if (m->announced || !all_ready(m))
		return;
	m->announced = true;
	log_info("ready", F_STR("socket", m->socket.path), F_INT("workers", m->pool->workers));
	if (m->pool->ready_file == NULL ||
	        !str_format(temporary, sizeof(temporary), "%s~", m->pool->ready_file))
		return;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0 || dprintf(fd, "%d\n", (int)m->pid) < 0 ||
	        rename(temporary, m->pool->ready_file) != 0)
		log_warn(ERR_INFRA_HOME_UNUSABLE, "ready file not written",
		        F_STR("path", m->pool->ready_file), F_STR("reason", strerror(errno)));
	if (fd >= 0)
		close(fd);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

/* When something is due next, at most a tick from now. */
static int64_t next_due(const struct fcgi_master *m, int64_t now)
{
	int64_t due = now + TICK_MS;

	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		if (m->children[i].pid != 0)
			due = earlier(due, m->children[i].kill_at_ms);
	}
	for (int i = 0; i < FCGI_SEATS_MAX && !m->stopping; i++) {
		if (m->seats[i].child < 0 && seat_wanted(m, i))
			due = earlier(due, m->seats[i].start_at_ms);
	}
	return due > now ? due : now;
}

static void wait_and_act(struct fcgi_master *m)
{
	int64_t now = clock_mono_ms();
	int64_t ms = next_due(m, now) - now;
	const struct timespec patience = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
	int number = sigtimedwait(&m->signals, NULL, &patience);

	switch (number) {
	case SIGTERM:
	case SIGINT:
		begin_stop(m, clock_mono_ms());
		break;
	case SIGHUP:
		if (!m->stopping)
			reload(m);
		break;
	case SIGUSR2:
		if (!m->stopping)
			fcgi_master_upgrade(m);
		break;
	default:
		break;
	}
	/* Signals of one kind merge, so look at every chance. */
	fcgi_master_reap(m);
}

static bool any_child(const struct fcgi_master *m)
{
	for (int i = 0; i < FCGI_SLOTS_MAX; i++) {
		if (m->children[i].pid != 0)
			return true;
	}
	return false;
}

static void run(struct fcgi_master *m)
{
	while (!m->stopping || any_child(m)) {
		int64_t now = clock_mono_ms();

		kill_overdue(m, now);
		if (!m->stopping) {
			fill_seats(m, now);
			retire_old(m, now);
			announce(m);
		}
		wait_and_act(m);
	}
}

enum err fcgi_pool_run(struct fcgi_pool *pool)
{
	static struct fcgi_master m; /* large; one a process */
	sigset_t before;
	enum err e;

	m = (struct fcgi_master){.pool = pool, .pid = getpid()};
	for (int i = 0; i < FCGI_SEATS_MAX; i++)
		m.seats[i].child = -1;
	sigemptyset(&m.signals);
	for (size_t i = 0; i < ARRAY_LEN(MASTER_SIGNALS); i++)
		sigaddset(&m.signals, MASTER_SIGNALS[i]);
	e = fcgi_socket_open(&m.socket, pool->socket_path);
	if (e != ERR_OK)
		return e;
	sigprocmask(SIG_BLOCK, &m.signals, &before);
	atomic_store(&pool->shared->generation, 1);
	atomic_store(&pool->shared->empty_backlog, false);
	if (m.socket.inherited)
		fcgi_master_adopt(&m);
	run(&m);
	fcgi_socket_close(&m.socket);
	log_info("stopped");
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ERR_OK;
}
