/* SPDX-License-Identifier: MIT
 * Tables and log lines as people see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/log_line.h"
#include "cli/service_script.h"

static char *print(const struct cli_table *t, size_t width)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	cli_table_print(t, out, width);
	(void)fclose(out);
	return text;
}

static struct cli_table *sample(void)
{
	static const char *const columns[] = {"name", "count"};
	struct cli_table *t = cli_table_new(columns, 2);

	assert_non_null(t);
	assert_true(cli_table_add(t, (const char *const[]){"größe", "7"}));
	assert_true(cli_table_add(t, (const char *const[]){"x", "1234"}));
	assert_true(cli_table_add(t, (const char *const[]){"a much longer one", NULL}));
	return t;
}

static void columns_are_aligned_and_numbers_right(void **state)
{
	struct cli_table *t = sample();
	char *text = print(t, 0);

	(void)state;
	assert_string_equal(text, "name               count\n"
	                          "größe                  7\n"
	                          "x                   1234\n"
	                          "a much longer one       \n");
	free(text);
	cli_table_free(t);
}

static void a_narrow_terminal_cuts_whole_characters(void **state)
{
	struct cli_table *t = sample();
	char *text = print(t, 3);

	(void)state;
	assert_string_equal(text, "nam\ngrö\nx  \na m\n");
	free(text);
	cli_table_free(t);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	static const char *const columns[] = {"a"};
	struct cli_table *t = cli_table_new(columns, 1);
	char *text;

	(void)state;
	assert_true(cli_table_add(t, (const char *const[]){"x\033[31my\n\xff\xc2\x9bz"}));
	text = print(t, 0);
	assert_string_equal(text, "a\nx·[31my···z\n");
	free(text);
	cli_table_free(t);
}

static void many_rows_are_kept(void **state)
{
	static const char *const columns[] = {"n"};
	struct cli_table *t = cli_table_new(columns, 1);
	char number[16], *text;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(number, sizeof(number), "%d", i);
		assert_true(cli_table_add(t, (const char *const[]){number}));
	}
	text = print(t, 0);
	assert_non_null(strstr(text, "\n999\n"));
	assert_int_equal(strlen(text), 1001 * 4);
	free(text);
	cli_table_free(t);
}

static void log_lines_of_three_makers_are_read(void **state)
{
	struct log_line line;

	(void)state;
	log_line_read("{\"time\":1700000000123,\"level\":50,\"msg\":\"x\",\"requestId\":\"req_1\"}",
	        &line);
	assert_int_equal(line.time_ms, 1700000000123);
	assert_int_equal(line.level, LOG_ERROR);
	assert_string_equal(line.request_id, "req_1");
	log_line_read("{\"ts\":1700000000.5,\"level\":\"warn\",\"msg\":\"x\"}", &line);
	assert_int_equal(line.time_ms, 1700000000500);
	assert_int_equal(line.level, LOG_WARN);
	log_line_read("2023-11-14 22:13:20.123 UTC [17] FATAL:  no", &line);
	assert_int_equal(line.time_ms, 1700000000123);
	assert_int_equal(line.level, LOG_FATAL);
	log_line_read("plain text", &line);
	assert_int_equal(line.time_ms, 0);
	assert_int_equal(line.level, LOG_INFO);
}

static void log_lines_are_shown_for_people(void **state)
{
	struct buf out;
	char text[128];

	(void)state;
	buf_init(&out, 4096);
	log_line_show("ingest",
	        "{\"time\":1700000000123,\"level\":40,\"pid\":7,\"msg\":\"spool\\nfull\",\"bytes\":"
	        "9,"
	        "\"durationMs\":0.74127399999999999,"
	        "\"err\":{\"code\":\"YAVIO-5403\"}}",
	        &out);
	assert_string_equal(buf_str(&out),
	        "22:13:20.123 warn  ingest    YAVIO-5403 spool full  bytes=9  durationMs=0.7413\n");
	buf_clear(&out);
	log_line_show("postgres", "2023-11-14 22:13:20.123 UTC [17] LOG:  ready", &out);
	assert_string_equal(buf_str(&out), "22:13:20.123 info  postgres  LOG:  ready\n");
	buf_release(&out);
	log_line_short("{\"msg\":\"say \\\"x\\\"\",\"err\":{\"code\":\"YAVIO-5400\"}}", text,
	        sizeof(text));
	assert_string_equal(text, "YAVIO-5400 say \"x\"");
}

static void shell_words_survive_quotes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	service_script_quote(&out, "it's $HOME `x`");
	assert_string_equal(buf_str(&out), "'it'\\''s $HOME `x`'");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(columns_are_aligned_and_numbers_right),
	        cmocka_unit_test(a_narrow_terminal_cuts_whole_characters),
	        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
	        cmocka_unit_test(many_rows_are_kept),
	        cmocka_unit_test(log_lines_of_three_makers_are_read),
	        cmocka_unit_test(log_lines_are_shown_for_people),
	        cmocka_unit_test(shell_words_survive_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
