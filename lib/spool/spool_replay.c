/* SPDX-License-Identifier: MIT
 * Replay: shipped records that are still there go into the spool once more. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "spool/spool_internal.h"

struct replay {
	struct spool_writer *w;
	int64_t since_ms;
	uint64_t rows;
	struct buf payload;
};

static enum err put_back(struct replay *p, int fd, const struct spool_record_header *h)
{
	struct spool_record r = {
	        .accepted_ms = h->accepted_ms,
	        .rows_server = h->rows_server,
	        .rows_widget = h->rows_widget,
	        .registry_rows = h->registry_rows,
	        .events_len = h->events_len,
	        .registry_len = h->payload_len - h->events_len,
	};
	enum err e;

	buf_clear(&p->payload);
	if (buf_reserve(&p->payload, h->payload_len) == NULL)
		return ERR_INGEST_SPOOL_WRITE_FAILED;
	r.events = p->payload.data;
	r.registry = p->payload.data + h->events_len;
	if (!spool_pread_all(
	            fd, p->payload.data, h->payload_len, h->offset + SPOOL_RECORD_HEADER_BYTES) ||
	        spool_crc32c(0, p->payload.data, h->payload_len) != h->payload_crc)
		return ERR_OK;
	e = spool_append(p->w, &r);
	if (e == ERR_OK)
		p->rows += r.rows_server + r.rows_widget;
	return e;
}

/* Records of a segment before `end`. */
static enum err replay_segment(
        struct replay *p, int fd, const struct spool_segment_header *seg, uint64_t end)
{
	uint8_t bytes[SPOOL_RECORD_HEADER_BYTES];
	uint64_t at = SPOOL_SEGMENT_HEADER_BYTES;
	struct spool_record_header h;
	enum err e = ERR_OK;

	while (e == ERR_OK && at < end && spool_pread_all(fd, bytes, sizeof(bytes), at)) {
		if (spool_record_header_decode(bytes, seg->salt, at, &h) == SPOOL_FOUND) {
			if (h.accepted_ms >= p->since_ms)
				e = put_back(p, fd, &h);
			at += spool_record_bytes(h.payload_len);
		} else if (!spool_segment_next(fd, seg->salt, at + SPOOL_RECORD_ALIGN, end, &at)) {
			break;
		}
	}
	return e;
}

static enum err replay_list(struct replay *p, int stream_fd, const char *suffix,
        const struct spool_ack *ack, const uint32_t *list, int count)
{
	struct spool_segment_header seg;
	enum spool_found found;
	enum err e = ERR_OK;

	for (int i = 0; i < count && e == ERR_OK; i++) {
		uint64_t end = UINT64_MAX;
		int fd;

		/* Of what is not kept only the part that was shipped: the rest will be anyway. */
		if (suffix[1] == 's' && (ack == NULL || list[i] > ack->seq))
			continue;
		if (suffix[1] == 's' && list[i] == ack->seq)
			end = ack->off;
		fd = spool_segment_open_as(stream_fd, list[i], suffix, &seg, &found);
		if (fd < 0)
			continue;
		if (found == SPOOL_FOUND) {
			off_t size = lseek(fd, 0, SEEK_END);

			if (size >= 0 && end > (uint64_t)size)
				end = (uint64_t)size;
			e = replay_segment(p, fd, &seg, end);
		}
		close(fd);
	}
	return e;
}

static enum err replay_stream(struct replay *p, int stream_fd, const struct spool_ack *ack)
{
	uint32_t *list;
	int count = spool_dir_kept(stream_fd, &list);
	enum err e = replay_list(p, stream_fd, ".kept", ack, list, count);

	free(list);
	if (e != ERR_OK)
		return e;
	count = spool_dir_segments(stream_fd, &list);
	e = replay_list(p, stream_fd, ".seg", ack, list, count);
	free(list);
	return e;
}

enum err spool_replay(const struct spool_options *o, int64_t since_ms, uint64_t *rows)
{
	struct replay p = {.since_ms = since_ms};
	struct spool_state *state = malloc(sizeof(*state));
	uint32_t streams[SPOOL_STREAMS_MAX];
	char id[SPOOL_ID_BYTES];
	int hold = -1, spool_fd = -1, count;
	enum err e = state != NULL ? ERR_OK : ERR_DB_SPOOL_OPEN_FAILED;

	buf_init(&p.payload, SPOOL_RECORD_BYTES_MAX);
	if (e == ERR_OK)
		e = spool_writer_open(o, &p.w);
	if (e == ERR_OK)
		e = spool_dir_open(o->dir, false, true, &spool_fd, id);
	if (e != ERR_OK)
		goto out;
	/* What is read must not be deleted meanwhile; and what is shipped is what it is now, so
	 * that nothing is put back twice. */
	hold = spool_hold(o->dir);
	(void)!spool_state_read(spool_fd, id, state);
	count = spool_dir_streams(spool_fd, streams);
	for (int i = 0; i < count && e == ERR_OK; i++) {
		int fd = spool_dir_stream(spool_fd, streams[i], false);

		if (fd < 0)
			continue;
		e = replay_stream(&p, fd, spool_state_ack(state, streams[i]));
		close(fd);
	}
out:
	if (hold >= 0)
		close(hold);
	if (spool_fd >= 0)
		close(spool_fd);
	spool_writer_close(p.w);
	buf_release(&p.payload);
	free(state);
	*rows = p.rows;
	return e;
}
