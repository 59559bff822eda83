/* SPDX-License-Identifier: MIT
 * yavio down and restart. */
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/proc.h"
#include "cli/stack.h"

enum {
	STOP_MS = 45000,
	READY_MS = 60000,
	REPLACE_MS = 20000, /* for a program that replaces itself; then it is stopped and started */
	POLL_MS = 20,
};

enum cli_exit cmd_down(struct cli *cli)
{
	int64_t timeout = cli_flag_int(cli, "--timeout", STOP_MS);
	pid_t pids[1];
	enum cli_exit rc;

	if (!supervisor_running(cli) && proc_of_home(cli->home, pids, 1) == 0) {
		if (cli->json)
			puts("{\"ok\":true,\"was_running\":false}");
		cli_say(cli, "Nothing runs in %s", cli->home);
		return CLI_DONE;
	}
	rc = supervisor_stop(cli, timeout, false);
	if (proc_of_home(cli->home, pids, 1) > 0)
		return cli_fail(cli, ERR_CLI_STOP_TIMEOUT, "look at it, then kill it",
		        "process %d of %s does not end", (int)pids[0], cli->home);
	if (cli->json)
		printf("{\"ok\":%s,\"was_running\":true}\n", rc == CLI_DONE ? "true" : "false");
	cli_say(cli, "Data kept in %s", cli->home);
	return rc;
}

/* False: not within that time, or its settings are refused. */
static bool becomes_ready(struct cli *cli, enum program_id id, int64_t began, int64_t timeout_ms)
{
	struct service_state s;

	for (;;) {
		service_state(cli, id, &s);
		if (s.running && ready_now(cli, id)) {
			cli_say(cli, "%s %s ready (%.1f s)", cli_mark(CLI_MARK_OK),
			        programs[id].name, (double)(clock_mono_ms() - began) / 1000);
			return true;
		}
		if (s.exit_code == 78 || clock_mono_ms() - began > timeout_ms)
			return false;
		clock_sleep_ms(POLL_MS);
	}
}

static enum cli_exit wait_for(struct cli *cli, enum program_id id)
{
	char line[1024];

	if (becomes_ready(cli, id, clock_mono_ms(), READY_MS))
		return CLI_DONE;
	service_last_line(cli, id, line, sizeof(line));
	return cli_fail(cli, ERR_CLI_START_TIMEOUT, "see its log: bin/yavio logs",
	        "%s is not ready; its last line: %s", programs[id].name, line);
}

/* Replaced in place where the program can, else down and up again. */
static enum cli_exit restart_one(struct cli *cli, enum program_id id, int64_t timeout)
{
	struct service_state s;

	service_state(cli, id, &s);
	if (s.running && service_replaces_itself(id) && service_replace(cli, id)) {
		if (becomes_ready(cli, id, clock_mono_ms(), REPLACE_MS))
			return CLI_DONE;
		cli_warn(cli, "%s did not replace itself and is stopped", programs[id].name);
	}
	if (!service_stop(cli, id))
		return cli_fail(
		        cli, ERR_CLI_NOT_RUNNING, NULL, "%s has no supervisor", programs[id].name);
	if (!service_wait_stopped(cli, id, timeout)) {
		cli_warn(cli, "%s %s did not stop within %lld s and is killed",
		        err_code(ERR_CLI_STOP_TIMEOUT), programs[id].name,
		        (long long)(timeout / 1000));
		if (!service_kill(cli, id) || !service_wait_stopped(cli, id, timeout))
			return cli_fail(cli, ERR_CLI_STOP_TIMEOUT, NULL, "%s", programs[id].name);
	}
	if (!service_start(cli, id))
		return cli_fail(
		        cli, ERR_CLI_NOT_RUNNING, NULL, "%s has no supervisor", programs[id].name);
	return wait_for(cli, id);
}

enum cli_exit cmd_restart(struct cli *cli)
{
	int64_t timeout = cli_flag_int(cli, "--timeout", STOP_MS);
	enum program_id only = PROGRAM_COUNT;
	enum cli_exit rc = CLI_DONE;

	if (cli->arg_count) {
		only = program_find(cli->args[0]);
		if (only == PROGRAM_COUNT)
			return cli_fail(cli, ERR_CLI_SERVICE_NOT_RECOGNIZED, NULL,
			        "%s is none of: %s", cli->args[0], program_names());
		if (!program_is_local(cli, only))
			return cli_fail(cli, ERR_CLI_NOT_RUNNING, NULL,
			        "%s runs elsewhere: the settings name a server",
			        programs[only].name);
	}
	for (enum program_id id = 0; rc == CLI_DONE && id < PROGRAM_COUNT; id++) {
		if (program_is_local(cli, id) && (only == PROGRAM_COUNT || only == id))
			rc = restart_one(cli, id, timeout);
	}
	if (cli->json && rc == CLI_DONE)
		puts("{\"ok\":true}");
	return rc;
}
