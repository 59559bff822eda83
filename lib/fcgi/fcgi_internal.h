/* SPDX-License-Identifier: MIT
 * What the parts of lib/fcgi know of each other. */
#ifndef YAVIO_FCGI_FCGI_INTERNAL_H
#define YAVIO_FCGI_FCGI_INTERNAL_H

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "fcgi/fcgi.h"

enum {
	FCGI_SEATS_MAX = FCGI_WORKERS_MAX + 1, /* the workers and the monitor */
	FCGI_SLOTS_MAX = 2 * FCGI_SEATS_MAX,   /* a generation that serves, one that drains */
	FCGI_IDLE_CHECK_MS = 1000,
	FCGI_EXIT_START_FAILED = 75,
};

enum fcgi_state {
	FCGI_STATE_FREE,
	FCGI_STATE_STARTING,
	FCGI_STATE_IDLE,
	FCGI_STATE_BUSY,
	FCGI_STATE_DRAINING,
};

/* One process as its master sees it. Written by the process itself, read after its death. */
struct fcgi_slot {
	_Alignas(64) _Atomic int state; /* a cache line of its own: others look at it often */
	_Atomic bool recycled;          /* ended because it had served enough */
	_Atomic int64_t busy_since_ns;
	char route[FCGI_LABEL_BYTES];
	char request_id[FCGI_LABEL_BYTES];
};

struct fcgi_shared {
	_Atomic uint64_t requests;
	_Atomic uint64_t busy_ns;
	_Atomic uint64_t restarts[FCGI_RESTART_COUNT];
	_Atomic uint32_t generation;
	_Atomic bool empty_backlog; /* the socket has no name any more: serve who still waits */
	int64_t started_ms;
	_Atomic size_t slots_used; /* none from here on was ever taken */
	struct fcgi_slot slots[FCGI_SLOTS_MAX];
};

/* ---- socket ---- */

struct fcgi_socket {
	int fd;
	int lock_fd;
	bool owned;     /* we made its name and remove it */
	bool inherited; /* from the program image before this one */
	char path[PATH_MAX];
};

/* Opens or inherits the listening socket (non-blocking). */
enum err fcgi_socket_open(struct fcgi_socket *s, const char *path) MUST_CHECK;
/* Removes its name, so that nobody connects any more; those who wait stay. */
void fcgi_socket_unlink(struct fcgi_socket *s);
void fcgi_socket_close(struct fcgi_socket *s);
/* Puts the socket where the next program image finds it (descriptor 3, LISTEN_FDS). */
bool fcgi_socket_pass(struct fcgi_socket *s) MUST_CHECK;
/* Takes back what fcgi_socket_pass told the environment. */
void fcgi_socket_forget_passing(void);

/* ---- request ---- */

/* One a worker, used again for each request. NULL when memory is out. */
struct fcgi_request *fcgi_request_new(struct fcgi_slot *slot);
void fcgi_request_free(struct fcgi_request *r);
/* Reads the start of a request from an accepted connection, which it owns from now on. False: no
 * valid request (connection closed). */
bool fcgi_request_begin(struct fcgi_request *r, int fd) MUST_CHECK;
/* Completes the reply and closes the connection. */
void fcgi_request_end(struct fcgi_request *r);
void fcgi_request_set_stopping(struct fcgi_request *r);

/* ---- worker ---- */

/* Runs in the child until it is told to stop; never returns. All signals of the master are blocked
 * on entry. */
_Noreturn void fcgi_worker_run(const struct fcgi_pool *pool, int listen_fd, struct fcgi_slot *slot,
        int seat, pid_t master);
_Noreturn void fcgi_monitor_run(const struct fcgi_pool *pool, struct fcgi_slot *slot, pid_t master);

/* Logs where a fatal signal struck, then lets it strike. */
void fcgi_crash_handler_install(void);

/* ---- master ---- */

struct fcgi_child {
	pid_t pid; /* 0: slot free */
	int seat;  /* -1: of an older generation or image, will not be replaced */
	bool told_to_stop;
	bool hung;
	int64_t kill_at_ms; /* 0: not set */
	int64_t started_ms;
};

struct fcgi_seat {
	int child; /* slot number, -1: empty */
	unsigned failures;
	int64_t start_at_ms;
};

struct fcgi_master {
	struct fcgi_pool *pool;
	struct fcgi_socket socket;
	sigset_t signals;
	pid_t pid;
	bool stopping;
	bool announced;
	bool replacing; /* children of an older generation wait for the new ones to be ready */
	struct fcgi_child children[FCGI_SLOTS_MAX];
	struct fcgi_seat seats[FCGI_SEATS_MAX]; /* the last is the monitor's */
	int64_t crash_ms[16];                   /* times of the last crashes, a ring */
	unsigned crashes;
	int64_t crash_loop_logged_ms;
};

/* Collects dead children, logs crashes, plans their replacement. */
void fcgi_master_reap(struct fcgi_master *m);
/* Tells a child to stop and sets when it is killed. */
void fcgi_master_tell(struct fcgi_master *m, struct fcgi_child *c, int64_t now_ms);
/* SIGUSR2: checks the new binary and becomes it; returns when it refused. */
void fcgi_master_upgrade(struct fcgi_master *m);
/* Children of the program image before this one: they drain. */
void fcgi_master_adopt(struct fcgi_master *m);

#endif
