/* SPDX-License-Identifier: MIT
 * The course of a feed: ask, find what is new, choose for each viewer, fetch once, pass on. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/live/live.h"
#include "fcgi/live/feed.h"

struct live_feed *live_feed_new(
        const struct live_viewer *who, struct live_pollers *pollers, struct shm *shm)
{
	struct live_feed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	str_copy(f->workspace_id, sizeof(f->workspace_id), who->workspace_id);
	str_copy(f->project_id, sizeof(f->project_id), who->project_id);
	f->pollers = pollers;
	f->shm = shm;
	return f;
}

void live_feed_free(struct live_feed *f)
{
	live_join_release(f);
	live_seen_release(&f->seen);
	live_job_free(f->again);
	live_job_free(f->join_again);
	free(f);
}

int64_t live_feed_position(const struct live_feed *f)
{
	return f->primed ? f->passed_ms : -1;
}

void live_feed_join(struct live_feed *f, struct live_stream *s)
{
	s->feed = f;
	s->next = f->streams;
	f->streams = s;
	live_stream_say(s, live_message_retry(LIVE_RETRY_MS));
	if (f->away != ERR_OK)
		live_stream_say(s, live_message_status(f->away));
}

void live_feed_sweep(struct live_feed *f, void (*gone)(struct live_stream *s, void *arg), void *arg)
{
	for (struct live_stream **at = &f->streams, *s; (s = *at) != NULL;) {
		if (s->state != LIVE_GONE) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		live_join_leave(s);
		gone(s, arg);
	}
}

/* ---- the store is away ----------------------------------------------------------------------- */

static void say_status(struct live_feed *f, enum err e)
{
	for (struct live_stream *s = f->streams; s != NULL; s = s->next)
		if (s->state < LIVE_ENDING)
			live_stream_say(s, live_message_status(e));
}

int64_t live_feed_failed(struct live_feed *f, enum err e, int64_t now_ms)
{
	f->pause_ms = f->pause_ms == 0 ? LIVE_AWAY_FIRST_MS : 2 * f->pause_ms;
	if (f->pause_ms > LIVE_AWAY_LAST_MS)
		f->pause_ms = LIVE_AWAY_LAST_MS;
	if (f->away == ERR_OK) {
		f->away = ERR_DASH_LIVE_FEED_UNAVAILABLE;
		log_error(f->away, "the store does not answer live views",
		        F_STR("projectId", f->project_id), F_STR("cause", err_code(e)));
		say_status(f, f->away);
	}
	shm_add(f->shm, WEB_METRIC_ERRORS, SHM_LABELS("live", err_code(e)), 1);
	return now_ms + f->pause_ms;
}

void live_feed_works(struct live_feed *f)
{
	f->pause_ms = 0;
	if (f->away == ERR_OK)
		return;
	f->away = ERR_OK;
	log_info("the store answers live views again", F_STR("projectId", f->project_id));
	say_status(f, ERR_OK);
}

void live_feed_ask(struct live_feed *f, struct live_job *job)
{
	job->feed = f;
	str_copy(job->workspace_id, sizeof(job->workspace_id), f->workspace_id);
	str_copy(job->project_id, sizeof(job->project_id), f->project_id);
	f->jobs++;
	live_pollers_add(f->pollers, job);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void watch(struct live_feed *f, int64_t now_ms)
{
	struct live_job *job = live_job_new(LIVE_WATCH);

	if (job == NULL) {
		f->next_ms = live_feed_failed(f, ERR_DASH_INTERNAL_ERROR, now_ms);
		return;
	}
	job->from_ms =
	        (f->primed ? f->cursor_ms : clock_wall_ms() - LIVE_CURSOR_LAG_MS) - LIVE_OVERLAP_MS;
	f->watching = true;
	live_feed_ask(f, job);
}

void live_feed_tick(struct live_feed *f, int64_t now_ms)
{
	if (f->streams == NULL)
		return;
	if (f->again != NULL && now_ms >= f->next_ms) {
		live_feed_ask(f, f->again);
		f->again = NULL;
	}
	if (!f->watching && now_ms >= f->next_ms)
		watch(f, now_ms);
	live_join_tick(f, now_ms);
}

/* ---- what is new ----------------------------------------------------------------------------- */

/* The rows that were not passed on yet, newest first, to the front of job->rows. */
static size_t keep_new(struct live_feed *f, struct live_job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->rows_len; i++)
		if (live_seen_add(&f->seen, &job->rows[i].at))
			job->rows[n++] = job->rows[i];
	return n;
}

static void move_cursor(struct live_feed *f, int64_t newest_ms, int64_t store_now_ms)
{
	int64_t least = (store_now_ms > 0 ? store_now_ms : clock_wall_ms()) - LIVE_CURSOR_LAG_MS;

	if (newest_ms > f->cursor_ms)
		f->cursor_ms = newest_ms;
	if (f->cursor_ms < least)
		f->cursor_ms = least;
	live_seen_expire(&f->seen, f->cursor_ms - LIVE_OVERLAP_MS);
}

static void say_gap(struct live_feed *f, int64_t from_ms, int64_t to_ms)
{
	for (struct live_stream *s = f->streams; s != NULL; s = s->next)
		if (s->state == LIVE_RUNNING)
			live_stream_say(s, live_message_gap(from_ms, to_ms));
}

/* ---- who gets what --------------------------------------------------------------------------- */

/* The first poll finds what was there before; only what came after the viewer did is news. */
static bool concerns(
        const struct live_feed *f, const struct live_stream *s, const struct live_row *row)
{
	return (f->primed || row->at.stored_ms >= s->connected_ms) &&
	       live_filter_passes(&s->query.filter, &row->traits) &&
	       !live_join_brought(s, row->at.id);
}

/* The newest of those that it may get. */
static void choose(const struct live_feed *f, struct live_stream *s, const struct live_row *rows,
        size_t len, bool *wanted, int64_t now_ms)
{
	size_t passing = 0, allowed;

	s->chosen_len = 0;
	if (s->state > LIVE_RUNNING)
		return;
	for (size_t i = 0; i < len; i++)
		passing += concerns(f, s, &rows[i]);
	if (passing == 0)
		return;
	allowed = live_stream_allow(s, passing, now_ms);
	for (size_t i = 0; i < len && s->chosen_len < allowed; i++) {
		if (!concerns(f, s, &rows[i]))
			continue;
		s->chosen[s->chosen_len++] = (uint32_t)i;
		wanted[i] = true;
	}
}

/* Places among rows become places among what is fetched; too old for it: left out. */
static void renumber(struct live_stream *s, const uint32_t *place)
{
	size_t n = 0;

	for (size_t i = 0; i < s->chosen_len; i++) {
		if (place[s->chosen[i]] != UINT32_MAX)
			s->chosen[n++] = place[s->chosen[i]];
	}
	live_stream_leave_out(s, s->chosen_len - n);
	s->chosen_len = n;
}

/* The positions of the rows that anybody gets, oldest first. False: no memory. */
static bool list_wanted(struct live_job *fetch, const struct live_row *rows, size_t len,
        const bool *wanted, uint32_t *place)
{
	size_t count = 0, at;

	for (size_t i = 0; i < len; i++)
		count += wanted[i];
	if (count > LIVE_FETCH_MAX)
		count = LIVE_FETCH_MAX;
	fetch->wanted = calloc(count > 0 ? count : 1, sizeof(*fetch->wanted));
	if (fetch->wanted == NULL)
		return false;
	fetch->wanted_len = at = count;
	for (size_t i = 0; i < len; i++) {
		place[i] = UINT32_MAX;
		if (!wanted[i] || at == 0)
			continue;
		place[i] = (uint32_t)--at;
		fetch->wanted[at] = rows[i].at;
	}
	return true;
}

/* A job that fetches what the viewers get of the new rows; NULL: they get nothing. */
static struct live_job *choose_all(
        struct live_feed *f, const struct live_row *rows, size_t len, int64_t now_ms)
{
	struct live_job *fetch = len > 0 ? live_job_new(LIVE_FETCH) : NULL;
	bool *wanted = calloc(len + 1, sizeof(*wanted));
	uint32_t *place = calloc(len + 1, sizeof(*place));

	for (struct live_stream *s = f->streams; s != NULL; s = s->next) {
		s->chosen_len = 0;
		if (fetch != NULL && wanted != NULL && place != NULL)
			choose(f, s, rows, len, wanted, now_ms);
	}
	if (fetch == NULL || wanted == NULL || place == NULL ||
	        !list_wanted(fetch, rows, len, wanted, place) || fetch->wanted_len == 0) {
		live_job_free(fetch);
		fetch = NULL;
	}
	for (struct live_stream *s = f->streams; fetch != NULL && s != NULL; s = s->next)
		renumber(s, place);
	free(wanted);
	free(place);
	return fetch;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void finish_poll(struct live_feed *f, int64_t took_ms, int64_t now_ms)
{
	int64_t pause = took_ms < LIVE_PAUSE_MAX_MS ? took_ms : LIVE_PAUSE_MAX_MS;

	f->primed = true;
	f->watching = false;
	f->passed_ms = f->cursor_ms;
	f->next_ms = f->polled_ms + LIVE_POLL_MS;
	if (f->next_ms < now_ms + pause)
		f->next_ms = now_ms + pause;
	live_join_caught_up(f, f->polled_ms);
}

static void watched(struct live_feed *f, struct live_job *job, int64_t now_ms)
{
	const struct live_row *rows = job->rows;
	size_t len = job->rows_len, fresh;
	struct live_job *fetch;
	int64_t newest_ms;

	if (job->e != ERR_OK) {
		f->watching = false;
		f->next_ms = live_feed_failed(f, job->e, now_ms);
		return;
	}
	live_feed_works(f);
	f->polled_ms = job->began_ms;
	if (f->primed && !job->whole && rows[len - 1].at.stored_ms > f->cursor_ms)
		say_gap(f, f->cursor_ms, rows[len - 1].at.stored_ms);
	newest_ms = len > 0 ? rows[0].at.stored_ms : 0;
	fresh = keep_new(f, job);
	move_cursor(f, newest_ms, job->now_ms);
	fetch = choose_all(f, job->rows, fresh, now_ms);
	if (fetch != NULL)
		live_feed_ask(f, fetch);
	else
		finish_poll(f, job->took_ms, now_ms);
}

static void fetched(struct live_feed *f, struct live_job *job, int64_t now_ms)
{
	size_t passed = 0;

	for (struct live_stream *s = f->streams; s != NULL; s = s->next) {
		for (size_t i = s->chosen_len; i-- > 0;) {
			struct live_message *m = job->messages[s->chosen[i]];

			if (m != NULL) {
				live_stream_event(s, m);
				passed++;
			}
		}
		s->chosen_len = 0;
	}
	shm_add(f->shm, LIVE_METRIC_EVENTS, NULL, passed);
	finish_poll(f, job->took_ms, now_ms);
}

void live_feed_answer(struct live_feed *f, struct live_job *job, int64_t now_ms)
{
	f->jobs--;
	shm_observe(f->shm, LIVE_METRIC_QUERY, SHM_LABELS("live"), (double)job->took_ms / 1000);
	if (job->joining) {
		live_join_answer(f, job, now_ms);
		return;
	}
	if (job->kind == LIVE_FETCH && job->e != ERR_OK) {
		f->next_ms = live_feed_failed(f, job->e, now_ms);
		f->again = job;
		return;
	}
	if (job->kind == LIVE_FETCH)
		fetched(f, job, now_ms);
	else
		watched(f, job, now_ms);
	live_job_free(job);
}
