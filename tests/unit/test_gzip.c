/* SPDX-License-Identifier: MIT
 * Tests of lib/base/gzip: both directions, limits, broken input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/gzip.h"

enum { TEXT_BYTES = 300000 };

static bool into_buf(const void *bytes, size_t len, void *arg)
{
	return buf_add(arg, bytes, len);
}

static void text_make(struct buf *b)
{
	buf_init(b, TEXT_BYTES);
	for (unsigned i = 0; b->len + 16 < TEXT_BYTES; i++)
		buf_addf(b, "%u,%u\n", i, i * 2654435761u);
}

static void pack(const struct buf *text, struct buf *out)
{
	struct gzip *g = gzip_deflate_new(3);
	assert_non_null(g);
	assert_int_equal(gzip_feed(g, text->data, text->len, into_buf, out), GZIP_OK);
	assert_int_equal(gzip_finish(g, into_buf, out), GZIP_OK);
	gzip_free(g);
}

static enum gzip_result unpack(
        const void *data, size_t len, size_t step, uint64_t max, struct buf *out)
{
	struct gzip *g = gzip_inflate_new(max);
	assert_non_null(g);
	enum gzip_result result = GZIP_OK;
	const char *at = data;
	for (size_t left = len; left > 0 && result == GZIP_OK;) {
		size_t now = left < step ? left : step;
		result = gzip_feed(g, at, now, into_buf, out);
		at += now;
		left -= now;
	}
	if (result == GZIP_OK)
		result = gzip_finish(g, into_buf, out);
	gzip_free(g);
	return result;
}

static void test_round_trip(void **state)
{
	static const size_t steps[] = {1, 7, 1000, TEXT_BYTES};
	struct buf text, packed, back;
	(void)state;
	text_make(&text);
	buf_init(&packed, TEXT_BYTES);
	pack(&text, &packed);
	assert_true(packed.len < text.len);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		buf_init(&back, TEXT_BYTES);
		assert_int_equal(
		        unpack(packed.data, packed.len, steps[i], TEXT_BYTES, &back), GZIP_OK);
		assert_int_equal(back.len, text.len);
		assert_memory_equal(back.data, text.data, text.len);
		buf_release(&back);
	}
	buf_release(&packed);
	buf_release(&text);
}

static void test_members_in_a_row(void **state)
{
	struct buf text, packed, back;
	(void)state;
	buf_init(&text, 16);
	buf_add_str(&text, "hello ");
	buf_init(&packed, 1024);
	pack(&text, &packed);
	pack(&text, &packed);
	buf_init(&back, 64);
	assert_int_equal(unpack(packed.data, packed.len, 5, 64, &back), GZIP_OK);
	assert_string_equal(buf_str(&back), "hello hello ");
	buf_release(&back);
	buf_release(&packed);
	buf_release(&text);
}

static void test_output_is_bounded(void **state)
{
	struct buf text, packed, back;
	(void)state;
	text_make(&text);
	buf_init(&packed, TEXT_BYTES);
	pack(&text, &packed);
	buf_init(&back, TEXT_BYTES);
	assert_int_equal(unpack(packed.data, packed.len, 4096, text.len - 1, &back), GZIP_TOO_MUCH);
	assert_true(back.len < text.len);
	buf_clear(&back);
	assert_int_equal(unpack(packed.data, packed.len, 4096, text.len, &back), GZIP_OK);
	buf_release(&back);
	buf_release(&packed);
	buf_release(&text);
}

static void test_broken_input(void **state)
{
	struct buf text, packed, back;
	(void)state;
	text_make(&text);
	buf_init(&packed, TEXT_BYTES);
	pack(&text, &packed);
	buf_init(&back, TEXT_BYTES);
	assert_int_equal(unpack("SELECT 1", 8, 8, 100, &back), GZIP_BAD);
	assert_int_equal(unpack("", 0, 1, 100, &back), GZIP_BAD);
	for (size_t cut = 1; cut < packed.len; cut += packed.len / 13) {
		buf_clear(&back);
		assert_int_equal(
		        unpack(packed.data, packed.len - cut, 4096, TEXT_BYTES, &back), GZIP_BAD);
	}
	packed.data[packed.len / 2] ^= 1;
	buf_clear(&back);
	assert_int_equal(unpack(packed.data, packed.len, 4096, TEXT_BYTES, &back), GZIP_BAD);
	packed.data[packed.len / 2] ^= 1;
	buf_add_str(&packed, "rest");
	buf_clear(&back);
	assert_int_equal(unpack(packed.data, packed.len, 4096, TEXT_BYTES, &back), GZIP_BAD);
	buf_release(&back);
	buf_release(&packed);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_round_trip),
	        cmocka_unit_test(test_members_in_a_row),
	        cmocka_unit_test(test_output_is_bounded),
	        cmocka_unit_test(test_broken_input),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
