/* SPDX-License-Identifier: MIT
 * Preloaded into a program: its clocks run ahead by as many milliseconds as the eight bytes of the
 * file YAVIO_CLOCK_FILE say, so that an hour passes without anybody waiting. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_ms;

static __attribute__((constructor)) void open_offset(void)
{
	const char *path = getenv("YAVIO_CLOCK_FILE");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*ahead_ms), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		ahead_ms = map;
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int result = (int)syscall(SYS_clock_gettime, id, ts);
	int64_t ms = ahead_ms != NULL ? *ahead_ms : 0;

	if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_MONOTONIC)) {
		ts->tv_sec += ms / 1000;
		ts->tv_nsec += ms % 1000 * 1000000L;
		ts->tv_sec += ts->tv_nsec / 1000000000L;
		ts->tv_nsec %= 1000000000L;
	}
	return result;
}
