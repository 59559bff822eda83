/* SPDX-License-Identifier: MIT
 * What all requests of yavio-store share. */
#ifndef YAVIO_STORE_STORE_H
#define YAVIO_STORE_STORE_H

#include <stdatomic.h>

#include "base/base.h"
#include "daemon/store/engine.h"
#include "daemon/store/options.h"
#include "daemon/store/pool.h"
#include "daemon/store/settings.h"
#include "daemon/store/users.h"
#include "daemon/store/verdicts.h"
#include "daemon/store/watch.h"

enum store_pool { STORE_POOL_INSERT, STORE_POOL_SELECT, STORE_POOL_ADMIN, STORE_POOL_COUNT };

enum {
	STORE_WAIT_MS = 5000, /* for a place in a pool, then 5013 */
	STORE_STATEMENT_BYTES_MAX = 1024 * 1024,
	STORE_TENANT_BODY_BYTES_MAX = 128 * 1024,
	STORE_INSERT_BYTES_MAX = 64 * 1024 * 1024, /* one body, decompressed */
};

struct store {
	struct options options;
	struct users users;
	struct settings_limits limits;
	int lock_fd; /* of the data directory, -1: not locked */
	struct engine *engine;
	struct pool pools[STORE_POOL_COUNT];
	struct verdicts *verdicts;
	struct watch *watch;
	int64_t upload_bytes_max;      /* all bodies in flight */
	atomic_int_least64_t uploaded; /* bytes of them now */
	atomic_int requests;           /* being answered */
	atomic_bool draining;          /* SIGTERM came: no new statement begins */
	/* Tokens of inserts mean something else after each insert that failed and left its token
	 * with the engine: the same token again, and it would not store the rows. */
	atomic_uint token_life;
	atomic_bool scrub_due; /* it could not be looked whether one did */
};

#endif
