/* SPDX-License-Identifier: MIT
 * The table of commands: dispatch, preconditions, help and usage lines all come from it. */
#include <string.h>

#include "cli/cli.h"

static const struct cli_flag up_flags[] = {
        {"--wait", NULL, CLI_FLAG_TIME, "60s", "longest wait for each program to be ready"},
        {0},
};

static const struct cli_flag down_flags[] = {
        {"--timeout", NULL, CLI_FLAG_TIME, "45s", "longest wait for each program to stop"},
        {0},
};

static const struct cli_flag logs_flags[] = {
        {"--lines", "-n", CLI_FLAG_COUNT, "100", "lines to show first"},
        {"--no-follow", NULL, CLI_FLAG_SWITCH, NULL, "stop after them"},
        {"--level", NULL, CLI_FLAG_TEXT, "warn", "only this level and above"},
        {"--request", NULL, CLI_FLAG_TEXT, "ID", "only lines of one request"},
        {0},
};

static const struct cli_flag migrate_flags[] = {
        {"--status", NULL, CLI_FLAG_SWITCH, NULL, "show versions, change nothing"},
        {"--dry-run", NULL, CLI_FLAG_SWITCH, NULL, "list what would run"},
        {0},
};

static const struct cli_flag keys_create_flags[] = {
        {"--workspace", NULL, CLI_FLAG_TEXT, "NAME", "workspace: slug, name or id"},
        {"--project", NULL, CLI_FLAG_TEXT, "NAME", "project: slug, name or id"},
        {"--name", NULL, CLI_FLAG_TEXT, "TEXT", "what the key is for"},
        {"--create-missing", NULL, CLI_FLAG_SWITCH, NULL, "make workspace and project if absent"},
        {0},
};

static const struct cli_flag keys_list_flags[] = {
        {"--workspace", NULL, CLI_FLAG_TEXT, "NAME", "only this workspace"},
        {"--project", NULL, CLI_FLAG_TEXT, "NAME", "only this project"},
        {0},
};

static const struct cli_flag query_flags[] = {
        {"--project", NULL, CLI_FLAG_TEXT, "P", "events of this project: slug, name or id"},
        {"--admin", NULL, CLI_FLAG_SWITCH, NULL, "all tables, as the store's administrator"},
        {"--format", NULL, CLI_FLAG_TEXT, "table|json|csv", "form of the result"},
        {0},
};

static const struct cli_flag quarantine_flags[] = {
        {"--all", NULL, CLI_FLAG_SWITCH, NULL, "retry or purge every entry"},
        {"--older", NULL, CLI_FLAG_TIME, "7d", "only entries set aside longer ago"},
        {"--payload", NULL, CLI_FLAG_SWITCH, NULL, "show: also the rows and the store's reason"},
        {0},
};

static const struct cli_flag seed_flags[] = {
        {"--profile", NULL, CLI_FLAG_TEXT, "NAME", "minimal, standard (default), load or pii"},
        {"--events", NULL, CLI_FLAG_COUNT, "N", "another number of events, the rest in proportion"},
        {"--days", NULL, CLI_FLAG_COUNT, "N", "days that they spread over"},
        {"--seed", NULL, CLI_FLAG_COUNT, "1", "another number, other events"},
        {"--force", NULL, CLI_FLAG_SWITCH, NULL, "in production, too"},
        {0},
};

static const struct cli_flag jobs_list_flags[] = {
        {"--state", NULL, CLI_FLAG_TEXT, "dead", "only queued, running, done or dead ones"},
        {"--kind", NULL, CLI_FLAG_TEXT, "KIND", "only this kind, as mail.reset"},
        {"--limit", NULL, CLI_FLAG_COUNT, "100", "the newest so many"},
        {0},
};

static const struct cli_flag jobs_retry_flags[] = {
        {"--all", NULL, CLI_FLAG_SWITCH, NULL, "every dead job"},
        {"--kind", NULL, CLI_FLAG_TEXT, "KIND", "with --all: only this kind"},
        {0},
};

static const struct cli_flag jobs_purge_flags[] = {
        {"--all", NULL, CLI_FLAG_SWITCH, NULL, "every dead job"},
        {"--kind", NULL, CLI_FLAG_TEXT, "KIND", "with --all: only this kind"},
        {"--older", NULL, CLI_FLAG_TIME, "7d", "only those given up longer ago"},
        {0},
};

static const struct cli_flag secrets_flags[] = {
        {"--status", NULL, CLI_FLAG_SWITCH, NULL,
                "show what is still under which key, change nothing"},
        {0},
};

static const struct cli_flag no_flags[] = {{0}};

const struct cli_flag cli_global_flags[] = {
        {"--json", NULL, CLI_FLAG_SWITCH, NULL, "print JSON"},
        {"--verbose", "-v", CLI_FLAG_SWITCH, NULL, "say more"},
        {"--env", NULL, CLI_FLAG_TEXT, "FILE", "settings file instead of .env"},
        {"--yes", "-y", CLI_FLAG_SWITCH, NULL, "ask nothing"},
        {0},
};

enum {
	ENDS = CLI_NEEDS_STACK | CLI_NEEDS_OWNER | CLI_NEEDS_LOCK,
	CHANGES = CLI_NEEDS_CONF | ENDS,
	READS = CLI_NEEDS_STACK | CLI_NEEDS_OWNER,
	HOLDS = CLI_NEEDS_CONF | CLI_NEEDS_STACK | CLI_NEEDS_OWNER,
	ASKS = CLI_NEEDS_CONF | CLI_NEEDS_STACK | CLI_NEEDS_OWNER | CLI_NEEDS_RUNNING,
};

const struct cli_command cli_commands[] = {
        /* up becomes the owner and takes the lock itself: root has things to prepare first */
        {"up", NULL, "", 0, 0, up_flags, CLI_NEEDS_CONF, "start everything, wait until it is ready",
                cmd_up},
        {"down", NULL, "", 0, 0, down_flags, ENDS, "stop everything, keep the data", cmd_down},
        {"restart", NULL, "[program]", 0, 1, down_flags, CHANGES | CLI_NEEDS_RUNNING,
                "restart one program, or all", cmd_restart},
        {"status", NULL, "", 0, 0, no_flags, READS, "what runs, how it is, how much it holds",
                cmd_status},
        {"logs", NULL, "[program]", 0, 1, logs_flags, READS, "show and follow logs", cmd_logs},
        {"health", NULL, "program", 1, 1, no_flags, READS, "exit 0 if that program is healthy",
                cmd_health},
        {"migrate", NULL, "", 0, 0, migrate_flags, CHANGES, "bring both databases to this version",
                cmd_migrate},
        {"config", "show", "", 0, 0, no_flags, CLI_NEEDS_CONF,
                "effective settings and their origin", cmd_config_show},
        {"config", "check", "", 0, 0, no_flags, 0, "check the settings, all faults at once",
                cmd_config_check},
        {"config", "get", "NAME", 1, 1, no_flags, CLI_NEEDS_CONF, "print one effective value",
                cmd_config_get},
        {"setup-token", NULL, "", 0, 0, no_flags, ASKS, "a new link to make the first account",
                cmd_setup_token},
        {"keys", "create", "", 0, 0, keys_create_flags, ASKS, "make an API key, printed once",
                cmd_keys_create},
        {"keys", "list", "", 0, 0, keys_list_flags, ASKS, "keys by prefix, with their last use",
                cmd_keys_list},
        {"keys", "revoke", "PREFIX|ID", 1, 1, no_flags, ASKS, "refuse a key from now on",
                cmd_keys_revoke},
        {"users", "list", "", 0, 0, no_flags, ASKS, "accounts and their state", cmd_users_list},
        {"users", "unlock", "EMAIL", 1, 1, no_flags, ASKS, "forget failed logins of an account",
                cmd_users_unlock},
        {"users", "reset-password", "EMAIL", 1, 1, no_flags, ASKS,
                "print a link that sets a new password, once", cmd_users_reset_password},
        {"users", "disable-2fa", "EMAIL", 1, 1, no_flags, ASKS,
                "turn the second factor of an account off", cmd_users_disable_2fa},
        {"jobs", "list", "", 0, 0, jobs_list_flags, ASKS, "work in the queue, newest first",
                cmd_jobs_list},
        {"jobs", "show", "ID", 1, 1, no_flags, ASKS, "one job with its payload", cmd_jobs_show},
        {"jobs", "retry", "[ID]", 0, 1, jobs_retry_flags, ASKS, "begin a dead job anew",
                cmd_jobs_retry},
        {"jobs", "purge", "[ID]", 0, 1, jobs_purge_flags, ASKS, "forget dead jobs", cmd_jobs_purge},
        {"secrets", "rotate", "NAME", 1, 1, secrets_flags, CLI_NEEDS_CONF,
                "new value of a secret; stored values are encrypted anew", cmd_secrets_rotate},
        {"secrets", "retire", "KEY", 1, 1, no_flags, CLI_NEEDS_CONF,
                "drop an old key (k1, h1) that nothing needs", cmd_secrets_retire},
        {"spool", "status", "", 0, 0, no_flags, HOLDS, "accepted events that wait for the store",
                cmd_spool_status},
        {"spool", "quarantine", "list|show|retry|purge [ID]", 1, 2, quarantine_flags, HOLDS,
                "rows that the store refused", cmd_spool_quarantine},
        {"seed", NULL, "", 0, 0, seed_flags, ASKS, "fill a demo project with invented events",
                cmd_seed},
        {"query", NULL, "'SQL'", 1, 1, query_flags, ASKS, "read events with SQL", cmd_query},
};

const size_t cli_commands_len = ARRAY_LEN(cli_commands);

const struct cli_command *cli_command_find(const char *verb, const char *noun, bool *verb_known)
{
	*verb_known = false;
	for (size_t i = 0; i < cli_commands_len; i++) {
		const struct cli_command *c = &cli_commands[i];

		if (strcmp(c->verb, verb) != 0)
			continue;
		*verb_known = true;
		if (!c->noun || (noun && strcmp(c->noun, noun) == 0))
			return c;
	}
	return NULL;
}

static void print_flag(FILE *out, const struct cli_flag *f)
{
	fprintf(out, " [%s%s%s]", f->name, f->value ? " " : "", f->value ? f->value : "");
}

void cli_usage_line(FILE *out, const struct cli_command *c)
{
	if (!c) {
		fputs("usage: yavio COMMAND [--json] [--verbose] [--env FILE] [--yes]; see yavio "
		      "help\n",
		        out);
		return;
	}
	fprintf(out, "usage: yavio %s%s%s%s%s", c->verb, c->noun ? " " : "", c->noun ? c->noun : "",
	        *c->args ? " " : "", c->args);
	for (const struct cli_flag *f = c->flags; f->name; f++)
		print_flag(out, f);
	fputc('\n', out);
}

static void print_flag_help(FILE *out, const struct cli_flag *flags)
{
	for (const struct cli_flag *f = flags; f->name; f++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "%s%s%s%s%s", f->name, f->brief ? ", " : "",
		        f->brief ? f->brief : "", f->value ? " " : "", f->value ? f->value : "");
		fprintf(out, "  %-28s %s\n", left, f->help);
	}
}

void cli_help(FILE *out, const struct cli_command *command)
{
	if (command) {
		cli_usage_line(out, command);
		fprintf(out, "\n%s\n\n", command->help);
		print_flag_help(out, command->flags);
		print_flag_help(out, cli_global_flags);
		return;
	}
	fputs("Yavio: product analytics for MCP servers.\n\nusage: yavio COMMAND [flags]\n\n", out);
	for (size_t i = 0; i < cli_commands_len; i++) {
		const struct cli_command *c = &cli_commands[i];
		char left[64];

		(void)snprintf(left, sizeof(left), "%s%s%s%s%s", c->verb, c->noun ? " " : "",
		        c->noun ? c->noun : "", *c->args ? " " : "", c->args);
		fprintf(out, "  %-24s %s\n", left, c->help);
	}
	fputs("\nFlags of every command:\n", out);
	print_flag_help(out, cli_global_flags);
	fputs("\nyavio help COMMAND shows its own flags.\n", out);
}
