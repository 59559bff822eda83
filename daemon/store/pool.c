/* SPDX-License-Identifier: MIT
 * A pool: how many statements of one kind run at a time. */
#include <errno.h>
#include <time.h>

#include "daemon/store/pool.h"

struct pool_waiter {
	struct pool_waiter *next;
	pthread_cond_t called;
	bool served; /* pool_give handed its place over */
};

void pool_init(struct pool *p, const char *name, unsigned size)
{
	*p = (struct pool){.name = name, .size = size};
	pthread_mutex_init(&p->lock, NULL);
}

void pool_release(struct pool *p)
{
	pthread_mutex_destroy(&p->lock);
}

static void waiter_remove(struct pool *p, struct pool_waiter *gone)
{
	struct pool_waiter *before = NULL;
	for (struct pool_waiter *w = p->first; w; before = w, w = w->next) {
		if (w != gone)
			continue;
		*(before ? &before->next : &p->first) = w->next;
		if (p->last == w)
			p->last = before;
		return;
	}
}

static void waiter_wait(struct pool *p, struct pool_waiter *self, int64_t wait_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!self->served &&
	        pthread_cond_timedwait(&self->called, &p->lock, &until) != ETIMEDOUT) {
	}
}

enum err pool_take(struct pool *p, int64_t wait_ms)
{
	pthread_mutex_lock(&p->lock);
	if (p->used < p->size) {
		p->used++;
		pthread_mutex_unlock(&p->lock);
		return ERR_OK;
	}
	struct pool_waiter self = {0};
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&self.called, &clock);
	pthread_condattr_destroy(&clock);
	*(p->last ? &p->last->next : &p->first) = &self;
	p->last = &self;
	waiter_wait(p, &self, wait_ms);
	if (!self.served)
		waiter_remove(p, &self);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&self.called);
	return self.served ? ERR_OK : ERR_DB_STORE_BUSY;
}

void pool_give(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct pool_waiter *next = p->first;
	if (next) {
		waiter_remove(p, next);
		next->served = true;
		pthread_cond_signal(&next->called);
	} else {
		p->used--;
	}
	pthread_mutex_unlock(&p->lock);
}

unsigned pool_used(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	unsigned used = p->used;
	pthread_mutex_unlock(&p->lock);
	return used;
}
