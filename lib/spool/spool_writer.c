/* SPDX-License-Identifier: MIT
 * The writer: appends records to its stream's segment and acknowledges them when they are on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "spool/spool_internal.h"

enum {
	WRITER_RETRY_MS = 200,  /* between attempts to make a segment on a failing disk */
	WRITER_QUOTA_SHARE = 8, /* a segment is at most this part of the quota */
	WRITER_WARN_PERCENT = 80,
	WRITER_WARN_MS = 60 * 1000,
	WRITER_SEQ_MAX = 0x7fffffff, /* segments of a stream */
};

struct spool_writer {
	struct spool_options o;
	char id[SPOOL_ID_BYTES];
	int spool_fd, stream_fd;
	uint32_t stream;
	struct spool_cell cell;
	struct spool_space space;
	struct spool_writer_stats stats;

	int fd; /* segment being written, -1: none */
	struct spool_segment_header segment;
	struct spool_direct direct;
	uint64_t off, reserved; /* end of the last acknowledged record; of the space reserved */
	uint32_t last_seq;      /* of the stream's last segment with records, and where it ends */
	uint64_t last_end;
	uint64_t rows;
	bool no_direct;    /* the file system does not want it */
	int64_t failed_ms; /* when the disk last failed, 0: it works */
	int64_t warned_ms;
	enum err failed;

	/* mode interval only */
	pthread_t syncer;
	pthread_mutex_t lock; /* of fd, dirty, sync_failed */
	pthread_cond_t wake;
	bool has_syncer, stop, dirty, sync_failed;
};

/* ---- opening ---- */

static bool take_stream(struct spool_writer *w, struct spool_state *state, enum err *e)
{
	for (w->stream = 0; w->stream < SPOOL_STREAMS_MAX; w->stream++) {
		w->stream_fd = spool_dir_stream(w->spool_fd, w->stream, true);
		if (w->stream_fd < 0)
			return false;
		*e = spool_cell_open(w->stream_fd, true, &w->cell);
		if (*e != ERR_OK)
			return false;
		if (spool_cell_lock(&w->cell)) {
			*e = spool_stream_settle(
			        w->stream_fd, &w->cell, spool_state_ack(state, w->stream));
			/* A number that is used up, or a cell that is damaged: another stream. */
			if (*e != ERR_OK || atomic_load(&w->cell.map->last_seq) < WRITER_SEQ_MAX)
				return *e == ERR_OK;
		}
		spool_cell_close(&w->cell);
		close(w->stream_fd);
		w->stream_fd = -1;
	}
	errno = EBUSY;
	return false;
}

static void *sync_loop(void *arg);

static enum err start_syncer(struct spool_writer *w)
{
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (w->o.fsync != SPOOL_FSYNC_INTERVAL)
		return ERR_OK;
	w->has_syncer = pthread_create(&w->syncer, NULL, sync_loop, w) == 0;
	return w->has_syncer ? ERR_OK : ERR_DB_SPOOL_OPEN_FAILED;
}

enum err spool_writer_open(const struct spool_options *o, struct spool_writer **out)
{
	struct spool_writer *w = calloc(1, sizeof(*w));
	struct spool_state *state = malloc(sizeof(*state));
	enum err e = ERR_DB_SPOOL_OPEN_FAILED;

	*out = NULL;
	if (w == NULL || state == NULL)
		goto out;
	w->o = *o;
	w->o.dir = NULL;
	w->fd = w->stream_fd = w->spool_fd = w->cell.fd = -1;
	if (w->o.segment_bytes > o->max_bytes / WRITER_QUOTA_SHARE)
		w->o.segment_bytes = o->max_bytes / WRITER_QUOTA_SHARE;
	w->space.max_bytes = o->max_bytes;
	w->space.reserve_bytes = o->reserve_bytes;
	e = spool_dir_open(o->dir, true, o->allow_any_fs, &w->spool_fd, w->id);
	if (e != ERR_OK)
		goto out;
	e = spool_state_read(w->spool_fd, w->id, state);
	if (e == ERR_DB_SPOOL_FORMAT_NEWER)
		goto out;
	e = ERR_DB_SPOOL_OPEN_FAILED;
	if (!take_stream(w, state, &e)) {
		log_error(e, "no stream of the spool can be taken", F_STR("path", o->dir),
		        F_STR("cause", strerror(errno)));
		goto out;
	}
	w->cell.map->pid = (uint32_t)getpid();
	w->last_seq = spool_pos_seq(atomic_load(&w->cell.map->pos));
	w->last_end = spool_pos_off(atomic_load(&w->cell.map->pos));
	w->rows = atomic_load(&w->cell.map->rows);
	w->stats.stream = w->stream;
	e = start_syncer(w);
	if (e == ERR_OK) {
		*out = w;
		w = NULL;
	}
out:
	free(state);
	spool_writer_close(w);
	return e;
}

/* ---- the syncer of mode interval ---- */

static void *sync_loop(void *arg)
{
	struct spool_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		struct timespec until;
		int64_t ns;

		clock_gettime(CLOCK_REALTIME, &until);
		ns = until.tv_nsec + w->o.fsync_interval_ms * 1000000;
		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		pthread_cond_timedwait(&w->wake, &w->lock, &until);
		if (w->dirty && w->fd >= 0) {
			int fd = dup(w->fd);
			bool ok;

			w->dirty = false;
			pthread_mutex_unlock(&w->lock);
			ok = fd >= 0 && spool_sys.fdatasync(fd) == 0;
			if (fd >= 0)
				close(fd);
			pthread_mutex_lock(&w->lock);
			w->sync_failed = w->sync_failed || !ok;
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- segments ---- */

static void close_segment(struct spool_writer *w)
{
	if (w->fd < 0)
		return;
	/* Cuts reserved space and whatever a failed append left; synced with the next header. */
	(void)!spool_sys.ftruncate(w->fd, (off_t)w->off);
	if (w->o.fsync == SPOOL_FSYNC_INTERVAL && w->dirty)
		(void)!spool_sys.fdatasync(w->fd);
	pthread_mutex_lock(&w->lock);
	close(w->fd);
	w->fd = -1;
	w->dirty = false;
	w->direct.on = false;
	pthread_mutex_unlock(&w->lock);
	if (w->off == SPOOL_SEGMENT_HEADER_BYTES) {
		/* A failing disk must not leave an empty file for every try. */
		char name[24];

		spool_segment_name(w->segment.seq, ".seg", name);
		unlinkat(w->stream_fd, name, 0);
		return;
	}
	w->last_seq = w->segment.seq;
	w->last_end = w->off;
}

static int64_t prealloc_step(const struct spool_writer *w)
{
	int64_t quarter = w->o.segment_bytes / 4;

	return quarter < SPOOL_PREALLOC_BYTES ? quarter : SPOOL_PREALLOC_BYTES;
}

static bool open_segment(struct spool_writer *w)
{
	struct spool_segment_header h = {
	        .stream = w->stream,
	        .seq = (uint32_t)atomic_load(&w->cell.map->last_seq) + 1,
	        .prev_seq = w->last_end > 0 ? w->last_seq : 0,
	        .prev_end = w->last_end,
	        .rows_before = w->rows,
	        .created_ms = clock_wall_ms(),
	};
	int fd;

	if (getrandom(&h.salt, sizeof(h.salt), 0) != (ssize_t)sizeof(h.salt))
		return false;
	spool_id_raw(w->id, h.spool_id);
	fd = spool_segment_create(w->stream_fd, &w->cell, &h, prealloc_step(w));
	if (fd < 0)
		return false;
	w->segment = h;
	w->off = SPOOL_SEGMENT_HEADER_BYTES;
	w->reserved = (uint64_t)prealloc_step(w);
	if (w->o.fsync == SPOOL_FSYNC_ALWAYS && !w->no_direct)
		spool_direct_begin(&w->direct, fd, w->off);
	pthread_mutex_lock(&w->lock);
	w->fd = fd;
	pthread_mutex_unlock(&w->lock);
	return true;
}

/* ---- appending ---- */

static void reserve(struct spool_writer *w, uint64_t need)
{
	uint64_t step = (uint64_t)prealloc_step(w);

	if (w->off + need <= w->reserved)
		return;
	if (need > step)
		step = need;
	if (spool_sys.fallocate(w->fd, 0, (off_t)w->off, (off_t)step) == 0)
		w->reserved = w->off + step;
	else
		w->reserved = UINT64_MAX; /* not asked again for this segment */
}

/* What the header tells of all records together. */
static struct spool_record_header sum_up(
        const struct spool_writer *w, const struct spool_record *list, size_t len)
{
	struct spool_record_header h = {.offset = w->off, .rows_before = w->rows};

	for (size_t i = 0; i < len; i++) {
		const struct spool_record *r = &list[i];

		h.payload_len += (uint32_t)(r->events_len + r->registry_len);
		h.events_len += (uint32_t)r->events_len;
		h.rows_server += r->rows_server;
		h.rows_widget += r->rows_widget;
		h.registry_rows += r->registry_rows;
		if (r->accepted_ms > h.accepted_ms)
			h.accepted_ms = r->accepted_ms;
	}
	return h;
}

/* Pieces of the payload, all events before all of the registry; how many. */
static int gather(const struct spool_record *list, size_t len, struct iovec *iov, uint32_t *crc)
{
	int count = 0;

	for (size_t i = 0; i < 2 * len; i++) {
		const struct spool_record *r = &list[i % len];
		const char *from = i < len ? r->events : r->registry;
		size_t bytes = i < len ? r->events_len : r->registry_len;

		if (bytes == 0)
			continue;
		*crc = spool_crc32c(*crc, from, bytes);
		iov[count++] = (struct iovec){(void *)(uintptr_t)from, bytes};
	}
	return count;
}

static bool write_record(
        struct spool_writer *w, const struct spool_record *list, size_t len, uint64_t need)
{
	static const uint8_t zeros[SPOOL_RECORD_ALIGN];
	struct spool_record_header h = sum_up(w, list, len);
	uint8_t header[SPOOL_RECORD_HEADER_BYTES];
	struct iovec iov[2 * SPOOL_TOGETHER_MAX + 2] = {{header, sizeof(header)}};
	int count = 1 + gather(list, len, iov + 1, &h.payload_crc);
	ssize_t n;

	iov[count++] = (struct iovec){
	        (void *)(uintptr_t)zeros, (size_t)(need - sizeof(header) - h.payload_len)};
	spool_record_header_encode(&h, w->segment.salt, header);
	if (w->direct.on) {
		if (spool_direct_write(&w->direct, w->fd, iov, count, w->off, need, w->reserved))
			return true;
		if (errno != EINVAL)
			return false;
		/* The file system promised what it cannot do. */
		spool_direct_end(&w->direct, w->fd);
		w->no_direct = true;
	}
	do
		n = spool_sys.pwritev(w->fd, iov, count, (off_t)w->off);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (uint64_t)n != need)
		errno = ENOSPC; /* a short write is what a full disk does first */
	return n >= 0 && (uint64_t)n == need;
}

static bool sync_record(struct spool_writer *w)
{
	int64_t start = clock_mono_ns();
	bool ok = true;

	if (w->o.fsync == SPOOL_FSYNC_ALWAYS)
		ok = spool_sys.fdatasync(w->fd) == 0;
	if (w->o.fsync == SPOOL_FSYNC_INTERVAL) {
		pthread_mutex_lock(&w->lock);
		ok = !w->sync_failed;
		w->sync_failed = false;
		w->dirty = true;
		pthread_mutex_unlock(&w->lock);
		errno = EIO;
	}
	w->stats.fsync_ns = clock_mono_ns() - start;
	return ok;
}

static uint64_t rows_of(const struct spool_record *list, size_t len)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < len; i++)
		rows += list[i].rows_server + list[i].rows_widget;
	return rows;
}

/* One try; on failure nothing of it is before pos and the segment is closed. */
static bool try_append(
        struct spool_writer *w, const struct spool_record *list, size_t len, uint64_t need)
{
	enum err cause = ERR_DB_SPOOL_WRITE_FAILED;
	int saved;

	if (w->fd >= 0 && w->off > SPOOL_SEGMENT_HEADER_BYTES &&
	        w->off + need > (uint64_t)w->o.segment_bytes)
		close_segment(w);
	if (w->fd < 0 && !open_segment(w))
		goto failed;
	reserve(w, need);
	if (!write_record(w, list, len, need))
		goto failed;
	cause = ERR_DB_SPOOL_FSYNC_FAILED;
	if (!sync_record(w))
		goto failed;
	w->off += need;
	w->rows += rows_of(list, len);
	atomic_store(&w->cell.map->rows, w->rows);
	atomic_store(&w->cell.map->pos, spool_pos(w->segment.seq, w->off));
	return true;
failed:
	saved = errno;
	w->failed = saved == ENOSPC || saved == EDQUOT ? ERR_INGEST_SPOOL_DISK_FULL
	                                               : ERR_INGEST_SPOOL_WRITE_FAILED;
	log_error(cause, err_message(cause), F_STR("cause", strerror(saved)),
	        F_INT("stream", w->stream), F_INT("segment", w->segment.seq));
	close_segment(w);
	return false;
}

static void warn_quota(struct spool_writer *w)
{
	int64_t now = clock_mono_ms();

	if (w->space.used_bytes < w->space.max_bytes / 100 * WRITER_WARN_PERCENT ||
	        (w->warned_ms != 0 && now - w->warned_ms < WRITER_WARN_MS))
		return;
	w->warned_ms = now;
	log_warn(ERR_DB_SPOOL_QUOTA_HIGH, err_message(ERR_DB_SPOOL_QUOTA_HIGH),
	        F_INT("bytes", w->space.used_bytes), F_INT("quota", w->space.max_bytes));
}

enum err spool_admit(struct spool_writer *w)
{
	if (w->failed_ms != 0 && clock_mono_ms() - w->failed_ms < WRITER_RETRY_MS)
		return w->failed;
	warn_quota(w);
	return spool_space_check(&w->space, w->spool_fd, w->id);
}

enum err spool_append_together(struct spool_writer *w, const struct spool_record *list, size_t len)
{
	uint64_t payload = 0, need;
	int64_t start = clock_mono_ns();
	enum err e;

	for (size_t i = 0; i < len; i++)
		payload += (uint64_t)list[i].events_len + list[i].registry_len;
	need = spool_record_bytes(payload);
	if (payload == 0)
		return ERR_OK;
	if (payload > SPOOL_RECORD_BYTES_MAX || len > SPOOL_TOGETHER_MAX)
		return ERR_INGEST_SPOOL_WRITE_FAILED;
	e = spool_admit(w);
	if (e != ERR_OK)
		return e;
	if (!try_append(w, list, len, need) && !try_append(w, list, len, need)) {
		w->failed_ms = clock_mono_ms();
		w->stats.failures++;
		return w->failed;
	}
	w->failed_ms = 0;
	w->space.used_bytes += (int64_t)need;
	w->stats.appends++;
	w->stats.rows += rows_of(list, len);
	w->stats.bytes += need;
	w->stats.append_ns = clock_mono_ns() - start;
	return ERR_OK;
}

void spool_writer_note(
        struct spool_writer *w, const struct spool_record *r, int64_t append_ns, int64_t fsync_ns)
{
	uint64_t need = spool_record_bytes((uint64_t)r->events_len + r->registry_len);

	w->space.used_bytes += (int64_t)need;
	w->stats.appends++;
	w->stats.shared++;
	w->stats.rows += rows_of(r, 1);
	w->stats.bytes += need;
	w->stats.append_ns = append_ns;
	w->stats.fsync_ns = fsync_ns;
}

enum err spool_append(struct spool_writer *w, const struct spool_record *r)
{
	return spool_append_together(w, r, 1);
}

enum err spool_probe(struct spool_writer *w)
{
	enum err e = spool_admit(w);
	int64_t now = clock_wall_ms();
	int fd;

	if (e != ERR_OK)
		return e;
	fd = spool_dir_open_file(w->stream_fd, "probe", O_RDWR | O_CREAT);
	if (fd < 0)
		return ERR_INGEST_SPOOL_WRITE_FAILED;
	if (!spool_pwrite_all(fd, &now, sizeof(now), 0) || spool_sys.fdatasync(fd) != 0)
		e = errno == ENOSPC ? ERR_INGEST_SPOOL_DISK_FULL : ERR_INGEST_SPOOL_WRITE_FAILED;
	close(fd);
	return e;
}

void spool_writer_stats(const struct spool_writer *w, struct spool_writer_stats *out)
{
	*out = w->stats;
	out->used_bytes = w->space.used_bytes;
	out->max_bytes = w->space.max_bytes;
}

void spool_writer_close(struct spool_writer *w)
{
	if (w == NULL)
		return;
	if (w->has_syncer) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->syncer, NULL);
	}
	close_segment(w);
	spool_cell_close(&w->cell);
	spool_direct_release(&w->direct);
	if (w->stream_fd >= 0)
		close(w->stream_fd);
	if (w->spool_fd >= 0)
		close(w->spool_fd);
	free(w);
}
