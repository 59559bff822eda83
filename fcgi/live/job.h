/* SPDX-License-Identifier: MIT
 * Questions to the store: what is new in a project, what is there to begin with, the events
 * themselves. The hub makes them, a poller answers them, the hub takes them back; whoever has one
 * owns all of it. */
#ifndef YAVIO_LIVE_JOB_H
#define YAVIO_LIVE_JOB_H

#include "base/id.h"
#include "ch/ch.h"
#include "fcgi/live/filter.h"
#include "fcgi/live/message.h"

enum {
	LIVE_PAGE_ROWS = 2000,
	LIVE_PAGES_MAX = 5,
	LIVE_FETCH_ROWS = 200, /* events of one query */
	LIVE_TEXTS_MAX = LIVE_PAGES_MAX + 3,
};

enum live_job_kind {
	LIVE_WATCH, /* what came since from_ms */
	LIVE_LOOK,  /* the newest, and all since from_ms, that pass a filter */
	LIVE_FETCH, /* events by their positions */
	LIVE_JOB_KINDS
};

/* What is known of an event before it is read as a whole. */
struct live_row {
	struct live_position at;
	struct live_traits traits; /* texts of the job */
};

struct live_feed; /* the hub's */

struct live_job {
	struct live_job *next;
	enum live_job_kind kind;
	struct live_feed *feed;
	bool joining; /* of a beginning, not of the course of the feed */
	char workspace_id[ID_UUID_BYTES], project_id[ID_UUID_BYTES];
	int64_t from_ms;              /* LOOK: INT64_MAX when nobody resumes */
	struct live_filter filter;    /* LOOK; owned */
	int64_t backlog;              /* LOOK: so many at least, as far as there are any */
	struct live_position *wanted; /* FETCH: oldest first; owned */
	size_t wanted_len;

	/* answer */
	enum err e;
	int64_t began_ms, took_ms; /* clock_mono_ms, and how long it took */
	int64_t now_ms;            /* of the store's clock; 0: it said nothing */
	bool whole;                /* rows hold all there is since from_ms */
	struct live_row *rows;     /* newest first */
	size_t rows_len, rows_size;
	char *texts[LIVE_TEXTS_MAX];
	size_t texts_len;
	struct live_message **messages; /* by place in wanted; NULL: not there any more */
};

/* NULL: no memory. */
struct live_job *live_job_new(enum live_job_kind kind);
void live_job_free(struct live_job *job); /* NULL-safe */

/* ask.c: asks the store and fills the answer. */
void live_ask(struct ch *ch, struct live_job *job);
/* Takes the lines of an answer into job->rows; text is its to free. False: not what was asked for,
 * or no memory. */
bool live_rows_read(struct live_job *job, char *text) MUST_CHECK;

#endif
