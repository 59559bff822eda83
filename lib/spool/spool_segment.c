/* SPDX-License-Identifier: MIT
 * Segments: making one, opening one, and settling where a stream ends when its writer is gone. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "spool/spool_internal.h"

enum { SEGMENT_SCAN_BYTES = 1024 * 1024 };

int spool_segment_create(
        int stream_fd, struct spool_cell *c, const struct spool_segment_header *h, int64_t prealloc)
{
	uint8_t bytes[SPOOL_SEGMENT_HEADER_BYTES];
	char name[24];
	int fd, saved;

	/* The number first: once it is on disk it is never given out again, whatever happens. */
	atomic_store(&c->map->last_seq, h->seq);
	if (msync(c->map, SPOOL_CELL_BYTES, MS_SYNC) != 0)
		return -1;
	spool_segment_name(h->seq, ".seg", name);
	fd = spool_dir_open_file(stream_fd, name, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return -1;
	/* Reserving space is only for speed: a file system that cannot, or is nearly full, may. */
	if (prealloc > 0)
		(void)!spool_sys.fallocate(fd, 0, 0, prealloc);
	spool_segment_header_encode(h, bytes);
	if (spool_pwrite_all(fd, bytes, sizeof(bytes), 0) && spool_sys.fsync(fd) == 0 &&
	        spool_sys.fsync(stream_fd) == 0)
		return fd;
	saved = errno;
	unlinkat(stream_fd, name, 0);
	close(fd);
	errno = saved;
	return -1;
}

int spool_segment_open(
        int stream_fd, uint32_t seq, struct spool_segment_header *h, enum spool_found *found)
{
	return spool_segment_open_as(stream_fd, seq, ".seg", h, found);
}

int spool_segment_open_as(int stream_fd, uint32_t seq, const char *suffix,
        struct spool_segment_header *h, enum spool_found *found)
{
	uint8_t bytes[SPOOL_SEGMENT_HEADER_BYTES] = {0};
	char name[24];
	int fd;

	spool_segment_name(seq, suffix, name);
	fd = spool_dir_open_file(stream_fd, name, O_RDWR);
	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = spool_dir_open_file(stream_fd, name, O_RDONLY);
	if (fd < 0)
		return -1;
	*h = (struct spool_segment_header){0};
	if (!spool_pread_all(fd, bytes, sizeof(bytes), 0)) {
		/* Shorter than its header: it was never finished. */
		*found = errno == ENODATA ? SPOOL_FOUND_ZEROS : SPOOL_FOUND_BAD;
		return fd;
	}
	*found = spool_segment_header_decode(bytes, h);
	if (*found == SPOOL_FOUND && h->seq != seq)
		*found = SPOOL_FOUND_BAD;
	return fd;
}

/* Sum of a payload as it lies in the file; false: it is not there whole. */
static bool payload_sum(int fd, uint64_t at, uint32_t len, uint8_t *chunk, uint32_t *crc)
{
	*crc = 0;
	while (len > 0) {
		uint32_t n = len < SEGMENT_SCAN_BYTES ? len : SEGMENT_SCAN_BYTES;

		if (!spool_pread_all(fd, chunk, n, at))
			return false;
		*crc = spool_crc32c(*crc, chunk, n);
		at += n;
		len -= n;
	}
	return true;
}

static size_t chunk_bytes(uint64_t len)
{
	return len < SEGMENT_SCAN_BYTES ? (size_t)len : SEGMENT_SCAN_BYTES;
}

bool spool_segment_next(int fd, uint64_t salt, uint64_t from, uint64_t limit, uint64_t *at)
{
	struct spool_record_header r;
	uint8_t *chunk = from < limit ? malloc(chunk_bytes(limit - from)) : NULL;
	bool found = false;

	while (chunk != NULL && !found && from + SPOOL_RECORD_HEADER_BYTES <= limit) {
		uint64_t len = chunk_bytes(limit - from);
		uint64_t i = 0;

		if (!spool_pread_all(fd, chunk, len, from))
			break;
		for (; i + SPOOL_RECORD_HEADER_BYTES <= len && !found; i += SPOOL_RECORD_ALIGN) {
			found = chunk[i] == 'Y' && spool_record_header_decode(chunk + i, salt,
			                                   from + i, &r) == SPOOL_FOUND;
			*at = from + i;
		}
		from += i;
	}
	free(chunk);
	return found;
}

/* True when a whole record lies at `at`; its header is then in *r. */
static bool whole_record(
        int fd, uint64_t salt, uint64_t at, uint8_t *chunk, struct spool_record_header *r)
{
	uint8_t bytes[SPOOL_RECORD_HEADER_BYTES];
	uint32_t crc;

	return spool_pread_all(fd, bytes, sizeof(bytes), at) &&
	       spool_record_header_decode(bytes, salt, at, r) == SPOOL_FOUND &&
	       payload_sum(fd, at + SPOOL_RECORD_HEADER_BYTES, r->payload_len, chunk, &crc) &&
	       crc == r->payload_crc;
}

static bool anything_behind(int fd, uint64_t from, uint64_t size, uint8_t *chunk)
{
	while (from < size) {
		uint64_t len = size - from < SEGMENT_SCAN_BYTES ? size - from : SEGMENT_SCAN_BYTES;

		if (!spool_pread_all(fd, chunk, len, from))
			return true;
		for (uint64_t i = 0; i < len; i++)
			if (chunk[i] != 0)
				return true;
		from += len;
	}
	return false;
}

enum err spool_segment_scan(int fd, uint64_t salt, uint64_t from, struct spool_scan *out)
{
	uint8_t *chunk = malloc(SEGMENT_SCAN_BYTES);
	struct spool_record_header r;
	struct stat st;
	uint64_t at = from;

	if (chunk == NULL || fstat(fd, &st) != 0) {
		free(chunk);
		return ERR_DB_SPOOL_OPEN_FAILED;
	}
	out->end = from;
	out->size = (uint64_t)st.st_size;
	/* A record that is not whole is the end only when no whole one comes after it. */
	for (;;) {
		if (whole_record(fd, salt, at, chunk, &r)) {
			at += spool_record_bytes(r.payload_len);
			out->end = at < out->size ? at : out->size;
			out->rows = r.rows_before + r.rows_server + r.rows_widget;
		} else if (!spool_segment_next(fd, salt, at + SPOOL_RECORD_ALIGN, out->size, &at)) {
			break;
		}
	}
	out->torn = anything_behind(fd, out->end, out->size, chunk);
	free(chunk);
	return ERR_OK;
}

/* Where the last segment ends; cuts off what is behind. fd is closed. */
static enum err settle_last(int fd, const struct spool_segment_header *h, struct spool_cell *c)
{
	uint64_t pos = atomic_load(&c->map->pos);
	struct spool_scan scan = {.rows = h->rows_before};
	uint64_t from = SPOOL_SEGMENT_HEADER_BYTES;
	struct stat st;
	enum err e;

	/* What is before pos was acknowledged: damage there is for the reader to report. */
	if (spool_pos_seq(pos) == h->seq && spool_pos_off(pos) > from && fstat(fd, &st) == 0 &&
	        spool_pos_off(pos) <= (uint64_t)st.st_size) {
		from = spool_pos_off(pos);
		scan.rows = atomic_load(&c->map->rows);
	}
	e = spool_segment_scan(fd, h->salt, from, &scan);
	if (e == ERR_OK && scan.torn)
		log_warn(ERR_DB_SPOOL_TORN_TAIL, err_message(ERR_DB_SPOOL_TORN_TAIL),
		        F_INT("stream", h->stream), F_INT("segment", h->seq),
		        F_INT("offset", (int64_t)scan.end));
	if (e == ERR_OK && scan.size > scan.end)
		(void)!spool_sys.ftruncate(fd, (off_t)scan.end);
	if (e == ERR_OK && spool_sys.fdatasync(fd) != 0)
		e = ERR_DB_SPOOL_OPEN_FAILED;
	if (e == ERR_OK) {
		atomic_store(&c->map->rows, scan.rows);
		atomic_store(&c->map->pos, spool_pos(h->seq, scan.end));
	}
	close(fd);
	return e;
}

/* A segment whose header cannot be read: all of it counts, the reader sets it aside. */
static enum err settle_damaged(int fd, uint32_t seq, struct spool_cell *c)
{
	struct stat st;
	enum err e = fstat(fd, &st) == 0 ? ERR_OK : ERR_DB_SPOOL_OPEN_FAILED;

	if (e == ERR_OK)
		atomic_store(&c->map->pos, spool_pos(seq, (uint64_t)st.st_size));
	close(fd);
	return e;
}

static void settle_empty(struct spool_cell *c, const struct spool_ack *ack)
{
	uint64_t pos = atomic_load(&c->map->pos);
	uint32_t seq = spool_pos_seq(pos);

	if (ack != NULL && ack->seq > seq)
		seq = ack->seq;
	if (ack != NULL && ack->rows > atomic_load(&c->map->rows))
		atomic_store(&c->map->rows, ack->rows);
	if (seq != spool_pos_seq(pos))
		atomic_store(&c->map->pos, spool_pos(seq, 0));
}

static void settle_last_seq(struct spool_cell *c, uint32_t seq, const struct spool_ack *ack)
{
	uint32_t pos_seq = spool_pos_seq(atomic_load(&c->map->pos));

	if (ack != NULL && ack->seq > seq)
		seq = ack->seq;
	if (pos_seq > seq)
		seq = pos_seq;
	if (atomic_load(&c->map->last_seq) < seq)
		atomic_store(&c->map->last_seq, seq);
}

enum err spool_stream_settle(int stream_fd, struct spool_cell *c, const struct spool_ack *ack)
{
	struct spool_segment_header h;
	enum spool_found found;
	uint32_t *segments;
	int count = spool_dir_segments(stream_fd, &segments);
	enum err e = count < 0 ? ERR_DB_SPOOL_OPEN_FAILED : ERR_OK;
	bool settled = false;

	while (e == ERR_OK && !settled && count > 0) {
		uint32_t seq = segments[count - 1];
		int fd = spool_segment_open(stream_fd, seq, &h, &found);
		char name[24];

		settle_last_seq(c, seq, ack);
		if (fd < 0) {
			e = ERR_DB_SPOOL_OPEN_FAILED;
		} else if (found == SPOOL_FOUND) {
			e = settle_last(fd, &h, c);
			settled = true;
		} else if (found == SPOOL_FOUND_BAD) {
			e = settle_damaged(fd, seq, c);
			settled = true;
		} else if (found == SPOOL_FOUND_NEWER) {
			close(fd);
			e = ERR_DB_SPOOL_FORMAT_NEWER;
		} else {
			/* Cut short while it was made: nothing in it was acknowledged. */
			close(fd);
			spool_segment_name(seq, ".seg", name);
			unlinkat(stream_fd, name, 0);
			count--;
		}
	}
	free(segments);
	if (e == ERR_OK && !settled) {
		settle_empty(c, ack);
		settle_last_seq(c, 0, ack);
	}
	return e;
}
