/* SPDX-License-Identifier: MIT
 * Is a TCP port free, and if not, which process listens on it. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/proc.h"

enum { NET_TCP_BYTES_MAX = 8 << 20, STATE_LISTEN = 0x0A };

uint64_t proc_listen_inode(const char *text, uint16_t port)
{
	for (const char *line = strchr(text, '\n'); line && line[1];
	        line = strchr(line + 1, '\n')) {
		unsigned local_port, state;
		unsigned long long inode;

		/* sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode */
		if (sscanf(line + 1,
		            " %*d: %*[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*4x %2x %*s %*s %*s %*d %*d "
		            "%llu",
		            &local_port, &state, &inode) != 3)
			continue;
		if (state == STATE_LISTEN && local_port == port)
			return inode;
	}
	return 0;
}

static uint64_t inode_in(const char *path, uint16_t port)
{
	struct buf b;
	uint64_t inode = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	buf_init(&b, NET_TCP_BYTES_MAX);
	(void)buf_add_fd(&b, fd);
	inode = proc_listen_inode(buf_str(&b), port);
	(void)close(fd);
	buf_release(&b);
	return inode;
}

/* Whether one of the descriptors in /proc/<pid>/fd is that socket. */
static bool holds(const char *pid, const char *socket_name)
{
	char path[64], link[512], target[64];
	bool found = false;
	DIR *fds;

	if (!str_format(path, sizeof(path), "/proc/%s/fd", pid))
		return false;
	fds = opendir(path);
	if (!fds)
		return false;
	for (struct dirent *e; !found && (e = readdir(fds)) != NULL;) {
		ssize_t n;

		if (!str_format(link, sizeof(link), "%s/%s", path, e->d_name))
			continue;
		n = readlink(link, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, socket_name) == 0;
	}
	(void)closedir(fds);
	return found;
}

bool proc_port_holder(uint16_t port, struct proc_holder *out)
{
	char socket_name[64];
	uint64_t inode = inode_in("/proc/net/tcp", port);
	DIR *proc;

	*out = (struct proc_holder){.pid = 0, .name = "?"};
	if (!inode)
		inode = inode_in("/proc/net/tcp6", port);
	if (!inode || !str_format(socket_name, sizeof(socket_name), "socket:[%llu]",
	                      (unsigned long long)inode))
		return false;
	proc = opendir("/proc");
	if (!proc)
		return true;
	for (struct dirent *e; !out->pid && (e = readdir(proc)) != NULL;) {
		int64_t pid;

		if (!str_parse_int(e->d_name, 1, INT32_MAX, &pid) || !holds(e->d_name, socket_name))
			continue;
		out->pid = (pid_t)pid;
		proc_name(out->pid, out->name);
	}
	(void)closedir(proc);
	return true;
}

static int probe(int family, const void *address, socklen_t len)
{
	int on = 1, failed = 0;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, address, len) != 0 || listen(fd, 1) != 0)
		failed = errno;
	(void)close(fd);
	return failed;
}

int proc_port_probe(const char *address, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return probe(AF_INET, &v4, sizeof(v4));
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
		return probe(AF_INET6, &v6, sizeof(v6));
	return EINVAL;
}
