/* SPDX-License-Identifier: MIT
 * Views of the events of a project: what every analytics route shares.
 *
 * How to add an analytics route:
 *
 *  1. Write its queries in clickhouse/queries/<view>.sql ("-- name: overview_calls"). Events are
 *     read through the blocks of blocks.sql only: {{rows: columns | condition}} counts each event
 *     once, {{copies: …}} is for aggregates that repeats do not change. Parameters are written
 *     {from}; new ones are declared in blocks.sql ("-- param: name Type"). Columns are
 *     named as the JSON is; tuple(a AS x, b AS y) becomes an object, groupArray of it a list of
 *     objects; a column or element named x_json holds JSON as text and is answered as "x" with that
 *     JSON (null where it is '' or NULL). Use {{rate: n | d}}, {{rounded: x}}, {{percentile: …}},
 *     {{iso: time}} for numbers and times, nullIf(x, '') for texts that may be absent. The
 *     generator refuses what the store's gate would.
 *  2. Declare fields, parts and handler in h_<view>.c:
 *
 *         static const struct web_field FIELDS[] = {
 *                 ANALYTICS_RANGE_FIELDS,            from, to, timezone, platform, tool
 *                 ANALYTICS_GRANULARITY_FIELD,
 *                 [X] = {.name = "x", …},            enum { X = ANALYTICS_RANGE_LEN + 1 };
 *         };
 *         const struct web_fields h_x_fields = WEB_STRICT_FIELDS(FIELDS);
 *         static const struct analytics_part PARTS[] = {
 *                 {"kpis", CHQ_X_CALLS, ANALYTICS_KPIS},     several of one key go into one object
 *                 {"series", CHQ_X_SERIES, ANALYTICS_LIST},
 *                 {"parameters.keys", CHQ_X_KEYS, ANALYTICS_LIST},   "parameters":{"keys":[…]}
 *         };
 *         enum err h_x(struct request *req, struct reply *rep, struct app *app)
 *         {
 *                 struct analytics a;
 *                 enum err e = analytics_begin(&a, req, app);
 *
 *                 if (e == ERR_OK)
 *                         analytics_set(&a, CHV_X, web_text(req, X));      parameters of its own
 *                 if (e == ERR_OK)
 *                         e = analytics_reply(&a, rep, PARTS, ARRAY_LEN(PARTS));
 *                 analytics_end(&a);
 *                 return e;
 *         }
 *
 *     Lists begin their fields with WEB_LIST_FIELDS(sort words), then ANALYTICS_RANGE_FIELDS;
 *     their parts are {"items", CHQ_X_ITEMS, ANALYTICS_ITEMS}, a query with LIMIT {limit} OFFSET
 *     {offset}, and {"total", CHQ_X_TOTAL, ANALYTICS_TOTAL}, one row with one number; or one
 *     query tells both (ANALYTICS_PAGE). {sort} is the
 *     word asked for, {descending} 1 or 0. Common fields are found by name, wherever they stand.
 *  3. One row in routes.c: VIEW("/api/analytics/{projectId}/x", h_x, &h_x_fields). It is DETACHED:
 *     no transaction is open while the store works.
 *  4. Its operation in docs/api/openapi.yaml, its name in ROUTES of tests/support/analytics.mjs:
 *     with that the worked example and random datasets are compared with the oracle. */
#ifndef YAVIO_FCGI_DASHBOARD_ANALYTICS_H
#define YAVIO_FCGI_DASHBOARD_ANALYTICS_H

#include "ch/ch_many.h"
#include "fcgi/dashboard/dashboard.h"

enum {
	ANALYTICS_BUCKETS_MAX = 2000,
	ANALYTICS_PARTS_MAX = 24,
	ANALYTICS_FILTER_ITEMS_MAX = 20,
	ANALYTICS_TOOL_CHARS_MAX = 256,
	ANALYTICS_PLATFORM_BYTES_MAX = 64,
	ANALYTICS_UNIT_EVENTS_MAX = 100000, /* of a session, user or trace in funnels and paths */
	ANALYTICS_TEXT_BYTES = 1280,        /* of a name in a path, decoded */
	ANALYTICS_QUERY_BYTES_MAX = 16 * 1024 * 1024, /* of the rows of one query */
	ANALYTICS_TIME_ZONES_BYTES_MAX = 64 * 1024,
};

/* ---- fields ---------------------------------------------------------------------------------- */

enum { ANALYTICS_RANGE_LEN = 5 };
#define ANALYTICS_RANGE_MS (7 * 24 * INT64_C(3600000)) /* where no begin is given */

extern const char *const analytics_granularity_words[]; /* auto hour day week month */
extern const char *const analytics_compare_words[];     /* previous none */
extern const char *const analytics_switch_words[];      /* 0 1 */
web_field_check analytics_check_from, analytics_check_to, analytics_check_granularity,
        analytics_check_platform;

#define ANALYTICS_RANGE_FIELDS                                                                     \
	{.name = "from",                                                                           \
	        .type = WEB_TIME,                                                                  \
	        .flags = WEB_OPTIONAL,                                                             \
	        .code = ERR_DASH_INVALID_TIME_RANGE,                                               \
	        .check = analytics_check_from},                                                    \
	        {.name = "to",                                                                     \
	                .type = WEB_TIME,                                                          \
	                .flags = WEB_OPTIONAL,                                                     \
	                .code = ERR_DASH_INVALID_TIME_RANGE,                                       \
	                .check = analytics_check_to},                                              \
	        {.name = "timezone",                                                               \
	                .type = WEB_TOKEN,                                                         \
	                .min = 1,                                                                  \
	                .max = 64,                                                                 \
	                .flags = WEB_OPTIONAL},                                                    \
	        {.name = "platform",                                                               \
	                .type = WEB_TOKEN,                                                         \
	                .min = 1,                                                                  \
	                .max = ANALYTICS_PLATFORM_BYTES_MAX,                                       \
	                .flags = WEB_OPTIONAL | WEB_COMMAS,                                        \
	                .code = ERR_DASH_INVALID_PLATFORM_FILTER,                                  \
	                .check = analytics_check_platform,                                         \
	                .items_max = ANALYTICS_FILTER_ITEMS_MAX},                                  \
	{                                                                                          \
		.name = "tool", .type = WEB_TEXT, .min = 1, .max = ANALYTICS_TOOL_CHARS_MAX,       \
		.flags = WEB_OPTIONAL, .items_max = ANALYTICS_FILTER_ITEMS_MAX                     \
	}

#define ANALYTICS_GRANULARITY_FIELD                                                                \
	{                                                                                          \
		.name = "granularity", .type = WEB_WORD, .flags = WEB_OPTIONAL,                    \
		.code = ERR_DASH_INVALID_GRANULARITY, .words = analytics_granularity_words,        \
		.check = analytics_check_granularity                                               \
	}

#define ANALYTICS_COMPARE_FIELD                                                                    \
	{                                                                                          \
		.name = "compare", .type = WEB_WORD, .flags = WEB_OPTIONAL,                        \
		.words = analytics_compare_words                                                   \
	}

/* A switch: 0 or 1. web_int tells which. */
#define ANALYTICS_SWITCH_FIELD(name_)                                                              \
	{                                                                                          \
		.name = name_, .type = WEB_WORD, .flags = WEB_OPTIONAL,                            \
		.words = analytics_switch_words                                                    \
	}

/* ---- a request ------------------------------------------------------------------------------- */

/* One request on its way. */
struct analytics {
	struct request *req;
	struct app *app;
	struct ch_tenant tenant;
	/* what the common fields say, defaults resolved; Unix milliseconds */
	int64_t now, from, to;
	int64_t before; /* begin of the range before */
	const char *timezone, *unit;
	bool compared;                  /* with the range before */
	struct web_page page;           /* of a list */
	struct ch_values values;        /* of the queries */
	struct ch_values values_before; /* the same for the range before */
	struct buf members; /* members of the answer that stand behind meta: analytics_member */
	struct json_writer writer;
	struct analytics_text *texts; /* what values point at */
};

/* Reads the common fields that the route has, asks for its time zone's name if need be, sets
 * {now} {from} {to} {before} {compare} {tz} {unit} {platform} {tool} and, for lists, {limit}
 * {offset} {sort} {descending}. Call analytics_end whatever it returns. No transaction may be open.
 */
enum err analytics_begin(struct analytics *a, struct request *req, struct app *app) MUST_CHECK;
void analytics_end(struct analytics *a);

/* Sets a parameter of the route's own; text is copied, NULL is "". Running out of memory shows in
 * the reply. */
void analytics_set(struct analytics *a, enum ch_value_id id, const char *text);
void analytics_set_int(struct analytics *a, enum ch_value_id id, int64_t value);
void analytics_set_time(struct analytics *a, enum ch_value_id id, int64_t unix_ms);
/* A list of texts, at most ANALYTICS_FILTER_ITEMS_MAX. */
void analytics_set_list(
        struct analytics *a, enum ch_value_id id, const char *const *items, size_t len);
/* The values of a list, none when it was not given. */
void analytics_set_items(struct analytics *a, enum ch_value_id id, size_t field);
/* The values of a list of pairs "key:value", divided at the first colon. */
void analytics_set_pairs(
        struct analytics *a, enum ch_value_id keys, enum ch_value_id values, size_t field);
/* A name of the path, percent-decoded once. ERR_DASH_VALIDATION_FAILED: it cannot be one. */
enum err analytics_set_path(struct analytics *a, enum ch_value_id id, const char *name) MUST_CHECK;

/* A writer of members of the answer behind meta: "tool":"x". */
struct json_writer *analytics_members(struct analytics *a);

enum analytics_shape {
	ANALYTICS_LIST,    /* all rows: [{…},…] */
	ANALYTICS_OBJECT,  /* the first row: {…}, null when there is none */
	ANALYTICS_MEMBERS, /* the columns of the only row, into the object of the key; no row: the
	                      query met a limit of its own, which is answered 3407 */
	ANALYTICS_KPIS, /* columns of numbers, each {"value","previous","change"}, into that object
	                 */
	ANALYTICS_KPIS_OF_BOTH, /* the same of a query that is asked once: a row for the range, one
	                           for the range before ({compare} 0: it need not count) */
	ANALYTICS_ITEMS,        /* a page: "items", "page", "pageSize" */
	ANALYTICS_TOTAL,        /* one number: "total" */
	ANALYTICS_PAGE,         /* both of one query: a row of the columns items and total */
};

/* A part of an answer. Parts of one key, or below one, stand together. */
struct analytics_part {
	const char *key; /* "kpis", "parameters.keys"; "" for ANALYTICS_MEMBERS at the top */
	enum ch_text_id query;
	enum analytics_shape shape;
};

/* Runs the queries of the parts, in their order, several at a time, and writes the answer: meta
 * where the route has a range, members, parts. */
enum err analytics_reply(struct analytics *a, struct reply *rep, const struct analytics_part *parts,
        size_t len) MUST_CHECK;

/* The same in steps, for answers that are not rows of queries: runs asks (whose values may be
 * &a->values) under the limits of the dashboard; an error has been logged. */
enum err analytics_ask(struct analytics *a, struct ch_ask *asks, size_t len) MUST_CHECK;
/* Adds {"meta":{…}, and the members; w is at the place of the next member. */
void analytics_open(struct analytics *a, struct reply *rep, struct json_writer *w);

/* A whole handler: begin, set (the route's own parameters; may be NULL), reply, end. */
typedef enum err analytics_set_fn(struct analytics *a);
enum err analytics_view(struct request *req, struct reply *rep, struct app *app,
        analytics_set_fn *set, const struct analytics_part *parts, size_t len) MUST_CHECK;

/* For lists whose ids a narrow query finds ({{page_of}} in blocks.sql) and another looks up: asks
 * for the page's ids and sets {ids} and {times}; called by the route's set. */
enum err analytics_find_page(struct analytics *a, enum ch_text_id query) MUST_CHECK;
/* One line of such a query's answer ("ids\ttimes" without its end, changed) into {ids} and {times}.
 * False: it is none. */
bool analytics_set_page_ids(struct analytics *a, char *line) MUST_CHECK;
/* Lists of events are sorted by their time and nothing else. */
extern const char *const analytics_time_sorts[];

/* Fields of pairs: "type:name", "key:value", neither side empty. */
enum { ANALYTICS_NODE_CHARS_MAX = 320 }; /* of events: "tool_call:search" */
web_field_check analytics_check_pairs;

/* Items up to the end of the page, as many as the store can sort ({list_end}). */
void analytics_set_list_end(struct analytics *a);

/* ---- the program ----------------------------------------------------------------------------- */

/* How many workers may wait for the event store at one time: a quarter of them never does, so that
 * logging in works while queries take long. */
enum err analytics_slots_make(const struct conf *c, struct shm_slots **out) MUST_CHECK;
void analytics_worker_free(struct analytics_worker *w);

/* ---- routes ---------------------------------------------------------------------------------- */

/* Fields and handler of a route. */
#define ANALYTICS_ROUTE(name)                                                                      \
	extern const struct web_fields name##_fields;                                              \
	enum err name(struct request *req, struct reply *rep, struct app *app) MUST_CHECK

ANALYTICS_ROUTE(h_overview);
ANALYTICS_ROUTE(h_tools);
ANALYTICS_ROUTE(h_tool);
ANALYTICS_ROUTE(h_invocations);
ANALYTICS_ROUTE(h_errors);
ANALYTICS_ROUTE(h_error_groups);
ANALYTICS_ROUTE(h_error_series);
ANALYTICS_ROUTE(h_error_list);
ANALYTICS_ROUTE(h_intents);
ANALYTICS_ROUTE(h_visits);
ANALYTICS_ROUTE(h_visit);
ANALYTICS_ROUTE(h_trace);
ANALYTICS_ROUTE(h_project_counts);
ANALYTICS_ROUTE(h_funnels);
ANALYTICS_ROUTE(h_funnel_examples);
ANALYTICS_ROUTE(h_users);
ANALYTICS_ROUTE(h_user);
ANALYTICS_ROUTE(h_user_by_id);
ANALYTICS_ROUTE(h_user_events);
ANALYTICS_ROUTE(h_user_events_by_id);
ANALYTICS_ROUTE(h_retention);
ANALYTICS_ROUTE(h_active);
ANALYTICS_ROUTE(h_paths);

#endif
