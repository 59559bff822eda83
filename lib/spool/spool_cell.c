/* SPDX-License-Identifier: MIT
 * The cell of a stream: its lock, and the mark up to which its records are acknowledged. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "spool/spool_internal.h"

static const char cell_magic[8] = "YAVICELL";

_Static_assert(sizeof(struct spool_cell_map) == 56, "FORMAT.md draws the cell so");

static bool cell_is_whole(int fd)
{
	char magic[8];
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size >= SPOOL_CELL_BYTES &&
	       spool_pread_all(fd, magic, sizeof(magic), 0) &&
	       memcmp(magic, cell_magic, sizeof(magic)) == 0;
}

/* A cell that was never finished has no magic: written again whole, under its lock. Who holds the
 * lock of an unfinished cell is finishing it, so this waits for the magic rather than for the lock:
 * the same writer may take the cell for good a moment later, and keep it as long as it lives. */
static bool cell_make(int fd)
{
	uint8_t bytes[SPOOL_CELL_BYTES] = {0};
	bool ok = true;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		if (cell_is_whole(fd))
			return true;
		clock_sleep_ms(1);
	}
	if (!cell_is_whole(fd)) {
		memcpy(bytes, cell_magic, sizeof(cell_magic));
		spool_put32(bytes + 8, SPOOL_VERSION);
		ok = spool_pwrite_all(fd, bytes, sizeof(bytes), 0) && spool_sys.fsync(fd) == 0;
	}
	flock(fd, LOCK_UN);
	return ok;
}

enum err spool_cell_open(int stream_fd, bool make, struct spool_cell *c)
{
	int fd = spool_dir_open_file(stream_fd, "cell", make ? O_RDWR | O_CREAT : O_RDWR);
	bool writable = fd >= 0;
	void *map;

	*c = (struct spool_cell){.fd = -1};
	if (fd < 0 && !make && (errno == EACCES || errno == EROFS))
		fd = spool_dir_open_file(stream_fd, "cell", O_RDONLY);
	if (fd < 0)
		return ERR_DB_SPOOL_OPEN_FAILED;
	if (!cell_is_whole(fd) && (!make || !cell_make(fd))) {
		close(fd);
		return ERR_DB_SPOOL_OPEN_FAILED;
	}
	map = mmap(NULL, SPOOL_CELL_BYTES, writable ? PROT_READ | PROT_WRITE : PROT_READ,
	        MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		close(fd);
		return ERR_DB_SPOOL_OPEN_FAILED;
	}
	c->fd = fd;
	c->map = map;
	if (c->map->version == SPOOL_VERSION)
		return ERR_OK;
	spool_cell_close(c);
	return ERR_DB_SPOOL_FORMAT_NEWER;
}

bool spool_cell_lock(struct spool_cell *c)
{
	if (!c->locked)
		c->locked = flock(c->fd, LOCK_EX | LOCK_NB) == 0;
	return c->locked;
}

void spool_cell_unlock(struct spool_cell *c)
{
	if (c->locked)
		flock(c->fd, LOCK_UN);
	c->locked = false;
}

void spool_cell_close(struct spool_cell *c)
{
	if (c->map != NULL)
		munmap(c->map, SPOOL_CELL_BYTES);
	if (c->map != NULL && c->fd >= 0)
		close(c->fd);
	*c = (struct spool_cell){.fd = -1};
}
