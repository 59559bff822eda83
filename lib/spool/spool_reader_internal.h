/* SPDX-License-Identifier: MIT
 * What the files of the reader share: its streams and where each stands. */
#ifndef YAVIO_SPOOL_SPOOL_READER_INTERNAL_H
#define YAVIO_SPOOL_SPOOL_READER_INTERNAL_H

#include "spool/spool_internal.h"
#include "spool/spool_reader.h"

struct spool_stream {
	uint32_t number;
	int fd; /* its directory */
	struct spool_cell cell;
	bool settled;           /* no writer, pos is final until last_seq moves */
	uint64_t seen_last_seq; /* of the cell when the segments were listed */
	uint32_t seen_pos_seq;  /* segment of pos when segments was listed */
	uint32_t *segments;     /* numbers, ascending */
	int segment_count;

	/* the next record to plan: at off in segment seq; off 0: its beginning */
	uint32_t seq;
	uint64_t off, rows;
	int segment_fd;      /* -1: not open */
	uint64_t closed_end; /* where it ends, once its writer has moved on; 0: not yet known */
	struct spool_segment_header segment;
	bool peeked;
	struct spool_record_header next;
};

struct spool_reader {
	struct spool_reader_options o;
	char id[SPOOL_ID_BYTES];
	int spool_fd, lock_fd, state_fd;
	struct spool_state *state;
	struct spool_stream *streams; /* SPOOL_STREAMS_MAX */
	int stream_count;
	int64_t scanned_ms, kept_ms; /* last look for streams, for kept segments; clock_mono_ms */
	int64_t quarantine_bytes, quarantine_read_ms;
	uint64_t damaged;
	uint64_t plan_rows[SPOOL_PLAN_RANGES_MAX]; /* rows of the stream behind each range */
	uint64_t plan_salts[SPOOL_PLAN_RANGES_MAX];
};

/* ---- spool_stream.c ---- */

/* Looks for new streams and segments, settles streams without a writer. */
enum err spool_streams_refresh(struct spool_reader *r);
/* The next record's header into s->next (s->peeked), or none. Sets damaged places aside. */
enum err spool_stream_peek(struct spool_reader *r, struct spool_stream *s);
/* Goes behind the peeked record. */
void spool_stream_skip(struct spool_stream *s);
/* Puts the reading position; off 0: the segment's beginning. */
void spool_stream_seek(struct spool_stream *s, uint32_t seq, uint64_t off, uint64_t rows);
void spool_stream_release(struct spool_stream *s);
struct spool_stream *spool_reader_stream(struct spool_reader *r, uint32_t number);
/* Where a listed segment ends; 0: cannot be told now. */
uint64_t spool_stream_limit(const struct spool_stream *s, uint32_t seq);
/* The listed segment that follows seq, 0: none. */
uint32_t spool_stream_successor(const struct spool_stream *s, uint32_t seq);
/* Quarantines a range of the segment open as fd. */
enum err spool_reader_set_aside(struct spool_reader *r, int fd, const struct spool_range *where,
        uint64_t rows, const char *why);

/* ---- spool_batch.c ---- */

/* Reads the rows of the plan under way into b and puts the streams behind it. */
enum err spool_batch_load(struct spool_reader *r, struct spool_batch *b);

/* ---- spool_free.c ---- */

/* Deletes, or renames to .kept, every segment that is shipped whole; drops kept ones that are old.
 */
void spool_reader_free_segments(struct spool_reader *r);

#endif
