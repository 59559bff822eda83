/* SPDX-License-Identifier: MIT
 * A project that is watched: one question at a time to the store, whoever many look on. Used by the
 * hub's thread alone.
 *
 *   primed? ── WATCH: what came since the cursor ──▶ new, by id ──▶ who gets what ── FETCH ──▶ pass
 * on │ ◀── after LIVE_POLL_MS ────────────────────────────────────────────────────────────────────┘
 *
 * Beside it, for those who join: LOOK at the beginning they asked for, FETCH it (join.c). */
#ifndef YAVIO_LIVE_FEED_H
#define YAVIO_LIVE_FEED_H

#include "fcgi/live/job.h"
#include "fcgi/live/poller.h"
#include "fcgi/live/seen.h"
#include "fcgi/live/stream.h"
#include "shm/shm.h"

enum {
	/* From one question to the next. With the shipper's second it keeps what is acknowledged
	 * on the screen within two. */
	LIVE_POLL_MS = 700,
	/* A project that is slow to read gets as long a pause as it took, but no more. */
	LIVE_PAUSE_MAX_MS = 1500,
	LIVE_OVERLAP_MS = 5000,     /* inserts overlap: what is older may still become visible */
	LIVE_CURSOR_LAG_MS = 30000, /* an insert takes no longer; the cursor of a quiet project */
	LIVE_RESUME_MS = 15 * 60 * 1000, /* a resume that is older begins anew */
	LIVE_FETCH_MAX = 2000,           /* events of one poll, all viewers together */
	LIVE_JOIN_ROWS = 500,            /* events of a beginning that are fetched at a time */
	LIVE_AWAY_FIRST_MS = 500,        /* pauses while the store is away */
	LIVE_AWAY_LAST_MS = 5000,
};

/* A beginning that viewers with one filter wait for. */
struct live_group {
	unsigned refs;              /* the feed's, and one of each stream */
	struct live_position *rows; /* oldest first */
	size_t rows_len;
	struct live_seen ids;
	size_t at;         /* the next to be fetched */
	int64_t looked_ms; /* clock_mono_ms: what was there then is in rows; 0: not looked yet */
};

struct live_feed {
	struct live_feed *next;
	char workspace_id[ID_UUID_BYTES], project_id[ID_UUID_BYTES];
	struct live_stream *streams;
	struct live_pollers *pollers;
	struct shm *shm;
	unsigned jobs; /* on their way */

	bool primed;
	int64_t cursor_ms; /* newest stored time that was read */
	int64_t passed_ms; /* everything before it was passed on: where a resume may begin */
	struct live_seen seen;
	bool watching;          /* a WATCH, or its FETCH, is on its way or waits to be repeated */
	int64_t next_ms;        /* clock_mono_ms of the next WATCH, or of the repetition */
	int64_t polled_ms;      /* when the WATCH in hand began */
	struct live_job *again; /* FETCH of it that failed */

	struct live_group *group;    /* the beginning being read; NULL: none */
	bool asking;                 /* a question about it is on its way */
	struct live_job *join_again; /* one that failed */
	int64_t join_ms;             /* when the next may be asked */

	enum err away; /* why the store could not be asked; ERR_OK: it can */
	int64_t pause_ms;
};

/* NULL: no memory. */
struct live_feed *live_feed_new(
        const struct live_viewer *who, struct live_pollers *pollers, struct shm *shm);
/* With no streams and no jobs. */
void live_feed_free(struct live_feed *f);

/* The feed owns the stream until live_feed_sweep gives it back. */
void live_feed_join(struct live_feed *f, struct live_stream *s);
/* Asks what is due. */
void live_feed_tick(struct live_feed *f, int64_t now_ms);
/* An answer to one of its questions; owned. */
void live_feed_answer(struct live_feed *f, struct live_job *job, int64_t now_ms);
/* Where a viewer who has got everything may go on; below 0: not known. */
int64_t live_feed_position(const struct live_feed *f);
/* Drops the streams that are gone. */
void live_feed_sweep(
        struct live_feed *f, void (*gone)(struct live_stream *s, void *arg), void *arg);

/* ---- feed.c for join.c, and back ---- */

void live_feed_ask(struct live_feed *f, struct live_job *job);
/* A failure: tells the viewers, and gives the time to try again. */
int64_t live_feed_failed(struct live_feed *f, enum err e, int64_t now_ms);
void live_feed_works(struct live_feed *f);

void live_join_tick(struct live_feed *f, int64_t now_ms);
void live_join_answer(struct live_feed *f, struct live_job *job, int64_t now_ms);
void live_join_leave(struct live_stream *s);
void live_join_release(struct live_feed *f);
/* Whether the beginning of s brought this event. */
bool live_join_brought(const struct live_stream *s, const uint8_t id[LIVE_ID_BYTES]);
/* A WATCH that began then was passed on. */
void live_join_caught_up(struct live_feed *f, int64_t began_ms);

#endif
