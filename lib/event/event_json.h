/* SPDX-License-Identifier: MIT
 * The lexical side of JSON for ingest: skips values while it checks them, and decodes strings.
 * For lib/event, and for the shipper, which reads what ingest wrote. */
#ifndef YAVIO_EVENT_EVENT_JSON_H
#define YAVIO_EVENT_EVENT_JSON_H

#include "base/base.h"
#include "base/buf.h"

enum event_json_kind {
	EVENT_JSON_NULL,
	EVENT_JSON_FALSE,
	EVENT_JSON_TRUE,
	EVENT_JSON_NUMBER,
	EVENT_JSON_STRING,
	EVENT_JSON_ARRAY,
	EVENT_JSON_OBJECT,
};

/* Where reading stands. The fault flags stay once set. */
struct event_json {
	const char *p;
	const char *end;
	bool bad_utf8; /* a string held bytes that are no UTF-8; cleared by whoever looks */
	bool too_deep; /* a value was nested deeper than EVENT_JSON_DEPTH_MAX */
};

/* A value in the text. For a string start and len leave out the quotes. */
struct event_json_value {
	const char *start;
	size_t len;
	size_t compact_len; /* without whitespace outside strings, quotes included */
	uint16_t depth;     /* of nesting: 0 for a scalar, 1 for {} */
	uint8_t kind;       /* enum event_json_kind */
	bool escaped;       /* a string holds a backslash */
	bool suspect;       /* a string: its text may hold a digit or "@", without which nothing is
	                       personal. An array or object: it is not written as it stands, or that
	                       has to be looked at */
};

static inline void event_json_space(struct event_json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t'))
		j->p++;
}
/* At the opening quote; true: *out is the string, j stands behind it. */
bool event_json_string(struct event_json *j, struct event_json_value *out) MUST_CHECK;
/* Any value, j at its first byte (no space before it). false: not JSON, or too_deep. depth: of the
 * value itself, the document's root being 1. */
bool event_json_value(
        struct event_json *j, unsigned depth, struct event_json_value *out) MUST_CHECK;

/* Unescapes a checked string into out: lone surrogates become U+FFFD, \u0000 a NUL byte. */
void event_json_decode(const char *text, size_t len, struct buf *out);
/* Appends text (valid UTF-8, NUL allowed) with JSON escapes, without quotes. */
void event_json_encode(const char *text, size_t len, struct buf *out);

#endif
