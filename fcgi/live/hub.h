/* SPDX-License-Identifier: MIT
 * The thread that all streams belong to: it takes viewers in, lets feeds ask, writes, keeps time,
 * and sees them off. */
#ifndef YAVIO_LIVE_HUB_H
#define YAVIO_LIVE_HUB_H

#include "fcgi/live/live.h"
#include "fcgi/live/stream.h"

enum {
	LIVE_CHECK_MS = 30 * 1000,             /* between two looks at a login */
	LIVE_UNCHECKED_MAX_MS = 5 * 60 * 1000, /* a database that is away longer ends the streams */
	LIVE_DRAIN_MS = 3000,                  /* for the last messages at the end */
};

struct live_hub;

/* NULL: no memory, or no thread. */
struct live_hub *live_hub_start(const struct live *live);
/* Any thread: takes a stream whose reply has begun. */
void live_hub_add(struct live_hub *hub, struct live_stream *s);
/* Sends every viewer off and ends the thread. NULL-safe. */
void live_hub_stop(struct live_hub *hub);

#endif
