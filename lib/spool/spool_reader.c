/* SPDX-License-Identifier: MIT
 * The reader: one shipper's lock, its plans and acknowledgements. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "spool/spool_reader_internal.h"

enum { READER_QUARANTINE_MS = 5000, READER_LOCK_TRIES = 10, READER_LOCK_MS = 20 };

/* Both slots get their blocks now, so that a full disk never stops an acknowledgement. */
static bool reserve_slots(int fd)
{
	static const uint8_t zeros[2 * SPOOL_STATE_SLOT_BYTES];
	off_t size = lseek(fd, 0, SEEK_END);

	return size >= (off_t)sizeof(zeros) ||
	       (size >= 0 &&
	               spool_pwrite_all(fd, zeros, sizeof(zeros) - (size_t)size, (uint64_t)size));
}

enum err spool_reader_open(const struct spool_reader_options *o, struct spool_reader **out)
{
	struct spool_reader *r = calloc(1, sizeof(*r));
	enum err e = ERR_DB_SPOOL_OPEN_FAILED;
	bool locked = false;

	*out = NULL;
	if (r == NULL)
		return e;
	r->o = *o;
	r->o.dir = NULL;
	r->spool_fd = r->lock_fd = r->state_fd = -1;
	r->state = calloc(1, sizeof(*r->state));
	r->streams = calloc(SPOOL_STREAMS_MAX, sizeof(*r->streams));
	if (r->state == NULL || r->streams == NULL)
		goto out;
	e = spool_dir_open(o->dir, true, o->allow_any_fs, &r->spool_fd, r->id);
	if (e != ERR_OK)
		goto out;
	e = ERR_DB_SPOOL_OPEN_FAILED;
	r->lock_fd = spool_dir_open_file(r->spool_fd, "shipper.lock", O_RDWR | O_CREAT);
	r->state_fd = spool_dir_open_file(r->spool_fd, "shipper.state", O_RDWR | O_CREAT);
	if (r->lock_fd < 0 || r->state_fd < 0)
		goto out;
	/* Somebody who only looks whether it is locked holds it for microseconds. */
	for (int i = 0; i < READER_LOCK_TRIES && !locked; i++) {
		if (i > 0)
			clock_sleep_ms(READER_LOCK_MS);
		locked = flock(r->lock_fd, LOCK_EX | LOCK_NB) == 0;
	}
	if (!locked) {
		e = ERR_DB_SHIPPER_ALREADY_RUNNING;
		goto out;
	}
	/* No valid slot: a new spool, or a lost file: everything there is is sent. */
	if (spool_state_read(r->spool_fd, r->id, r->state) == ERR_DB_SPOOL_FORMAT_NEWER) {
		e = ERR_DB_SPOOL_FORMAT_NEWER;
		goto out;
	}
	e = reserve_slots(r->state_fd) ? spool_state_write(r->state_fd, r->state)
	                               : ERR_DB_SPOOL_OPEN_FAILED;
	if (e == ERR_OK && spool_sys.fsync(r->spool_fd) == 0) {
		*out = r;
		return ERR_OK;
	}
	e = ERR_DB_SPOOL_OPEN_FAILED;
out:
	spool_reader_close(r);
	return e;
}

void spool_reader_close(struct spool_reader *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < r->stream_count; i++)
		spool_stream_release(&r->streams[i]);
	if (r->state_fd >= 0)
		close(r->state_fd);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	if (r->spool_fd >= 0)
		close(r->spool_fd);
	free(r->streams);
	free(r->state);
	free(r);
}

const char *spool_reader_id(const struct spool_reader *r)
{
	return r->id;
}

enum err spool_reader_quarantine(struct spool_reader *r, const struct spool_quarantine_entry *q,
        const char *payload, size_t len)
{
	int64_t now = clock_mono_ms(), bytes;
	enum err e;

	if (r->quarantine_read_ms == 0 || now - r->quarantine_read_ms >= READER_QUARANTINE_MS) {
		r->quarantine_bytes = spool_quarantine_bytes(r->spool_fd);
		r->quarantine_read_ms = now;
	}
	if (r->quarantine_bytes + (int64_t)len > r->o.quarantine_max_bytes)
		return ERR_DB_QUARANTINE_FULL;
	e = spool_quarantine_write(r->spool_fd, q, payload, len, &bytes);
	if (e == ERR_OK)
		r->quarantine_bytes += bytes;
	return e;
}

/* ---- looking ---- */

static void add_backlog(const struct spool_stream *s, struct spool_backlog *b)
{
	uint64_t pos = atomic_load(&s->cell.map->pos);
	uint64_t rows = atomic_load(&s->cell.map->rows);

	b->rows += rows > s->rows ? rows - s->rows : 0;
	if (spool_pos_seq(pos) == s->seq)
		b->bytes += spool_pos_off(pos) > s->off ? spool_pos_off(pos) - s->off : 0;
	else
		b->bytes +=
		        spool_pos_off(pos) + (s->closed_end > s->off ? s->closed_end - s->off : 0);
	if (!s->peeked)
		return;
	b->any = true;
	if (b->oldest_ms == 0 || s->next.accepted_ms < b->oldest_ms)
		b->oldest_ms = s->next.accepted_ms;
}

enum err spool_reader_poll(struct spool_reader *r, struct spool_backlog *out)
{
	enum err e;

	*out = (struct spool_backlog){0};
	e = spool_streams_refresh(r);
	if (e == ERR_OK)
		spool_reader_free_segments(r);
	for (int i = 0; i < r->stream_count && e == ERR_OK; i++) {
		e = spool_stream_peek(r, &r->streams[i]);
		add_backlog(&r->streams[i], out);
	}
	out->damaged = r->damaged;
	return e;
}

void spool_reader_rescan(struct spool_reader *r)
{
	r->scanned_ms = 0;
}

/* ---- planning ---- */

static void rewind_streams(struct spool_reader *r)
{
	for (int i = 0; i < r->stream_count; i++) {
		struct spool_stream *s = &r->streams[i];
		struct spool_ack *ack = spool_state_ack(r->state, s->number);

		if (ack != NULL)
			spool_stream_seek(s, ack->seq, ack->off, ack->rows);
		else
			spool_stream_seek(s, 0, 0, 0);
	}
}

/* Puts the peeked record of s into the plan; false: no range is left. */
static bool plan_record(struct spool_plan *p, const struct spool_stream *s)
{
	uint64_t to = s->off + spool_record_bytes(s->next.payload_len);

	for (uint32_t i = p->range_count; i > 0; i--) {
		struct spool_range *range = &p->ranges[i - 1];

		if (range->stream == s->number && range->seq == s->seq && range->to == s->off) {
			range->to = to;
			return true;
		}
	}
	if (p->range_count == SPOOL_PLAN_RANGES_MAX)
		return false;
	p->ranges[p->range_count++] = (struct spool_range){s->number, s->seq, s->off, to};
	return true;
}

static enum err oldest_stream(struct spool_reader *r, struct spool_stream **out)
{
	enum err e = ERR_OK;

	*out = NULL;
	for (int i = 0; i < r->stream_count && e == ERR_OK; i++) {
		struct spool_stream *s = &r->streams[i];

		e = spool_stream_peek(r, s);
		if (s->peeked && (*out == NULL || s->next.accepted_ms < (*out)->next.accepted_ms))
			*out = s;
	}
	return e;
}

static bool fits(const struct spool_limits *l, uint64_t rows, uint64_t bytes,
        const struct spool_record_header *next)
{
	return rows + next->rows_server + next->rows_widget <= (uint64_t)l->rows * l->units &&
	       bytes + next->payload_len <= (uint64_t)l->bytes * l->units;
}

static enum err select_records(struct spool_reader *r, const struct spool_limits *l)
{
	struct spool_plan *p = &r->state->plan;
	uint64_t rows = 0, bytes = 0;
	struct spool_stream *s;
	enum err e = oldest_stream(r, &s);

	p->range_count = 0;
	while (e == ERR_OK && s != NULL) {
		if (p->range_count > 0 && !fits(l, rows, bytes, &s->next))
			break;
		if (!plan_record(p, s))
			break;
		rows += s->next.rows_server + s->next.rows_widget;
		bytes += s->next.payload_len;
		spool_stream_skip(s);
		e = oldest_stream(r, &s);
	}
	return e;
}

static enum err new_plan(struct spool_reader *r, const struct spool_limits *l)
{
	struct spool_plan *p = &r->state->plan;
	enum err e = select_records(r, l);

	/* What was chosen before something went wrong is as good as any other batch. */
	if (p->range_count == 0)
		return e;
	p->batch = r->state->batch_next++;
	p->unit_rows = l->rows;
	p->unit_bytes = l->bytes;
	p->unit_days = l->days;
	p->search_unit = p->search_from = p->search_to = 0;
	e = spool_state_write(r->state_fd, r->state);
	if (e != ERR_OK) {
		p->batch = 0;
		rewind_streams(r);
	}
	return e;
}

enum err spool_reader_plan(
        struct spool_reader *r, const struct spool_limits *limits, struct spool_batch *b)
{
	struct spool_plan *p = &r->state->plan;
	bool again = p->batch != 0;
	enum err e = spool_streams_refresh(r);

	b->number = 0;
	if (e != ERR_OK)
		return e;
	if (!again)
		e = new_plan(r, limits);
	if (e != ERR_OK || p->batch == 0)
		return e;
	e = spool_batch_load(r, b);
	if (e != ERR_OK)
		return e;
	b->number = p->batch;
	b->again = again;
	b->limits = (struct spool_limits){p->unit_rows, p->unit_bytes, p->unit_days, 1};
	b->search_unit = p->search_unit;
	b->search_from = p->search_from;
	b->search_to = p->search_to;
	return ERR_OK;
}

enum err spool_reader_search(struct spool_reader *r, uint32_t unit, uint32_t from, uint32_t to)
{
	struct spool_plan *p = &r->state->plan;

	p->search_unit = unit + 1;
	p->search_from = from;
	p->search_to = to;
	return spool_state_write(r->state_fd, r->state);
}

/* ---- acknowledging ---- */

static void ack_range(struct spool_reader *r, uint32_t i)
{
	const struct spool_range *range = &r->state->plan.ranges[i];
	struct spool_ack *ack = spool_state_ack(r->state, range->stream);

	if (ack == NULL && r->state->ack_count < SPOOL_STREAMS_MAX) {
		ack = &r->state->acks[r->state->ack_count++];
		*ack = (struct spool_ack){.stream = range->stream};
	}
	if (ack == NULL)
		return;
	ack->seq = range->seq;
	ack->off = range->to;
	ack->rows = r->plan_rows[i];
	ack->salt = r->plan_salts[i];
}

enum err spool_reader_ack(struct spool_reader *r)
{
	struct spool_state *before = malloc(sizeof(*before));
	enum err e;

	if (before == NULL)
		return ERR_DB_SPOOL_ACK_FAILED;
	*before = *r->state;
	for (uint32_t i = 0; i < r->state->plan.range_count; i++)
		ack_range(r, i);
	r->state->plan.batch = 0;
	r->state->plan.range_count = 0;
	r->state->plan.search_unit = 0;
	e = spool_state_write(r->state_fd, r->state);
	if (e != ERR_OK)
		*r->state = *before;
	free(before);
	return e;
}
