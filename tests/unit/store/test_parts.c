/* SPDX-License-Identifier: MIT
 * Tests of the store's smaller parts: pools, kept verdicts, bodies, the status of an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "daemon/store/body.h"
#include "daemon/store/pool.h"
#include "daemon/store/reply.h"
#include "daemon/store/verdicts.h"

static void test_pool_bounds(void **state)
{
	struct pool p;
	(void)state;
	pool_init(&p, "test", 2);
	assert_int_equal(pool_take(&p, 0), ERR_OK);
	assert_int_equal(pool_take(&p, 0), ERR_OK);
	int64_t began = clock_mono_ms();
	assert_int_equal(pool_take(&p, 50), ERR_DB_STORE_BUSY);
	assert_true(clock_mono_ms() - began >= 49);
	assert_int_equal(pool_used(&p), 2);
	pool_give(&p);
	assert_int_equal(pool_take(&p, 0), ERR_OK);
	pool_give(&p);
	pool_give(&p);
	assert_int_equal(pool_used(&p), 0);
	pool_release(&p);
}

enum { WAITERS = 8 };

struct waiter {
	struct pool *pool;
	int *order, *next, rank;
};

static void *wait_in_line(void *arg)
{
	struct waiter *w = arg;
	if (pool_take(w->pool, 5000) != ERR_OK)
		return NULL;
	w->order[(*w->next)++] = w->rank; /* the place itself is the lock */
	pool_give(w->pool);
	return w;
}

/* Waits until somebody new stands last in line. */
static void wait_for_newcomer(struct pool *p, const struct pool_waiter *last_before)
{
	for (;;) {
		const struct pool_waiter *last;

		pthread_mutex_lock(&p->lock);
		last = p->last;
		pthread_mutex_unlock(&p->lock);
		if (last != last_before)
			return;
		clock_sleep_ms(1);
	}
}

static void test_pool_serves_in_order(void **state)
{
	struct pool p;
	pthread_t threads[WAITERS];
	struct waiter waiters[WAITERS];
	int order[WAITERS], next = 0;
	(void)state;
	pool_init(&p, "test", 1);
	assert_int_equal(pool_take(&p, 0), ERR_OK);
	for (int i = 0; i < WAITERS; i++) {
		const struct pool_waiter *last = p.last; /* nobody leaves before pool_give */

		waiters[i] = (struct waiter){&p, order, &next, i};
		assert_int_equal(pthread_create(&threads[i], NULL, wait_in_line, &waiters[i]), 0);
		wait_for_newcomer(&p, last);
	}
	pool_give(&p);
	for (int i = 0; i < WAITERS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		assert_non_null(result);
	}
	for (int i = 0; i < WAITERS; i++)
		assert_int_equal(order[i], i);
	assert_int_equal(pool_used(&p), 0);
	pool_release(&p);
}

static void test_verdicts(void **state)
{
	struct verdicts *v = verdicts_new();
	char text[32];
	int kept = 0;
	(void)state;
	assert_non_null(v);
	assert_false(verdicts_has(v, "SELECT 1", 8));
	verdicts_add(v, "SELECT 1", 8);
	verdicts_add(v, "SELECT 1", 8);
	assert_true(verdicts_has(v, "SELECT 1", 8));
	assert_false(verdicts_has(v, "SELECT 1 ", 9));
	for (int i = 0; i < 3 * VERDICTS_MAX; i++) {
		int len = snprintf(text, sizeof(text), "SELECT %d FROM t", i);
		verdicts_add(v, text, (size_t)len);
		assert_true(verdicts_has(v, text, (size_t)len));
	}
	for (int i = 0; i < 3 * VERDICTS_MAX; i++) {
		int len = snprintf(text, sizeof(text), "SELECT %d FROM t", i);
		kept += verdicts_has(v, text, (size_t)len);
	}
	assert_true(kept > VERDICTS_MAX / 2 && kept <= VERDICTS_MAX);
	verdicts_free(v);
}

static void test_body(void **state)
{
	atomic_int_least64_t total = 0;
	struct body b;
	(void)state;
	body_init(&b, 10, false, &total, 100);
	assert_string_equal(body_map(&b), "");
	assert_int_equal(body_add(&b, "abcde", 5), BODY_OK);
	assert_int_equal(body_add(&b, "fghij", 5), BODY_OK);
	assert_int_equal(body_end(&b), BODY_OK);
	assert_memory_equal(body_map(&b), "abcdefghij", 10);
	assert_int_equal(total, 10);
	assert_true(body_rewrite(&b, "xy", 2, 7));
	assert_int_equal(b.len, 5);
	assert_memory_equal(body_map(&b), "xyhij", 5);
	assert_int_equal(total, 5);
	body_release(&b);
	assert_int_equal(total, 0);
}

static void test_body_bounds(void **state)
{
	atomic_int_least64_t total = 0;
	struct body b, other;
	(void)state;
	body_init(&b, 10, false, &total, 15);
	assert_int_equal(body_add(&b, "abcdefghijk", 11), BODY_TOO_LARGE);
	assert_int_equal(body_add(&b, "a", 1), BODY_TOO_LARGE);
	assert_int_equal(body_end(&b), BODY_TOO_LARGE);
	body_release(&b);
	body_init(&b, 10, false, &total, 15);
	body_init(&other, 10, false, &total, 15);
	assert_int_equal(body_add(&b, "abcdefghij", 10), BODY_OK);
	assert_int_equal(body_add(&other, "abcdefghij", 10), BODY_BUSY);
	body_release(&other);
	body_release(&b);
	assert_int_equal(total, 0);
	body_init(&b, 10, true, &total, 15);
	assert_int_equal(body_add(&b, "no gzip at all", 14), BODY_BAD_GZIP);
	body_release(&b);
	body_init(&b, 10, true, &total, 15);
	assert_int_equal(body_end(&b), BODY_BAD_GZIP);
	body_release(&b);
}

static void test_statuses(void **state)
{
	(void)state;
	assert_int_equal(reply_status_of(62), 400);
	assert_int_equal(reply_status_of(60), 404);
	assert_int_equal(reply_status_of(516), 403);
	assert_int_equal(reply_status_of(159), 408);
	assert_int_equal(reply_status_of(241), 500);
	assert_int_equal(reply_status_of(99999), 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_pool_bounds),
	        cmocka_unit_test(test_pool_serves_in_order),
	        cmocka_unit_test(test_verdicts),
	        cmocka_unit_test(test_body),
	        cmocka_unit_test(test_body_bounds),
	        cmocka_unit_test(test_statuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
