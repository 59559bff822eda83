/* SPDX-License-Identifier: MIT
 * Token buckets over the shared table: a bucket is how many tokens it had, and when. */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "shm/shm_rate.h"

/* A bucket that was drawn from so lately still limited somebody. */
enum { ACTIVE_MS = 60 * 1000 };

struct shm_rate {
	struct shm_cache *buckets;
};

struct bucket {
	double tokens;
	int64_t at_ms;
};

struct taking {
	const struct shm_rate_limit *limit;
	double cost;
	int64_t now_ms;
	bool keep; /* look only */
	bool some; /* what is there, when that is less */
	bool taken;
	double missing;
	double left;
};

enum err shm_rate_open(const char *path, size_t buckets, struct shm_rate **out)
{
	struct shm_rate *r = calloc(1, sizeof(*r));
	enum err e;

	*out = NULL;
	if (r == NULL)
		return ERR_DB_SHM_CREATE_FAILED;
	e = shm_cache_open(path, buckets, sizeof(struct bucket), &r->buckets);
	if (e != ERR_OK) {
		free(r);
		return e;
	}
	*out = r;
	return ERR_OK;
}

void shm_rate_close(struct shm_rate *r)
{
	if (r == NULL)
		return;
	shm_cache_close(r->buckets);
	free(r);
}

static void refill(struct bucket *b, bool fresh, const struct taking *t)
{
	const struct shm_rate_limit *limit = t->limit;
	int64_t passed = t->now_ms - b->at_ms;

	if (fresh || (limit->window_ms > 0 && passed >= limit->window_ms)) {
		*b = (struct bucket){.tokens = limit->burst, .at_ms = t->now_ms};
	} else if (limit->window_ms == 0) {
		if (passed > 0)
			b->tokens += limit->rate * (double)passed / 1000;
		b->at_ms = t->now_ms;
	}
	/* Also when the limit was lowered since. */
	b->tokens = fmin(limit->burst, b->tokens);
}

static void take(void *value, bool fresh, void *ctx)
{
	struct bucket *b = value;
	struct taking *t = ctx;

	refill(b, fresh, t);
	if (t->some)
		t->cost = fmin(t->cost, floor(b->tokens));
	t->cost = fmin(t->cost, t->limit->burst);
	t->taken = b->tokens >= t->cost;
	t->missing = t->taken ? 0 : t->cost - b->tokens;
	if (t->taken && !t->keep)
		b->tokens = fmin(t->limit->burst, b->tokens - t->cost);
	t->left = b->tokens;
}

static bool run(struct shm_rate *r, const uint8_t *key, struct taking *t, int64_t *wait_s)
{
	struct bucket gone;

	if (t->limit->rate <= 0)
		return true;
	if (shm_cache_update(r->buckets, key, take, t, &gone) && t->now_ms - gone.at_ms < ACTIVE_MS)
		log_warn(ERR_DB_RATE_TABLE_FULL, err_message(ERR_DB_RATE_TABLE_FULL));
	if (!t->taken && wait_s != NULL)
		*wait_s = (int64_t)fmax(1, ceil(t->missing / t->limit->rate));
	return t->taken;
}

bool shm_rate_take(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, double cost, int64_t now_ms, int64_t *wait_s)
{
	struct taking t = {.limit = limit, .cost = cost, .now_ms = now_ms};

	return run(r, key, &t, wait_s);
}

bool shm_rate_draw(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, double cost, int64_t now_ms,
        struct shm_rate_state *state)
{
	struct taking t = {.limit = limit, .cost = cost, .now_ms = now_ms};

	*state = (struct shm_rate_state){.left = 0};
	if (!run(r, key, &t, &state->wait_s) || limit->rate > 0) {
		state->left = t.left;
		state->reset_s = (int64_t)ceil((limit->burst - t.left) / limit->rate);
	}
	return state->wait_s == 0;
}

bool shm_rate_peek(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, double cost, int64_t now_ms, int64_t *wait_s)
{
	struct taking t = {.limit = limit, .cost = cost, .now_ms = now_ms, .keep = true};

	return run(r, key, &t, wait_s);
}

size_t shm_rate_take_some(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, size_t want, int64_t now_ms)
{
	struct taking t = {.limit = limit, .cost = (double)want, .now_ms = now_ms, .some = true};

	return run(r, key, &t, NULL) ? (size_t)t.cost : 0;
}

void shm_rate_give(struct shm_rate *r, const uint8_t key[SHM_CACHE_KEY_BYTES],
        const struct shm_rate_limit *limit, size_t tokens, int64_t now_ms)
{
	struct taking t = {.limit = limit, .cost = -(double)tokens, .now_ms = now_ms};

	(void)run(r, key, &t, NULL);
}

void shm_rate_usage(const struct shm_rate *r, size_t *used, size_t *room)
{
	shm_cache_usage(r->buckets, used, room);
}
