/* SPDX-License-Identifier: MIT
 * One runit service directory a program: what is in it, and how its runsv is told what to do. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/log_line.h"
#include "cli/proc.h"
#include "cli/service_script.h"
#include "cli/stack.h"

enum {
	SCRIPT_BYTES = 16384,
	STATUS_BYTES = 20,
	POLL_MS = 10,
	LAST_LINE_BYTES = 8192,
	REMOVE_MS = 10000
};

static bool service_path(
        const struct cli *cli, enum program_id id, const char *name, char *out, size_t size)
{
	return str_format(out, size, "%s/service/%s%s%s", cli->home, programs[id].name,
	        *name ? "/" : "", name);
}

/* Writes text beside path and renames it, unless it is there already. */
static bool write_file(const char *path, const char *text, mode_t mode)
{
	char old[SCRIPT_BYTES], temporary[PATH_MAX];
	size_t len = strlen(text);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	bool ok;

	if (fd >= 0) {
		n = read(fd, old, sizeof(old));
		(void)close(fd);
		if (n >= 0 && (size_t)n == len && memcmp(old, text, len) == 0)
			return chmod(path, mode) == 0;
	}
	if (!str_format(temporary, sizeof(temporary), "%s.new", path))
		return false;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return false;
	ok = write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0;
	ok = close(fd) == 0 && ok;
	return ok && rename(temporary, path) == 0;
}

static bool write_script(
        const struct cli *cli, enum program_id id, const char *name, const struct buf *text)
{
	char path[PATH_MAX];

	return !text->failed && service_path(cli, id, name, path, sizeof(path)) &&
	       write_file(path, buf_str(text), 0700);
}

static bool make_service_dirs(const struct cli *cli, enum program_id id)
{
	static const char *const dirs[] = {"", "log", "control"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		if (!service_path(cli, id, dirs[i], path, sizeof(path)) ||
		        !home_make_dirs(path, 0700))
			return false;
	}
	return str_format(path, sizeof(path), "%s/log/%s", cli->home, programs[id].name) &&
	       home_make_dirs(path, 0700);
}

/* A file that tells runsv to start nothing by itself. */
static bool set_down(const struct cli *cli, enum program_id id, bool down)
{
	char path[PATH_MAX];
	int fd;

	if (!service_path(cli, id, "down", path, sizeof(path)))
		return false;
	if (!down)
		return unlink(path) == 0 || errno == ENOENT;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	return close(fd) == 0;
}

static void forget(const struct cli *cli, enum program_id id, const char *name)
{
	char path[PATH_MAX];

	if (service_path(cli, id, name, path, sizeof(path)))
		(void)unlink(path);
}

/* svlogd reads its limits from a file called config in the log directory. */
static bool write_log_limits(const struct cli *cli, enum program_id id)
{
	char path[PATH_MAX], text[128];

	return str_format(path, sizeof(path), "%s/log/%s/config", cli->home, programs[id].name) &&
	       str_format(text, sizeof(text), "s%lld\nn%lld\n",
	               (long long)conf_int(cli->conf, CONF_YAVIO_LOG_MAX_BYTES),
	               (long long)conf_int(cli->conf, CONF_YAVIO_LOG_KEEP)) &&
	       write_file(path, text, 0600);
}

enum cli_exit service_write(const struct cli *cli, enum program_id id)
{
	struct service_state now;
	struct buf run, finish, log, term;
	bool ok;

	buf_init(&run, SCRIPT_BYTES);
	buf_init(&finish, SCRIPT_BYTES);
	buf_init(&log, SCRIPT_BYTES);
	buf_init(&term, SCRIPT_BYTES);
	service_state(cli, id, &now);
	service_script_run(cli, id, &run);
	service_script_finish(&finish);
	service_script_log(cli, id, &log);
	service_script_term(id, &term);
	ok = make_service_dirs(cli, id) && write_log_limits(cli, id) &&
	     (now.supervised || set_down(cli, id, true)) && write_script(cli, id, "run", &run) &&
	     write_script(cli, id, "finish", &finish) && write_script(cli, id, "log/run", &log) &&
	     (term.len == 0 || write_script(cli, id, "control/t", &term));
	buf_release(&run);
	buf_release(&finish);
	buf_release(&log);
	buf_release(&term);
	if (!ok)
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "%s/service/%s: %s", cli->home,
		        programs[id].name, strerror(errno));
	return CLI_DONE;
}

/* runsv keeps this FIFO open for reading as long as it lives. */
static bool is_supervised(const struct cli *cli, enum program_id id)
{
	char path[PATH_MAX];
	int fd;

	if (!service_path(cli, id, "supervise/ok", path, sizeof(path)))
		return false;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static int64_t tai64_to_unix_ms(const uint8_t bytes[12])
{
	uint64_t seconds = 0;

	for (int i = 0; i < 8; i++)
		seconds = seconds << 8 | bytes[i];
	return (int64_t)(seconds - 4611686018427387914ULL) * 1000;
}

/* Number in a small file of the service directory, fallback when it is not there. */
static int read_number(const struct cli *cli, enum program_id id, const char *name, int fallback)
{
	char path[PATH_MAX], text[32];
	int fd, value = fallback;
	ssize_t n;

	if (!service_path(cli, id, name, path, sizeof(path)))
		return fallback;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fallback;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n > 0) {
		text[n] = '\0';
		value = (int)strtol(text, NULL, 10);
	}
	return value;
}

void service_state(const struct cli *cli, enum program_id id, struct service_state *out)
{
	char path[PATH_MAX];
	uint8_t status[STATUS_BYTES]; /* man runsv: TAI64N, pid (little endian), paused, want, term,
	                                 state */
	int fd;
	ssize_t n = 0;

	*out = (struct service_state){.exit_code = -1};
	out->supervised = is_supervised(cli, id);
	out->exit_code = read_number(cli, id, "exit", -1);
	if (!service_path(cli, id, "supervise/status", path, sizeof(path)))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, status, sizeof(status));
		(void)close(fd);
	}
	if (n != STATUS_BYTES)
		return;
	out->since_ms = tai64_to_unix_ms(status);
	out->pid = (pid_t)(status[12] | (uint32_t)status[13] << 8 | (uint32_t)status[14] << 16 |
	                   (uint32_t)status[15] << 24);
	out->wanted = status[17] == 'u';
	out->running = status[19] == 1 && out->pid && proc_alive(out->pid);
	out->finishing = status[19] == 2;
}

static bool control(const struct cli *cli, enum program_id id, const char *commands)
{
	char path[PATH_MAX];
	int fd;
	bool ok;

	if (!is_supervised(cli, id) ||
	        !service_path(cli, id, "supervise/control", path, sizeof(path)))
		return false;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, commands, strlen(commands)) == (ssize_t)strlen(commands);
	(void)close(fd);
	return ok;
}

bool service_start(const struct cli *cli, enum program_id id)
{
	forget(cli, id, "backoff");
	forget(cli, id, "exit");
	return set_down(cli, id, false) && control(cli, id, "u");
}

bool service_stop(const struct cli *cli, enum program_id id)
{
	return set_down(cli, id, true) && control(cli, id, "d");
}

bool service_replaces_itself(enum program_id id)
{
	return id == PROGRAM_INGEST || id == PROGRAM_DASHBOARD || id == PROGRAM_LIVE;
}

bool service_replace(const struct cli *cli, enum program_id id)
{
	char path[PATH_MAX];

	if (!str_format(path, sizeof(path), "%s/run/%s.ready", cli->home, programs[id].name))
		return false;
	forget(cli, id, "exit");
	return (unlink(path) == 0 || errno == ENOENT) &&
	       control(cli, id, "c2"); /* SIGCONT, SIGUSR2: a stopped one could not */
}

bool service_kill(const struct cli *cli, enum program_id id)
{
	return control(cli, id, "k");
}

void service_remove(const struct cli *cli, enum program_id id)
{
	char path[PATH_MAX];
	char *argv[] = {(char *)"rm", (char *)"-rf", path, NULL};

	if (!service_path(cli, id, "", path, sizeof(path)) || access(path, F_OK) != 0)
		return;
	if (is_supervised(cli, id) && control(cli, id, "dx") &&
	        !service_wait_stopped(cli, id, REMOVE_MS))
		cli_warn(cli, "%s does not end", programs[id].name);
	(void)proc_run(argv, NULL, REMOVE_MS, NULL);
}

bool service_wait_stopped(const struct cli *cli, enum program_id id, int64_t timeout_ms)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;
	struct service_state s;

	for (;;) {
		service_state(cli, id, &s);
		if (!s.running && !s.finishing)
			return true;
		if (!s.supervised && !(s.pid && proc_alive(s.pid)))
			return true;
		if (clock_mono_ms() >= deadline)
			return false;
		clock_sleep_ms(POLL_MS);
	}
}

void service_last_line(const struct cli *cli, enum program_id id, char *out, size_t out_size)
{
	char path[PATH_MAX], tail[LAST_LINE_BYTES];
	char *line;
	ssize_t n = 0;
	int fd;

	*out = '\0';
	if (!str_format(path, sizeof(path), "%s/log/%s/current", cli->home, programs[id].name))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (lseek(fd, -(off_t)(sizeof(tail) - 1), SEEK_END) < 0)
		(void)lseek(fd, 0, SEEK_SET);
	n = read(fd, tail, sizeof(tail) - 1);
	(void)close(fd);
	while (n > 0 && isspace((unsigned char)tail[n - 1]))
		n--;
	if (n <= 0)
		return;
	tail[n] = '\0';
	line = strrchr(tail, '\n');
	log_line_short(line ? line + 1 : tail, out, out_size);
}
