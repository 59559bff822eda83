/* SPDX-License-Identifier: MIT
 * What a viewer asks for: which events, how many of the newest first, or from where to go on. */
#ifndef YAVIO_LIVE_FILTER_H
#define YAVIO_LIVE_FILTER_H

#include "fcgi/live/position.h"
#include "web/web.h"

enum {
	LIVE_VALUES_MAX = 20, /* of one filter */
	LIVE_NAME_CHARS = 256,
	LIVE_WORD_CHARS = 64, /* of a type or platform */
	LIVE_BACKLOG_DEFAULT = 50,
	LIVE_BACKLOG_MAX = 200,
};

/* Any of these; none: all. */
struct live_values {
	size_t len;
	char *item[LIVE_VALUES_MAX];
};

bool live_values_hold(const struct live_values *v, const char *text);

struct live_filter {
	struct live_values types, tools, platforms;
	bool errors; /* only what has status "error" */
};

struct live_query {
	struct live_filter filter;
	int64_t backlog;
	bool resume;
	struct live_position from; /* with resume */
};

/* What a request asks for, whose query was read by live_fields; its Last-Event-ID header goes
 * before the parameter. False: no memory, and nothing to release. */
bool live_query_read(const struct request *req, struct live_query *out) MUST_CHECK;
extern const struct web_fields live_fields;
void live_query_release(struct live_query *q);

/* A copy that owns its texts; false: no memory, and nothing to release. */
bool live_filter_copy(const struct live_filter *from, struct live_filter *out) MUST_CHECK;
void live_filter_release(struct live_filter *f);
bool live_filter_equal(const struct live_filter *a, const struct live_filter *b);

/* The own fields of an event. */
struct live_traits {
	const char *type, *name, *platform, *status;
};
bool live_filter_passes(const struct live_filter *f, const struct live_traits *t);

#endif
