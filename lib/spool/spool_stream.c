/* SPDX-License-Identifier: MIT
 * Streams as the shipper sees them: which segments there are, where they end, the next record. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "spool/spool_reader_internal.h"

enum { STREAM_SCAN_MS = 500, STREAM_ASIDE_BYTES = 16 * 1024 * 1024 };

struct spool_stream *spool_reader_stream(struct spool_reader *r, uint32_t number)
{
	for (int i = 0; i < r->stream_count; i++)
		if (r->streams[i].number == number)
			return &r->streams[i];
	return NULL;
}

static void close_segment(struct spool_stream *s)
{
	if (s->segment_fd >= 0)
		close(s->segment_fd);
	s->segment_fd = -1;
	s->closed_end = 0;
	s->peeked = false;
}

void spool_stream_seek(struct spool_stream *s, uint32_t seq, uint64_t off, uint64_t rows)
{
	if (s->segment_fd >= 0 && s->segment.seq != seq)
		close_segment(s);
	s->seq = seq;
	s->off = off;
	s->rows = rows;
	s->peeked = false;
}

void spool_stream_release(struct spool_stream *s)
{
	close_segment(s);
	spool_cell_close(&s->cell);
	free(s->segments);
	if (s->fd >= 0)
		close(s->fd);
}

static enum err list_segments(struct spool_stream *s)
{
	uint32_t *list;
	/* Both before the listing: a writer puts a number into last_seq before the file is there,
	 * and into pos after. */
	uint64_t last = atomic_load(&s->cell.map->last_seq);
	uint32_t pos_seq = spool_pos_seq(atomic_load(&s->cell.map->pos));
	int count = spool_dir_segments(s->fd, &list);

	if (count < 0)
		return ERR_DB_SPOOL_OPEN_FAILED;
	free(s->segments);
	s->segments = list;
	s->segment_count = count;
	s->seen_last_seq = last;
	s->seen_pos_seq = pos_seq;
	return ERR_OK;
}

static enum err add_stream(struct spool_reader *r, uint32_t number)
{
	struct spool_stream *s = &r->streams[r->stream_count];
	struct spool_ack *ack = spool_state_ack(r->state, number);
	enum err e;

	*s = (struct spool_stream){.number = number, .segment_fd = -1, .cell.fd = -1};
	s->fd = spool_dir_stream(r->spool_fd, number, false);
	if (s->fd < 0)
		return ERR_DB_SPOOL_OPEN_FAILED;
	/* A cell that is just being made is seen the next time. */
	e = spool_cell_open(s->fd, false, &s->cell);
	if (e != ERR_OK) {
		spool_stream_release(s);
		return e == ERR_DB_SPOOL_FORMAT_NEWER ? e : ERR_OK;
	}
	if (ack != NULL)
		spool_stream_seek(s, ack->seq, ack->off, ack->rows);
	r->stream_count++;
	return list_segments(s);
}

/* A stream that can be locked has no writer: its end must be settled before its tail is read. */
static enum err settle_if_free(struct spool_reader *r, struct spool_stream *s)
{
	enum err e = ERR_OK;

	if (!spool_cell_lock(&s->cell)) {
		s->settled = false;
		return ERR_OK;
	}
	if (!s->settled) {
		e = spool_stream_settle(s->fd, &s->cell, spool_state_ack(r->state, s->number));
		s->settled = e == ERR_OK;
	}
	spool_cell_unlock(&s->cell);
	return e == ERR_OK ? list_segments(s) : e;
}

enum err spool_streams_refresh(struct spool_reader *r)
{
	uint32_t numbers[SPOOL_STREAMS_MAX];
	int64_t now = clock_mono_ms();
	bool scan = r->scanned_ms == 0 || now - r->scanned_ms >= STREAM_SCAN_MS;
	enum err e = ERR_OK;

	if (scan) {
		int count = spool_dir_streams(r->spool_fd, numbers);

		if (count < 0)
			return ERR_DB_SPOOL_OPEN_FAILED;
		for (int i = 0; i < count && e == ERR_OK; i++)
			if (spool_reader_stream(r, numbers[i]) == NULL)
				e = add_stream(r, numbers[i]);
		r->scanned_ms = now;
	}
	for (int i = 0; i < r->stream_count && e == ERR_OK; i++) {
		struct spool_stream *s = &r->streams[i];

		if (atomic_load(&s->cell.map->last_seq) != s->seen_last_seq) {
			s->settled = false;
			e = list_segments(s);
		} else if (spool_pos_seq(atomic_load(&s->cell.map->pos)) != s->seen_pos_seq) {
			e = list_segments(
			        s); /* its file may have been made after the last listing */
		}
		if (scan && e == ERR_OK)
			e = settle_if_free(r, s);
	}
	return e;
}

uint32_t spool_stream_successor(const struct spool_stream *s, uint32_t seq)
{
	for (int i = 0; i < s->segment_count; i++)
		if (s->segments[i] > seq)
			return s->segments[i];
	return 0;
}

/* The end that a later segment names for seq; 0: none does. */
static uint64_t named_end(const struct spool_stream *s, uint32_t seq)
{
	struct spool_segment_header h;
	enum spool_found found = SPOOL_FOUND_BAD;
	int fd = -1;

	for (uint32_t next = spool_stream_successor(s, seq); next != 0;
	        next = spool_stream_successor(s, next)) {
		fd = spool_segment_open(s->fd, next, &h, &found);
		if (fd >= 0)
			close(fd);
		if (fd >= 0 && found == SPOOL_FOUND && h.prev_seq == seq)
			return h.prev_end;
	}
	return 0;
}

uint64_t spool_stream_limit(const struct spool_stream *s, uint32_t seq)
{
	uint64_t pos = atomic_load(&s->cell.map->pos);
	uint64_t end = 0;
	struct stat st;
	char name[24];

	if (spool_pos_seq(pos) == seq)
		return spool_pos_off(pos);
	if (spool_pos_seq(pos) < seq)
		return 0;
	/* Listed before the segment that pos is in was made: the next listing will tell. */
	if (spool_stream_successor(s, seq) == 0)
		return 0;
	end = named_end(s, seq);
	/* No readable successor names it: the file was cut to its end when it was left. */
	spool_segment_name(seq, ".seg", name);
	if (end == 0 && fstatat(s->fd, name, &st, 0) == 0)
		end = (uint64_t)st.st_size;
	return end;
}

enum err spool_reader_set_aside(struct spool_reader *r, int fd, const struct spool_range *where,
        uint64_t rows, const char *why)
{
	uint64_t from = where->from, to = where->to;
	struct spool_quarantine_entry *q = calloc(1, sizeof(*q));
	char *bytes = malloc(to - from < STREAM_ASIDE_BYTES ? to - from : STREAM_ASIDE_BYTES);
	enum err e = q != NULL && bytes != NULL ? ERR_OK : ERR_DB_SPOOL_WRITE_FAILED;

	log_error(ERR_DB_SPOOL_CRC_MISMATCH, err_message(ERR_DB_SPOOL_CRC_MISMATCH),
	        F_INT("stream", where->stream), F_INT("segment", where->seq),
	        F_INT("offset", (int64_t)from), F_INT("bytes", (int64_t)(to - from)),
	        F_STR("cause", why));
	while (from < to && e == ERR_OK) {
		size_t len =
		        to - from < STREAM_ASIDE_BYTES ? (size_t)(to - from) : STREAM_ASIDE_BYTES;

		/* What cannot even be read is set aside as zeros: the entry says where it was. */
		memset(bytes, 0, len);
		(void)!spool_pread_all(fd, bytes, len, from);
		(void)!snprintf(q->id, sizeof(q->id), "damaged-%02x-%08x-%08llx", where->stream,
		        where->seq, (unsigned long long)from);
		q->code = ERR_DB_SPOOL_CRC_MISMATCH;
		q->rows = rows;
		(void)!snprintf(q->reason, sizeof(q->reason), "%s", why);
		e = spool_reader_quarantine(r, q, bytes, len);
		from += len;
		rows = 0;
	}
	if (e == ERR_OK)
		r->damaged++;
	free(q);
	free(bytes);
	return e;
}

/* A segment whose header is gone has no salt: nothing in it can be told from chance. It is renamed
 * and an entry without payload names it. */
static enum err set_segment_aside(struct spool_reader *r, struct spool_stream *s, uint32_t seq)
{
	struct spool_quarantine_entry *q = calloc(1, sizeof(*q));
	char name[24], damaged[24];
	enum err e;

	if (q == NULL)
		return ERR_DB_SPOOL_WRITE_FAILED;
	spool_segment_name(seq, ".seg", name);
	spool_segment_name(seq, ".damaged", damaged);
	(void)!snprintf(q->id, sizeof(q->id), "damaged-%02x-%08x", s->number, seq);
	q->code = ERR_DB_SPOOL_CRC_MISMATCH;
	(void)!snprintf(q->reason, sizeof(q->reason),
	        "segment header damaged; the whole file is kept as streams/%02x/%s", s->number,
	        damaged);
	log_error(ERR_DB_SPOOL_CRC_MISMATCH, err_message(ERR_DB_SPOOL_CRC_MISMATCH),
	        F_INT("stream", s->number), F_INT("segment", seq), F_STR("cause", q->reason));
	e = spool_reader_quarantine(r, q, "", 0);
	if (e == ERR_OK && renameat(s->fd, name, s->fd, damaged) != 0)
		e = ERR_DB_SPOOL_WRITE_FAILED;
	if (e == ERR_OK) {
		r->damaged++;
		e = list_segments(s);
	}
	free(q);
	return e;
}

/* Opens the segment to read from: s->seq, or the next one when that is gone. *opened false: there
 * is none, or it is not ready. */
static enum err open_segment(struct spool_reader *r, struct spool_stream *s, bool *opened)
{
	uint64_t pos = atomic_load(&s->cell.map->pos);
	struct spool_ack *ack = spool_state_ack(r->state, s->number);
	enum spool_found found;

	*opened = false;
	for (int i = 0; i < s->segment_count; i++) {
		uint32_t seq = s->segments[i];

		if (seq < s->seq)
			continue;
		if (seq > spool_pos_seq(pos))
			return ERR_OK;
		s->segment_fd = spool_segment_open(s->fd, seq, &s->segment, &found);
		if (s->segment_fd < 0)
			continue; /* removed since it was listed: it was empty */
		if (found == SPOOL_FOUND) {
			/* The same number with another salt would be another segment. */
			bool same = ack == NULL || ack->seq != seq || ack->salt == s->segment.salt;

			if (seq != s->seq || !same || s->off < SPOOL_SEGMENT_HEADER_BYTES) {
				s->off = SPOOL_SEGMENT_HEADER_BYTES;
				s->rows = s->segment.rows_before;
			}
			s->seq = seq;
			*opened = true;
			return ERR_OK;
		}
		close_segment(s);
		if (found == SPOOL_FOUND_NEWER)
			return ERR_DB_SPOOL_FORMAT_NEWER;
		if (seq == spool_pos_seq(pos) && !s->settled)
			return ERR_OK; /* its writer still appends to it */
		if (found == SPOOL_FOUND_BAD)
			return set_segment_aside(r, s, seq);
	}
	return ERR_OK;
}

/* Header at s->off, which is before limit. */
static enum err read_header(struct spool_reader *r, struct spool_stream *s, uint64_t limit)
{
	uint8_t bytes[SPOOL_RECORD_HEADER_BYTES] = {0};
	enum spool_found found = SPOOL_FOUND_BAD;
	uint64_t next;
	enum err e;

	if (spool_pread_all(s->segment_fd, bytes, sizeof(bytes), s->off))
		found = spool_record_header_decode(bytes, s->segment.salt, s->off, &s->next);
	if (found == SPOOL_FOUND_NEWER)
		return ERR_DB_SPOOL_FORMAT_NEWER;
	if (found == SPOOL_FOUND &&
	        s->off + SPOOL_RECORD_HEADER_BYTES + s->next.payload_len <= limit) {
		s->peeked = true;
		return ERR_OK;
	}
	if (!spool_segment_next(
	            s->segment_fd, s->segment.salt, s->off + SPOOL_RECORD_ALIGN, limit, &next))
		next = limit;
	e = spool_reader_set_aside(r, s->segment_fd,
	        &(struct spool_range){s->number, s->seq, s->off, next}, 0,
	        "no valid record header");
	if (e == ERR_OK)
		s->off = next;
	return e;
}

/* End of the open segment; looked up once when its writer has left it. */
static uint64_t current_limit(struct spool_stream *s)
{
	bool closed = spool_pos_seq(atomic_load(&s->cell.map->pos)) > s->seq;

	if (s->closed_end > 0)
		return s->closed_end;
	if (closed)
		s->closed_end = spool_stream_limit(s, s->seq);
	return closed ? s->closed_end : spool_stream_limit(s, s->seq);
}

enum err spool_stream_peek(struct spool_reader *r, struct spool_stream *s)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && !s->peeked) {
		bool opened = true;
		uint64_t limit;
		uint32_t successor;

		if (s->segment_fd < 0) {
			int count = s->segment_count;

			e = open_segment(r, s, &opened);
			if (e == ERR_OK && !opened && s->segment_count == count)
				return ERR_OK;
			if (!opened)
				continue;
		}
		limit = current_limit(s);
		if (s->off < limit) {
			e = read_header(r, s, limit);
			continue;
		}
		successor = spool_stream_successor(s, s->seq);
		if (successor == 0 || successor > spool_pos_seq(atomic_load(&s->cell.map->pos)))
			return ERR_OK;
		spool_stream_seek(s, successor, 0, s->rows);
	}
	return e;
}

void spool_stream_skip(struct spool_stream *s)
{
	s->off += spool_record_bytes(s->next.payload_len);
	s->rows = s->next.rows_before + s->next.rows_server + s->next.rows_widget;
	s->peeked = false;
}
