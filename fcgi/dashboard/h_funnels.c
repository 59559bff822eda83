/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/funnels and /funnels/examples */
#include <stdlib.h>
#include <string.h>

#include "fcgi/dashboard/analytics.h"

enum {
	STEPS_MIN = 2,
	STEPS_MAX = 10,
	WINDOW_S_MAX = 2592000,
	WINDOW_S_DEFAULT = 86400,
	PAGE_BYTES_MAX = 512 * 1024, /* units and keys of one page */
};

enum scope { SCOPE_SESSION, SCOPE_USER, SCOPE_TRACE };
static const char *const scope_words[] = {"session", "user", "trace", NULL};
static const char *const sort_words[] = {"enteredAt", NULL};

static const char *check_steps(const struct request *req, const struct web_value *v)
{
	return v->items < STEPS_MIN ? "too_few" : analytics_check_pairs(req, v);
}

#define STEP_FIELDS(at, flags_)                                                                    \
	[(at)] = {.name = "step",                                                                  \
	        .type = WEB_TEXT,                                                                  \
	        .min = 3,                                                                          \
	        .max = ANALYTICS_NODE_CHARS_MAX,                                                   \
	        .flags = (flags_),                                                                 \
	        .check = check_steps,                                                              \
	        .items_max = STEPS_MAX},                                                           \
	[(at) + 1] = {.name = "scope",                                                             \
	        .type = WEB_WORD,                                                                  \
	        .flags = WEB_OPTIONAL,                                                             \
	        .words = scope_words},                                                             \
	[(at) + 2] = {.name = "window",                                                            \
	        .type = WEB_INT,                                                                   \
	        .min = 1,                                                                          \
	        .max = WINDOW_S_MAX,                                                               \
	        .flags = WEB_OPTIONAL}

enum { STEP = ANALYTICS_RANGE_LEN, SCOPE, WINDOW };
static const struct web_field FIELDS[] = {
        ANALYTICS_RANGE_FIELDS,
        STEP_FIELDS(STEP, WEB_OPTIONAL),
};
const struct web_fields h_funnels_fields = WEB_STRICT_FIELDS(FIELDS);

enum {
	EXAMPLE_STEP = WEB_LIST_LEN + ANALYTICS_RANGE_LEN,
	EXAMPLE_SCOPE,
	EXAMPLE_WINDOW,
	EXAMPLE_LEVEL
};

static const char *check_level(const struct request *req, const struct web_value *v)
{
	size_t steps = web_items(req, EXAMPLE_STEP);

	return steps == 0 || v->integer <= (int64_t)steps ? NULL : "too_large";
}

static const struct web_field EXAMPLE_FIELDS[] = {
        WEB_LIST_FIELDS(sort_words),
        ANALYTICS_RANGE_FIELDS,
        STEP_FIELDS(EXAMPLE_STEP, 0),
        [EXAMPLE_LEVEL] = {.name = "level",
                .type = WEB_INT,
                .min = 1,
                .max = STEPS_MAX,
                .check = check_level},
};
const struct web_fields h_funnel_examples_fields = WEB_STRICT_FIELDS(EXAMPLE_FIELDS);

/* What both routes say; field: place of their steps, scope and window behind it. */
static enum scope set_funnel(struct analytics *a, size_t field, int64_t level)
{
	enum scope scope = (enum scope)web_int(a->req, field + 1, SCOPE_SESSION);

	analytics_set_pairs(a, CHV_STEP_TYPES, CHV_STEP_NAMES, field);
	analytics_set(a, CHV_SCOPE, scope_words[scope]);
	analytics_set_int(a, CHV_WINDOW, web_int(a->req, field + 2, WINDOW_S_DEFAULT));
	analytics_set_int(a, CHV_LEVEL, level);
	analytics_set_int(a, CHV_UNIT_EVENTS, ANALYTICS_UNIT_EVENTS_MAX);
	return scope;
}

enum err h_funnels(struct request *req, struct reply *rep, struct app *app)
{
	bool explicit = web_items(req, STEP) > 0;
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK) {
		enum scope scope = set_funnel(&a, STEP, 0);
		struct json_writer *w = analytics_members(&a);
		struct analytics_part part = {.key = "", .shape = ANALYTICS_MEMBERS};

		json_write_str(w, "mode", explicit ? "explicit" : "auto");
		json_write_str(w, "scope", scope_words[scope]);
		if (explicit)
			json_write_int(w, "windowSeconds", web_int(req, WINDOW, WINDOW_S_DEFAULT));
		if (explicit)
			part.query = scope == SCOPE_USER ? CHQ_FUNNEL_BY_USER : CHQ_FUNNEL;
		else
			part.query =
			        scope == SCOPE_USER ? CHQ_FUNNEL_AUTO_BY_USER : CHQ_FUNNEL_AUTO;
		e = analytics_reply(&a, rep, &part, 1);
	}
	analytics_end(&a);
	return e;
}

/* total, and the lists by which the page is looked up, as the store writes and takes them. */
static bool read_page(struct analytics *a, char *line)
{
	static const enum ch_value_id LISTS[] = {CHV_UNITS, CHV_IDS, CHV_TIMES};
	char *cell = strsep(&line, "\t");

	json_write_int(analytics_members(a), "total", strtoll(cell, NULL, 10));
	for (size_t i = 0; i < ARRAY_LEN(LISTS); i++) {
		cell = strsep(&line, "\t");
		if (cell == NULL)
			return false;
		analytics_set(a, LISTS[i], cell);
	}
	return true;
}

/* Which units, without what is told of them; no row: one of them has too many events. */
static enum err ask_page(struct analytics *a, enum ch_text_id query)
{
	struct buf rows;
	struct ch_ask ask = {
	        .text = query, .values = &a->values, .format = "TabSeparatedRaw", .out = &rows};
	enum err e;

	buf_init(&rows, PAGE_BYTES_MAX);
	e = analytics_ask(a, &ask, 1);
	if (e == ERR_OK && rows.len == 0)
		e = ERR_DASH_ANALYTICS_QUERY_REJECTED;
	if (e == ERR_OK) {
		rows.data[rows.len - 1] = '\0'; /* the line's end */
		e = read_page(a, rows.data) ? ERR_OK : ERR_DASH_INTERNAL_ERROR;
	}
	buf_release(&rows);
	return e;
}

enum err h_funnel_examples(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {{"", CHQ_FUNNEL_EXAMPLES, ANALYTICS_MEMBERS}};
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK) {
		enum scope scope = set_funnel(&a, EXAMPLE_STEP, web_int(req, EXAMPLE_LEVEL, 1));

		analytics_set_list_end(&a);
		e = ask_page(&a, scope == SCOPE_USER ? CHQ_FUNNEL_PAGE_BY_USER : CHQ_FUNNEL_PAGE);
	}
	if (e == ERR_OK)
		e = analytics_reply(&a, rep, PARTS, ARRAY_LEN(PARTS));
	analytics_end(&a);
	return e;
}
