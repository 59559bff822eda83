/* SPDX-License-Identifier: MIT
 * How full the spool is: unshipped bytes against the quota, free disk against the reserve. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "spool/spool_internal.h"

enum {
	SPACE_OPEN_PERCENT = 95, /* closed at 100 %, open again below this */
	SPACE_RESERVE_BYTES = 512 * 1024 * 1024,
	SPACE_RESERVE_PERCENT = 5,
};

struct sums {
	int64_t unshipped, total;
	uint32_t segments;
};

static void measure_stream(int stream_fd, const struct spool_ack *ack, struct sums *s)
{
	struct spool_cell cell = {.fd = -1};
	uint64_t pos = 0;
	uint32_t *segments;
	int count = spool_dir_segments(stream_fd, &segments);

	if (spool_cell_open(stream_fd, false, &cell) == ERR_OK)
		pos = atomic_load(&cell.map->pos);
	for (int i = 0; i < count; i++) {
		struct stat st;
		char name[24];
		int64_t size;

		spool_segment_name(segments[i], ".seg", name);
		if (fstatat(stream_fd, name, &st, 0) != 0)
			continue;
		s->segments++;
		s->total += (int64_t)st.st_blocks * 512;
		/* Of the segment being written only what is in it, not what is reserved for it. */
		size = st.st_size;
		if (i == count - 1 && cell.map != NULL)
			size = segments[i] == spool_pos_seq(pos) ? (int64_t)spool_pos_off(pos) : 0;
		if (ack != NULL && segments[i] < ack->seq)
			size = 0;
		else if (ack != NULL && segments[i] == ack->seq)
			size -= (int64_t)ack->off;
		s->unshipped += size > 0 ? size : 0;
	}
	free(segments);
	spool_cell_close(&cell);
}

enum err spool_space_measure(int spool_fd, const char id[SPOOL_ID_BYTES], int64_t *unshipped,
        int64_t *total, uint32_t *segments)
{
	uint32_t streams[SPOOL_STREAMS_MAX];
	struct spool_state *state = malloc(sizeof(*state));
	int count = spool_dir_streams(spool_fd, streams);
	struct sums sums = {0};

	if (state == NULL || count < 0) {
		free(state);
		return ERR_DB_SPOOL_OPEN_FAILED;
	}
	/* Without a state nothing is shipped yet; one of a newer version counts as none. */
	(void)!spool_state_read(spool_fd, id, state);
	for (int i = 0; i < count; i++) {
		int fd = spool_dir_stream(spool_fd, streams[i], false);

		if (fd < 0)
			continue;
		measure_stream(fd, spool_state_ack(state, streams[i]), &sums);
		close(fd);
	}
	free(state);
	*unshipped = sums.unshipped;
	*total = sums.total;
	if (segments != NULL)
		*segments = sums.segments;
	return ERR_OK;
}

static bool disk_is_low(struct spool_space *s, int spool_fd)
{
	struct statvfs fs;
	int64_t avail, reserve = s->reserve_bytes;

	if (spool_sys.fstatvfs(spool_fd, &fs) != 0)
		return s->low_disk;
	avail = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (reserve <= 0) {
		reserve = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize / 100 * SPACE_RESERVE_PERCENT;
		if (reserve < SPACE_RESERVE_BYTES)
			reserve = SPACE_RESERVE_BYTES;
	}
	if (s->low_disk)
		reserve = reserve / SPACE_OPEN_PERCENT * 100;
	return avail < reserve;
}

enum err spool_space_check(struct spool_space *s, int spool_fd, const char id[SPOOL_ID_BYTES])
{
	int64_t now = clock_mono_ms(), total;

	if (s->read_ms == 0 || now - s->read_ms >= SPOOL_SPACE_TTL_MS) {
		enum err e = spool_space_measure(spool_fd, id, &s->used_bytes, &total, NULL);

		if (e != ERR_OK)
			return ERR_INGEST_SPOOL_WRITE_FAILED;
		s->low_disk = disk_is_low(s, spool_fd);
		s->read_ms = now;
	}
	if (s->used_bytes >= s->max_bytes)
		s->over_quota = true;
	else if (s->used_bytes < s->max_bytes / 100 * SPACE_OPEN_PERCENT)
		s->over_quota = false;
	if (s->low_disk)
		return ERR_INGEST_SPOOL_DISK_FULL;
	return s->over_quota ? ERR_INGEST_BACKPRESSURE_ACTIVE : ERR_OK;
}
