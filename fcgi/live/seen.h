/* SPDX-License-Identifier: MIT
 * Which events were passed on lately: a set of ids that forgets the old ones. */
#ifndef YAVIO_LIVE_SEEN_H
#define YAVIO_LIVE_SEEN_H

#include "fcgi/live/position.h"

enum { LIVE_SEEN_MAX = 50000 }; /* ids at a time: 2.4 MB */

struct live_seen {
	struct live_position *table; /* open addressing; stored_ms 0: free */
	size_t size, used;
};

/* Starts as {0}. */
void live_seen_release(struct live_seen *s);
/* True: it was not there. It is now, unless the set is full or memory is out: then it may be passed
 * on again. */
bool live_seen_add(struct live_seen *s, const struct live_position *p);
bool live_seen_has(const struct live_seen *s, const uint8_t id[LIVE_ID_BYTES]);
/* Forgets what the store got before then. */
void live_seen_expire(struct live_seen *s, int64_t before_ms);

#endif
