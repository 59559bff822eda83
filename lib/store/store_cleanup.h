/* SPDX-License-Identifier: MIT
 * What is removed from PostgreSQL when its time is over. Service connections. */
#ifndef YAVIO_STORE_STORE_CLEANUP_H
#define YAVIO_STORE_STORE_CLEANUP_H

#include "base/base.h"
#include "base/errors.h"
#include "pg/pg.h"

enum { STORE_CLEANUP_BATCH = 1000 };

enum store_cleanup {
	STORE_CLEANUP_SESSIONS, /* days: YAVIO_SESSION_MAX_DAYS */
	STORE_CLEANUP_USERS,
	STORE_CLEANUP_TOTP,
	STORE_CLEANUP_ATTEMPTS,
	STORE_CLEANUP_TOKENS,
	STORE_CLEANUP_INVITATIONS,
	STORE_CLEANUP_KEYS,
	STORE_CLEANUP_AUDIT, /* days: YAVIO_AUDIT_DAYS */
	STORE_CLEANUP_ERASURES,
	STORE_CLEANUP_JOBS,
	STORE_CLEANUP_STRIPE,
	STORE_CLEANUP_COUNT,
};
/* "sessions", "users", ... */
const char *store_cleanup_text(enum store_cleanup what);
/* True when days count. */
bool store_cleanup_needs_days(enum store_cleanup what);

/* Removes STORE_CLEANUP_BATCH rows at most, in a transaction of its own; fewer: all is done. */
enum err store_cleanup_batch(
        struct pg *pg, enum store_cleanup what, int64_t days, int64_t *rows) MUST_CHECK;

#endif
