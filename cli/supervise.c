/* SPDX-License-Identifier: MIT
 * runsvdir over YAVIO_HOME/service: started detached, stopped so that nothing is left. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/proc.h"
#include "cli/stack.h"

enum {
	POLL_MS = 10,
	ADOPT_MS = 10000,    /* runsvdir looks for new services every 5 s */
	RUNSV_END_MS = 5000, /* runsv and svlogd end after their program */
	KILL_WAIT_MS = 2000,
};

bool supervisor_running(const struct cli *cli)
{
	return proc_runsvdir(cli->home) != 0;
}

static bool all_supervised(const struct cli *cli)
{
	struct service_state s;

	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		if (!program_is_local(cli, id))
			continue;
		service_state(cli, id, &s);
		if (!s.supervised)
			return false;
	}
	return true;
}

enum cli_exit supervisor_start(struct cli *cli)
{
	char service[PATH_MAX], mark[PATH_MAX], log[512];
	int64_t deadline = clock_mono_ms() + ADOPT_MS;
	char *argv[] = {(char *)"runsvdir", (char *)"-P", service, log, NULL};
	char *env[] = {(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	        mark, NULL};

	if (!str_format(service, sizeof(service), "%s/service", cli->home) ||
	        !str_format(mark, sizeof(mark), "RUNIT_SERVICE=%s/", service))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
	/* runsvdir shows its last messages in place of these dots, in the list of processes */
	memset(log, '.', sizeof(log) - 1);
	log[sizeof(log) - 1] = '\0';
	memcpy(log, "log: ", 5);
	if (!supervisor_running(cli) && !proc_detach(argv, env))
		return cli_fail(cli, ERR_CLI_DRIVER_UNKNOWN, "scripts/install-deps.sh",
		        "runsvdir could not be started: %s", strerror(errno));
	while (!all_supervised(cli)) {
		if (clock_mono_ms() >= deadline)
			return cli_fail(cli, ERR_CLI_DRIVER_UNKNOWN, "scripts/install-deps.sh",
			        "runsvdir does not start its services in %s", service);
		clock_sleep_ms(POLL_MS);
	}
	return CLI_DONE;
}

static void signal_named(const struct cli *cli, const char *name, int sig)
{
	pid_t pids[PROC_PIDS_MAX];
	size_t count = proc_of_home(cli->home, pids, ARRAY_LEN(pids));
	char comm[PROC_NAME_BYTES];

	for (size_t i = 0; i < count; i++) {
		proc_name(pids[i], comm);
		if (strcmp(comm, name) == 0)
			(void)kill(pids[i], sig);
	}
}

static bool wait_gone(const struct cli *cli, int64_t timeout_ms)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;
	pid_t pids[1];

	while (proc_of_home(cli->home, pids, 1) > 0) {
		if (clock_mono_ms() >= deadline)
			return false;
		clock_sleep_ms(POLL_MS * 2);
	}
	return true;
}

/* What neither runsvdir nor runsv could end: told once, then killed. */
static void sweep(const struct cli *cli)
{
	pid_t pids[PROC_PIDS_MAX];
	size_t count = proc_of_home(cli->home, pids, ARRAY_LEN(pids));

	for (size_t i = 0; i < count; i++) {
		char name[PROC_NAME_BYTES];

		proc_name(pids[i], name);
		cli_verbose(cli, "killing %s (pid %d), which did not end by itself", name,
		        (int)pids[i]);
		(void)kill(pids[i], SIGKILL);
	}
	if (count)
		(void)wait_gone(cli, KILL_WAIT_MS);
}

static enum cli_exit stop_one(struct cli *cli, enum program_id id, int64_t timeout_ms, bool quiet)
{
	struct service_state s;
	int64_t began = clock_mono_ms();

	service_state(cli, id, &s);
	if (!s.supervised)
		return CLI_DONE;
	if (service_stop(cli, id) && service_wait_stopped(cli, id, timeout_ms)) {
		if (!quiet && (s.running || s.finishing))
			cli_say(cli, "%s %s stopped (%.1f s)", cli_mark(CLI_MARK_OK),
			        programs[id].name, (double)(clock_mono_ms() - began) / 1000);
		return CLI_DONE;
	}
	cli_warn(cli, "%s %s did not stop within %lld s and is killed",
	        err_code(ERR_CLI_STOP_TIMEOUT), programs[id].name, (long long)(timeout_ms / 1000));
	if (!service_kill(cli, id) || !service_wait_stopped(cli, id, KILL_WAIT_MS))
		cli_verbose(cli, "%s does not end; what is left is killed at the end",
		        programs[id].name);
	return CLI_FAILED;
}

/* Sockets and ready files of programs that were killed; the stack's settings stay for its next
 * start to compare. */
static void remove_run_files(const struct cli *cli)
{
	char sockets[PATH_MAX], path[PATH_MAX];
	static const char *const suffixes[] = {"ingest.sock", "dashboard.sock", "store.sock",
	        "caddy-admin.sock", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"};

	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		if (str_format(path, sizeof(path), "%s/run/%s.ready", cli->home, programs[id].name))
			(void)unlink(path);
	}
	if (!conf_socket_dir(cli->conf, sockets, sizeof(sockets)))
		return;
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (str_format(path, sizeof(path), "%s/%s", sockets, suffixes[i]))
			(void)unlink(path);
	}
	/* a short directory of its own, when YAVIO_HOME is too long for a socket's name */
	if (!str_starts_with(sockets, cli->home))
		(void)rmdir(sockets);
}

enum cli_exit supervisor_stop(struct cli *cli, int64_t timeout_ms, bool quiet)
{
	enum cli_exit rc = CLI_DONE;
	pid_t runsvdir;

	for (enum program_id id = PROGRAM_COUNT; id-- > 0;) {
		if (stop_one(cli, id, timeout_ms, quiet) != CLI_DONE)
			rc = CLI_FAILED;
	}
	runsvdir = proc_runsvdir(cli->home);
	/* SIGHUP: runsvdir tells each runsv to end, then ends itself */
	if (runsvdir)
		(void)kill(runsvdir, SIGHUP);
	else
		signal_named(cli, "runsv", SIGTERM);
	if (!wait_gone(cli, RUNSV_END_MS))
		sweep(cli);
	remove_run_files(cli);
	return rc;
}
