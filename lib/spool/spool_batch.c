/* SPDX-License-Identifier: MIT
 * The rows of a plan: reads its ranges in their order, the same bytes each time. */
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "spool/spool_reader_internal.h"

/* A plan of the largest size that settings allow, and one record of the largest size. */
enum { BATCH_BYTES_MAX = 512 * 1024 * 1024 };

uint32_t spool_crc(const void *bytes, size_t len)
{
	return spool_crc32c(0, bytes, len);
}

void spool_batch_init(struct spool_batch *b)
{
	memset(b, 0, sizeof(*b));
	buf_init(&b->events, BATCH_BYTES_MAX);
	buf_init(&b->registry, BATCH_BYTES_MAX);
}

void spool_batch_release(struct spool_batch *b)
{
	if (b == NULL)
		return;
	buf_release(&b->events);
	buf_release(&b->registry);
}

static void batch_clear(struct spool_batch *b)
{
	struct buf events = b->events, registry = b->registry;

	memset(b, 0, sizeof(*b));
	b->events = events;
	b->registry = registry;
	buf_clear(&b->events);
	buf_clear(&b->registry);
}

/* Both sections at once, straight to where they are needed. */
static bool read_sections(
        int fd, uint64_t at, struct iovec iov[2], const struct spool_record_header *h)
{
	ssize_t n;

	do
		n = preadv(fd, iov, 2, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n == h->payload_len)
		return true;
	return spool_pread_all(fd, iov[0].iov_base, iov[0].iov_len, at) &&
	       spool_pread_all(fd, iov[1].iov_base, iov[1].iov_len, at + iov[0].iov_len);
}

/* *whole false: the payload is damaged. */
static enum err load_payload(
        int fd, const struct spool_record_header *h, struct spool_batch *b, bool *whole)
{
	size_t registry_len = h->payload_len - h->events_len;
	struct iovec iov[2] = {
	        {buf_reserve(&b->events, h->events_len), h->events_len},
	        {buf_reserve(&b->registry, registry_len), registry_len},
	};
	uint32_t crc;

	if (iov[0].iov_base == NULL || iov[1].iov_base == NULL)
		return ERR_DB_SPOOL_OPEN_FAILED;
	*whole = read_sections(fd, h->offset + SPOOL_RECORD_HEADER_BYTES, iov, h);
	if (!*whole)
		return ERR_OK;
	crc = spool_crc32c(0, iov[0].iov_base, iov[0].iov_len);
	crc = spool_crc32c(crc, iov[1].iov_base, iov[1].iov_len);
	*whole = crc == h->payload_crc;
	if (!*whole)
		return ERR_OK;
	b->events.len += h->events_len;
	b->registry.len += registry_len;
	b->records++;
	b->rows_server += h->rows_server;
	b->rows_widget += h->rows_widget;
	b->registry_rows += h->registry_rows;
	if (b->oldest_ms == 0 || h->accepted_ms < b->oldest_ms)
		b->oldest_ms = h->accepted_ms;
	if (h->accepted_ms > b->newest_ms)
		b->newest_ms = h->accepted_ms;
	return ERR_OK;
}

/* One record of the range, or one damaged place; at goes behind it. */
static enum err load_record(struct spool_reader *r, int fd, const struct spool_segment_header *seg,
        const struct spool_range *range, uint64_t *at, uint64_t *rows, struct spool_batch *b)
{
	struct spool_range bad = {range->stream, range->seq, *at, range->to};
	uint8_t bytes[SPOOL_RECORD_HEADER_BYTES] = {0};
	struct spool_record_header h;
	bool whole = false;
	enum err e;

	if (!spool_pread_all(fd, bytes, sizeof(bytes), *at) ||
	        spool_record_header_decode(bytes, seg->salt, *at, &h) != SPOOL_FOUND ||
	        *at + spool_record_bytes(h.payload_len) > range->to) {
		if (!spool_segment_next(
		            fd, seg->salt, *at + SPOOL_RECORD_ALIGN, range->to, &bad.to))
			bad.to = range->to;
		*at = bad.to;
		return spool_reader_set_aside(r, fd, &bad, 0, "no valid record header");
	}
	e = load_payload(fd, &h, b, &whole);
	bad.to = *at + spool_record_bytes(h.payload_len);
	if (e == ERR_OK && !whole)
		e = spool_reader_set_aside(r, fd, &bad,
		        (uint64_t)h.rows_server + h.rows_widget + h.registry_rows,
		        "checksum of the payload is wrong");
	*at = bad.to;
	*rows = h.rows_before + h.rows_server + h.rows_widget;
	return e;
}

/* A range whose segment is gone, or has lost its header since the plan was made: its bytes, if
 * there are any, go to quarantine, the other ranges go on. */
static enum err skip_range(
        struct spool_reader *r, int fd, const struct spool_range *range, const char *why)
{
	log_error(ERR_DB_SPOOL_CRC_MISMATCH, "a planned segment cannot be read",
	        F_INT("stream", range->stream), F_INT("segment", range->seq), F_STR("cause", why));
	return fd < 0 ? ERR_OK : spool_reader_set_aside(r, fd, range, 0, why);
}

static enum err load_range(struct spool_reader *r, uint32_t i, struct spool_batch *b)
{
	const struct spool_range *range = &r->state->plan.ranges[i];
	struct spool_stream *s = spool_reader_stream(r, range->stream);
	struct spool_segment_header seg = {0};
	enum spool_found found = SPOOL_FOUND_BAD;
	uint64_t at = range->from;
	enum err e = ERR_OK;
	int fd = -1;

	if (s != NULL)
		fd = spool_segment_open(s->fd, range->seq, &seg, &found);
	if (s != NULL && fd < 0 && errno != ENOENT)
		return ERR_DB_SPOOL_OPEN_FAILED;
	r->plan_salts[i] = seg.salt;
	r->plan_rows[i] = s != NULL ? s->rows : 0;
	if (found != SPOOL_FOUND)
		e = skip_range(r, fd, range, fd < 0 ? "the file is gone" : "its header is damaged");
	while (found == SPOOL_FOUND && at < range->to && e == ERR_OK)
		e = load_record(r, fd, &seg, range, &at, &r->plan_rows[i], b);
	if (fd >= 0)
		close(fd);
	if (e == ERR_OK && s != NULL)
		spool_stream_seek(s, range->seq, range->to, r->plan_rows[i]);
	return e;
}

/* The buffer's promise of a NUL behind its bytes, which reading into it has broken. */
static void end_text(struct buf *b)
{
	if (b->data != NULL)
		b->data[b->len] = '\0';
}

enum err spool_batch_load(struct spool_reader *r, struct spool_batch *b)
{
	enum err e = ERR_OK;

	batch_clear(b);
	for (uint32_t i = 0; i < r->state->plan.range_count && e == ERR_OK; i++)
		e = load_range(r, i, b);
	end_text(&b->events);
	end_text(&b->registry);
	return e;
}
