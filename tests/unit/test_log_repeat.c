/* SPDX-License-Identifier: MIT
 * Tests of repeated log lines: the first is written, the rest is counted, the count is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log_repeat.h"

#include <cmocka.h>

#include "log_capture.h"

enum { START = 1000000 };

static bool hides(const char *msg, const char *name, int64_t number, int64_t now_ms)
{
	const struct log_field fields[] = {
	        F_STR("name", name), F_INT("number", number), {.key = NULL}};

	return log_repeat_hides(LOG_WARN, ERR_DB_RATE_TABLE_FULL, msg, fields, now_ms);
}

static void test_the_first_then_a_count(void **state)
{
	struct log_repeat r;

	(void)state;
	assert_false(hides("a", "x", 1, START));
	for (int i = 0; i < 5; i++)
		assert_true(hides("a", "x", i, START + LOG_REPEAT_MS - 1));
	assert_false(log_repeat_next(&r, START + LOG_REPEAT_MS - 1, false));
	assert_true(log_repeat_next(&r, START + LOG_REPEAT_MS, false));
	assert_int_equal(r.count, 5);
	assert_int_equal(r.err, ERR_DB_RATE_TABLE_FULL);
	assert_int_equal(r.level, LOG_WARN);
	assert_string_equal(r.msg, "a");
	/* still going on: only counted, told again 10 s later */
	assert_true(hides("a", "x", 1, START + LOG_REPEAT_MS + 1));
	assert_false(log_repeat_next(&r, START + 2 * LOG_REPEAT_MS - 1, false));
	assert_true(log_repeat_next(&r, START + 2 * LOG_REPEAT_MS, false));
	assert_int_equal(r.count, 1);
	/* quiet for 10 s: a first one again */
	assert_false(hides("a", "x", 1, START + 3 * LOG_REPEAT_MS));
	log_repeat_forget();
}

static void test_what_is_the_same(void **state)
{
	const int64_t now = START * 10;

	(void)state;
	assert_false(hides("a", "postgres", 1, now));
	assert_false(hides("a", "clickhouse", 1, now));
	assert_false(hides("b", "postgres", 1, now));
	assert_true(hides("a", "postgres", 2, now));
	assert_false(log_repeat_hides(LOG_ERROR, ERR_DB_RATE_TABLE_FULL, "a", NULL, now));
	assert_false(log_repeat_hides(LOG_WARN, ERR_DB_SPOOL_QUOTA_HIGH, "a", NULL, now));
	log_repeat_forget();
}

static void test_more_kinds_than_places(void **state)
{
	const int64_t now = START * 20;
	char name[16];

	(void)state;
	for (int i = 0; i < 3 * LOG_REPEAT_KINDS; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_false(hides("many", name, 1, now));
	}
	log_repeat_forget();
	assert_false(hides("later", "x", 1, now + LOG_REPEAT_MS));
	assert_true(hides("later", "x", 1, now + LOG_REPEAT_MS));
	log_repeat_forget();
}

/* A child tells its own repetitions when it ends, not those of its parent. */
static void test_told_at_the_end_of_the_process(void **state)
{
	struct log_capture c;
	int status;
	pid_t child;

	(void)state;
	log_capture_begin(&c);
	log_warn(ERR_DB_SPOOL_QUOTA_HIGH, "of the parent");
	log_warn(ERR_DB_SPOOL_QUOTA_HIGH, "of the parent");
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 4; i++)
			log_error(ERR_DB_SPOOL_CRC_MISMATCH, "of the child", F_INT("n", i));
		log_info("as often as it likes");
		log_info("as often as it likes");
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	log_capture_end(&c);
	assert_int_equal(log_captured(&c, ERR_DB_SPOOL_QUOTA_HIGH), 1);
	assert_int_equal(log_captured(&c, ERR_DB_SPOOL_CRC_MISMATCH), 2);
	assert_non_null(strstr(c.text, "\"repeated\":3}"));
	assert_non_null(strstr(strstr(c.text, "as often") + 1, "as often"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_first_then_a_count),
	        cmocka_unit_test(test_what_is_the_same),
	        cmocka_unit_test(test_more_kinds_than_places),
	        cmocka_unit_test(test_told_at_the_end_of_the_process),
	};

	return cmocka_run_group_tests_name("log_repeat", tests, NULL, NULL);
}
