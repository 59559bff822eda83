/* SPDX-License-Identifier: MIT
 * Tests of lib/json. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "json/json.h"

#include <cmocka.h>

static struct json_doc *parse(const char *text)
{
	struct json_doc *doc = NULL;

	assert_true(json_parse(text, strlen(text), JSON_DEPTH_MAX, &doc, NULL));
	return doc;
}

static void test_getters_are_strict(void **state)
{
	struct json_doc *doc =
	        parse("{\"s\":\"x\",\"i\":5,\"n\":1.5,\"b\":true,\"z\":null,\"a\":[1,2]}");
	json_value *root = json_root(doc);
	const char *text = "kept";
	int64_t i = 9;
	double n = 9;
	bool b = false;

	(void)state;
	assert_true(json_str(json_get(root, "s"), &text));
	assert_string_equal(text, "x");
	assert_false(json_str(json_get(root, "i"), &text));
	assert_false(json_str(json_get(root, "absent"), &text));
	assert_string_equal(text, "x");
	assert_true(json_int(json_get(root, "i"), &i));
	assert_int_equal(i, 5);
	assert_false(json_int(json_get(root, "n"), &i));
	assert_true(json_num(json_get(root, "i"), &n) && n == 5);
	assert_true(json_bool(json_get(root, "b"), &b) && b);
	assert_int_equal(json_kind(json_get(root, "z")), JSON_KIND_NULL);
	assert_int_equal(json_kind(json_get(root, "none")), JSON_KIND_ABSENT);
	assert_int_equal(json_len(json_get(root, "a")), 2);
	assert_int_equal(json_len(json_get(root, "s")), 0);
	assert_true(json_int(json_at(json_get(root, "a"), 1), &i) && i == 2);
	assert_null(json_at(json_get(root, "a"), 2));
	assert_null(json_get(json_get(root, "none"), "deeper"));
	json_free(doc);
}

static void test_parse_faults(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {{"", "not_json"}, {"{", "not_json"}, {"{}x", "not_json"},
	        {"{\"a\":1,\"a\":2}", "duplicate_key"}, {"[[[[1]]]]", "too_deep"},
	        {"{\"a\":[{\"b\":[1]}]}", "too_deep"}, {"\"\xff\"", "not_json"}};
	struct json_fault fault;
	struct json_doc *doc;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(json_parse(cases[i].text, strlen(cases[i].text), 3, &doc, &fault));
		assert_string_equal(fault.problem, cases[i].problem);
		assert_null(doc);
	}
	assert_true(json_parse("[[[1]]]", 7, 3, &doc, &fault));
	json_free(doc);
	json_free(NULL);
}

static void test_dump_is_compact(void **state)
{
	struct json_doc *doc = parse(" { \"a\" : [ 1 , 2.5, \"\\u00fc\" ] } ");
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_true(json_dump(json_root(doc), &out));
	assert_string_equal(buf_str(&out), "{\"a\":[1,2.5,\"\xc3\xbc\"]}");
	buf_release(&out);
	buf_init(&out, 3);
	assert_false(json_dump(json_root(doc), &out));
	buf_release(&out);
	json_free(doc);
}

static void test_writer(void **state)
{
	struct json_writer w;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	json_write_init(&w, &out);
	json_write_object(&w, NULL);
	json_write_str(&w, "s", "a\"b");
	json_write_str(&w, "null", NULL);
	json_write_array(&w, "list");
	json_write_int(&w, NULL, -1);
	json_write_object(&w, NULL);
	json_write_end_object(&w);
	json_write_num(&w, NULL, NAN);
	json_write_end_array(&w);
	json_write_object(&w, "o");
	json_write_bool(&w, "b", false);
	json_write_end_object(&w);
	json_write_num(&w, "n", 0.5);
	json_write_end_object(&w);
	assert_false(out.failed);
	assert_string_equal(buf_str(&out), "{\"s\":\"a\\\"b\",\"null\":null,\"list\":[-1,{},null],"
	                                   "\"o\":{\"b\":false},\"n\":0.5}");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_getters_are_strict),
	        cmocka_unit_test(test_parse_faults),
	        cmocka_unit_test(test_dump_is_compact),
	        cmocka_unit_test(test_writer),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
