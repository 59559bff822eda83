/* SPDX-License-Identifier: MIT
 * Token buckets that all processes of a program share. */
#ifndef YAVIO_SHM_SHM_RATE_H
#define YAVIO_SHM_SHM_RATE_H

#include "shm/shm_cache.h"

/* What a bucket allows: rate tokens a second, burst at once. rate 0 switches the limit off. With
 * window_ms the tokens do not trickle back: the bucket is full again so long after it was first
 * used, and rate only has to be above 0. */
struct shm_rate_limit {
	double rate, burst;
	int64_t window_ms; /* 0: refills by rate */
};

struct shm_rate; /* the table of buckets */

/* As shm_cache_open. */
enum err shm_rate_open(const char *path, size_t buckets, struct shm_rate **out) MUST_CHECK;
void shm_rate_close(struct shm_rate *r);

/* Takes cost tokens from the bucket of key, all or none. Above the burst it costs the burst, so
 * that a large batch can pass a full bucket. Returns true when taken; else *wait_s (may be NULL) is
 * how many seconds until it would be, at least
 * 1. now_ms: wall clock (buckets outlive a restart; a clock that went back counts as no time
 * passed). */
bool shm_rate_take(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, double cost, int64_t now_ms,
        int64_t *wait_s) MUST_CHECK;
struct shm_rate_state {
	double left;     /* tokens after the call */
	int64_t wait_s;  /* 0: taken; else as *wait_s above */
	int64_t reset_s; /* until the bucket is full again */
};
/* shm_rate_take that also tells how the bucket stands; with the limit off all of state is 0. */
bool shm_rate_draw(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, double cost, int64_t now_ms,
        struct shm_rate_state *state) MUST_CHECK;
/* Whether at least cost tokens are there; takes none. */
bool shm_rate_peek(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, double cost, int64_t now_ms,
        int64_t *wait_s) MUST_CHECK;

/* Takes as many of want tokens as are there and returns how many: whole ones, want when the limit
 * is off. */
size_t shm_rate_take_some(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, size_t want, int64_t now_ms) MUST_CHECK;
/* Puts back tokens that were taken and not used. */
void shm_rate_give(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, size_t tokens, int64_t now_ms);

/* Buckets in use, and room. */
void shm_rate_usage(const struct shm_rate *r, size_t *used, size_t *room);

#endif
