/* SPDX-License-Identifier: MIT
 * The command line: what is taken, what is refused and with which exit code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

enum { WORDS_MAX = 16 };

struct parsed {
	struct cli cli;
	bool help, version;
	enum cli_exit rc;
	char err[1024]; /* what it said on stderr */
};

/* Parses "yavio" and the words of line, which are parted by single spaces. */
static struct parsed parse(const char *line)
{
	static char words[1024];
	struct parsed p = {.cli = {.lock_fd = -1}};
	char *argv[WORDS_MAX] = {(char *)"yavio"};
	int argc = 1;
	int saved = dup(STDERR_FILENO);
	FILE *said = tmpfile();
	size_t n;

	(void)snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w && argc < WORDS_MAX; w = strtok(NULL, " "))
		argv[argc++] = w;
	assert_non_null(said);
	(void)fflush(stderr);
	assert_true(dup2(fileno(said), STDERR_FILENO) >= 0);
	p.rc = cli_args_parse(&p.cli, argc, argv, &p.help, &p.version);
	(void)fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	rewind(said);
	n = fread(p.err, 1, sizeof(p.err) - 1, said);
	p.err[n] = '\0';
	(void)fclose(said);
	return p;
}

static void verb_and_noun_select_the_command(void **state)
{
	struct parsed p =
	        parse("keys create --workspace demo --project=web --create-missing --json");

	(void)state;
	assert_int_equal(p.rc, CLI_DONE);
	assert_string_equal(p.cli.command->verb, "keys");
	assert_string_equal(p.cli.command->noun, "create");
	assert_string_equal(cli_flag(&p.cli, "--workspace"), "demo");
	assert_string_equal(cli_flag(&p.cli, "--project"), "web");
	assert_non_null(cli_flag(&p.cli, "--create-missing"));
	assert_null(cli_flag(&p.cli, "--name"));
	assert_true(p.cli.json);
}

static void global_flags_stand_anywhere(void **state)
{
	struct parsed p = parse("--json --env /x/y status --verbose");

	(void)state;
	assert_int_equal(p.rc, CLI_DONE);
	assert_string_equal(p.cli.command->verb, "status");
	assert_true(p.cli.json);
	assert_true(p.cli.verbose);
	assert_string_equal(p.cli.env_file, "/x/y");
}

static void arguments_are_counted(void **state)
{
	(void)state;
	assert_int_equal(parse("health ingest").rc, CLI_DONE);
	assert_int_equal(parse("health").rc, CLI_USAGE);
	assert_int_equal(parse("health ingest store").rc, CLI_USAGE);
	assert_int_equal(parse("restart").rc, CLI_DONE);
	assert_string_equal(parse("restart ingest").cli.args[0], "ingest");
}

static void what_follows_two_dashes_is_an_argument(void **state)
{
	struct parsed p = parse("query --admin -- --x");

	(void)state;
	assert_int_equal(p.rc, CLI_DONE);
	assert_string_equal(p.cli.args[0], "--x");
}

static void wrong_words_give_one_usage_line_and_2(void **state)
{
	static const char *const lines[] = {"nope", "keys", "keys nope", "up --nope", "up --json=1",
	        "logs --lines", "logs --lines x", "logs --lines=-1", "up --wait 5parsecs",
	        "status extra", "--json", "query --format= x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct parsed p = parse(lines[i]);

		assert_int_equal(p.rc, CLI_USAGE);
		assert_non_null(strstr(p.err, "YAVIO-6410"));
		assert_non_null(strstr(p.err, "usage: yavio"));
		assert_ptr_equal(strchr(p.err, '\n'), p.err + strlen(p.err) - 1);
	}
}

static void help_and_version_need_nothing_else(void **state)
{
	(void)state;
	assert_true(parse("").help);
	assert_true(parse("help").help);
	assert_true(parse("up --help").help);
	assert_string_equal(parse("help keys create").cli.command->noun, "create");
	assert_true(parse("--version").version);
}

static void times_have_units(void **state)
{
	struct parsed p;
	int64_t ms = 0;

	(void)state;
	assert_true(cli_parse_time("500ms", &ms) && ms == 500);
	assert_true(cli_parse_time("60s", &ms) && ms == 60000);
	assert_true(cli_parse_time("7", &ms) && ms == 7000);
	assert_true(cli_parse_time("2m", &ms) && ms == 120000);
	assert_true(cli_parse_time("1h", &ms) && ms == 3600000);
	assert_true(cli_parse_time("2d", &ms));
	assert_int_equal(ms, 2 * 86400000);
	assert_false(cli_parse_time("", &ms));
	assert_false(cli_parse_time("s", &ms));
	assert_false(cli_parse_time("99999999999999999999s", &ms));
	assert_int_equal(ms, 2 * 86400000);
	p = parse("up --wait 3s");
	assert_int_equal(cli_flag_int(&p.cli, "--wait", 1), 3000);
	p = parse("up");
	assert_int_equal(cli_flag_int(&p.cli, "--wait", 1), 1);
}

/* The dispatcher indexes flag values by the table, so no command may list more. */
static void the_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_commands_len; i++) {
		const struct cli_command *c = &cli_commands[i];
		size_t flags = 0;

		while (c->flags[flags].name)
			flags++;
		assert_true(flags < CLI_FLAGS_MAX);
		assert_true(c->args_max <= CLI_ARGS_MAX && c->args_min <= c->args_max);
		assert_non_null(c->run);
		assert_true(*c->help != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(verb_and_noun_select_the_command),
	        cmocka_unit_test(global_flags_stand_anywhere),
	        cmocka_unit_test(arguments_are_counted),
	        cmocka_unit_test(what_follows_two_dashes_is_an_argument),
	        cmocka_unit_test(wrong_words_give_one_usage_line_and_2),
	        cmocka_unit_test(help_and_version_need_nothing_else),
	        cmocka_unit_test(times_have_units),
	        cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
