/* SPDX-License-Identifier: MIT
 * Tests of the block of columns that the shipper makes of rows: its bytes, and what it leaves to
 * JSON. That the store takes the same from both is tests/it/shipper-native.test.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/shipper/native.h"

static struct unit_row row_of(const char *text)
{
	return (struct unit_row){text, (uint32_t)strlen(text), 0};
}

static void expect_block(
        struct native *n, const struct unit_row *rows, size_t count, const char *block, size_t len)
{
	const struct buf *b = native_encode(n, rows, count);

	assert_non_null(b);
	assert_int_equal(b->len, len);
	assert_memory_equal(b->data, block, len);
}

static void test_bytes(void **state)
{
	static const char text[] = "\x01\x03"
	                           "\x08trace_id\x06String"
	                           "\0\x02\"a\0";
	static const char low[] = "\x01\x02"
	                          "\x06status\x16LowCardinality(String)"
	                          "\x01\0\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
	                          "\0\x05"
	                          "error\x02\0\0\0\0\0\0\0\x01\x01";
	static const char number[] = "\x02\x02"
	                             "\x08is_retry\x05UInt8\x01\0"
	                             "\x0ctokens_out\x10Nullable(UInt32)";
	const struct unit_row texts[] = {row_of("{\"trace_id\":\"\"}\n"),
	        row_of("{\"trace_id\":\"\\\"a\"}\n"), row_of("{\"trace_id\":\"\"}\n")};
	const struct unit_row lows[] = {
	        row_of("{\"status\":\"error\"}\n"), row_of("{\"status\":\"error\"}\n")};
	const struct unit_row numbers[] = {
	        row_of("{\"is_retry\":1}\n"), row_of("{\"tokens_out\":258}\n")};
	struct native *n = native_new();
	const struct buf *b;

	(void)state;
	assert_non_null(n);
	/* Used again: nothing of a block stays for the next. */
	for (int i = 0; i < 2; i++) {
		expect_block(n, texts, 3, text, sizeof(text) - 1);
		expect_block(n, lows, 2, low, sizeof(low) - 1);
		b = native_encode(n, numbers, 2);
		assert_non_null(b);
		assert_memory_equal(b->data, number, 18);
		assert_memory_equal(b->data + b->len - 10, "\x01\0\0\0\0\0\x02\x01\0\0", 10);
		native_shrink(n, 0);
	}
	native_free(n);
}

static void test_left_to_json(void **state)
{
	static const char *const bad[] = {"\n", "{}\n", "{\"nope\":1}\n", "{\"status\":\"error\"}",
	        "{\"status\":\"a\",\"status\":\"b\"}\n", "{\"status\":null}\n",
	        "{\"status\": \"a\"}\n", "{\"status\":\"a\\\n", "{\"status\":\"\\q\"}\n",
	        "{\"metadata\":{\"a\":1}\n", "{\"tokens_in\":4294967296}\n",
	        "{\"tokens_in\":1.0}\n", "{\"latency_ms\":inf}\n"};
	struct native *n = native_new();

	(void)state;
	assert_non_null(n);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct unit_row rows[] = {row_of("{\"status\":\"a\"}\n"), row_of(bad[i])};

		if (native_encode(n, rows, 2) != NULL)
			fail_msg("encoded: %s", bad[i]);
		assert_non_null(native_encode(n, rows, 1));
	}
	assert_null(native_encode(n, NULL, 0));
	native_shrink(NULL, 0);
	native_free(NULL);
	native_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_bytes), cmocka_unit_test(test_left_to_json)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
