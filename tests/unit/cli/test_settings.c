/* SPDX-License-Identifier: MIT
 * The settings file of a stack: .env with the caller's environment on top, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/stack.h"

static char file[] = "/tmp/yavio-settings-XXXXXX";

static const char env_text[] = "# mine\n"
                               "YAVIO_HTTP_PORT=4000\n"
                               "export YAVIO_INGEST_PORT=\"4001\"\n"
                               "YAVIO_HOME=/somewhere\n"
                               "  LOG_LEVEL = warn # kept\n"
                               "\n"
                               "SMTP_FROM='a b <c@d.example>'";

static void ignore(void *data, enum err e, bool fatal, const char *line)
{
	(void)data;
	(void)e;
	(void)fatal;
	(void)line;
}

static void collect(char **environment, struct buf *text)
{
	struct cli cli = {.environment = environment, .lock_fd = -1};
	struct conf_request request = {
	        .program = CONF_CLI, .env_file = file, .tolerate = true, .report = ignore};

	assert_int_equal(conf_load_request(&request, &cli.conf), ERR_OK);
	buf_init(text, 65536);
	assert_int_equal(settings_collect(&cli, text), CLI_DONE);
	conf_free(cli.conf);
}

static int set_up(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, env_text, strlen(env_text)), (ssize_t)strlen(env_text));
	return close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(file);
}

static void without_environment_it_is_the_file_but_for_the_home(void **state)
{
	char *none[] = {NULL};
	struct buf text;

	(void)state;
	collect(none, &text);
	assert_string_equal(strchr(buf_str(&text), '\n') + 1, "# mine\n"
	                                                      "YAVIO_HTTP_PORT=4000\n"
	                                                      "export YAVIO_INGEST_PORT=\"4001\"\n"
	                                                      "  LOG_LEVEL = warn # kept\n"
	                                                      "\n"
	                                                      "SMTP_FROM='a b <c@d.example>'\n");
	buf_release(&text);
}

static void the_environment_wins_and_strangers_stay_out(void **state)
{
	char *environment[] = {(char *)"YAVIO_INGEST_PORT=5001", (char *)"PATH=/bin",
	        (char *)"LOG_LEVEL=", (char *)"APP_URL=http://localhost:1", (char *)"YAVIO_HOME=/x",
	        (char *)"JWT_SECRET_FILE=/run/secret", (char *)"SMTP_PASSWORD=a\"b\\c$d`e #", NULL};
	struct buf text;

	(void)state;
	collect(environment, &text);
	assert_non_null(strstr(buf_str(&text), "\nYAVIO_INGEST_PORT=\"5001\"\n"));
	assert_null(strstr(buf_str(&text), "4001"));
	assert_null(strstr(buf_str(&text), "PATH"));
	assert_null(strstr(buf_str(&text), "YAVIO_HOME"));
	assert_non_null(strstr(buf_str(&text), "\n  LOG_LEVEL = warn"));
	assert_non_null(strstr(buf_str(&text), "\nAPP_URL=\"http://localhost:1\"\n"));
	assert_non_null(strstr(buf_str(&text), "\nJWT_SECRET_FILE=\"/run/secret\"\n"));
	assert_non_null(strstr(buf_str(&text), "\nSMTP_PASSWORD=\"a\\\"b\\\\c\\$d\\`e #\"\n"));
	buf_release(&text);
}

/* What was written is read back as it was, quotes and all. */
static void quoting_survives_the_parser(void **state)
{
	static const char hard[] = "a\"b\\c$d`e #f 'g' h and enough of it";
	struct conf_request request = {
	        .program = CONF_CLI, .env_file = file, .tolerate = true, .report = ignore};
	struct conf *c = NULL;
	struct buf text;
	FILE *f = fopen(file, "w");

	(void)state;
	assert_non_null(f);
	buf_init(&text, 4096);
	buf_add_str(&text, "POSTGRES_SERVICE_PASSWORD=");
	settings_quote(&text, hard);
	assert_true(fputs(buf_str(&text), f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(conf_load_request(&request, &c), ERR_OK);
	assert_string_equal(conf_str(c, CONF_POSTGRES_SERVICE_PASSWORD), hard);
	conf_free(c);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_environment_it_is_the_file_but_for_the_home),
	        cmocka_unit_test(the_environment_wins_and_strangers_stay_out),
	        cmocka_unit_test(quoting_survives_the_parser),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
