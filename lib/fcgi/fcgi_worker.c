/* SPDX-License-Identifier: MIT
 * A worker: waits for a connection or a signal without losing either, serves one request at a time,
 * ends when told, when its master is gone, or after enough requests. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/fcgi_internal.h"

struct worker {
	const struct fcgi_pool *pool;
	struct fcgi_slot *slot;
	struct fcgi_request *request;
	void *state; /* what pool->start made */
	int listen_fd;
	int epoll_fd;
	pid_t master;
	int64_t served;
	int64_t limit; /* requests after which it is replaced; 0: none */
	sigset_t while_waiting;
};

static volatile sig_atomic_t stop_asked;

static void on_stop(int number)
{
	(void)number;
	stop_asked = 1;
}

/* The stop signal stays blocked while a request is served (an interrupted read would break it) and
 * is let in only while waiting; in between it is looked for. */
static bool told_to_stop(const struct worker *w)
{
	sigset_t pending;

	if (stop_asked)
		return true;
	if (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1)
		stop_asked = 1;
	return stop_asked || getppid() != w->master;
}

static void serve(struct worker *w, int fd)
{
	struct fcgi_shared *shared = w->pool->shared;
	int64_t started = clock_mono_ns();

	w->slot->route[0] = w->slot->request_id[0] = '\0';
	atomic_store_explicit(&w->slot->busy_since_ns, started, memory_order_relaxed);
	atomic_store_explicit(&w->slot->state, stop_asked ? FCGI_STATE_DRAINING : FCGI_STATE_BUSY,
	        memory_order_relaxed);
	if (fcgi_request_begin(w->request, fd)) {
		w->pool->serve(w->request, w->state);
		fcgi_request_end(w->request);
		log_set_request_id(NULL);
		atomic_fetch_add_explicit(&shared->requests, 1, memory_order_relaxed);
	} else {
		log_debug("connection without a valid request closed");
	}
	atomic_fetch_add_explicit(
	        &shared->busy_ns, (uint64_t)(clock_mono_ns() - started), memory_order_relaxed);
	atomic_store_explicit(&w->slot->busy_since_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&w->slot->state, stop_asked ? FCGI_STATE_DRAINING : FCGI_STATE_IDLE,
	        memory_order_relaxed);
	w->served++;
}

static int take_connection(const struct worker *w)
{
	int fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
		log_error(ERR_INFRA_FCGI_SOCKET_FAILED, "cannot accept",
		        F_STR("reason", strerror(errno)));
		clock_sleep_ms(10);
	}
	return fd;
}

/* The wake-up is exclusive, so one connection wakes one worker; the time-out covers a connection
 * whose woken worker died before it accepted. */
static void wait_for_connection(const struct worker *w)
{
	struct epoll_event event;

	epoll_pwait(w->epoll_fd, &event, 1, FCGI_IDLE_CHECK_MS, &w->while_waiting);
}

static void serve_all(struct worker *w)
{
	while (!told_to_stop(w)) {
		int fd = take_connection(w);

		if (fd >= 0)
			serve(w, fd);
		else
			wait_for_connection(w);
		if (w->limit > 0 && w->served >= w->limit) {
			atomic_store(&w->slot->recycled, true);
			return;
		}
	}
	/* Whoever connected before the socket lost its name is still answered. */
	fcgi_request_set_stopping(w->request);
	atomic_store(&w->slot->state, FCGI_STATE_DRAINING);
	while (atomic_load(&w->pool->shared->empty_backlog)) {
		int fd = take_connection(w);

		if (fd < 0)
			return;
		serve(w, fd);
	}
}

static void prepare_signals(struct worker *w)
{
	const struct sigaction stop = {.sa_handler = on_stop};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	stop_asked = 0;
	sigaction(SIGTERM, &stop, NULL);
	/* A terminal's Ctrl-C and a reload reach the whole group; the master decides. */
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGUSR1, &ignore, NULL);
	sigaction(SIGUSR2, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigprocmask(SIG_SETMASK, NULL, &w->while_waiting);
	sigdelset(&w->while_waiting, SIGTERM);
}

/* Dies with its master, also with one that was killed. */
static void bind_to_master(pid_t master)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(0);
}

static bool prepare(struct worker *w)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};

	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0 || epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->listen_fd, &event) != 0) {
		log_error(ERR_INFRA_FCGI_SOCKET_FAILED, "cannot watch the socket",
		        F_STR("reason", strerror(errno)));
		return false;
	}
	w->request = fcgi_request_new(w->slot);
	if (w->request == NULL)
		return false;
	w->state = w->pool->ctx;
	if (w->pool->start != NULL) {
		enum err e = w->pool->start(w->pool->ctx, &w->state);

		if (e != ERR_OK) {
			log_error(e, "worker could not start");
			return false;
		}
	}
	return true;
}

void __lsan_do_leak_check(void) __attribute__((weak));

/* Not exit(3): what the master registered is not this process's to run. */
static _Noreturn void leave(int status)
{
	if (__lsan_do_leak_check != NULL && status == 0)
		__lsan_do_leak_check();
	_exit(status);
}

void fcgi_worker_run(
        const struct fcgi_pool *pool, int listen_fd, struct fcgi_slot *slot, int seat, pid_t master)
{
	struct worker w = {.pool = pool,
	        .slot = slot,
	        .listen_fd = listen_fd,
	        .epoll_fd = -1,
	        .master = master,
	        /* Spread, so that workers started together do not end together. */
	        .limit = pool->max_requests > 0 ? pool->max_requests + pool->max_requests * seat /
	                                                                       (10 * pool->workers)
	                                        : 0};

	prepare_signals(&w);
	fcgi_crash_handler_install();
	bind_to_master(master);
	if (!prepare(&w))
		_exit(FCGI_EXIT_START_FAILED);
	atomic_store(&slot->state, FCGI_STATE_IDLE);
	kill(master, SIGUSR1);
	serve_all(&w);
	close(listen_fd);
	if (pool->stop != NULL)
		pool->stop(w.state);
	fcgi_request_free(w.request);
	leave(0);
}

void fcgi_monitor_run(const struct fcgi_pool *pool, struct fcgi_slot *slot, pid_t master)
{
	struct worker w = {.pool = pool, .slot = slot, .master = master};
	const struct sigaction end = {.sa_handler = SIG_DFL};
	sigset_t none;

	prepare_signals(&w);
	sigaction(SIGTERM, &end, NULL);
	fcgi_crash_handler_install();
	bind_to_master(master);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	atomic_store(&slot->state, FCGI_STATE_IDLE);
	kill(master, SIGUSR1);
	pool->monitor(pool->ctx);
	leave(0);
}
