/* SPDX-License-Identifier: MIT
 * Messages of a stream as they go over the wire (HTML, section 9.2: server-sent events). An event
 * is written once, whoever many streams it goes to; each stream has a queue of what is still to be
 * sent. */
#ifndef YAVIO_LIVE_MESSAGE_H
#define YAVIO_LIVE_MESSAGE_H

#include "base/errors.h"
#include "fcgi/live/position.h"

enum {
	/* All messages that wait in any queue: a bound on the memory of the process. */
	LIVE_MESSAGES_BYTES_MAX = 128 * 1024 * 1024,
	LIVE_MESSAGE_BYTES_MAX = 4 * 1024 * 1024,
};

/* Made by any thread; then used by the hub's alone. */
struct live_message {
	unsigned refs;
	uint8_t id[LIVE_ID_BYTES]; /* of an event */
	size_t len;
	char text[];
};

/* NULL: no memory, or too long. Each begins with one reference, its maker's. */
struct live_message *live_message_event(
        const struct live_position *at, const char *json, size_t json_len);
/* id_ms below 0: no id, since something before it may still be missing. */
struct live_message *live_message_heartbeat(int64_t id_ms, int64_t now_ms, uint64_t dropped);
struct live_message *live_message_gap(int64_t from_ms, int64_t to_ms);
/* e ERR_OK: the store answers again. */
struct live_message *live_message_status(enum err e);
struct live_message *live_message_end(int64_t id_ms, enum err e);
struct live_message *live_message_retry(int64_t ms);
void live_message_drop(struct live_message *m); /* gives a reference back; NULL-safe */
/* Bytes of all messages there are. */
size_t live_message_bytes(void);

enum {
	/* Waiting in one queue: a little over all that a resume may bring. */
	LIVE_QUEUE_MAX = 12000,
};

struct live_queue {
	struct live_message **ring;
	size_t size, head, len;
	size_t bytes;
};

/* Starts as {0}. */
void live_queue_release(struct live_queue *q);
/* Adds m with a reference of its own. False: full, or no memory. */
bool live_queue_push(struct live_queue *q, struct live_message *m) MUST_CHECK;
/* The oldest, whose reference is the caller's now; NULL: none. */
struct live_message *live_queue_pop(struct live_queue *q);

#endif
