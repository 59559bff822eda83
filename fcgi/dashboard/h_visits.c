/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/sessions, sessions/{id}, traces/{id}: what clients did, one after
 * the other. (h_sessions.c is about logins.) */
#include "base/str.h"
#include "fcgi/dashboard/analytics.h"

static const char *const SORTS[] = {"lastAt", NULL};
static const char *const HAS_WORDS[] = {"error", "conversion", "widget", "intent", NULL};

enum { USER = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, HAS, Q };
enum { NAME_CHARS = 256, WORD_CHARS = 16, EVENTS_MAX = 2000 };
/* Where the calendar of the store ends, and behind the last step there can be. */
static const int64_t CURSOR_MS_MAX = INT64_C(10413791999999), STEP_MAX = INT64_C(1) << 32;

static const char *check_has(const struct request *req, const struct web_value *v)
{
	const char *item = v->text;

	(void)req;
	for (size_t i = 0; i < v->items; i++, item += strlen(item) + 1) {
		const char *const *word = HAS_WORDS;

		while (*word != NULL && strcmp(*word, item) != 0)
			word++;
		if (*word == NULL)
			return "unknown_value";
	}
	return NULL;
}

#define SESSION_FILTERS                                                                            \
	ANALYTICS_RANGE_FIELDS,                                                                    \
	        [USER] = {.name = "user",                                                          \
	                .type = WEB_TEXT,                                                          \
	                .min = 1,                                                                  \
	                .max = NAME_CHARS,                                                         \
	                .flags = WEB_OPTIONAL},                                                    \
	        [HAS] = {.name = "has",                                                            \
	                .type = WEB_TOKEN,                                                         \
	                .min = 1,                                                                  \
	                .max = WORD_CHARS,                                                         \
	                .flags = WEB_OPTIONAL,                                                     \
	                .items_max = ARRAY_LEN(HAS_WORDS) - 1,                                     \
	                .check = check_has},                                                       \
	        [Q] = {                                                                            \
	                .name = "q",                                                               \
	                .type = WEB_TEXT,                                                          \
	                .min = 1,                                                                  \
	                .max = NAME_CHARS,                                                         \
	                .flags = WEB_OPTIONAL,                                                     \
	}

static const struct web_field LIST[] = {WEB_LIST_FIELDS(SORTS), SESSION_FILTERS};
const struct web_fields h_visits_fields = WEB_STRICT_FIELDS(LIST);

static enum err set_visits(struct analytics *a)
{
	const struct request *req = a->req;

	analytics_set(a, CHV_USER, web_given(req, USER) ? web_text(req, USER) : "");
	analytics_set(a, CHV_Q, web_given(req, Q) ? web_text(req, Q) : "");
	analytics_set_items(a, CHV_HAS, HAS);
	return ERR_OK;
}

static enum err find_visits(struct analytics *a)
{
	enum err e = set_visits(a);

	return e == ERR_OK ? analytics_find_page(a, CHQ_SESSION_IDS) : e;
}

enum err h_visits(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"items", CHQ_SESSION_LIST, ANALYTICS_ITEMS},
	        {"total", CHQ_SESSION_TOTAL, ANALYTICS_TOTAL},
	};

	return analytics_view(req, rep, app, find_visits, PARTS, ARRAY_LEN(PARTS));
}

/* ---- one session, one trace ------------------------------------------------------------------ */

/* Where a page of events ends: milliseconds, place of the step, id of the event. */
struct cursor {
	int64_t time_ms, step;
	char id[ID_UUID_BYTES];
};

static bool parse_cursor(const char *text, struct cursor *out)
{
	const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	char number[24];

	return second != NULL &&
	       str_format(number, sizeof(number), "%.*s", (int)(first - text), text) &&
	       str_parse_int(number, 0, CURSOR_MS_MAX, &out->time_ms) &&
	       str_format(number, sizeof(number), "%.*s", (int)(second - first - 1), first + 1) &&
	       str_parse_int(number, 0, STEP_MAX, &out->step) && web_is_id(second + 1) &&
	       str_copy(out->id, sizeof(out->id), second + 1);
}

static const char *check_cursor(const struct request *req, const struct web_value *v)
{
	struct cursor cursor;

	(void)req;
	return parse_cursor(v->text, &cursor) ? NULL : "bad_format";
}

enum { CURSOR };
static const struct web_field ONE[] = {
        [CURSOR] = {.name = "cursor",
                .type = WEB_TOKEN,
                .min = 1,
                .max = 80,
                .flags = WEB_OPTIONAL,
                .check = check_cursor},
};
const struct web_fields h_visit_fields = WEB_STRICT_FIELDS(ONE);
const struct web_fields h_trace_fields = {.list = ONE, .len = 0, .strict = true};

static enum err set_trace(struct analytics *a)
{
	analytics_set_int(a, CHV_LIMIT, EVENTS_MAX);
	return analytics_set_path(a, CHV_NAME, "trace");
}

static enum err set_session(struct analytics *a)
{
	struct cursor cursor = {.time_ms = 0};

	if (web_given(a->req, CURSOR) && !parse_cursor(web_text(a->req, CURSOR), &cursor))
		return ERR_DASH_INTERNAL_ERROR;
	analytics_set_time(a, CHV_AFTER_TIME, cursor.time_ms);
	analytics_set_int(a, CHV_AFTER_STEP, cursor.step);
	analytics_set(a, CHV_AFTER_ID, cursor.id);
	analytics_set_int(a, CHV_LIMIT, EVENTS_MAX);
	return analytics_set_path(a, CHV_NAME, "session");
}

enum err h_visit(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"session", CHQ_SESSION_HEADER, ANALYTICS_OBJECT},
	        {"traces", CHQ_SESSION_TRACES, ANALYTICS_LIST},
	        {"", CHQ_SESSION_NEXT, ANALYTICS_MEMBERS},
	};

	return analytics_view(req, rep, app, set_session, PARTS, ARRAY_LEN(PARTS));
}

enum err h_trace(struct request *req, struct reply *rep, struct app *app)
{
	static const struct analytics_part PARTS[] = {
	        {"trace", CHQ_TRACE_HEADER, ANALYTICS_OBJECT},
	        {"events", CHQ_TRACE_EVENTS, ANALYTICS_LIST},
	};

	return analytics_view(req, rep, app, set_trace, PARTS, ARRAY_LEN(PARTS));
}
