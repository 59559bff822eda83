/* SPDX-License-Identifier: MIT
 * Writing past the page cache: whole blocks, from a stage that begins with what the first block
 * already holds, into blocks that were initialised ahead. A record then costs the disk its own
 * write and one flush, and no copy in the kernel, inode or journal. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "spool/spool_internal.h"

enum {
	DIRECT_BLOCK_BYTES = 4096,       /* a multiple of what disks and file systems ask for */
	DIRECT_STAGE_BYTES = 128 * 1024, /* of a record written at once */
	DIRECT_ZERO_BYTES = 64 * 1024,   /* a piece of zeros … */
	DIRECT_ZERO_PIECES = 8,          /* … written so often at once, ahead of records */
	DIRECT_ZERO_WORTH = 256 * 1024,  /* longer records initialise their blocks themselves */
};

static uint64_t block_start(uint64_t at)
{
	return at / DIRECT_BLOCK_BYTES * DIRECT_BLOCK_BYTES;
}

static uint64_t block_end(uint64_t at)
{
	return block_start(at + DIRECT_BLOCK_BYTES - 1);
}

static bool set_direct(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

void spool_direct_begin(struct spool_direct *d, int fd, uint64_t at)
{
	d->on = false;
	if (d->stage == NULL)
		d->stage = aligned_alloc(
		        DIRECT_BLOCK_BYTES, DIRECT_STAGE_BYTES + (size_t)DIRECT_ZERO_BYTES);
	if (d->stage == NULL)
		return;
	memset(d->stage + DIRECT_STAGE_BYTES, 0, DIRECT_ZERO_BYTES);
	d->ready = block_end(at);
	d->on = at < DIRECT_STAGE_BYTES && spool_pread_all(fd, d->stage, (size_t)at, 0) &&
	        set_direct(fd, true);
}

void spool_direct_end(struct spool_direct *d, int fd)
{
	d->on = false;
	(void)!set_direct(fd, false);
}

void spool_direct_release(struct spool_direct *d)
{
	free(d->stage);
	*d = (struct spool_direct){.stage = NULL};
}

/* Initialises blocks up to end and some more, within the space that is reserved. Only for speed:
 * when it fails, the record's own write tells. */
static void zero_ahead(struct spool_direct *d, int fd, uint64_t end, uint64_t reserved)
{
	struct iovec iov[DIRECT_ZERO_PIECES];

	for (size_t i = 0; i < DIRECT_ZERO_PIECES; i++)
		iov[i] = (struct iovec){d->stage + DIRECT_STAGE_BYTES, DIRECT_ZERO_BYTES};
	while (d->ready < end && reserved != UINT64_MAX) {
		uint64_t left = (block_start(reserved) - d->ready) / DIRECT_ZERO_BYTES;
		int pieces = left < DIRECT_ZERO_PIECES ? (int)left : DIRECT_ZERO_PIECES;

		if (block_start(reserved) <= d->ready || pieces == 0 ||
		        pwritev(fd, iov, pieces, (off_t)d->ready) != pieces * DIRECT_ZERO_BYTES)
			break;
		d->ready += (uint64_t)pieces * DIRECT_ZERO_BYTES;
	}
}

static bool write_stage(struct spool_direct *d, int fd, size_t len, uint64_t at)
{
	const struct iovec iov = {d->stage, len};
	ssize_t n;

	do
		n = spool_sys.pwritev(fd, &iov, 1, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n != len)
		errno = ENOSPC; /* a short write is what a full disk does first */
	return n >= 0 && (size_t)n == len;
}

/* Copies all pieces through the stage; *base is where the stage begins when it returns. */
static bool write_pieces(struct spool_direct *d, int fd, const struct iovec *iov, int count,
        uint64_t at, uint64_t *base)
{
	size_t fill = (size_t)(at - block_start(at));

	*base = block_start(at);
	for (int i = 0; i < count; i++) {
		const uint8_t *from = iov[i].iov_base;
		size_t left = iov[i].iov_len;

		while (left > 0) {
			size_t n =
			        DIRECT_STAGE_BYTES - fill < left ? DIRECT_STAGE_BYTES - fill : left;

			memcpy(d->stage + fill, from, n);
			from += n;
			left -= n;
			fill += n;
			if (fill < DIRECT_STAGE_BYTES)
				continue;
			if (!write_stage(d, fd, fill, *base))
				return false;
			*base += fill;
			fill = 0;
		}
	}
	if (fill == 0)
		return true;
	memset(d->stage + fill, 0, (size_t)block_end(fill) - fill);
	return write_stage(d, fd, (size_t)block_end(fill), *base);
}

bool spool_direct_write(struct spool_direct *d, int fd, const struct iovec *iov, int count,
        uint64_t at, uint64_t need, uint64_t reserved)
{
	uint64_t end = at + need, base;

	if (need < DIRECT_ZERO_WORTH)
		zero_ahead(d, fd, block_end(end), reserved);
	if (!write_pieces(d, fd, iov, count, at, &base))
		return false;
	if (d->ready < block_end(end))
		d->ready = block_end(end);
	/* The last block is written again with the next record. */
	memmove(d->stage, d->stage + (block_start(end) - base), (size_t)(end - block_start(end)));
	return true;
}
