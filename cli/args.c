/* SPDX-License-Identifier: MIT
 * Parses the command line against the table of commands. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

static const int64_t COUNT_MAX = 1000000000;

bool cli_parse_time(const char *text, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {
	        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {"", 1000}};
	size_t digits = strspn(text, "0123456789");
	char number[16];
	int64_t value;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!str_parse_int(number, 0, 100000000, &value))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(text + digits, units[i].unit) == 0) {
			*ms = value * units[i].ms;
			return true;
		}
	}
	return false;
}

static int flag_index(const struct cli_flag *flags, const char *text, size_t len)
{
	for (int i = 0; flags[i].name; i++) {
		if ((strlen(flags[i].name) == len && strncmp(flags[i].name, text, len) == 0) ||
		        (flags[i].brief && strcmp(flags[i].brief, text) == 0))
			return i;
	}
	return -1;
}

static bool value_fits(const struct cli_flag *f, const char *value)
{
	int64_t number;

	switch (f->kind) {
	case CLI_FLAG_SWITCH:
		return *value == '\0';
	case CLI_FLAG_TEXT:
		return *value != '\0';
	case CLI_FLAG_COUNT:
		return str_parse_int(value, 0, COUNT_MAX, &number);
	case CLI_FLAG_TIME:
		return cli_parse_time(value, &number);
	}
	return false;
}

static void set_global(struct cli *cli, int index, const char *value)
{
	const char *name = cli_global_flags[index].name;

	if (strcmp(name, "--json") == 0)
		cli->json = true;
	else if (strcmp(name, "--verbose") == 0)
		cli->verbose = true;
	else if (strcmp(name, "--yes") == 0)
		cli->yes = true;
	else
		cli->env_file = value;
}

/* Takes the flag at argv[*i], and its value from "=value" or the next word. */
static enum cli_exit take_flag(struct cli *cli, int argc, char **argv, int *i)
{
	const char *word = argv[*i];
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	int global = flag_index(cli_global_flags, word, len);
	int own = cli->command ? flag_index(cli->command->flags, word, len) : -1;
	const struct cli_flag *f = global >= 0 ? &cli_global_flags[global]
	                           : own >= 0  ? &cli->command->flags[own]
	                                       : NULL;
	const char *value = "";

	if (!f)
		return cli_usage_error(cli, "unknown flag %.*s", (int)len, word);
	if (equals)
		value = equals + 1;
	else if (f->kind != CLI_FLAG_SWITCH)
		value = *i + 1 < argc ? argv[++*i] : "";
	if (f->kind == CLI_FLAG_SWITCH ? equals != NULL : !value_fits(f, value))
		return cli_usage_error(cli,
		        f->kind == CLI_FLAG_SWITCH ? "%s takes no value"
		                                   : "%s needs a value such as %s",
		        f->name, f->value);
	if (global >= 0)
		set_global(cli, global, value);
	else
		cli->flag_value[own] = value;
	return CLI_DONE;
}

/* Finds the command in the words that are no flags; flags of the command may stand before it. */
static enum cli_exit find_command(
        struct cli *cli, int argc, char **argv, int *verb_at, int *noun_at)
{
	const char *words[2] = {NULL, NULL};
	int at[2] = {0, 0};
	int count = 0;
	bool verb_known;

	for (int i = 1; i < argc && count < 2; i++) {
		if (argv[i][0] == '-') {
			int global = flag_index(cli_global_flags, argv[i], strlen(argv[i]));

			if (global >= 0 && cli_global_flags[global].kind != CLI_FLAG_SWITCH)
				i++;
			else if (count == 1)
				break;
			continue;
		}
		words[count] = argv[i];
		at[count++] = i;
	}
	if (count == 0)
		return cli_usage_error(cli, "a command is missing");
	cli->command = cli_command_find(words[0], words[1], &verb_known);
	if (!cli->command && verb_known)
		return cli_usage_error(
		        cli, "yavio %s needs a second word: see yavio help", words[0]);
	if (!cli->command)
		return cli_usage_error(cli, "unknown command %s", words[0]);
	*verb_at = at[0];
	*noun_at = cli->command->noun ? at[1] : 0;
	return CLI_DONE;
}

static bool asks(int argc, char **argv, const char *flag, const char *brief)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], flag) == 0 || (brief && strcmp(argv[i], brief) == 0))
			return true;
	}
	return false;
}

static enum cli_exit take_argument(struct cli *cli, const char *word)
{
	if (cli->arg_count >= cli->command->args_max)
		return cli_usage_error(cli, "unexpected argument %s", word);
	cli->args[cli->arg_count++] = word;
	return CLI_DONE;
}

static enum cli_exit parse_words(struct cli *cli, int argc, char **argv, int verb_at, int noun_at)
{
	bool flags_end = false;

	for (int i = 1; i < argc; i++) {
		enum cli_exit rc = CLI_DONE;

		if (i == verb_at || (noun_at && i == noun_at))
			continue;
		if (!flags_end && strcmp(argv[i], "--") == 0)
			flags_end = true;
		else if (!flags_end && argv[i][0] == '-' && argv[i][1])
			rc = take_flag(cli, argc, argv, &i);
		else
			rc = take_argument(cli, argv[i]);
		if (rc != CLI_DONE)
			return rc;
	}
	if (cli->arg_count < cli->command->args_min)
		return cli_usage_error(cli, "%s is missing", cli->command->args);
	return CLI_DONE;
}

enum cli_exit cli_args_parse(struct cli *cli, int argc, char **argv, bool *help, bool *version)
{
	int verb_at = 0, noun_at = 0;
	bool known;
	enum cli_exit rc;

	*version =
	        argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0);
	*help = argc == 1 || strcmp(argv[1], "help") == 0 || asks(argc, argv, "--help", "-h");
	if (*version)
		return CLI_DONE;
	if (*help) {
		int first = argc > 1 && strcmp(argv[1], "help") == 0 ? 2 : 1;

		if (first < argc)
			cli->command = cli_command_find(
			        argv[first], first + 1 < argc ? argv[first + 1] : NULL, &known);
		return CLI_DONE;
	}
	rc = find_command(cli, argc, argv, &verb_at, &noun_at);
	return rc == CLI_DONE ? parse_words(cli, argc, argv, verb_at, noun_at) : rc;
}

const char *cli_flag(const struct cli *cli, const char *name)
{
	int i = flag_index(cli->command->flags, name, strlen(name));

	if (i < 0)
		abort();
	return cli->flag_value[i];
}

int64_t cli_flag_int(const struct cli *cli, const char *name, int64_t fallback)
{
	const char *text = cli_flag(cli, name);
	const struct cli_flag *f =
	        &cli->command->flags[flag_index(cli->command->flags, name, strlen(name))];
	int64_t value = fallback;

	if (text && f->kind == CLI_FLAG_TIME && !cli_parse_time(text, &value))
		return fallback;
	if (text && f->kind == CLI_FLAG_COUNT && !str_parse_int(text, 0, INT64_MAX, &value))
		return fallback;
	return value;
}
