/* SPDX-License-Identifier: MIT
 * Giving disk back: shipped segments are deleted, or kept for a while for replay. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "spool/spool_reader_internal.h"

enum { FREE_KEPT_MS = 10 * 1000, FREE_KEPT_PERCENT = 80 };

int spool_hold(const char *dir)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = dir_fd >= 0 ? spool_dir_open_file(dir_fd, "hold", O_RDWR | O_CREAT) : -1;

	if (dir_fd >= 0)
		close(dir_fd);
	if (fd >= 0 && flock(fd, LOCK_SH) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The lock that a backup's spool_hold keeps us from having; -1: held. */
static int may_delete(struct spool_reader *r)
{
	int fd = spool_dir_open_file(r->spool_fd, "hold", O_RDWR | O_CREAT);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void free_segment(struct spool_reader *r, struct spool_stream *s, uint32_t seq)
{
	char name[24], kept[24];

	spool_segment_name(seq, ".seg", name);
	spool_segment_name(seq, ".kept", kept);
	if (r->o.keep_ms > 0 ? renameat(s->fd, name, s->fd, kept) != 0
	                     : unlinkat(s->fd, name, 0) != 0)
		if (errno != ENOENT)
			log_warn(ERR_DB_SPOOL_WRITE_FAILED, "a shipped segment cannot be removed",
			        F_INT("stream", s->number), F_INT("segment", seq),
			        F_STR("cause", strerror(errno)));
}

/* Whether a listed segment is acknowledged to its end. */
static bool is_shipped(const struct spool_stream *s, const struct spool_ack *ack, uint32_t seq)
{
	uint64_t limit;

	if (seq != ack->seq)
		return seq < ack->seq;
	limit = spool_stream_limit(s, seq);
	return limit > 0 && ack->off >= limit;
}

/* The last segment may be the one a writer appends to: only with the stream's lock. */
static bool free_last(struct spool_reader *r, struct spool_stream *s, uint32_t seq)
{
	bool free_it = spool_cell_lock(&s->cell) && s->settled &&
	               atomic_load(&s->cell.map->last_seq) == s->seen_last_seq &&
	               spool_pos_seq(atomic_load(&s->cell.map->pos)) == seq;

	if (free_it)
		free_segment(r, s, seq);
	spool_cell_unlock(&s->cell);
	return free_it;
}

static void free_stream(struct spool_reader *r, struct spool_stream *s, const struct spool_ack *ack)
{
	int left = 0;

	for (int i = 0; i < s->segment_count; i++) {
		uint32_t seq = s->segments[i];
		bool gone = is_shipped(s, ack, seq);

		if (gone && i == s->segment_count - 1)
			gone = free_last(r, s, seq);
		else if (gone)
			free_segment(r, s, seq);
		if (!gone)
			s->segments[left++] = seq;
	}
	s->segment_count = left;
}

static bool any_shipped(struct spool_reader *r)
{
	for (int i = 0; i < r->stream_count; i++) {
		struct spool_stream *s = &r->streams[i];
		struct spool_ack *ack = spool_state_ack(r->state, s->number);

		if (ack != NULL && s->segment_count > 0 && s->segments[0] <= ack->seq &&
		        is_shipped(s, ack, s->segments[0]) && (s->segment_count > 1 || s->settled))
			return true;
	}
	return false;
}

static void drop_kept(struct spool_reader *r, struct spool_stream *s, bool all)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	int64_t now = clock_wall_ms();
	struct dirent *entry;
	struct stat st;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(d)) != NULL)
		if (str_ends_with(entry->d_name, ".kept") &&
		        fstatat(s->fd, entry->d_name, &st, 0) == 0 &&
		        (all || now - (int64_t)st.st_mtim.tv_sec * 1000 > r->o.keep_ms))
			unlinkat(s->fd, entry->d_name, 0);
	closedir(d);
}

static void free_kept(struct spool_reader *r)
{
	struct spool_space space = {
	        .max_bytes = r->o.max_bytes / 100 * FREE_KEPT_PERCENT,
	        .reserve_bytes = r->o.reserve_bytes,
	};
	int64_t now = clock_mono_ms();
	bool tight;

	if (r->kept_ms != 0 && now - r->kept_ms < FREE_KEPT_MS)
		return;
	r->kept_ms = now;
	tight = spool_space_check(&space, r->spool_fd, r->id) != ERR_OK;
	for (int i = 0; i < r->stream_count; i++)
		drop_kept(r, &r->streams[i], tight);
}

void spool_reader_free_segments(struct spool_reader *r)
{
	bool shipped = any_shipped(r);
	int64_t now = clock_mono_ms();
	int fd;

	if (!shipped && r->kept_ms != 0 && now - r->kept_ms < FREE_KEPT_MS)
		return;
	fd = may_delete(r);
	if (fd < 0)
		return;
	for (int i = 0; i < r->stream_count && shipped; i++) {
		struct spool_ack *ack = spool_state_ack(r->state, r->streams[i].number);

		if (ack != NULL)
			free_stream(r, &r->streams[i], ack);
	}
	free_kept(r);
	close(fd);
}
