/* SPDX-License-Identifier: MIT
 * The thread that looks whether the logins behind the streams are still good, on time or when the
 * database says that something about a user has changed. */
#ifndef YAVIO_LIVE_CHECKS_H
#define YAVIO_LIVE_CHECKS_H

#include "fcgi/live/live.h"
#include "fcgi/live/stream.h"

enum live_verdict {
	LIVE_GOOD,
	LIVE_ENDED,   /* login, membership or project gone */
	LIVE_UNKNOWN, /* the database is away */
};

struct live_check {
	struct live_check *next;
	uint64_t serial; /* of the stream */
	struct live_viewer who;
	enum live_verdict verdict;
};

struct live_checks;

/* done: called by the thread with each check, which it owns then; changed: with the id of a user
 * whose logins or memberships changed, "" for anybody's. NULL: no memory, or no thread. */
struct live_checks *live_checks_start(const struct live *live,
        void (*done)(struct live_check *check, void *arg),
        void (*changed)(const char *user_id, void *arg), void *arg);
/* Takes the check. */
void live_checks_add(struct live_checks *c, struct live_check *check);
void live_checks_stop(struct live_checks *c); /* NULL-safe */

#endif
