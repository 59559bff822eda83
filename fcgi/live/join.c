/* SPDX-License-Identifier: MIT
 * The beginning of a stream: the newest events, or all since where it left off. Viewers that ask
 * for the same at one time are answered together. */
#include <stdlib.h>

#include "base/clock.h"
#include "fcgi/live/feed.h"

/* ---- groups ---------------------------------------------------------------------------------- */

static void unref(struct live_group *g)
{
	if (g == NULL || --g->refs > 0)
		return;
	live_seen_release(&g->ids);
	free(g->rows);
	free(g);
}

void live_join_leave(struct live_stream *s)
{
	unref(s->group);
	s->group = NULL;
}

void live_join_release(struct live_feed *f)
{
	unref(f->group);
	f->group = NULL;
}

bool live_join_brought(const struct live_stream *s, const uint8_t id[LIVE_ID_BYTES])
{
	return s->group != NULL && live_seen_has(&s->group->ids, id);
}

void live_join_caught_up(struct live_feed *f, int64_t began_ms)
{
	for (struct live_stream *s = f->streams; s != NULL; s = s->next)
		if (s->state == LIVE_RUNNING && s->group != NULL && s->group->looked_ms < began_ms)
			live_join_leave(s);
}

static bool waits(const struct live_stream *s)
{
	return s->state == LIVE_JOINING && s->group == NULL;
}

/* Too old a resume begins anew. */
static bool resumes(const struct live_stream *s)
{
	return s->query.resume && s->query.from.stored_ms >= s->connected_ms - LIVE_RESUME_MS;
}

/* ---- looking --------------------------------------------------------------------------------- */

/* Takes all that wait with this one's filter into a group, and asks for what they need together. */
static struct live_job *form(struct live_feed *f, const struct live_stream *first)
{
	struct live_group *g = calloc(1, sizeof(*g));
	struct live_job *job = live_job_new(LIVE_LOOK);

	if (g == NULL || job == NULL || !live_filter_copy(&first->query.filter, &job->filter)) {
		live_job_free(job);
		free(g);
		return NULL;
	}
	job->joining = true;
	job->from_ms = INT64_MAX;
	g->refs = 1;
	f->group = g;
	for (struct live_stream *s = f->streams; s != NULL; s = s->next) {
		if (!waits(s) || !live_filter_equal(&s->query.filter, &job->filter))
			continue;
		s->group = g;
		g->refs++;
		if (resumes(s) && s->query.from.stored_ms - LIVE_OVERLAP_MS < job->from_ms)
			job->from_ms = s->query.from.stored_ms - LIVE_OVERLAP_MS;
		if (job->backlog < s->query.backlog && !resumes(s))
			job->backlog = s->query.backlog;
	}
	return job;
}

static void look(struct live_feed *f, int64_t now_ms)
{
	struct live_stream *s = f->streams;
	struct live_job *job;

	while (s != NULL && !waits(s))
		s = s->next;
	if (s == NULL)
		return;
	job = form(f, s);
	if (job != NULL)
		live_feed_ask(f, job);
	else
		f->join_ms = live_feed_failed(f, ERR_DASH_INTERNAL_ERROR, now_ms);
}

/* ---- fetching -------------------------------------------------------------------------------- */

static void begin_running(struct live_stream *s)
{
	struct live_message *m;

	s->state = LIVE_RUNNING;
	while ((m = live_queue_pop(&s->held)) != NULL) {
		if (!live_join_brought(s, m->id))
			live_stream_event(s, m);
		live_message_drop(m);
	}
}

static void finish(struct live_feed *f)
{
	struct live_group *g = f->group;

	for (struct live_stream *s = f->streams; s != NULL; s = s->next)
		if (s->state == LIVE_JOINING && s->group == g)
			begin_running(s);
	f->group = NULL;
	unref(g);
}

/* The next events of the beginning. Not while so much waits to be sent that memory gets scarce. */
static void fetch(struct live_feed *f, int64_t now_ms)
{
	struct live_group *g = f->group;
	size_t len = g->rows_len - g->at;
	struct live_job *job;

	if (live_message_bytes() > LIVE_MESSAGES_BYTES_MAX) {
		f->join_ms = now_ms + LIVE_AWAY_FIRST_MS;
		return;
	}
	if (len > LIVE_JOIN_ROWS)
		len = LIVE_JOIN_ROWS;
	job = live_job_new(LIVE_FETCH);
	if (job != NULL)
		job->wanted = calloc(len, sizeof(*job->wanted));
	if (job == NULL || job->wanted == NULL) {
		live_job_free(job);
		f->join_ms = live_feed_failed(f, ERR_DASH_INTERNAL_ERROR, now_ms);
		return;
	}
	memcpy(job->wanted, g->rows + g->at, len * sizeof(*job->wanted));
	job->wanted_len = len;
	job->joining = true;
	f->asking = true;
	live_feed_ask(f, job);
}

static void pass_on(struct live_feed *f, const struct live_job *job)
{
	struct live_group *g = f->group;

	for (struct live_stream *s = f->streams; s != NULL; s = s->next) {
		if (s->state != LIVE_JOINING || s->group != g)
			continue;
		for (size_t i = 0; i < job->wanted_len; i++) {
			struct live_message *m = job->messages[i];

			if (m == NULL || g->at + i < s->group_first)
				continue;
			m->refs++;
			live_stream_say(s, m);
		}
	}
	g->at += job->wanted_len;
}

/* ---- who gets what --------------------------------------------------------------------------- */

/* Each once, oldest first. */
static bool take_rows(struct live_group *g, const struct live_job *job)
{
	g->rows = calloc(job->rows_len > 0 ? job->rows_len : 1, sizeof(*g->rows));
	if (g->rows == NULL)
		return false;
	for (size_t i = job->rows_len; i-- > 0;)
		if (live_seen_add(&g->ids, &job->rows[i].at))
			g->rows[g->rows_len++] = job->rows[i].at;
	g->looked_ms = job->began_ms;
	return true;
}

static size_t newest(const struct live_group *g, size_t backlog)
{
	return g->rows_len > backlog ? g->rows_len - backlog : 0;
}

static void place(const struct live_group *g, struct live_stream *s, bool whole)
{
	int64_t from_ms = s->query.from.stored_ms;
	size_t first = 0;

	if (resumes(s)) {
		while (first < g->rows_len && g->rows[first].stored_ms < from_ms - LIVE_OVERLAP_MS)
			first++;
		s->group_first = first;
		if (whole || first > 0)
			return;
	}
	s->group_first = newest(g, (size_t)s->query.backlog);
	if (s->query.resume)
		live_stream_say(
		        s, live_message_gap(from_ms, s->group_first < g->rows_len
		                                             ? g->rows[s->group_first].stored_ms
		                                             : s->connected_ms));
}

static void looked(struct live_feed *f, const struct live_job *job)
{
	struct live_group *g = f->group;

	g->at = SIZE_MAX;
	for (struct live_stream *s = f->streams; s != NULL; s = s->next) {
		if (s->state != LIVE_JOINING || s->group != g)
			continue;
		place(g, s, job->whole);
		if (s->group_first < g->at)
			g->at = s->group_first;
	}
	if (g->at > g->rows_len)
		g->at = g->rows_len;
}

/* ---- course ---------------------------------------------------------------------------------- */

void live_join_tick(struct live_feed *f, int64_t now_ms)
{
	if (!f->primed || f->asking || now_ms < f->join_ms)
		return;
	if (f->join_again != NULL) {
		struct live_job *job = f->join_again;

		f->join_again = NULL;
		f->asking = true;
		live_feed_ask(f, job);
	} else if (f->group == NULL) {
		look(f, now_ms);
		f->asking = f->group != NULL;
	} else if (f->group->at < f->group->rows_len) {
		fetch(f, now_ms);
	} else {
		finish(f);
	}
}

void live_join_answer(struct live_feed *f, struct live_job *job, int64_t now_ms)
{
	f->asking = false;
	if (job->e == ERR_OK && job->kind == LIVE_LOOK && !take_rows(f->group, job))
		job->e = ERR_DASH_INTERNAL_ERROR;
	if (job->e != ERR_OK) {
		f->join_ms = live_feed_failed(f, job->e, now_ms);
		f->join_again = job;
		return;
	}
	live_feed_works(f);
	if (job->kind == LIVE_LOOK)
		looked(f, job);
	else
		pass_on(f, job);
	live_job_free(job);
	live_join_tick(f, now_ms);
}
