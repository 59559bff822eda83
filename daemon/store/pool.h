/* SPDX-License-Identifier: MIT
 * A pool: how many statements of one kind run at a time, with a bounded wait, first come first
 * served. */
#ifndef YAVIO_STORE_POOL_H
#define YAVIO_STORE_POOL_H

#include <pthread.h>

#include "base/base.h"
#include "base/errors.h"

struct pool_waiter;

struct pool {
	const char *name;
	pthread_mutex_t lock;
	unsigned size, used;
	struct pool_waiter *first, *last;
};

void pool_init(struct pool *p, const char *name, unsigned size);
void pool_release(struct pool *p);

/* Takes a place, waiting up to wait_ms. ERR_OK (give it back with pool_give) or ERR_DB_STORE_BUSY.
 */
enum err pool_take(struct pool *p, int64_t wait_ms) MUST_CHECK;
void pool_give(struct pool *p);
unsigned pool_used(struct pool *p);

#endif
