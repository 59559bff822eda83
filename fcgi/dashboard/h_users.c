/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/users, /users/{id} and /users/by-id, /users/{id}/events and
 * /users/by-id/events */
#include <stdlib.h>

#include "base/str.h"
#include "fcgi/dashboard/analytics.h"

enum {
	TRAITS_MAX = 5,
	TRAIT_CHARS_MAX = 256,
	USER_CHARS_MAX = 256,
	EVENTS_MAX = 200,
	EVENTS_DEFAULT = 100,
	TYPES_MAX = 20,
	CURSOR_CHARS_MAX = 64,
	PAGE_BYTES_MAX = 512 * 1024, /* ids of one page */
};

/* ---- the list ---- */

enum sort {
	SORT_LAST_SEEN,
	SORT_USER_ID,
	SORT_SESSIONS,
	SORT_EVENTS,
	SORT_TOOL_CALLS,
	SORT_CONVERSIONS
};
static const char *const sort_words[] = {
        "lastSeen", "userId", "sessions", "events", "toolCalls", "conversions", NULL};

enum { Q = WEB_LIST_LEN + ANALYTICS_RANGE_LEN, TRAIT };
static const struct web_field LIST_FIELDS[] = {
        WEB_LIST_FIELDS(sort_words),
        ANALYTICS_RANGE_FIELDS,
        [Q] = {.name = "q",
                .type = WEB_TEXT,
                .min = 1,
                .max = USER_CHARS_MAX,
                .flags = WEB_OPTIONAL},
        [TRAIT] = {.name = "trait",
                .type = WEB_TEXT,
                .min = 3,
                .max = TRAIT_CHARS_MAX,
                .flags = WEB_OPTIONAL,
                .check = analytics_check_pairs,
                .items_max = TRAITS_MAX},
};
const struct web_fields h_users_fields = WEB_STRICT_FIELDS(LIST_FIELDS);

static const struct analytics_part LIST_PARTS[] = {{"items", CHQ_USERS_ITEMS, ANALYTICS_ITEMS}};

static void set_list(struct analytics *a)
{
	analytics_set_list_end(a);
	analytics_set(a, CHV_Q, web_given(a->req, Q) ? web_text(a->req, Q) : "");
	analytics_set_pairs(a, CHV_TRAIT_KEYS, CHV_TRAIT_VALUES, TRAIT);
}

/* The next cell of a line of numbers and texts parted by tabs. */
static char *next_cell(char **line)
{
	char *cell = *line, *tab = strchr(cell, '\t');

	if (tab == NULL)
		tab = cell + strcspn(cell, "\n");
	*line = *tab == '\0' ? tab : tab + 1;
	*tab = '\0';
	return cell;
}

/* total, identifiedUsers, identifiedSessions, anonymousSessions, and the ids of the page as the
 * store writes and takes them. */
static void read_page(struct analytics *a, char *line)
{
	static const char *const SUMMARY[] = {
	        "identifiedUsers", "identifiedSessions", "anonymousSessions"};
	struct json_writer *w = analytics_members(a);

	json_write_int(w, "total", strtoll(next_cell(&line), NULL, 10));
	json_write_object(w, "summary");
	for (size_t i = 0; i < ARRAY_LEN(SUMMARY); i++)
		json_write_int(w, SUMMARY[i], strtoll(next_cell(&line), NULL, 10));
	json_write_end_object(w);
	analytics_set(a, CHV_USERS, next_cell(&line));
}

/* Numbers that copies of events would change are only counted where the page is sorted by them. */
static enum err ask_page(struct analytics *a)
{
	struct buf rows;
	struct ch_ask ask = {
	        .text = a->page.sort >= SORT_EVENTS ? CHQ_USERS_PAGE_COUNTED : CHQ_USERS_PAGE,
	        .values = &a->values,
	        .format = "TabSeparated",
	        .out = &rows};
	enum err e;

	buf_init(&rows, PAGE_BYTES_MAX);
	e = analytics_ask(a, &ask, 1);
	if (e == ERR_OK && rows.len == 0)
		e = ERR_DASH_INTERNAL_ERROR;
	if (e == ERR_OK)
		read_page(a, rows.data);
	buf_release(&rows);
	return e;
}

enum err h_users(struct request *req, struct reply *rep, struct app *app)
{
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK) {
		set_list(&a);
		e = ask_page(&a);
	}
	if (e == ERR_OK)
		e = analytics_reply(&a, rep, LIST_PARTS, ARRAY_LEN(LIST_PARTS));
	analytics_end(&a);
	return e;
}

/* ---- one user ---- */

const struct web_fields h_user_fields = {.strict = true};

enum { ID };
static const struct web_field BY_ID_FIELDS[] = {
        [ID] = {.name = "id", .type = WEB_TEXT, .min = 1, .max = USER_CHARS_MAX},
};
const struct web_fields h_user_by_id_fields = WEB_STRICT_FIELDS(BY_ID_FIELDS);

static const struct analytics_part USER_PARTS[] = {{"user", CHQ_USER, ANALYTICS_OBJECT}};

static enum err set_user_of_path(struct analytics *a)
{
	return analytics_set_path(a, CHV_USER, "id");
}

static enum err set_user_of_query(struct analytics *a)
{
	analytics_set(a, CHV_USER, web_text(a->req, ID));
	return ERR_OK;
}

enum err h_user(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(req, rep, app, set_user_of_path, USER_PARTS, ARRAY_LEN(USER_PARTS));
}

enum err h_user_by_id(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(req, rep, app, set_user_of_query, USER_PARTS, ARRAY_LEN(USER_PARTS));
}

/* ---- what a user did ---- */

/* "<ms>-<event id>" of the last row that was shown. */
static bool parse_cursor(const char *text, int64_t *ms, const char **id)
{
	size_t digits = strspn(text, "0123456789");

	*id = text + digits + 1;
	*ms = strtoll(text, NULL, 10);
	return digits > 0 && digits <= 14 && text[digits] == '-' && web_is_id(*id);
}

static const char *check_cursor(const struct request *req, const struct web_value *v)
{
	int64_t ms;
	const char *id;

	(void)req;
	return parse_cursor(v->text, &ms, &id) ? NULL : "bad_format";
}

enum { LIMIT, CURSOR, TYPE, WHOSE };
#define EVENTS_FIELDS                                                                              \
	[LIMIT] = {.name = "limit",                                                                \
	        .type = WEB_INT,                                                                   \
	        .min = 1,                                                                          \
	        .max = EVENTS_MAX,                                                                 \
	        .flags = WEB_OPTIONAL},                                                            \
	[CURSOR] = {.name = "cursor",                                                              \
	        .type = WEB_TOKEN,                                                                 \
	        .min = 1,                                                                          \
	        .max = CURSOR_CHARS_MAX,                                                           \
	        .flags = WEB_OPTIONAL,                                                             \
	        .check = check_cursor},                                                            \
	[TYPE] = {.name = "type",                                                                  \
	        .type = WEB_TOKEN,                                                                 \
	        .min = 1,                                                                          \
	        .max = 64,                                                                         \
	        .flags = WEB_OPTIONAL,                                                             \
	        .items_max = TYPES_MAX}
static const struct web_field EVENTS_OF_PATH_FIELDS[] = {EVENTS_FIELDS};
static const struct web_field EVENTS_BY_ID_FIELDS[] = {
        EVENTS_FIELDS,
        [WHOSE] = {.name = "id", .type = WEB_TEXT, .min = 1, .max = USER_CHARS_MAX},
};
const struct web_fields h_user_events_fields = WEB_STRICT_FIELDS(EVENTS_OF_PATH_FIELDS);
const struct web_fields h_user_events_by_id_fields = WEB_STRICT_FIELDS(EVENTS_BY_ID_FIELDS);

static const struct analytics_part EVENTS_PARTS[] = {{"", CHQ_USER_EVENTS, ANALYTICS_MEMBERS}};

static enum err set_events(struct analytics *a)
{
	static const int64_t END_OF_TIME_MS = INT64_C(4102444800000); /* 2100-01-01 */
	int64_t limit = web_int(a->req, LIMIT, EVENTS_DEFAULT), ms = END_OF_TIME_MS;
	const char *id = "";

	if (web_given(a->req, CURSOR) && !parse_cursor(web_text(a->req, CURSOR), &ms, &id))
		return ERR_DASH_VALIDATION_FAILED;
	analytics_set_int(a, CHV_LIMIT, limit);
	analytics_set_int(a, CHV_LIST_END, limit + 1);
	analytics_set_time(a, CHV_SEEN_TIME, ms);
	analytics_set(a, CHV_SEEN_ID, id);
	analytics_set_items(a, CHV_EVENT_TYPES, TYPE);
	return ERR_OK;
}

static enum err set_events_of_path(struct analytics *a)
{
	enum err e = set_events(a);

	return e == ERR_OK ? set_user_of_path(a) : e;
}

static enum err set_events_by_id(struct analytics *a)
{
	analytics_set(a, CHV_USER, web_text(a->req, WHOSE));
	return set_events(a);
}

enum err h_user_events(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(
	        req, rep, app, set_events_of_path, EVENTS_PARTS, ARRAY_LEN(EVENTS_PARTS));
}

enum err h_user_events_by_id(struct request *req, struct reply *rep, struct app *app)
{
	return analytics_view(
	        req, rep, app, set_events_by_id, EVENTS_PARTS, ARRAY_LEN(EVENTS_PARTS));
}
