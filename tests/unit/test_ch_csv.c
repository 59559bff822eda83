/* SPDX-License-Identifier: MIT
 * Rows of the store as CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ch/ch_csv.h"

enum { ROOM = 4096 };

/* The line as CSV behind a line of names with so many columns; NULL: refused. */
static const char *csv_of(size_t columns, const char *line)
{
	static struct buf out;
	struct ch_csv csv = {.columns = columns};

	buf_release(&out);
	buf_init(&out, ROOM);
	return ch_csv_line(&csv, line, strlen(line), &out) ? buf_str(&out) : NULL;
}

static void test_names(void **state)
{
	struct ch_csv csv = {0};
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	assert_true(ch_csv_line(&csv, "[\"a\", \"b c\", \"metadata_json\"]",
	        strlen("[\"a\", \"b c\", \"metadata_json\"]"), &out));
	assert_string_equal(buf_str(&out), "a,b c,metadata\r\n");
	assert_int_equal(csv.columns, 3);
	buf_release(&out);
}

static void test_values(void **state)
{
	(void)state;
	assert_string_equal(
	        csv_of(6, "[1, -2.5, null, true, false, \"\"]"), "1,-2.5,,true,false,\r\n");
	assert_string_equal(csv_of(1, "[\"a, \\\"b\\\"\"]"), "\"a, \"\"b\"\"\"\r\n");
	assert_string_equal(csv_of(1, "[\"line\\r\\nnext\"]"), "\"line\r\nnext\"\r\n");
	assert_string_equal(csv_of(1, "[\"https:\\/\\/x \\u001F \\u00e9 \\u20ac \\\\\"]"),
	        "https://x \x1f \xc3\xa9 \xe2\x82\xac \\\r\n");
	assert_string_equal(csv_of(1, "[\"],[\"]"), "\"],[\"\r\n");
}

static void test_nested(void **state)
{
	(void)state;
	assert_string_equal(csv_of(2, "[[\"a\",\"b]\"], {\"k\":{\"n\":[1,2]}}]"),
	        "\"[\"\"a\"\",\"\"b]\"\"]\",\"{\"\"k\"\":{\"\"n\"\":[1,2]}}\"\r\n");
	assert_string_equal(csv_of(1, "[{\"x_json\":\"{\\\"a\\\":1}\",\"y_json\":\"\"}]"),
	        "\"{\"\"x\"\":{\"\"a\"\":1},\"\"y\"\":null}\"\r\n");
}

/* What a spreadsheet would run is text. */
static void test_formulas(void **state)
{
	(void)state;
	assert_string_equal(csv_of(5, "[\"=1+1\", \"+x\", \"-x\", \"@x\", \"a=1\"]"),
	        "'=1+1,'+x,'-x,'@x,a=1\r\n");
	assert_string_equal(csv_of(2, "[\"\\tx\", \"\\rx\"]"), "'\tx,\"'\rx\"\r\n");
	assert_string_equal(csv_of(1, "[\"=HYPERLINK(\\\"a\\\",\\\"b\\\")\"]"),
	        "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"\r\n");
	assert_string_equal(csv_of(1, "[-5]"), "-5\r\n");
}

static void test_refused(void **state)
{
	(void)state;
	assert_null(csv_of(1, ""));
	assert_null(csv_of(1, "{}"));
	assert_null(csv_of(2, "[1]"));
	assert_null(csv_of(1, "[1, 2]"));
	assert_null(csv_of(1, "[\"a]"));
	assert_null(csv_of(1, "[1]]"));
	assert_null(csv_of(1, "[]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_names),
	        cmocka_unit_test(test_values),
	        cmocka_unit_test(test_nested),
	        cmocka_unit_test(test_formulas),
	        cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
