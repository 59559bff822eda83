/* SPDX-License-Identifier: MIT
 * Invented events for demos, tests and benchmarks: the same plan always gives the same events. */
#ifndef YAVIO_CLI_SEED_H
#define YAVIO_CLI_SEED_H

#include "base/buf.h"
#include "base/err.h"

enum {
	SEED_TOOLS_MAX = 25,
	SEED_DAYS_MAX = 400, /* older events are refused by the contract */
	SEED_SESSION_EVENTS_MAX = 2000,
	SEED_SESSION_BYTES_MAX = 4 << 20,
};

struct seed_plan {
	const char *profile;
	uint64_t seed;
	int64_t events, sessions, users;
	int64_t tools, days;
	bool pii;       /* each event carries personal data, for the redaction to find */
	int64_t end_ms; /* the last day ends here; sessions begin before */
};

/* minimal, standard, load, pii, with end_ms and seed left to the caller. False: no such profile. */
bool seed_profile(const char *name, struct seed_plan *out) MUST_CHECK;
/* "minimal, standard, load, pii" */
const char *seed_profile_names(void);
/* Other counts: sessions and users follow in proportion. 0 leaves events or days as they are.
 * False: out of range. */
bool seed_resize(struct seed_plan *plan, int64_t events, int64_t days) MUST_CHECK;

/* How many events session 0 … sessions - 1 has; all together are plan->events. */
int64_t seed_session_events(const struct seed_plan *plan, int64_t session);
/* Appends the wire form of a session's events, JSON objects with commas between. Sessions stand in
 * the order of their time, but for a few hours. False: out is full. */
bool seed_session(const struct seed_plan *plan, int64_t session, struct buf *out) MUST_CHECK;
/* The same of the definitions of all tools, as a server registers them; they are no events. */
bool seed_tools(const struct seed_plan *plan, struct buf *out) MUST_CHECK;

/* ---- seed_words.c ---- */

struct seed_tool {
	const char *name, *description;
	const char *argument, *words; /* its argument, and values of it, separated by "|" */
	const char *intent;           /* what the model says it wants it for */
	unsigned weight;              /* calls among all */
	unsigned base_ms;             /* latency of a quick call */
	bool widget;
};
extern const struct seed_tool seed_tool_list[SEED_TOOLS_MAX];

struct seed_error {
	const char *category, *before, *after; /* a number stands between */
};
extern const struct seed_error seed_errors[];
extern const size_t seed_errors_len;

struct seed_client {
	const char *platform, *name, *version;
	unsigned percent;
};
extern const struct seed_client seed_clients[];
extern const size_t seed_clients_len;

/* Personal data in running text, never anybody's. */
extern const char *const seed_pii_texts[];
extern const size_t seed_pii_texts_len;

/* The i-th of words separated by "|", i modulo their number; *len its bytes. */
const char *seed_word(const char *words, uint64_t i, int *len);

#endif
