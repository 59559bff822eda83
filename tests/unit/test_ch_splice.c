/* SPDX-License-Identifier: MIT
 * Rows of the store into JSON: separators, columns that hold JSON, pieces cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ch/ch_splice.h"

enum { CAP = 4096 };

/* In pieces of step bytes. */
static size_t splice(struct buf *out, const char *rows, const char *separator, size_t step)
{
	struct ch_splice s;
	size_t len = strlen(rows);

	buf_clear(out);
	ch_splice_init(&s, out, separator);
	for (size_t i = 0; i < len; i += step)
		ch_splice_add(&s, rows + i, step < len - i ? step : len - i);
	return s.rows;
}

static void expect(const char *rows, const char *expected, size_t count)
{
	struct buf out;

	buf_init(&out, CAP);
	for (size_t step = 1; step < strlen(rows) + 2; step++) {
		assert_int_equal(splice(&out, rows, ",", step), count);
		assert_string_equal(buf_str(&out), expected);
	}
	buf_release(&out);
}

static void test_rows(void **state)
{
	(void)state;
	expect("", "", 0);
	expect("{\"a\":1}\n", "{\"a\":1}", 1);
	expect("{\"a\":1}\n{\"a\":null}\n", "{\"a\":1},{\"a\":null}", 2);
	expect("{\"a\":\"x\\\"y\\\\\",\"b\":\"{\\n,\\\"c_json\\\":\\\"1\\\"}\"}\n",
	        "{\"a\":\"x\\\"y\\\\\",\"b\":\"{\\n,\\\"c_json\\\":\\\"1\\\"}\"}", 1);
}

static void test_json_columns(void **state)
{
	(void)state;
	expect("{\"a_json\":\"{\\\"k\\\":[1,\\\"\\\\n\\\"]}\",\"b\":2}\n",
	        "{\"a\":{\"k\":[1,\"\\n\"]},\"b\":2}", 1);
	expect("{\"a_json\":\"\",\"b_json\":null,\"c\":\"_json\"}\n",
	        "{\"a\":null,\"b\":null,\"c\":\"_json\"}", 1);
	expect("{\"l\":[{\"m_json\":\"true\"},{\"m_json\":\"\\\"\\\\u0007\\u0041\\u00e9\\u20ac\\/"
	       "\\\"\"}]}\n",
	        "{\"l\":[{\"m\":true},{\"m\":\"\\u0007A\xc3\xa9\xe2\x82\xac/\"}]}", 1);
}

/* Only keys are ours: a value is never taken for one, whatever it holds. */
static void test_values_are_no_keys(void **state)
{
	(void)state;
	expect("{\"a\":[\"x_json\",\"{}\"],\"b\":\"y_json\"}\n",
	        "{\"a\":[\"x_json\",\"{}\"],\"b\":\"y_json\"}", 1);
	expect("{\"_json\":\"1\"}\n", "{\"\":1}", 1);
}

static void test_lines_and_cap(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, CAP);
	assert_int_equal(splice(&out, "{\"a\":1}\n{\"a\":2}\n", "\n", 3), 2);
	assert_string_equal(buf_str(&out), "{\"a\":1}\n{\"a\":2}");
	buf_release(&out);
	buf_init(&out, 8);
	splice(&out, "{\"a_json\":\"[1,2,3,4,5]\"}\n", ",", 4);
	assert_true(out.failed);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rows),
	        cmocka_unit_test(test_json_columns),
	        cmocka_unit_test(test_values_are_no_keys),
	        cmocka_unit_test(test_lines_and_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
