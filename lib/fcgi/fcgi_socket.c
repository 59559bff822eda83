/* SPDX-License-Identifier: MIT
 * The listening socket: one master a path, a stale name replaced without a moment in which there is
 * none, a live one refused, a passed one (systemd, SIGUSR2) taken. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi_internal.h"

enum { PASSED_FD = 3, SOCKET_MODE = 0660 };

/* LISTEN_FDNAMES of a socket that a master handed to its successor (and not a service manager). */
static const char UPGRADE_NAME[] = "yavio-upgrade";

static enum err refuse(const char *path, const char *why, int number)
{
	log_fatal(ERR_INFRA_FCGI_SOCKET_FAILED, why, F_STR("path", path),
	        F_STR("reason", number != 0 ? strerror(number) : NULL));
	return ERR_INFRA_FCGI_SOCKET_FAILED;
}

static bool set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

void fcgi_socket_forget_passing(void)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

/* True when a descriptor was passed to this very process. */
static bool take_passed(struct fcgi_socket *s)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	int64_t n;
	int listening = 0;
	socklen_t len = sizeof(listening);
	bool taken;

	if (pid == NULL || count == NULL || !str_parse_int(pid, 1, INT_MAX, &n) ||
	        (pid_t)n != getpid() || !str_parse_int(count, 1, 1, &n))
		return false;
	s->owned = s->inherited = names != NULL && strcmp(names, UPGRADE_NAME) == 0;
	taken = getsockopt(PASSED_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
	        listening == 1 && set_flags(PASSED_FD);
	fcgi_socket_forget_passing();
	if (taken)
		s->fd = PASSED_FD;
	return taken;
}

/* A record lock goes with its process and is not inherited by fork: held means a living master. */
static enum err take_lock(struct fcgi_socket *s)
{
	char path[PATH_MAX];
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (!str_format(path, sizeof(path), "%s.lock", s->path))
		return refuse(s->path, "path of the socket is too long", 0);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return refuse(path, "cannot open the lock of the socket", errno);
	if (fcntl(s->lock_fd, F_SETLK, &lock) != 0)
		return refuse(s->path, "another master serves this socket", errno);
	return ERR_OK;
}

/* True when a process that still lives listens at the path. Workers that outlived their master keep
 * its socket open for a while: the credentials of a listener are those of who called listen(2), so
 * a dead master's socket is known as stale. */
static bool is_live(const struct sockaddr_un *addr)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool live = false;

	if (fd < 0)
		return true;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN) {
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || cred.pid <= 0 ||
		        cred.pid == getpid())
			live = true;
		else
			live = kill(cred.pid, 0) == 0 || errno != ESRCH;
	}
	close(fd);
	return live;
}

static enum err check_path(const struct fcgi_socket *s, const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(s->path, &st) != 0)
		return errno == ENOENT ? ERR_OK : refuse(s->path, "cannot look at the path", errno);
	if (!S_ISSOCK(st.st_mode))
		return refuse(s->path, "path of the socket is something else", 0);
	if (is_live(addr))
		return refuse(s->path, "another program serves this socket", 0);
	return ERR_OK;
}

/* Bound under a name of its own and renamed: connecting never meets a missing or half-made socket.
 */
static enum err make_socket(struct fcgi_socket *s)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX}, temporary = {.sun_family = AF_UNIX};
	enum err e;

	if (!str_format(addr.sun_path, sizeof(addr.sun_path), "%s", s->path) ||
	        !str_format(temporary.sun_path, sizeof(temporary.sun_path), "%s~", s->path))
		return refuse(s->path, "path of the socket is too long", 0);
	e = check_path(s, &addr);
	if (e != ERR_OK)
		return e;
	unlink(temporary.sun_path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return refuse(s->path, "cannot make the socket", errno);
	if (bind(s->fd, (const struct sockaddr *)&temporary, sizeof(temporary)) != 0 ||
	        chmod(temporary.sun_path, SOCKET_MODE) != 0 || listen(s->fd, FCGI_BACKLOG) != 0 ||
	        rename(temporary.sun_path, s->path) != 0) {
		int number = errno;

		unlink(temporary.sun_path);
		return refuse(s->path, "cannot bind the socket", number);
	}
	s->owned = true;
	return ERR_OK;
}

enum err fcgi_socket_open(struct fcgi_socket *s, const char *path)
{
	enum err e;

	*s = (struct fcgi_socket){.fd = -1, .lock_fd = -1};
	if (strlen(path) + strlen("~") >= sizeof(((struct sockaddr_un *)NULL)->sun_path) ||
	        !str_copy(s->path, sizeof(s->path), path))
		return refuse(path, "path of the socket is too long", 0);
	if (take_passed(s) && !s->owned)
		return ERR_OK;
	e = take_lock(s);
	if (e == ERR_OK && s->fd < 0)
		e = make_socket(s);
	if (e != ERR_OK) {
		s->owned = false;
		fcgi_socket_close(s);
	}
	return e;
}

void fcgi_socket_unlink(struct fcgi_socket *s)
{
	if (s->owned)
		unlink(s->path);
	s->owned = false;
}

void fcgi_socket_close(struct fcgi_socket *s)
{
	fcgi_socket_unlink(s);
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->fd = s->lock_fd = -1;
}

bool fcgi_socket_pass(struct fcgi_socket *s)
{
	char pid[16];

	if (!str_format(pid, sizeof(pid), "%d", (int)getpid()))
		return false;
	if (s->fd == PASSED_FD) {
		if (fcntl(s->fd, F_SETFD, 0) != 0)
			return false;
	} else if (dup2(s->fd, PASSED_FD) < 0) {
		return false;
	}
	return setenv("LISTEN_PID", pid, 1) == 0 && setenv("LISTEN_FDS", "1", 1) == 0 &&
	       setenv("LISTEN_FDNAMES", s->owned ? UPGRADE_NAME : "connection", 1) == 0;
}
