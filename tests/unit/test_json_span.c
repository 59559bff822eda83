/* SPDX-License-Identifier: MIT
 * Members, elements and CSV lines of JSON text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json_span.h"

enum { ROOM = 4096 };

static struct json_span text(const char *json)
{
	return (struct json_span){.at = json, .len = strlen(json)};
}

static void assert_span(struct json_span s, const char *expected)
{
	assert_non_null(s.at);
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.at, expected, s.len);
}

static void test_members(void **state)
{
	const char *json =
	        "{\"meta\":{\"items\":[9]},\"t\\\"x\":\"a,b}\",\"items\":[1,{\"a\":[2,3]},\"],\"],"
	        "\"total\":12}";

	(void)state;
	assert_span(json_span_member(text(json), "items"), "[1,{\"a\":[2,3]},\"],\"]");
	assert_span(json_span_member(text(json), "total"), "12");
	assert_span(json_span_member(text(json), "meta"), "{\"items\":[9]}");
	assert_null(json_span_member(text(json), "other").at);
	assert_null(json_span_member(text("{}"), "a").at);
	assert_null(json_span_member(text("[1]"), "a").at);
	assert_null(json_span_member(text("{\"a\":[1}"), "a").at);
}

static void test_elements(void **state)
{
	struct json_span list = text("[1,{\"a\":[2,3]},\"],\"]");
	size_t place = 0;

	(void)state;
	assert_span(json_span_next(list, &place), "1");
	assert_span(json_span_next(list, &place), "{\"a\":[2,3]}");
	assert_span(json_span_next(list, &place), "\"],\"");
	assert_null(json_span_next(list, &place).at);
	place = 0;
	assert_null(json_span_next(text("[]"), &place).at);
	assert_null(json_span_next((struct json_span){NULL, 0}, &place).at);
}

/* The object as a line of CSV; NULL: refused. */
static const char *csv_of(const char *json)
{
	static struct buf out;

	buf_release(&out);
	buf_init(&out, ROOM);
	return json_span_csv_values(text(json), &out) ? buf_str(&out) : NULL;
}

static void test_csv(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	assert_true(json_span_csv_names(text("{\"a\":1,\"b c\":{\"x\":2}}"), &out));
	assert_string_equal(buf_str(&out), "a,b c\r\n");
	buf_release(&out);
	assert_string_equal(
	        csv_of("{\"a\":1,\"b\":-2.5,\"c\":null,\"d\":true,\"e\":false,\"f\":\"\"}"),
	        "1,-2.5,,true,false,\r\n");
	assert_string_equal(csv_of("{\"a\":\"a, \\\"b\\\"\"}"), "\"a, \"\"b\"\"\"\r\n");
	assert_string_equal(csv_of("{\"a\":\"line\\r\\nnext\"}"), "\"line\r\nnext\"\r\n");
	assert_string_equal(csv_of("{\"a\":\"https:\\/\\/x \\u001F \\u00e9 \\u20ac \\\\\"}"),
	        "https://x \x1f \xc3\xa9 \xe2\x82\xac \\\r\n");
	assert_string_equal(csv_of("{\"a\":[\"a\",\"b]\"],\"b\":{\"k\":{\"n\":[1,2]}}}"),
	        "\"[\"\"a\"\",\"\"b]\"\"]\",\"{\"\"k\"\":{\"\"n\"\":[1,2]}}\"\r\n");
}

/* What a spreadsheet would run is text. */
static void test_formulas(void **state)
{
	(void)state;
	assert_string_equal(
	        csv_of("{\"a\":\"=1+1\",\"b\":\"+x\",\"c\":\"-x\",\"d\":\"@x\",\"e\":\"a=1\"}"),
	        "'=1+1,'+x,'-x,'@x,a=1\r\n");
	assert_string_equal(csv_of("{\"a\":\"\\tx\",\"b\":\"\\rx\"}"), "'\tx,\"'\rx\"\r\n");
	assert_string_equal(csv_of("{\"a\":\"=HYPERLINK(\\\"a\\\",\\\"b\\\")\"}"),
	        "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"\r\n");
	assert_string_equal(csv_of("{\"a\":-5}"), "-5\r\n");
}

static void test_refused(void **state)
{
	(void)state;
	assert_null(csv_of(""));
	assert_null(csv_of("[1]"));
	assert_null(csv_of("{}"));
	assert_null(csv_of("{\"a\":1"));
	assert_null(csv_of("{\"a\":\"x}"));
	assert_null(csv_of("{\"a\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_members),
	        cmocka_unit_test(test_elements),
	        cmocka_unit_test(test_csv),
	        cmocka_unit_test(test_formulas),
	        cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
