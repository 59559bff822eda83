/* SPDX-License-Identifier: MIT
 * Dispatch: parses, makes true what the command needs, runs it. */
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/stack.h"

extern char **environ;

enum { ENVIRONMENT_MAX = 4096 };

/* Settings decide where the stack is, and the running stack has settings of its own: read twice. */
struct load {
	struct cli *cli;
	bool missing; /* a required setting is not there */
};

static void count_fault(void *data, enum err e, bool fatal, const char *line)
{
	struct load *load = data;

	(void)line;
	if (fatal && e == ERR_INFRA_REQUIRED_ENV_VAR_MISSING)
		load->missing = true;
}

static void print_fault(void *data, enum err e, bool fatal, const char *line)
{
	struct load *load = data;

	count_fault(data, e, fatal, line);
	fprintf(stderr, "yavio: %s\n", line);
	(void)load;
}

static void ignore_fault(void *data, enum err e, bool fatal, const char *line)
{
	(void)data;
	(void)e;
	(void)fatal;
	(void)line;
}

static enum err load(struct load *l, const char *env_file, bool tolerate, conf_report_fn *report)
{
	struct conf_request request = {.program = CONF_CLI,
	        .env_file = env_file,
	        .tolerate = tolerate,
	        .report = report,
	        .report_data = l};

	conf_free(l->cli->conf);
	l->cli->conf = NULL;
	return conf_load_request(&request, &l->cli->conf);
}

/* As root with a checkout that user yavio cannot reach, var/ in it is of no use either. */
static enum err move_home_if_private(struct load *l)
{
	if (geteuid() != 0 || conf_is_set(l->cli->conf, CONF_YAVIO_HOME) ||
	        !home_checkout_is_private(l->cli))
		return ERR_OK;
	if (setenv("YAVIO_HOME", "/var/lib/yavio", 1) != 0)
		return ERR_CLI_INTERNAL_ERROR;
	return load(l, l->cli->env_file, true, ignore_fault);
}

static enum cli_exit load_settings(struct cli *cli)
{
	struct load l = {.cli = cli};
	unsigned needs = cli->command->needs;
	bool tolerate = (needs & CLI_NEEDS_CONF) == 0;
	const char *env_file = cli->env_file;
	char running[PATH_MAX];
	enum cli_exit rc;
	enum err e;

	e = load(&l, env_file, true, ignore_fault);
	if (e == ERR_OK)
		e = move_home_if_private(&l);
	if (e != ERR_OK)
		return cli_fail(cli, ERR_CLI_ENV_FILE_MISSING, NULL, "%s cannot be read",
		        env_file                   ? env_file
		        : getenv("YAVIO_ENV_FILE") ? getenv("YAVIO_ENV_FILE")
		                                   : ".env of the checkout");
	rc = home_resolve(cli);
	if (rc != CLI_DONE)
		return rc;
	/* one spelling for all: names of directories are made of it */
	if (strcmp(cli->home, conf_str(cli->conf, CONF_YAVIO_HOME)) != 0 &&
	        setenv("YAVIO_HOME", cli->home, 1) != 0)
		return cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "out of memory");
	if (!env_file && (needs & CLI_NEEDS_STACK) &&
	        settings_path(cli, running, sizeof(running)) && access(running, R_OK) == 0)
		env_file = running;
	e = load(&l, env_file, tolerate, tolerate ? ignore_fault : print_fault);
	if (e == ERR_OK)
		return CLI_DONE;
	if (l.missing)
		return cli_fail(cli, ERR_CLI_ENV_FILE_MISSING,
		        "scripts/setup-env.sh, or make run, which does it",
		        "settings are incomplete: the lines above name them");
	return CLI_FAILED;
}

static enum cli_exit meet_needs(struct cli *cli)
{
	unsigned needs = cli->command->needs;
	enum cli_exit rc = CLI_DONE;

	if (needs & (CLI_NEEDS_CONF | CLI_NEEDS_STACK))
		rc = load_settings(cli);
	if (rc == CLI_DONE && (needs & CLI_NEEDS_OWNER))
		rc = home_become_owner(cli, false);
	if (rc == CLI_DONE && (needs & CLI_NEEDS_RUNNING) && !supervisor_running(cli))
		rc = cli_fail(cli, ERR_CLI_NOT_RUNNING, NULL, "nothing runs in %s", cli->home);
	if (rc == CLI_DONE && (needs & CLI_NEEDS_LOCK))
		rc = home_lock(cli);
	return rc;
}

/* The caller's environment, kept apart: loading settings may change the process's own. */
static bool keep_environment(struct cli *cli, char **environment)
{
	size_t count = 0;

	while (environment && environment[count] && count < ENVIRONMENT_MAX)
		count++;
	cli->environment = calloc(count + 1, sizeof(*cli->environment));
	if (!cli->environment)
		return false;
	for (size_t i = 0; i < count; i++) {
		cli->environment[i] = strdup(environment[i]);
		if (!cli->environment[i])
			return false;
	}
	return true;
}

static void release(struct cli *cli)
{
	for (char **e = cli->environment; e && *e; e++)
		free(*e);
	free(cli->environment);
	conf_free(cli->conf);
	if (cli->lock_fd >= 0)
		(void)close(cli->lock_fd);
}

enum cli_exit cli_main(int argc, char **argv, char **environment)
{
	struct cli cli = {.lock_fd = -1};
	bool help = false, version = false;
	enum cli_exit rc;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	log_init("cli", LOG_WARN, false);
	rc = cli_args_parse(&cli, argc, argv, &help, &version);
	if (rc != CLI_DONE)
		return rc;
	if (version) {
		printf("yavio %s\n", YAVIO_VERSION);
		return CLI_DONE;
	}
	if (help) {
		cli_help(stdout, cli.command);
		return CLI_DONE;
	}
	if (!keep_environment(&cli, environment) || !home_find_checkout(&cli))
		rc = cli_fail(
		        &cli, ERR_CLI_INTERNAL_ERROR, NULL, "cannot find the program's own place");
	if (rc == CLI_DONE)
		rc = meet_needs(&cli);
	if (rc == CLI_DONE)
		rc = cli.command->run(&cli);
	release(&cli);
	return rc;
}
