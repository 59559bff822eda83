/* SPDX-License-Identifier: MIT
 * A place in a project's stream of events: when the store got an event, and its id. The id of every
 * message that a browser gets, and what it sends to go on after a break. */
#ifndef YAVIO_LIVE_POSITION_H
#define YAVIO_LIVE_POSITION_H

#include "base/base.h"

enum {
	LIVE_ID_BYTES = 16,
	LIVE_POSITION_BYTES = 64, /* its text, with the NUL */
};

struct live_position {
	int64_t stored_ms; /* Unix milliseconds */
	uint8_t id[LIVE_ID_BYTES];
};

/* The bytes of a UUID's text, 36 characters whatever follows. False: it is none. */
bool live_id_parse(const char *text, uint8_t id[LIVE_ID_BYTES]) MUST_CHECK;

/* "1772000000000-0191…" or, as a heartbeat says it, "1772000000000-": the time alone. False:
 * anything else. */
bool live_position_parse(const char *text, struct live_position *out) MUST_CHECK;
/* Its text; id NULL: the time alone. */
void live_position_text(int64_t stored_ms, const uint8_t *id, char out[LIVE_POSITION_BYTES]);

#endif
