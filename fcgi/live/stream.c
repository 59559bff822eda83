/* SPDX-License-Identifier: MIT
 * A viewer's connection: queue, allowance, records, heartbeat. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "fcgi/live/stream.h"

enum {
	OUT_BYTES = 64 * 1024, /* records are made up to here, then written */
	OUT_BYTES_MAX = OUT_BYTES + LIVE_MESSAGE_BYTES_MAX + LIVE_MESSAGE_BYTES_MAX / 1024,
	OUT_KEPT_BYTES = 4096, /* memory that a quiet stream keeps */
};

struct live_stream *live_stream_new(struct live_hub *hub, struct live_seats *seats,
        const struct live_viewer *who, struct live_query *query)
{
	struct live_stream *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		live_query_release(query);
		live_seats_give(seats, who->user_id);
		return NULL;
	}
	s->hub = hub;
	s->seats = seats;
	s->who = *who;
	s->query = *query;
	s->conn.fd = -1;
	s->connected_ms = clock_wall_ms();
	s->tokens = LIVE_BURST;
	s->tokens_ms = s->moved_ms = s->checked_ms = clock_mono_ms();
	s->heartbeat_ms = s->moved_ms + LIVE_HEARTBEAT_MS;
	buf_init(&s->out, OUT_BYTES_MAX);
	return s;
}

void live_stream_free(struct live_stream *s)
{
	if (s == NULL)
		return;
	if (s->conn.fd >= 0)
		close(s->conn.fd);
	live_seats_give(s->seats, s->who.user_id);
	live_query_release(&s->query);
	live_queue_release(&s->held);
	live_queue_release(&s->queue);
	buf_release(&s->out);
	free(s);
}

void live_stream_leave_out(struct live_stream *s, uint64_t n)
{
	s->dropped += n;
	s->uncounted += n;
}

size_t live_stream_allow(struct live_stream *s, size_t passing, int64_t now_ms)
{
	size_t allowed;

	s->tokens += (double)(now_ms - s->tokens_ms) * LIVE_EVENTS_PER_S / 1000;
	s->tokens_ms = now_ms;
	if (s->tokens > LIVE_BURST)
		s->tokens = LIVE_BURST;
	allowed = (size_t)s->tokens < passing ? (size_t)s->tokens : passing;
	s->tokens -= (double)allowed;
	live_stream_leave_out(s, passing - allowed);
	return allowed;
}

/* Whether an event of so many bytes may wait there. */
static bool has_room(const struct live_stream *s, size_t len)
{
	return s->state == LIVE_JOINING ? s->held.bytes + len <= LIVE_HELD_BYTES_MAX
	                                : s->queue.bytes + len <= LIVE_WAITING_BYTES_MAX;
}

void live_stream_event(struct live_stream *s, struct live_message *m)
{
	if (s->state > LIVE_RUNNING)
		return;
	/* What waits only because nobody has written it yet is no sign of a slow reader. */
	if (s->state == LIVE_RUNNING && !has_room(s, m->len) && !s->blocked)
		live_stream_write(s, clock_mono_ms());
	if (has_room(s, m->len) &&
	        live_queue_push(s->state == LIVE_JOINING ? &s->held : &s->queue, m))
		return;
	live_stream_leave_out(s, 1);
	if (s->state == LIVE_RUNNING && s->full_ms == 0)
		s->full_ms = clock_mono_ms();
}

void live_stream_say(struct live_stream *s, struct live_message *m)
{
	if (m != NULL && (s->state == LIVE_GONE || !live_queue_push(&s->queue, m)))
		s->full_ms = s->full_ms == 0 ? clock_mono_ms() : s->full_ms;
	live_message_drop(m);
}

void live_stream_end(struct live_stream *s, int64_t id_ms, enum err e)
{
	if (s->state >= LIVE_ENDING)
		return;
	log_info("live view ended", F_STR("projectId", s->who.project_id),
	        F_STR("code", err_code(e)));
	live_stream_say(s, live_message_end(id_ms, e));
	s->state = LIVE_ENDING;
	s->ending_ms = clock_mono_ms();
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Makes records of what waits. False: a message cannot be sent. */
static bool fill(struct live_stream *s)
{
	struct live_message *m;
	bool fits = true;

	while (fits && s->out.len < OUT_BYTES && (m = live_queue_pop(&s->queue)) != NULL) {
		fits = fcgi_stream_frame(&s->conn, m->text, m->len, &s->out);
		live_message_drop(m);
	}
	if (fits && s->queue.len == 0 && s->state == LIVE_ENDING && !s->closing) {
		fits = fcgi_stream_frame_end(&s->conn, &s->out);
		s->closing = true;
	}
	return fits;
}

/* False: the connection is gone. */
static bool push(struct live_stream *s, int64_t now_ms)
{
	while (s->out_at < s->out.len) {
		ssize_t n = send(s->conn.fd, s->out.data + s->out_at, s->out.len - s->out_at,
		        MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			s->out_at += (size_t)n;
			s->moved_ms = now_ms;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			s->blocked = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
			return s->blocked;
		}
	}
	s->out_at = 0;
	if (s->out.size > OUT_KEPT_BYTES)
		buf_release(&s->out);
	else
		buf_clear(&s->out);
	return true;
}

void live_stream_write(struct live_stream *s, int64_t now_ms)
{
	s->blocked = false;
	do {
		if ((s->out.len == 0 && !fill(s)) || !push(s, now_ms)) {
			s->state = LIVE_GONE;
			return;
		}
	} while (!s->blocked && (s->queue.len > 0 || (s->state == LIVE_ENDING && !s->closing)));
	if (s->blocked)
		return;
	s->moved_ms = now_ms;
	if (s->queue.bytes < LIVE_WAITING_BYTES_MAX / 2)
		s->full_ms = 0;
	if (s->closing)
		s->state = LIVE_GONE;
}

void live_stream_tick(struct live_stream *s, int64_t id_ms, int64_t now_ms)
{
	if (s->state == LIVE_ENDING && now_ms - s->ending_ms >= LIVE_ENDING_MS)
		s->state = LIVE_GONE;
	if (s->state > LIVE_RUNNING)
		return;
	if (now_ms - s->moved_ms >= LIVE_SLOW_MS ||
	        (s->full_ms != 0 && now_ms - s->full_ms >= LIVE_SLOW_MS)) {
		live_stream_end(s, -1, ERR_DASH_LIVE_SLOW_READER);
		return;
	}
	if (now_ms < s->heartbeat_ms)
		return;
	s->heartbeat_ms = now_ms + LIVE_HEARTBEAT_MS;
	live_stream_say(s, live_message_heartbeat(s->state == LIVE_RUNNING ? id_ms : -1,
	                           clock_wall_ms(), s->dropped));
	s->dropped = 0;
}
