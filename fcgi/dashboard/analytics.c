/* SPDX-License-Identifier: MIT
 * A request of the analytics: its parameters, and its way to the event store. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/dashboard/analytics_internal.h"

enum {
	TEXT_BYTES_MAX = 64 * 1024, /* of one parameter */
	FREE_OF = 4,                /* of so many workers one asks the event store nothing */
	BUSY_RETRY_S = 2,
	TURN_MS = 3000,          /* that a query waits for one before it to end */
	KEY_BYTES = 1281,        /* of a pair: 320 characters */
	LIST_END_MAX = 0xFFFFFF, /* of groupArraySorted */
};

/* ---- workers --------------------------------------------------------------------------------- */

enum err analytics_slots_make(const struct conf *c, struct shm_slots **out)
{
	int64_t workers = conf_int(c, CONF_YAVIO_DASHBOARD_WORKERS);
	int64_t kept_free = workers / FREE_OF > 0 ? workers / FREE_OF : 1;
	/* A page asks many things at once: who comes too late waits for a turn. Where few workers
	 * are kept free, all of them may be taken so, but never for longer than a turn. */
	int64_t waiting = kept_free > 1 ? kept_free - 1 : 1;

	return shm_slots_open(
	        workers > kept_free ? (size_t)(workers - kept_free) : 1, (size_t)waiting, out);
}

static struct analytics_worker *worker_of(struct app *app)
{
	const struct dashboard_settings *s = &app->dashboard->settings;

	if (app->analytics != NULL)
		return app->analytics;
	app->analytics = calloc(1, sizeof(*app->analytics));
	if (app->analytics == NULL)
		return NULL;
	buf_init(&app->analytics->time_zones, ANALYTICS_TIME_ZONES_BYTES_MAX);
	app->analytics->lanes = ch_lanes_open(&s->store, &s->query);
	if (app->analytics->lanes == NULL) {
		analytics_worker_free(app->analytics);
		app->analytics = NULL;
	}
	return app->analytics;
}

void analytics_worker_free(struct analytics_worker *w)
{
	if (w == NULL)
		return;
	ch_lanes_close(w->lanes);
	buf_release(&w->time_zones);
	free(w);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* The number in the log is that of the store's trouble; the reply has the one for people. */
static void log_failure(const struct ch_ask *ask, enum err e)
{
	enum err cause = ask->result.cause != ERR_OK ? ask->result.cause : e;

	LOG_AT(err_info(cause)->level, cause, "query failed",
	        F_STR("query", ch_texts[ask->text].name), F_STR("queryId", ask->result.query_id),
	        F_INT("exception", ask->result.ch_code), F_INT("durationMs", ask->result.took_ms));
}

enum err analytics_ask(struct analytics *a, struct ch_ask *asks, size_t len)
{
	struct analytics_worker *w = worker_of(a->app);
	int64_t time_ms = a->app->dashboard->settings.query.query_timeout_ms;
	struct shm_slots *slots = a->app->dashboard->queries;
	const struct ch_batch batch = {.cls = CH_DASHBOARD,
	        .tenant = &a->tenant,
	        .asks = asks,
	        .len = len,
	        .time_ms = time_ms};
	size_t slot, failed;
	enum err e;

	if (w == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	if (!shm_slots_take(slots, TURN_MS, &slot))
		return ERR_DASH_CLICKHOUSE_UNAVAILABLE;
	e = ch_many(w->lanes, &batch, &failed);
	shm_slots_give(slots, slot);
	if (e != ERR_OK)
		log_failure(&asks[failed], e);
	return e;
}

/* ---- values ---------------------------------------------------------------------------------- */

struct analytics_text {
	struct analytics_text *next;
	char text[];
};

/* NULL: no memory, and then a query finds that its parameter is not set. */
static const char *keep(struct analytics *a, const char *text)
{
	size_t size = strlen(text) + 1;
	struct analytics_text *t = malloc(sizeof(*t) + size);

	if (t == NULL)
		return NULL;
	memcpy(t->text, text, size);
	t->next = a->texts;
	a->texts = t;
	return t->text;
}

void analytics_set(struct analytics *a, enum ch_value_id id, const char *text)
{
	a->values.of[id] = a->values_before.of[id] = keep(a, text != NULL ? text : "");
}

void analytics_set_int(struct analytics *a, enum ch_value_id id, int64_t value)
{
	char text[24];

	if (str_format(text, sizeof(text), "%lld", (long long)value))
		analytics_set(a, id, text);
}

void analytics_set_time(struct analytics *a, enum ch_value_id id, int64_t unix_ms)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format_ch(unix_ms, text);
	analytics_set(a, id, text);
}

void analytics_set_list(
        struct analytics *a, enum ch_value_id id, const char *const *items, size_t len)
{
	struct buf text;

	buf_init(&text, TEXT_BYTES_MAX);
	if (len <= ANALYTICS_FILTER_ITEMS_MAX && ch_text_list(&text, items, len))
		analytics_set(a, id, buf_str(&text));
	buf_release(&text);
}

void analytics_set_items(struct analytics *a, enum ch_value_id id, size_t field)
{
	const char *items[ANALYTICS_FILTER_ITEMS_MAX];
	size_t len = web_items(a->req, field);

	for (size_t i = 0; i < len && i < ARRAY_LEN(items); i++)
		items[i] = web_item(a->req, field, i);
	analytics_set_list(a, id, items, len);
}

void analytics_set_pairs(
        struct analytics *a, enum ch_value_id keys, enum ch_value_id values, size_t field)
{
	char text[ANALYTICS_FILTER_ITEMS_MAX][KEY_BYTES];
	const char *key_of[ANALYTICS_FILTER_ITEMS_MAX], *value_of[ANALYTICS_FILTER_ITEMS_MAX];
	size_t len = web_items(a->req, field);

	for (size_t i = 0; i < len && i < ARRAY_LEN(text); i++) {
		const char *item = web_item(a->req, field, i);
		const char *colon = strchr(item, ':');

		if (!str_format(text[i], sizeof(text[i]), "%.*s", (int)(colon - item), item))
			return;
		key_of[i] = text[i];
		value_of[i] = colon + 1;
	}
	analytics_set_list(a, keys, key_of, len);
	analytics_set_list(a, values, value_of, len);
}

enum err analytics_set_path(struct analytics *a, enum ch_value_id id, const char *name)
{
	char text[ANALYTICS_TEXT_BYTES];

	if (!web_path_text(a->req, name, text, sizeof(text)))
		return ERR_DASH_VALIDATION_FAILED;
	analytics_set(a, id, text);
	return ERR_OK;
}

static void set_filter(struct analytics *a, enum ch_value_id id, const char *name)
{
	size_t field;

	if (analytics_find(a->req, name, &field))
		analytics_set_items(a, id, field);
	else
		analytics_set(a, id, "[]");
}

static void set_range(struct analytics *a)
{
	size_t field;
	int64_t first = a->from - (a->to - a->from);

	a->compared = analytics_find(a->req, "compare", &field) &&
	              analytics_field_int(a->req, "compare", 0) == 0;
	a->before = first > 0 ? first : 0;
	analytics_set_time(a, CHV_FROM, a->from);
	analytics_set_time(a, CHV_TO, a->to);
	analytics_set_time(a, CHV_BEFORE, a->before);
	a->values.in_full = a->values_before.in_full = a->to - a->from < CH_SLOT_MS;
	analytics_set_int(a, CHV_COMPARE, a->compared);
	a->values_before.of[CHV_TO] = a->values.of[CHV_FROM];
	a->values_before.of[CHV_FROM] = a->values.of[CHV_BEFORE];
	analytics_set_time(a, CHV_NOW, a->now);
	analytics_set(a, CHV_TZ, a->timezone);
	analytics_set(a, CHV_UNIT, a->unit);
	set_filter(a, CHV_PLATFORM, "platform");
	set_filter(a, CHV_TOOL, "tool");
}

static void set_page(struct analytics *a)
{
	const struct app_paging *paging = &a->app->paging;
	size_t field;

	if (paging->size == 0 && !analytics_find(a->req, "pageSize", &field))
		return;
	web_page(a->req, true, &a->page);
	if (paging->size > 0) {
		a->page.number = paging->number;
		a->page.size = paging->size;
		a->page.offset = (paging->number - 1) * paging->size;
	}
	analytics_set_int(a, CHV_LIMIT, a->page.size);
	analytics_set_int(a, CHV_OFFSET, a->page.offset);
	analytics_set(a, CHV_SORT, a->req->route->fields->list[WEB_SORT].words[a->page.sort]);
	analytics_set_int(a, CHV_DESCENDING, a->page.descending);
}

void analytics_set_list_end(struct analytics *a)
{
	int64_t end = a->page.offset + a->page.size;

	analytics_set_int(a, CHV_LIST_END, end < LIST_END_MAX ? end : LIST_END_MAX);
}

/* ---- time zones ------------------------------------------------------------------------------ */

static enum err read_time_zones(struct analytics *a, struct buf *zones)
{
	struct ch_ask ask = {.text = CHQ_TIME_ZONES,
	        .values = &a->values,
	        .format = "TabSeparatedRaw",
	        .out = zones};
	enum err e;

	buf_add_char(zones, '\n');
	e = analytics_ask(a, &ask, 1);
	if (e != ERR_OK)
		buf_clear(zones);
	return e;
}

/* The store knows which names it takes. They are read when the first one is asked for, so that a
 * dashboard starts without the store. */
static enum err check_timezone(struct analytics *a, size_t field)
{
	struct analytics_worker *w = worker_of(a->app);
	char line[80];
	enum err e;

	if (w == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	if (w->time_zones.len == 0) {
		e = read_time_zones(a, &w->time_zones);
		if (e != ERR_OK)
			return e;
	}
	if (str_format(line, sizeof(line), "\n%s\n", a->timezone) &&
	        strstr(w->time_zones.data, line) != NULL)
		return ERR_OK;
	return web_refuse_field(a->req, field, "unknown_value");
}

/* ---- begin and end --------------------------------------------------------------------------- */

enum err analytics_begin(struct analytics *a, struct request *req, struct app *app)
{
	size_t field = 0;

	*a = (struct analytics){.req = req,
	        .app = app,
	        .tenant = {.workspace_id = app->access.workspace_id,
	                .project_id = app->access.project_id},
	        .now = clock_wall_ms(),
	        .timezone = "UTC"};
	buf_init(&a->members, TEXT_BYTES_MAX);
	json_write_init(&a->writer, &a->members);
	if (req->route->fields == NULL)
		return ERR_OK;
	analytics_range(req, a->now, &a->from, &a->to);
	a->unit = analytics_unit(req, a->from, a->to);
	if (analytics_find(req, "timezone", &field) && web_given(req, field))
		a->timezone = web_text(req, field);
	set_range(a);
	set_page(a);
	return strcmp(a->timezone, "UTC") == 0 ? ERR_OK : check_timezone(a, field);
}

struct json_writer *analytics_members(struct analytics *a)
{
	return &a->writer;
}

void analytics_end(struct analytics *a)
{
	while (a->texts != NULL) {
		struct analytics_text *t = a->texts;

		a->texts = t->next;
		free(t);
	}
	buf_release(&a->members);
}
