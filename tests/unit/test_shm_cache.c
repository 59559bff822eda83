/* SPDX-License-Identifier: MIT
 * Tests of the shared table and its token buckets, also across processes and their deaths. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/shm_rate.h"

#include <cmocka.h>

#include "log_capture.h"

struct value {
	uint64_t a, b;
};

static void key_of(uint64_t n, uint8_t key[SHM_CACHE_KEY_BYTES])
{
	uint64_t x = n * UINT64_C(0x9E3779B97F4A7C15) + 1;

	for (size_t i = 0; i < SHM_CACHE_KEY_BYTES; i += 8) {
		x ^= x >> 29;
		x *= UINT64_C(0xBF58476D1CE4E5B9);
		memcpy(key + i, &x, 8);
	}
}

static void test_put_get_drop(void **state)
{
	struct shm_cache *c;
	struct value v = {1, 2}, got = {0, 0};
	uint8_t key[SHM_CACHE_KEY_BYTES], other[SHM_CACHE_KEY_BYTES];
	size_t used, room;

	(void)state;
	key_of(1, key);
	key_of(2, other);
	assert_int_equal(shm_cache_open(NULL, 100, sizeof(v), &c), ERR_OK);
	assert_false(shm_cache_get(c, key, &got));
	assert_false(shm_cache_put(c, key, &v));
	assert_true(shm_cache_get(c, key, &got));
	assert_memory_equal(&got, &v, sizeof(v));
	assert_false(shm_cache_get(c, other, &got));
	shm_cache_put(c, other, &v);
	shm_cache_usage(c, &used, &room);
	assert_int_equal(used, 2);
	assert_true(room >= 100);
	shm_cache_drop(c, key);
	assert_false(shm_cache_get(c, key, &got));
	shm_cache_clear(c);
	assert_false(shm_cache_get(c, other, &got));
	shm_cache_close(c);
}

static void test_the_oldest_gives_way(void **state)
{
	struct shm_cache *c;
	struct value v = {0, 0};
	uint8_t hot[SHM_CACHE_KEY_BYTES], key[SHM_CACHE_KEY_BYTES];
	size_t used, room, replaced = 0;

	(void)state;
	assert_int_equal(shm_cache_open(NULL, 64, sizeof(v), &c), ERR_OK);
	key_of(0, hot);
	shm_cache_put(c, hot, &v);
	for (uint64_t n = 1; n < 1000; n++) {
		key_of(n, key);
		replaced += shm_cache_put(c, key, &v) ? 1 : 0;
		assert_true(shm_cache_get(c, hot, &v));
	}
	shm_cache_usage(c, &used, &room);
	assert_true(used <= room);
	assert_int_equal(replaced, 1000 - used);
	shm_cache_close(c);
}

static void test_a_file_survives(void **state)
{
	char path[] = "/tmp/yavio-cache-XXXXXX";
	struct shm_cache *c;
	struct value v = {7, 8}, got;
	uint8_t key[SHM_CACHE_KEY_BYTES];

	(void)state;
	close(mkstemp(path));
	key_of(1, key);
	assert_int_equal(shm_cache_open(path, 100, sizeof(v), &c), ERR_OK);
	shm_cache_put(c, key, &v);
	shm_cache_close(c);
	assert_int_equal(shm_cache_open(path, 100, sizeof(v), &c), ERR_OK);
	assert_true(shm_cache_get(c, key, &got));
	assert_int_equal(got.b, 8);
	shm_cache_close(c);
	/* Another layout: made anew. */
	assert_int_equal(shm_cache_open(path, 1000, sizeof(v), &c), ERR_OK);
	assert_false(shm_cache_get(c, key, &got));
	shm_cache_close(c);
	unlink(path);
	assert_int_equal(shm_cache_open("/nonexistent/x", 10, 8, &c), ERR_DB_SHM_CREATE_FAILED);
}

static void die_inside(void *value, bool fresh, void *ctx)
{
	(void)value;
	(void)fresh;
	(void)ctx;
	kill(getpid(), SIGKILL);
}

static void test_a_dead_holder_blocks_nobody(void **state)
{
	struct shm_cache *c;
	struct value v = {1, 1};
	uint8_t key[SHM_CACHE_KEY_BYTES];
	int status;
	pid_t child;

	(void)state;
	key_of(1, key);
	assert_int_equal(shm_cache_open(NULL, 8, sizeof(v), &c), ERR_OK);
	shm_cache_put(c, key, &v);
	child = fork();
	if (child == 0) {
		shm_cache_update(c, key, die_inside, NULL, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	/* The set is empty, not half written, and works. */
	assert_false(shm_cache_get(c, key, &v));
	shm_cache_put(c, key, &v);
	assert_true(shm_cache_get(c, key, &v));
	shm_cache_close(c);
}

static void add_one(void *value, bool fresh, void *ctx)
{
	struct value *v = value;

	(void)fresh;
	(void)ctx;
	v->a++;
}

static void test_processes_count_together(void **state)
{
	enum { CHILDREN = 4, STEPS = 20000 };
	struct shm_cache *c;
	struct value v;
	uint8_t key[SHM_CACHE_KEY_BYTES];
	int status;

	(void)state;
	key_of(1, key);
	assert_int_equal(shm_cache_open(NULL, 8, sizeof(v), &c), ERR_OK);
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			for (int n = 0; n < STEPS; n++)
				shm_cache_update(c, key, add_one, NULL, NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++)
		assert_true(wait(&status) > 0 && status == 0);
	assert_true(shm_cache_get(c, key, &v));
	assert_int_equal(v.a, CHILDREN * STEPS);
	shm_cache_close(c);
}

static void test_buckets(void **state)
{
	const struct shm_rate_limit limit = {.rate = 10, .burst = 50}, off = {.rate = 0};
	struct shm_rate *r;
	uint8_t key[SHM_CACHE_KEY_BYTES], other[SHM_CACHE_KEY_BYTES];
	int64_t wait = 0;

	(void)state;
	key_of(1, key);
	key_of(2, other);
	assert_int_equal(shm_rate_open(NULL, 100, &r), ERR_OK);
	assert_true(shm_rate_take(r, key, &limit, 30, 1000, NULL));
	/* All or none: 20 are left. */
	assert_false(shm_rate_take(r, key, &limit, 31, 1000, &wait));
	assert_int_equal(wait, 2);
	assert_true(shm_rate_peek(r, key, &limit, 20, 1000, NULL));
	assert_true(shm_rate_take(r, key, &limit, 20, 1000, NULL));
	assert_false(shm_rate_take(r, key, &limit, 1, 1000, &wait));
	assert_int_equal(wait, 1);
	assert_true(shm_rate_take(r, other, &limit, 50, 1000, NULL));
	/* 3 s later there are 30; a clock that goes back gives nothing. */
	assert_false(shm_rate_peek(r, key, &limit, 31, 4000, NULL));
	assert_true(shm_rate_take(r, key, &limit, 30, 4000, NULL));
	assert_false(shm_rate_take(r, key, &limit, 1, 2000, NULL));
	/* More than the burst costs the burst. */
	assert_true(shm_rate_take(r, key, &limit, 1000, 60000, NULL));
	assert_false(shm_rate_take(r, key, &limit, 1, 60000, NULL));
	assert_true(shm_rate_take(r, key, &off, 1e9, 60000, NULL));
	shm_rate_close(r);
}

static void test_a_window_is_full_again_as_a_whole(void **state)
{
	const struct shm_rate_limit limit = {.rate = 50, .burst = 50, .window_ms = 3600000};
	const struct shm_rate_limit off = {.rate = 0}, lower = {.rate = 1, .burst = 10};
	uint8_t key[SHM_CACHE_KEY_BYTES] = {1}, other[SHM_CACHE_KEY_BYTES] = {2};
	struct shm_rate *r;

	(void)state;
	assert_int_equal(shm_rate_open(NULL, 100, &r), ERR_OK);
	assert_int_equal(shm_rate_take_some(r, key, &limit, 30, 1000), 30);
	assert_int_equal(shm_rate_take_some(r, key, &limit, 30, 2000), 20);
	assert_int_equal(shm_rate_take_some(r, key, &limit, 1, 3600999), 0);
	assert_false(shm_rate_peek(r, key, &limit, 1, 3600999, NULL));
	/* What was not used comes back, never above the burst. */
	shm_rate_give(r, key, &limit, 7, 3600999);
	assert_int_equal(shm_rate_take_some(r, key, &limit, 30, 3600999), 7);
	assert_int_equal(shm_rate_take_some(r, key, &limit, 60, 3601000), 50);
	shm_rate_give(r, key, &limit, 99, 3601000);
	assert_int_equal(shm_rate_take_some(r, key, &limit, 99, 3601000), 50);
	/* Switched off: all of it; lowered: no more than the new burst is left. */
	assert_int_equal(shm_rate_take_some(r, key, &off, 1000, 3601000), 1000);
	assert_int_equal(shm_rate_take_some(r, other, &limit, 1, 1000), 1);
	assert_int_equal(shm_rate_take_some(r, other, &lower, 20, 1000), 10);
	shm_rate_close(r);
}

/* Full of buckets that still limit somebody: one that gives way is told (5602), an old one is not.
 */
static void test_a_full_table_is_told(void **state)
{
	const struct shm_rate_limit limit = {.rate = 1, .burst = 5};
	uint8_t key[SHM_CACHE_KEY_BYTES];
	struct log_capture c;
	struct shm_rate *r;

	(void)state;
	assert_int_equal(shm_rate_open(NULL, 16, &r), ERR_OK);
	log_capture_begin(&c);
	for (uint64_t n = 0; n < 64; n++) {
		key_of(n, key);
		assert_true(shm_rate_take(r, key, &limit, 1, 1000 + (int64_t)n * 120000, NULL));
	}
	log_capture_end(&c);
	assert_int_equal(log_captured(&c, ERR_DB_RATE_TABLE_FULL), 0);
	log_capture_begin(&c);
	for (uint64_t n = 100; n < 164; n++) {
		key_of(n, key);
		assert_true(shm_rate_take(r, key, &limit, 1, 100000000, NULL));
	}
	log_capture_end(&c);
	assert_int_equal(log_captured(&c, ERR_DB_RATE_TABLE_FULL), 1);
	shm_rate_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_put_get_drop),
	        cmocka_unit_test(test_the_oldest_gives_way),
	        cmocka_unit_test(test_a_file_survives),
	        cmocka_unit_test(test_a_dead_holder_blocks_nobody),
	        cmocka_unit_test(test_processes_count_together),
	        cmocka_unit_test(test_buckets),
	        cmocka_unit_test(test_a_window_is_full_again_as_a_whole),
	        cmocka_unit_test(test_a_full_table_is_told),
	};

	return cmocka_run_group_tests_name("shm_cache", tests, NULL, NULL);
}
