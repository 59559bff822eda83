/* SPDX-License-Identifier: MIT
 * Preloaded into ingest: makes the disk under a spool fail when asked. YAVIO_FAULT_FILE names a
 * file of two digits, what syncs do and what writes do: 0 works, 1 EIO, 2 ENOSPC, 3 works 200 ms
 * later; padded to eight bytes, then how many syncs and how many writes were made to do so (two
 * uint32_t, in the byte order of the machine).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 512, LATE_MS = 200 };
enum { OF_SYNC, OF_WRITE, KINDS };

struct control {
	volatile char fault[8]; /* of each kind */
	_Atomic uint32_t done[KINDS];
};

static struct control *control;

static __attribute__((constructor)) void open_faults(void)
{
	const char *path = getenv("YAVIO_FAULT_FILE");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		control = map;
	close(fd);
}

static int in_spool(int fd)
{
	char link[64], path[PATH_BYTES];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = '\0';
	return strstr(path, "/spool/") != NULL;
}

/* True when the call shall fail; errno is set then. */
static int fails(int kind, int fd)
{
	char fault = control != NULL ? control->fault[kind] : '0';
	const struct timespec late = {.tv_nsec = LATE_MS * 1000000L};

	if (fault == '0' || !in_spool(fd))
		return 0;
	atomic_fetch_add(&control->done[kind], 1);
	if (fault == '3') {
		nanosleep(&late, NULL);
		return 0;
	}
	errno = fault == '2' ? ENOSPC : EIO;
	return 1;
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))next("fdatasync");

	return fails(OF_SYNC, fd) ? -1 : real(fd);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))next("fsync");

	return fails(OF_SYNC, fd) ? -1 : real(fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) =
	        (ssize_t(*)(int, const void *, size_t, off_t))next("pwrite");

	return fails(OF_WRITE, fd) ? -1 : real(fd, bytes, len, at);
}

/* A short write first: half of a record must never count. */
ssize_t pwritev(int fd, const struct iovec *list, int count, off_t at)
{
	ssize_t (*real)(int, const struct iovec *, int, off_t) =
	        (ssize_t(*)(int, const struct iovec *, int, off_t))next("pwritev");

	if (!fails(OF_WRITE, fd))
		return real(fd, list, count, at);
	if (count > 1)
		return real(fd, list, 1, at);
	return -1;
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
	int (*real)(int, int, off_t, off_t) = (int (*)(int, int, off_t, off_t))next("fallocate");

	return fails(OF_WRITE, fd) ? -1 : real(fd, mode, at, len);
}
