/* SPDX-License-Identifier: MIT
 * Tests of cutting a batch into inserts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "daemon/shipper/units.h"

#include <cmocka.h>

#define DAY(year, month, day) ((((year)-1970) * 12 + (month)-1) * 31 + (day))

static void make_batch(struct spool_batch *b, uint32_t rows, uint32_t bytes, uint32_t days)
{
	spool_batch_init(b);
	b->limits = (struct spool_limits){rows, bytes, days, 1};
}

static void test_day_of_a_row(void **state)
{
	static const struct {
		const char *row;
		int day;
	} cases[] = {
	        {"{\"timestamp\":\"2026-11-21 09:00:00.000\"}\n", DAY(2026, 11, 21)},
	        {"{\"a\":1,\"timestamp\": \"1999-01-02 00:00:00.000\",\"b\":2}\n", DAY(1999, 1, 2)},
	        {"{\"a\":\"\\\"timestamp\\\":\\\"2001-02-03\",\"timestamp\":\"2026-02-01 x\"}\n",
	                DAY(2026, 2, 1)},
	        {"{\"m\":{\"timestamp\":\"2001-02-03\"},\"timestamp\":\"2026-03-01 x\"}\n",
	                DAY(2026, 3, 1)},
	        {"{\"m\":[1,{\"timestamp\":\"2001-02-03\"}],\"n\":null,\"timestamp\":\"2026-04-01 "
	         "x\"}",
	                DAY(2026, 4, 1)},
	        {"{\"timestamps\":\"2026-11-21\",\"x\":\"timestamp\"}\n", 0},
	        {"{\"timestamp\":20261121}\n", 0},
	        {"{\"timestamp\":\"2026-1", 0},
	        {"{\"timestamp\":\"2026-13-01 \"}\n", 0},
	        {"{\"timestamp\":\"1969-12-31 \"}\n", 0},
	        {"{\"timestamp\"", 0},
	        {"{\"m\":{\"timestamp\":\"2001-02-03\"}}\n", 0},
	        {"not json\n", 0},
	        {"{\n", 0},
	        {"\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].row);
		char *copy = malloc(len); /* no NUL behind it: a read too far is seen by ASan */

		memcpy(copy, cases[i].row, len);
		assert_int_equal(units_day(copy, len), cases[i].day);
		for (size_t cut = 0; cut < len; cut++)
			(void)units_day(copy, cut);
		free(copy);
	}
}

static void test_cut_by_rows_and_bytes(void **state)
{
	struct spool_batch b;
	struct units u;
	struct buf scratch;
	size_t len;

	(void)state;
	make_batch(&b, 3, 1000, 14);
	buf_init(&scratch, 10000);
	for (int i = 0; i < 7; i++)
		buf_addf(&b.events, "{\"timestamp\":\"2026-11-01\",\"n\":%d}\n", i);
	buf_add_str(&b.registry, "{\"tool\":1}\n{\"tool\":2}\n");
	assert_true(units_cut(&b, &u));
	assert_int_equal(u.count, 4);
	assert_int_equal(u.list[0].count, 3);
	assert_int_equal(u.list[2].count, 1);
	assert_string_equal(u.list[2].table, "events");
	assert_string_equal(u.list[3].table, "tool_registry");
	assert_int_equal(u.list[3].count, 2);
	assert_ptr_equal(units_body(&u, &u.list[0], 0, 3, &scratch, &len), b.events.data);
	assert_int_equal(len, b.events.len / 7 * 3);
	assert_ptr_equal(units_body(&u, &u.list[1], 1, 2, &scratch, &len),
	        b.events.data + b.events.len / 7 * 4);
	units_release(&u);
	b.limits = (struct spool_limits){100, 70, 14, 1};
	assert_true(units_cut(&b, &u));
	assert_int_equal(u.list[0].count, 2);
	units_release(&u);
	b.limits.bytes = 1; /* a single row goes whatever its size */
	assert_true(units_cut(&b, &u));
	assert_int_equal(u.count, 9);
	units_release(&u);
	buf_release(&scratch);
	spool_batch_release(&b);
}

static void test_cut_by_days(void **state)
{
	struct spool_batch b;
	struct units u, again;
	struct buf scratch;
	const char *body;
	int seen[60] = {0};
	size_t len;

	(void)state;
	make_batch(&b, 1000, 1 << 20, 14);
	buf_init(&scratch, 1 << 20);
	for (int i = 0; i < 60; i++) {
		int day = i * 7 % 30; /* 30 days in a shuffled order */

		buf_addf(&b.events, "{\"n\":%d,\"timestamp\":\"2026-11-%02d 00:00:00.000\"}\n", i,
		        day + 1);
	}
	assert_true(units_cut(&b, &u));
	assert_int_equal(u.count, 3);
	for (size_t i = 0; i < u.count; i++) {
		unsigned days[UINT16_MAX] = {0}, distinct = 0;

		for (uint32_t r = 0; r < u.list[i].count; r++) {
			const struct unit_row *row = &u.rows[u.list[i].first + r];

			distinct += days[row->day]++ == 0;
			seen[atoi(row->at + 5)]++;
		}
		assert_in_range(distinct, 1, 14);
		body = units_body(&u, &u.list[i], 0, u.list[i].count, &scratch, &len);
		assert_non_null(body);
		assert_memory_equal(body, u.rows[u.list[i].first].at, u.rows[u.list[i].first].len);
	}
	for (int i = 0; i < 60; i++)
		assert_int_equal(seen[i], 1);
	assert_true(units_cut(&b, &again)); /* the same pieces each time */
	assert_int_equal(again.count, u.count);
	assert_memory_equal(again.rows, u.rows, u.row_count * sizeof(*u.rows));
	units_release(&again);
	units_release(&u);
	buf_release(&scratch);
	spool_batch_release(&b);
}

static void test_empty_batch(void **state)
{
	struct spool_batch b;
	struct units u;

	(void)state;
	make_batch(&b, 10, 10, 14);
	assert_true(units_cut(&b, &u));
	assert_int_equal(u.count, 0);
	units_release(&u);
	spool_batch_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_day_of_a_row),
	        cmocka_unit_test(test_cut_by_rows_and_bytes),
	        cmocka_unit_test(test_cut_by_days),
	        cmocka_unit_test(test_empty_batch),
	};

	return cmocka_run_group_tests_name("shipper_units", tests, NULL, NULL);
}
