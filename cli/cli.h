/* SPDX-License-Identifier: MIT
 * What the commands of bin/yavio share: the parsed command line, settings, and how results and
 * failures are printed. */
#ifndef YAVIO_CLI_CLI_H
#define YAVIO_CLI_CLI_H

#include "base/base.h"
#include "base/err.h"
#include "conf/conf.h"

/* What every command answers to the shell. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NOT_RUNNING = 3,
	CLI_REFUSED = 4,
	CLI_NOT_FOUND = 5,
	CLI_LOCKED = 6,
};

enum { CLI_ARGS_MAX = 4, CLI_FLAGS_MAX = 8, CLI_PATH_BYTES = 512 };

enum cli_flag_kind { CLI_FLAG_SWITCH, CLI_FLAG_TEXT, CLI_FLAG_COUNT, CLI_FLAG_TIME };

struct cli_flag {
	const char *name;  /* "--workspace"; NULL ends a list */
	const char *brief; /* "-n", or NULL */
	enum cli_flag_kind kind;
	const char *value; /* what follows it, as usage shows it: "NAME" */
	const char *help;
};

/* What must hold before a command's function runs; the dispatcher sees to it. */
enum cli_need {
	CLI_NEEDS_CONF = 1 << 0,    /* settings read and valid */
	CLI_NEEDS_STACK = 1 << 4,   /* settings of the stack that runs, where one does; without
	                               CLI_NEEDS_CONF faults in them do not matter */
	CLI_NEEDS_RUNNING = 1 << 1, /* the stack of this YAVIO_HOME is up */
	CLI_NEEDS_LOCK = 1 << 2,    /* no other command changes this YAVIO_HOME meanwhile */
	CLI_NEEDS_OWNER = 1 << 3,   /* root has become the owner of YAVIO_HOME */
};

struct cli;

struct cli_command {
	const char *verb;
	const char *noun; /* second word ("create" of "keys create"), or NULL */
	const char *args; /* as usage shows them: "[program]" */
	int args_min, args_max;
	const struct cli_flag *flags;
	unsigned needs;
	const char *help;
	enum cli_exit (*run)(struct cli *cli);
};

struct cli {
	bool json, verbose, yes;
	const char *env_file; /* --env, or NULL */
	const struct cli_command *command;
	const char *flag_value[CLI_FLAGS_MAX]; /* by index in command->flags; "" for a switch */
	const char *args[CLI_ARGS_MAX];
	int arg_count;

	struct conf *conf;
	char **environment; /* as the caller gave it, before conf cut it down */
	char home[CLI_PATH_BYTES];
	char bin[CLI_PATH_BYTES];   /* directory of the programs, without links */
	char share[CLI_PATH_BYTES]; /* directory that holds caddy/ and web/: the checkout */
	int lock_fd;                /* -1: not held */
};

/* The whole program but for main(); environment as of main. */
enum cli_exit cli_main(int argc, char **argv, char **environment);

/* --- commands.c: the table, usage from it --- */

extern const struct cli_command cli_commands[];
extern const size_t cli_commands_len;
extern const struct cli_flag cli_global_flags[];

/* NULL: no such command. *verb_known tells whether the verb alone exists. */
const struct cli_command *cli_command_find(const char *verb, const char *noun, bool *verb_known);
/* All commands, or with a command only that one. */
void cli_help(FILE *out, const struct cli_command *command);
/* The one line "usage: yavio keys create --workspace NAME ...", ended by a newline. */
void cli_usage_line(FILE *out, const struct cli_command *command);

/* --- args.c --- */

/* Parses argv[1..]. CLI_DONE: cli->command is set, its counts and flags are right. CLI_USAGE: told
 * on stderr. *help: --help or help was asked, nothing else was checked. *version likewise. */
enum cli_exit cli_args_parse(
        struct cli *cli, int argc, char **argv, bool *help, bool *version) MUST_CHECK;
/* Value of a flag of the command ("--workspace"), "" for a given switch, NULL when absent. Asking
 * for a flag that the command does not list is a bug (abort). */
const char *cli_flag(const struct cli *cli, const char *name);
/* The value as a number, fallback when absent; CLI_FLAG_TIME gives milliseconds. */
int64_t cli_flag_int(const struct cli *cli, const char *name, int64_t fallback);
/* "60s", "2m", "1h", "500ms", or a bare number of seconds, as milliseconds. */
bool cli_parse_time(const char *text, int64_t *ms) MUST_CHECK;

/* --- out.c --- */

/* Prints "Error YAVIO-nnnn: message", the cause, "Fix: ..." on stderr (or one JSON object), and
 * returns the exit code that belongs to e. fix: NULL takes the table's. cause: format, or NULL. */
enum cli_exit cli_fail(const struct cli *cli, enum err e, const char *fix, const char *cause, ...)
        PRINTF_LIKE(4, 5);
/* "usage error" of one line, exit 2. */
enum cli_exit cli_usage_error(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A line of progress on stdout, left out with --json. */
void cli_say(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A line on stderr, only with --verbose. */
void cli_verbose(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cli_warn(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

enum cli_mark { CLI_MARK_OK, CLI_MARK_WARN, CLI_MARK_BAD };
/* "✓", "⚠", "✗", coloured on a terminal. */
const char *cli_mark(enum cli_mark mark);

/* --- table.c --- */

struct cli_table;
/* columns: their titles, copied. NULL: out of memory. */
struct cli_table *cli_table_new(const char *const *columns, size_t count);
void cli_table_free(struct cli_table *t);
/* values: one for each column, copied; NULL counts as "". right: numbers stand right-aligned. */
bool cli_table_add(struct cli_table *t, const char *const *values) MUST_CHECK;
/* Columns aligned by width of their text (UTF-8), control characters shown as "·". Columns whose
 * values all are numbers are right-aligned. width: columns of the terminal, 0 cuts nothing. */
void cli_table_print(const struct cli_table *t, FILE *out, size_t width);
/* Columns of the terminal that stdout is, 0 when it is none. */
size_t cli_terminal_width(void);

/* --- the commands, one function each; their table names them --- */

enum cli_exit cmd_up(struct cli *cli);
enum cli_exit cmd_down(struct cli *cli);
enum cli_exit cmd_restart(struct cli *cli);
enum cli_exit cmd_status(struct cli *cli);
enum cli_exit cmd_logs(struct cli *cli);
enum cli_exit cmd_migrate(struct cli *cli);
enum cli_exit cmd_health(struct cli *cli);
enum cli_exit cmd_config_show(struct cli *cli);
enum cli_exit cmd_config_check(struct cli *cli);
enum cli_exit cmd_config_get(struct cli *cli);
enum cli_exit cmd_keys_create(struct cli *cli);
enum cli_exit cmd_keys_list(struct cli *cli);
enum cli_exit cmd_keys_revoke(struct cli *cli);
enum cli_exit cmd_setup_token(struct cli *cli);
enum cli_exit cmd_query(struct cli *cli);
enum cli_exit cmd_jobs_list(struct cli *cli);
enum cli_exit cmd_jobs_show(struct cli *cli);
enum cli_exit cmd_jobs_retry(struct cli *cli);
enum cli_exit cmd_jobs_purge(struct cli *cli);
enum cli_exit cmd_users_list(struct cli *cli);
enum cli_exit cmd_users_unlock(struct cli *cli);
enum cli_exit cmd_users_disable_2fa(struct cli *cli);
enum cli_exit cmd_users_reset_password(struct cli *cli);
enum cli_exit cmd_secrets_rotate(struct cli *cli);
enum cli_exit cmd_secrets_retire(struct cli *cli);
enum cli_exit cmd_spool_status(struct cli *cli);
enum cli_exit cmd_spool_quarantine(struct cli *cli);
enum cli_exit cmd_seed(struct cli *cli);

#endif
