/* SPDX-License-Identifier: MIT
 * Watches the clients of running statements: a select whose client went away is stopped, a client
 * that stopped reading its result is cut off. */
#ifndef YAVIO_STORE_WATCH_H
#define YAVIO_STORE_WATCH_H

#include <stdatomic.h>

#include "base/base.h"
#include "daemon/store/engine.h"

enum {
	WATCH_PERIOD_MS = 200,
	WATCH_STALL_MS = 60000,     /* a client that takes nothing for so long is cut off */
	WATCH_KILL_AGAIN_MS = 1000, /* the first try may come before the statement begins */
};

struct watch;

/* One running statement; belongs to the caller, who keeps it until watch_remove. */
struct watched {
	struct watched *next, **link;
	int fd;        /* socket of the client */
	bool finishes; /* runs to its end even without its client: writes */
	char token[ENGINE_TOKEN_BYTES];
	atomic_bool in_engine;            /* waits for the engine, not for the client */
	atomic_int_least64_t progress_ms; /* monotonic time of the last piece given to the client */
	atomic_bool gone;                 /* the statement is being stopped */
	int64_t killed_ms;
};

/* NULL: no thread. */
struct watch *watch_start(struct engine *engine);
/* No statement may be watched any more. NULL-safe. */
void watch_stop(struct watch *w);

void watch_add(
        struct watch *w, struct watched *statement, int fd, const char *token, bool finishes);
void watch_remove(struct watch *w, struct watched *statement);
/* Ends every statement that is running (shutdown). */
void watch_end_all(struct watch *w);

#endif
