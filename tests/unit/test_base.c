/* SPDX-License-Identifier: MIT
 * Tests of lib/base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

#include <cmocka.h>

static void test_buf_keeps_its_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_true(buf_add_str(&b, "abc"));
	assert_false(buf_add_str(&b, "def"));
	assert_true(b.failed);
	assert_string_equal(buf_str(&b), "abc");
	buf_clear(&b);
	assert_true(buf_addf(&b, "%d", 12345));
	assert_string_equal(buf_str(&b), "12345");
	buf_release(&b);
}

static void test_buf_take_moves_ownership(void **state)
{
	struct buf b;
	size_t len;
	char *text;

	(void)state;
	buf_init(&b, 100);
	buf_add(&b, "a\0b", 3);
	text = buf_take(&b, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 4);
	assert_int_equal(b.len, 0);
	free(text);
}

static void test_buf_takes_a_whole_file(void **state)
{
	char piece[10000];
	struct buf b, small;
	int fds[2];

	(void)state;
	memset(piece, 'x', sizeof(piece));
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], piece, sizeof(piece)), sizeof(piece));
	close(fds[1]);
	buf_init(&b, 20000);
	assert_true(buf_add_str(&b, "a"));
	assert_true(buf_add_fd(&b, fds[0]));
	assert_int_equal(b.len, sizeof(piece) + 1);
	assert_int_equal(strlen(buf_str(&b)), b.len);
	assert_true(buf_add_fd(&b, fds[0]));
	close(fds[0]);
	assert_false(buf_add_fd(&b, fds[0]));
	buf_release(&b);
	buf_init(&small, 100);
	assert_false(buf_add_fd(&small, STDIN_FILENO));
	buf_release(&small);
}

static void test_buf_json_string(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(buf_add_json_str(&b, "a\"\\\n\x01\xff\xc3\xbc"));
	assert_string_equal(buf_str(&b), "\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD\xc3\xbc\"");
	buf_release(&b);
}

static void test_buf_plain_json_string(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 9);
	assert_true(buf_add_json_str(&b, "plain"));
	assert_true(buf_add_json_str(&b, ""));
	assert_string_equal(buf_str(&b), "\"plain\"\"\"");
	assert_false(buf_add_json_str(&b, ""));
	assert_true(b.failed);
	assert_string_equal(buf_str(&b), "\"plain\"\"\"");
	buf_release(&b);
}

static void test_buf_numbers(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(buf_add_int(&b, INT64_MIN) && buf_add_int(&b, 0) && buf_add_int(&b, -7) &&
	            buf_add_int(&b, INT64_MAX));
	assert_string_equal(buf_str(&b), "-92233720368547758080-79223372036854775807");
	buf_release(&b);
}

static void test_str_escape_cuts_at_a_character(void **state)
{
	char out[6];

	(void)state;
	str_json_escape(out, sizeof(out), "abc\xE2\x82\xAC");
	assert_string_equal(out, "abc");
	str_json_escape(out, sizeof(out), "abcd\"");
	assert_string_equal(out, "abcd");
}

static void test_str_numbers(void **state)
{
	int64_t n = 7;

	(void)state;
	assert_true(str_parse_int("-12", -100, 100, &n));
	assert_int_equal(n, -12);
	assert_false(str_parse_int("", 0, 9, &n));
	assert_false(str_parse_int("1x", 0, 9, &n));
	assert_false(str_parse_int("10", 0, 9, &n));
	assert_false(str_parse_int("99999999999999999999", 0, INT64_MAX, &n));
	assert_false(str_parse_int(" 1", 0, 9, &n));
	assert_int_equal(n, -12);
}

static void test_str_utf8(void **state)
{
	(void)state;
	assert_int_equal(str_utf8_len("a", 1), 1);
	assert_int_equal(str_utf8_len("\xF0\x9F\x98\x80", 4), 4);
	assert_int_equal(str_utf8_len("\xF0\x9F\x98", 3), 0);
	assert_int_equal(str_utf8_len("\xC0\x80", 2), 0);
	assert_int_equal(str_utf8_len("\xED\xA0\x80", 3), 0);
	assert_int_equal(str_utf8_len("\xF4\x90\x80\x80", 4), 0);
}

static void test_str_uuid_and_hex(void **state)
{
	uint8_t bytes[2];
	char id[ID_UUID_BYTES];

	(void)state;
	id_uuid4(id);
	assert_true(str_is_uuid(id));
	assert_int_equal(id[14], '4');
	assert_false(str_is_uuid("7d4f2c1e-5b0a-4e7d-9c36-2f8a1b6e0d5"));
	assert_false(str_is_uuid("7d4f2c1e-5b0a-4e7d-9c36-2f8a1b6e0d5411"));
	assert_true(str_unhex("0aFF", bytes, 2));
	assert_int_equal(bytes[0], 10);
	assert_int_equal(bytes[1], 255);
	assert_false(str_unhex("0g", bytes, 1));
	assert_false(str_unhex("012", bytes, 1));
}

static void test_clock_text(void **state)
{
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	clock_format_ch(1710498600123, text);
	assert_string_equal(text, "2024-03-15 10:30:00.123");
	clock_format_iso(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static void test_err_table(void **state)
{
	(void)state;
	assert_string_equal(err_code(ERR_INGEST_MISSING_REQUIRED_FIELD), "YAVIO-2101");
	assert_int_equal(err_info(ERR_INGEST_BATCH_TOO_LARGE)->http_status, 413);
	assert_true(err_info(ERR_INGEST_BACKPRESSURE_ACTIVE)->retry);
	assert_string_equal(err_code((enum err)123), "YAVIO-7999");
	assert_int_equal(err_exit_code(ERR_INFRA_INVALID_ENV_VAR), 78);
	assert_int_equal(err_exit_code(ERR_DB_PG_CONNECTION_REFUSED), 75);
	assert_int_equal(err_exit_code(ERR_OK), 0);
	for (size_t i = 1; i < err_table_len; i++)
		assert_true(err_table[i - 1].number < err_table[i].number);
}

static void test_log_line_is_json(void **state)
{
	int pipe_fds[2], saved = dup(STDERR_FILENO);
	char line[9000];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	log_init("unit", LOG_INFO, true);
	log_set_request_id("req_1");
	log_debug("hidden");
	log_error(ERR_DB_PG_QUERY_FAILED, "a \"b\"", F_STR("k", "v\n"), F_INT("n", -3),
	        F_BOOL("yes", true), F_STR("absent", NULL));
	log_set_request_id(NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(pipe_fds[0], line, sizeof(line) - 1);
	assert_true(n > 0);
	line[n] = '\0';
	assert_non_null(strstr(line, "\"level\":50,\"service\":\"unit\""));
	assert_non_null(strstr(line, "\"msg\":\"a \\\"b\\\"\",\"requestId\":\"req_1\""));
	assert_non_null(strstr(line, "\"err\":{\"code\":\"YAVIO-5201\""));
	assert_non_null(strstr(line, "\"k\":\"v\\n\",\"n\":-3,\"yes\":true}\n"));
	assert_null(strstr(line, "absent"));
	assert_null(strstr(line, "hidden"));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_buf_keeps_its_cap),
	        cmocka_unit_test(test_buf_take_moves_ownership),
	        cmocka_unit_test(test_buf_takes_a_whole_file),
	        cmocka_unit_test(test_buf_json_string),
	        cmocka_unit_test(test_buf_plain_json_string),
	        cmocka_unit_test(test_buf_numbers),
	        cmocka_unit_test(test_str_escape_cuts_at_a_character),
	        cmocka_unit_test(test_str_numbers),
	        cmocka_unit_test(test_str_utf8),
	        cmocka_unit_test(test_str_uuid_and_hex),
	        cmocka_unit_test(test_clock_text),
	        cmocka_unit_test(test_err_table),
	        cmocka_unit_test(test_log_line_is_json),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
