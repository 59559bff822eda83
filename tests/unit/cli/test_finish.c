/* SPDX-License-Identifier: MIT
 * The finish script: back-off 0, 1, 2, 4 ... 30 s, and the end after a wrong setting. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cli/proc.h"
#include "cli/service_script.h"

static char directory[] = "/tmp/yavio-finish-XXXXXX";

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int read_int(const char *name)
{
	FILE *f = fopen(name, "r");
	int value = -99;

	if (f) {
		if (fscanf(f, "%d", &value) != 1)
			value = -99;
		(void)fclose(f);
	}
	return value;
}

static int set_up(void **state)
{
	struct buf text;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("supervise", 0700), 0);
	buf_init(&text, 16384);
	service_script_finish(&text);
	write_text("finish", buf_str(&text));
	buf_release(&text);
	return 0;
}

static int tear_down(void **state)
{
	char *const argv[] = {(char *)"rm", (char *)"-rf", directory, NULL};

	(void)state;
	assert_int_equal(chdir("/"), 0);
	return proc_run(argv, NULL, 5000, NULL);
}

/* Milliseconds that the script takes for a program that ended with code after seconds of life. */
static int64_t finish(const char *code, int lived)
{
	char *const argv[] = {(char *)"sh", (char *)"finish", (char *)code, (char *)"0", NULL};
	char began[32];
	int64_t at = clock_mono_ms();

	(void)snprintf(began, sizeof(began), "%lld\n", (long long)(clock_wall_ms() / 1000 - lived));
	write_text("started", began);
	assert_int_equal(proc_run(argv, NULL, 20000, NULL), 0);
	return clock_mono_ms() - at;
}

static void the_pause_doubles_and_life_resets_it(void **state)
{
	(void)state;
	(void)unlink("backoff");
	(void)unlink("down");
	assert_true(finish("-1", 5) < 900);
	assert_int_equal(read_int("backoff"), 1);
	assert_true(finish("1", 5) >= 900);
	assert_int_equal(read_int("backoff"), 2);
	write_text("backoff", "16\n");
	assert_true(finish("1", 61) < 900);
	assert_int_equal(read_int("backoff"), 1);
	assert_int_equal(read_int("exit"), 1);
}

static void the_pause_is_at_most_30_s_and_ends_at_down(void **state)
{
	(void)state;
	write_text("backoff", "30\n");
	write_text("down", "");
	assert_true(finish("1", 0) < 900);
	(void)unlink("down");
}

static void exit_78_is_final(void **state)
{
	char told[8] = "";
	int fd;

	(void)state;
	assert_int_equal(mkfifo("supervise/control", 0600), 0);
	fd = open("supervise/control", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(finish("78", 0) < 900);
	assert_int_equal(read(fd, told, sizeof(told)), 1);
	assert_string_equal(told, "d");
	assert_int_equal(access("down", F_OK), 0);
	assert_int_equal(read_int("exit"), 78);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_pause_doubles_and_life_resets_it),
	        cmocka_unit_test(the_pause_is_at_most_30_s_and_ends_at_down),
	        cmocka_unit_test(exit_78_is_final),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
