/* SPDX-License-Identifier: MIT
 * Runs programs, and finds the processes of a stack through /proc. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/proc.h"

enum { READ_BYTES = 64 * 1024 };

extern char **environ;

static void child_io(int out_fd)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null >= 0)
		(void)dup2(null, STDIN_FILENO);
	if (out_fd >= 0) {
		(void)dup2(out_fd, STDOUT_FILENO);
		(void)dup2(out_fd, STDERR_FILENO);
	}
}

/* Reads until the pipe ends or the deadline passes; false: deadline. */
static bool drain(int fd, int64_t deadline, struct buf *out)
{
	for (;;) {
		int64_t left = deadline - clock_mono_ms();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		char part[4096];
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, part, sizeof(part));
		if (n <= 0)
			return true;
		(void)buf_add(out, part, (size_t)n);
	}
}

static int wait_for(pid_t pid, int64_t deadline)
{
	for (;;) {
		int status;
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (got < 0 && errno != EINTR)
			return -1;
		if (clock_mono_ms() >= deadline) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			return -1;
		}
		clock_sleep_ms(5);
	}
}

int proc_run(char *const argv[], char *const env[], int64_t timeout_ms, struct buf *out)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;
	int fds[2] = {-1, -1};
	pid_t pid;

	if (out && pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		child_io(fds[1]);
		if (env)
			environ = (char **)env;
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	if (out) {
		(void)close(fds[1]);
		if (pid > 0)
			(void)drain(fds[0], deadline, out);
		(void)close(fds[0]);
	}
	return pid > 0 ? wait_for(pid, deadline) : -1;
}

bool proc_detach(char *const argv[], char *const env[])
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t none;

		(void)setsid();
		if (fork() != 0)
			_exit(0);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		if (chdir("/") != 0)
			_exit(1);
		child_io(open("/dev/null", O_WRONLY | O_CLOEXEC));
		(void)close_range(3, ~0U, 0);
		environ = (char **)env;
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A whole file of /proc as text (its NUL bytes stay); false: gone or not ours to read. */
static bool read_proc(pid_t pid, const char *name, struct buf *b)
{
	char path[64];
	bool ok;
	int fd;

	buf_clear(b);
	if (!str_format(path, sizeof(path), "/proc/%d/%s", (int)pid, name))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = buf_add_fd(b, fd);
	(void)close(fd);
	return ok;
}

static bool has_prefix_entry(const struct buf *list, const char *prefix)
{
	for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1) {
		if (str_starts_with(list->data + at, prefix))
			return true;
	}
	return false;
}

static bool works_in(pid_t pid, const char *dir)
{
	char path[64], target[1024];
	size_t len = strlen(dir);
	ssize_t n;

	if (!str_format(path, sizeof(path), "/proc/%d/cwd", (int)pid))
		return false;
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	return strncmp(target, dir, len) == 0 && (target[len] == '\0' || target[len] == '/');
}

static pid_t next_pid(DIR *proc)
{
	for (struct dirent *e; (e = readdir(proc)) != NULL;) {
		int64_t pid;

		if (str_parse_int(e->d_name, 1, INT32_MAX, &pid))
			return (pid_t)pid;
	}
	return 0;
}

size_t proc_of_home(const char *home, pid_t *pids, size_t max)
{
	char service[1024], database[1024], mark[1024];
	struct buf b;
	size_t count = 0;
	DIR *proc = opendir("/proc");

	if (!proc || !str_format(service, sizeof(service), "%s/service", home) ||
	        !str_format(database, sizeof(database), "%s/postgres", home) ||
	        !str_format(mark, sizeof(mark), "RUNIT_SERVICE=%s/service/", home)) {
		if (proc)
			(void)closedir(proc);
		return 0;
	}
	buf_init(&b, (size_t)1 << 20);
	for (pid_t pid; count < max && (pid = next_pid(proc)) != 0;) {
		bool ours = works_in(pid, service) || works_in(pid, database) ||
		            (read_proc(pid, "environ", &b) && has_prefix_entry(&b, mark));

		if (ours && pid != getpid() && proc_alive(pid))
			pids[count++] = pid;
	}
	(void)closedir(proc);
	buf_release(&b);
	return count;
}

pid_t proc_runsvdir(const char *home)
{
	char service[1024];
	struct buf b;
	pid_t found = 0;
	DIR *proc = opendir("/proc");

	if (!proc || !str_format(service, sizeof(service), "%s/service", home)) {
		if (proc)
			(void)closedir(proc);
		return 0;
	}
	buf_init(&b, READ_BYTES);
	for (pid_t pid; !found && (pid = next_pid(proc)) != 0;) {
		char name[PROC_NAME_BYTES];

		proc_name(pid, name);
		if (strcmp(name, "runsvdir") != 0 || !proc_alive(pid) ||
		        !read_proc(pid, "cmdline", &b))
			continue;
		for (size_t at = 0; at < b.len; at += strlen(b.data + at) + 1) {
			if (strcmp(b.data + at, service) == 0)
				found = pid;
		}
	}
	(void)closedir(proc);
	buf_release(&b);
	return found;
}

void proc_name(pid_t pid, char out[PROC_NAME_BYTES])
{
	struct buf b;

	buf_init(&b, READ_BYTES);
	(void)str_copy(out, PROC_NAME_BYTES, "?");
	if (read_proc(pid, "comm", &b)) {
		(void)str_copy(out, PROC_NAME_BYTES, buf_str(&b));
		out[strcspn(out, "\n")] = '\0';
	}
	buf_release(&b);
}

bool proc_alive(pid_t pid)
{
	struct buf b;
	const char *after_name;
	bool alive = false;

	buf_init(&b, READ_BYTES);
	if (read_proc(pid, "stat", &b)) {
		after_name = strrchr(buf_str(&b), ')');
		alive = after_name && after_name[1] && after_name[2] != 'Z' && after_name[2] != 'X';
	}
	buf_release(&b);
	return alive;
}
