/* SPDX-License-Identifier: MIT
 * What is in a spool, for people and health checks: read beside writers and shipper. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "spool/spool_internal.h"
#include "spool/spool_quarantine.h"

/* Whether somebody holds the exclusive lock of a file. */
static bool is_locked(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	bool locked;

	if (fd < 0)
		return false;
	locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return locked;
}

/* Rows of a stream and the accepted time of the first record behind ack. */
static void add_stream(int fd, const struct spool_ack *ack, struct spool_status *out)
{
	struct spool_cell cell = {.fd = -1};
	struct spool_segment_header seg;
	struct spool_record_header h;
	enum spool_found found;
	uint32_t *segments = NULL;
	int count = spool_dir_segments(fd, &segments);
	uint64_t rows, end = 0, acked = ack != NULL ? ack->rows : 0;

	out->streams++;
	if (spool_cell_open(fd, false, &cell) != ERR_OK)
		goto out;
	if (is_locked(fd, "cell"))
		out->writers++;
	rows = atomic_load(&cell.map->rows);
	end = atomic_load(&cell.map->pos);
	out->depth_events += rows > acked ? rows - acked : 0;
	for (int i = 0; i < count; i++) {
		bool current = ack != NULL && segments[i] == ack->seq;
		uint64_t at = current ? ack->off : SPOOL_SEGMENT_HEADER_BYTES;
		uint8_t bytes[SPOOL_RECORD_HEADER_BYTES];
		int seg_fd;

		if ((ack != NULL && segments[i] < ack->seq) || spool_pos(segments[i], at) >= end)
			continue;
		seg_fd = spool_segment_open(fd, segments[i], &seg, &found);
		if (seg_fd < 0)
			continue;
		if (found == SPOOL_FOUND && spool_pread_all(seg_fd, bytes, sizeof(bytes), at) &&
		        spool_record_header_decode(bytes, seg.salt, at, &h) == SPOOL_FOUND) {
			if (out->oldest_ms == 0 || h.accepted_ms < out->oldest_ms)
				out->oldest_ms = h.accepted_ms;
			close(seg_fd);
			break;
		}
		close(seg_fd);
	}
out:
	free(segments);
	spool_cell_close(&cell);
}

enum err spool_status(const char *dir, struct spool_status *out)
{
	uint32_t streams[SPOOL_STREAMS_MAX];
	struct spool_state *state = malloc(sizeof(*state));
	int spool_fd = -1, count = -1;
	enum err e = ERR_DB_SPOOL_OPEN_FAILED;

	memset(out, 0, sizeof(*out));
	if (state == NULL)
		return e;
	e = spool_dir_open(dir, false, true, &spool_fd, out->id);
	if (e != ERR_OK)
		goto out;
	if (spool_state_read(spool_fd, out->id, state) == ERR_DB_SPOOL_FORMAT_NEWER) {
		e = ERR_DB_SPOOL_FORMAT_NEWER;
		goto out;
	}
	count = spool_dir_streams(spool_fd, streams);
	for (int i = 0; i < count; i++) {
		int fd = spool_dir_stream(spool_fd, streams[i], false);

		if (fd < 0)
			continue;
		add_stream(fd, spool_state_ack(state, streams[i]), out);
		close(fd);
	}
	out->shipper_running = is_locked(spool_fd, "shipper.lock");
	e = spool_space_measure(
	        spool_fd, out->id, &out->depth_bytes, &out->disk_bytes, &out->segments);
	if (e == ERR_OK)
		e = spool_quarantine_usage(dir, &out->quarantine_entries, &out->quarantine_rows,
		        &out->quarantine_bytes);
out:
	if (spool_fd >= 0)
		close(spool_fd);
	free(state);
	return e;
}
