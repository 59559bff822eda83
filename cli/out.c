/* SPDX-License-Identifier: MIT
 * How the CLI speaks: progress and results on stdout, failures with number, cause and fix on
 * stderr, colour only on a terminal. */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/cli.h"

enum { CAUSE_BYTES = 4096 };

static bool colour(int fd)
{
	static int wanted = -1;

	if (wanted < 0) {
		const char *term = getenv("TERM");

		wanted = !getenv("NO_COLOR") && !(term && strcmp(term, "dumb") == 0);
	}
	return wanted && isatty(fd);
}

const char *cli_mark(enum cli_mark mark)
{
	static const char *const plain[] = {"✓", "⚠", "✗"};
	static const char *const coloured[] = {
	        "\033[32m✓\033[0m", "\033[33m⚠\033[0m", "\033[31m✗\033[0m"};

	return colour(STDOUT_FILENO) ? coloured[mark] : plain[mark];
}

static enum cli_exit exit_of(enum err e)
{
	switch (e) {
	case ERR_CLI_USAGE:
	case ERR_CLI_SERVICE_NOT_RECOGNIZED:
		return CLI_USAGE;
	case ERR_CLI_NOT_RUNNING:
	case ERR_CLI_INGESTION_API_UNREACHABLE:
	case ERR_CLI_DASHBOARD_UNREACHABLE:
	case ERR_CLI_CLICKHOUSE_UNREACHABLE:
	case ERR_CLI_POSTGRESQL_UNREACHABLE:
		return CLI_NOT_RUNNING;
	case ERR_CLI_CONFIRMATION_REQUIRED:
	case ERR_CLI_RESET_CONFIRMATION_MISMATCH:
	case ERR_CLI_SEED_REFUSED:
	case ERR_CLI_ROTATION_INCOMPLETE:
		return CLI_REFUSED;
	case ERR_CLI_TARGET_NOT_FOUND:
	case ERR_CLI_USER_NOT_FOUND:
		return CLI_NOT_FOUND;
	case ERR_CLI_COMMAND_LOCKED:
		return CLI_LOCKED;
	default:
		return CLI_FAILED;
	}
}

static void print_failure_json(enum err e, const char *cause, const char *fix)
{
	struct buf b;

	buf_init(&b, (size_t)CAUSE_BYTES * 8);
	buf_addf(&b, "{\"error\":{\"code\":\"%s\",\"message\":", err_code(e));
	buf_add_json_str(&b, err_message(e));
	buf_add_str(&b, ",\"cause\":");
	buf_add_json_str(&b, cause);
	buf_add_str(&b, ",\"fix\":");
	buf_add_json_str(&b, fix);
	buf_add_str(&b, "}}\n");
	fputs(buf_str(&b), stderr);
	buf_release(&b);
}

enum cli_exit cli_fail(const struct cli *cli, enum err e, const char *fix, const char *cause, ...)
{
	const char *red = colour(STDERR_FILENO) ? "\033[31m" : "";
	const char *off = *red ? "\033[0m" : "";
	char text[CAUSE_BYTES] = "";

	if (cause) {
		va_list args;

		va_start(args, cause);
		(void)vsnprintf(text, sizeof(text), cause, args);
		va_end(args);
	}
	if (!fix)
		fix = err_info(e)->fix;
	(void)fflush(stdout);
	if (cli->json) {
		print_failure_json(e, text, fix);
		return exit_of(e);
	}
	fprintf(stderr, "%sError %s:%s %s\n", red, err_code(e), off, err_message(e));
	if (*text)
		fprintf(stderr, "  %s\n", text);
	if (*fix)
		fprintf(stderr, "  Fix: %s\n", fix);
	return exit_of(e);
}

enum cli_exit cli_usage_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	(void)fflush(stdout);
	fprintf(stderr, "yavio: %s ", err_code(ERR_CLI_USAGE));
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("; ", stderr);
	cli_usage_line(stderr, cli->command);
	return CLI_USAGE;
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->json)
		return;
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	(void)fflush(stdout);
}

void cli_verbose(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (!cli->verbose)
		return;
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void cli_warn(const struct cli *cli, const char *fmt, ...)
{
	const char *yellow = colour(STDERR_FILENO) ? "\033[33m" : "";
	va_list args;

	(void)cli;
	(void)fflush(stdout);
	fprintf(stderr, "%s⚠%s ", yellow, *yellow ? "\033[0m" : "");
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

size_t cli_terminal_width(void)
{
	struct winsize w;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
		return 0;
	return w.ws_col;
}
