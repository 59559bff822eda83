/* SPDX-License-Identifier: MIT
 * Messages and their queues. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "fcgi/live/message.h"

enum { SMALL_BYTES = 512, RING_MIN = 16 };

static _Atomic size_t bytes_alive;

static struct live_message *make(size_t len)
{
	struct live_message *m;

	if (len > LIVE_MESSAGE_BYTES_MAX)
		return NULL;
	m = malloc(sizeof(*m) + len + 1);
	if (m == NULL)
		return NULL;
	m->refs = 1;
	memset(m->id, 0, sizeof(m->id));
	m->len = len;
	atomic_fetch_add_explicit(&bytes_alive, len, memory_order_relaxed);
	return m;
}

static struct live_message *make_text(const struct buf *b)
{
	struct live_message *m = b->failed ? NULL : make(b->len);

	if (m != NULL)
		memcpy(m->text, buf_str(b), b->len + 1);
	return m;
}

struct live_message *live_message_event(
        const struct live_position *at, const char *json, size_t json_len)
{
	static const char KIND[] = "\nevent: event\ndata: ", END[] = "\n\n";
	char id[LIVE_POSITION_BYTES + 4] = "id: ", *to;
	struct live_message *m;
	size_t id_len;

	live_position_text(at->stored_ms, at->id, id + strlen(id));
	id_len = strlen(id);
	m = make(id_len + strlen(KIND) + json_len + strlen(END));
	if (m == NULL)
		return NULL;
	memcpy(m->id, at->id, sizeof(m->id));
	to = m->text;
	memcpy(to, id, id_len);
	to += id_len;
	memcpy(to, KIND, strlen(KIND));
	to += strlen(KIND);
	memcpy(to, json, json_len);
	to += json_len;
	memcpy(to, END, sizeof(END));
	return m;
}

static void begin(struct buf *b, int64_t id_ms, const char *kind)
{
	char id[LIVE_POSITION_BYTES];

	buf_init(b, SMALL_BYTES);
	if (id_ms >= 0) {
		live_position_text(id_ms, NULL, id);
		buf_addf(b, "id: %s\n", id);
	}
	buf_addf(b, "event: %s\ndata: ", kind);
}

static struct live_message *finish(struct buf *b)
{
	struct live_message *m;

	buf_add_str(b, "\n\n");
	m = make_text(b);
	buf_release(b);
	return m;
}

struct live_message *live_message_heartbeat(int64_t id_ms, int64_t now_ms, uint64_t dropped)
{
	char time[CLOCK_TEXT_BYTES];
	struct buf b;

	clock_format_iso(now_ms, time);
	begin(&b, id_ms, "heartbeat");
	buf_addf(&b, "{\"time\":\"%s\",\"dropped\":%" PRIu64 "}", time, dropped);
	return finish(&b);
}

struct live_message *live_message_gap(int64_t from_ms, int64_t to_ms)
{
	char from[CLOCK_TEXT_BYTES], to[CLOCK_TEXT_BYTES];
	struct buf b;

	clock_format_iso(from_ms, from);
	clock_format_iso(to_ms, to);
	begin(&b, -1, "gap");
	buf_addf(&b, "{\"from\":\"%s\",\"to\":\"%s\"}", from, to);
	return finish(&b);
}

struct live_message *live_message_status(enum err e)
{
	struct buf b;

	begin(&b, -1, "status");
	if (e == ERR_OK)
		buf_add_str(&b, "{\"store\":\"ok\",\"code\":null}");
	else
		buf_addf(&b, "{\"store\":\"away\",\"code\":\"%s\"}", err_code(e));
	return finish(&b);
}

struct live_message *live_message_end(int64_t id_ms, enum err e)
{
	struct buf b;

	begin(&b, id_ms, "end");
	buf_addf(&b, "{\"code\":\"%s\"}", err_code(e));
	return finish(&b);
}

struct live_message *live_message_retry(int64_t ms)
{
	struct live_message *m;
	struct buf b;

	buf_init(&b, SMALL_BYTES);
	buf_addf(&b, "retry: %" PRId64 "\n\n", ms);
	m = make_text(&b);
	buf_release(&b);
	return m;
}

void live_message_drop(struct live_message *m)
{
	if (m == NULL || --m->refs > 0)
		return;
	atomic_fetch_sub_explicit(&bytes_alive, m->len, memory_order_relaxed);
	free(m);
}

size_t live_message_bytes(void)
{
	return atomic_load_explicit(&bytes_alive, memory_order_relaxed);
}

/* ---- queues ---------------------------------------------------------------------------------- */

void live_queue_release(struct live_queue *q)
{
	struct live_message *m;

	while ((m = live_queue_pop(q)) != NULL)
		live_message_drop(m);
	free(q->ring);
	*q = (struct live_queue){.ring = NULL};
}

static bool grow(struct live_queue *q)
{
	size_t size = q->size > 0 ? 2 * q->size : RING_MIN;
	struct live_message **ring = malloc(size * sizeof(struct live_message *));

	if (ring == NULL)
		return false;
	for (size_t i = 0; i < q->len; i++)
		ring[i] = q->ring[(q->head + i) & (q->size - 1)];
	free(q->ring);
	q->ring = ring;
	q->size = size;
	q->head = 0;
	return true;
}

bool live_queue_push(struct live_queue *q, struct live_message *m)
{
	if (q->len >= LIVE_QUEUE_MAX || (q->len == q->size && !grow(q)))
		return false;
	q->ring[(q->head + q->len++) & (q->size - 1)] = m;
	q->bytes += m->len;
	m->refs++;
	return true;
}

struct live_message *live_queue_pop(struct live_queue *q)
{
	struct live_message *m;

	if (q->len == 0)
		return NULL;
	m = q->ring[q->head];
	q->head = (q->head + 1) & (q->size - 1);
	q->bytes -= m->len;
	/* What a burst needed is given back when it is over. */
	if (--q->len == 0 && q->size > RING_MIN) {
		free(q->ring);
		*q = (struct live_queue){.ring = NULL};
	}
	return m;
}
