/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/export/{table}: what a view shows, all of it, as a file. A table
 * of a view is read by the view's own handler, page by page: a file cannot say anything else than
 * its page does. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "fcgi/dashboard/export.h"
#include "store/store_tenancy.h"

enum {
	SLICE_ROWS = 500, /* events read at a time; as in export_bounds */
	SLICE_BYTES_MAX = 64 * 1024 * 1024,
	BOUNDS_BYTES_MAX = 64 * 1024,
	DETAIL_BYTES_MAX = 1024,
	COHORT_BYTES_MAX = 512,
	DATE_BYTES = 11,
	FILE_NAME_BYTES = 256,
};

struct export;
typedef enum err export_run(struct export *x);
static export_run run_list, run_once, run_retention, run_events;

struct table {
	const char *name;
	const struct web_fields *fields; /* of the view */
	web_handler *view;
	const char *member;    /* of its answer */
	const char *or_member; /* where the answer may have another form; may be NULL */
	export_run *run;
	int64_t page;        /* rows asked for at a time */
	const char *columns; /* of a file without rows */
};

static const struct web_field EVENT_FILTERS[] = {ANALYTICS_RANGE_FIELDS};
static const struct web_fields EVENT_FIELDS = WEB_STRICT_FIELDS(EVENT_FILTERS);

#define EVENT_COLUMNS                                                                              \
	"event_id,event_type,event_name,timestamp,ingested_at,stored_at,source,session_id,"        \
	"trace_id,user_id,subject_id,platform,sdk_version,status,latency_ms,is_retry,"             \
	"error_category,error_message,user_traits,input_captured,input_keys,param_keys,"           \
	"input_types,input_values,output_content,intent_signals,intent,intent_source,metadata,"    \
	"response_size,content_types,zero_result,tools_listed,tokens_in,tokens_out,"               \
	"step_sequence,conversion_value,conversion_currency,country_code,locale,end_user_agent,"   \
	"protocol_version,client_name,client_version,connection_duration_ms,viewport_width,"       \
	"viewport_height,device_pixel_ratio,device_touch,connection_type,load_time_ms,"            \
	"visible_duration_ms,scroll_depth_pct,click_count,field_name,nav_from,nav_to"

/* Pages are as long as the text of their ids may be. */
static const struct table TABLES[EXPORT_TABLES] = {
        [EXPORT_TOOLS] = {"tools", &h_tools_fields, h_tools, "items", NULL, run_list, 1000,
                "tool,calls,share,successRate,errors,errorRate,avgLatencyMs,p50LatencyMs,"
                "p95LatencyMs,p99LatencyMs,sessions,users,retries,zeroResultRate,intents,"
                "lastCalledAt,description,registered"},
        [EXPORT_INVOCATIONS] = {"invocations", &h_invocations_fields, h_invocations, "items", NULL,
                run_list, 200,
                "eventId,timestamp,traceId,sessionId,userId,platform,status,latencyMs,isRetry,"
                "errorCategory,errorMessage,input,output,metadata,intent,customEvents"},
        [EXPORT_SESSIONS] = {"sessions", &h_visits_fields, h_visits, "items", NULL, run_list, 200,
                "sessionId,userId,platform,clientName,clientVersion,countryCode,startedAt,endedAt,"
                "lastAt,durationMs,events,toolCalls,tools,errors,conversions,revenue,hasWidget,"
                "ttfiMs,timeToFirstToolCallMs,intents"},
        [EXPORT_ERRORS] = {"errors", &h_error_list_fields, h_error_list, "items", NULL, run_list,
                500,
                "eventId,timestamp,kind,tool,category,message,fingerprint,platform,sessionId,"
                "traceId,userId"},
        [EXPORT_ERROR_GROUPS] = {"error-groups", &h_error_groups_fields, h_error_groups, "items",
                NULL, run_list, 1000,
                "fingerprint,kind,category,message,normalized,tools,count,sessions,users,"
                "firstSeen,lastSeen"},
        [EXPORT_INTENTS] = {"intents", &h_intents_fields, h_intents, "items", NULL, run_list, 500,
                "eventId,timestamp,intent,source,tool,platform,status,sessionId,traceId,userId"},
        [EXPORT_OVERVIEW] = {"overview", &h_overview_fields, h_overview, "series", NULL, run_once,
                0, "bucket,invocations,errors,errorRate,avgLatencyMs,sessions,users,conversions"},
        [EXPORT_USERS] = {"users", &h_users_fields, h_users, "items", NULL, run_list, 200,
                "userId,firstSeen,lastSeen,sessions,events,toolCalls,errors,conversions,revenue,"
                "lastPlatform,countryCode"},
        [EXPORT_ACTIVE_USERS] = {"active-users", &h_active_fields, h_active, "days", NULL, run_once,
                0, "date,dau,wau,mau,stickiness,anonymousSessions"},
        [EXPORT_NEW_VS_RETURNING] = {"new-vs-returning", &h_active_fields, h_active,
                "newVsReturning", NULL, run_once, 0, "bucket,newUsers,returningUsers"},
        [EXPORT_RETENTION] = {"retention", &h_retention_fields, h_retention, "cohorts", NULL,
                run_retention, 0, "cohort,offset,size,retained,rate"},
        [EXPORT_FUNNEL] = {"funnel", &h_funnels_fields, h_funnels, "steps", "positions", run_once,
                0,
                "position,units,conversionFromStart,conversionFromPrevious,dropOff,"
                "medianMsFromPrevious,names"},
        [EXPORT_PATH_LINKS] = {"path-links", &h_paths_fields, h_paths, "links", NULL, run_once, 0,
                "position,source,target,sessions,dropped"},
        [EXPORT_PATH_SEQUENCES] = {"path-sequences", &h_paths_fields, h_paths, "sequences", NULL,
                run_once, 0, "steps,sessions,share,converted,conversionRate"},
        [EXPORT_EVENTS] = {"events", &EVENT_FIELDS, NULL, NULL, NULL, run_events, 0, EVENT_COLUMNS},
};

/* ---- fields ---------------------------------------------------------------------------------- */

struct web_fields export_fields[EXPORT_TABLES];
static struct web_field fields[EXPORT_TABLES][WEB_FIELDS_MAX];
static struct {
	size_t format, count;
} places[EXPORT_TABLES];

static const char *const FORMATS[] = {[EXPORT_CSV] = "csv", [EXPORT_NDJSON] = "ndjson", NULL};

static bool has_pages(const struct web_fields *f)
{
	return f->len > WEB_PAGE_SIZE && strcmp(f->list[WEB_PAGE_SIZE].name, "pageSize") == 0;
}

void export_fields_init(void)
{
	static const struct web_field format = {
	        .name = "format", .type = WEB_WORD, .flags = WEB_OPTIONAL, .words = FORMATS};
	static const struct web_field count = ANALYTICS_SWITCH_FIELD("count");

	for (size_t i = 0; i < EXPORT_TABLES; i++) {
		const struct web_fields *from = TABLES[i].fields;
		bool pages = has_pages(from);

		memcpy(fields[i], from->list, from->len * sizeof(fields[i][0]));
		places[i].format = pages ? WEB_PAGE : from->len;
		places[i].count = pages ? WEB_PAGE_SIZE : from->len + 1;
		fields[i][places[i].format] = format;
		fields[i][places[i].count] = count;
		export_fields[i] = (struct web_fields){.list = fields[i],
		        .len = pages ? from->len : from->len + 2,
		        .strict = true};
	}
}

/* ---- one export ------------------------------------------------------------------------------ */

struct export
{
	struct request *req;
	struct app *app;
	struct reply *rep;
	const struct table *table;
	struct export_file *file; /* NULL: rows are only counted */
	int64_t counted;
	int64_t deadline_ms;
};

/* As any other error of the range or size, with what the limit is. */
static enum err refuse_rows(struct export *x)
{
	web_reply_error(x->rep, x->req, ERR_DASH_ANALYTICS_QUERY_REJECTED, true);
	x->rep->body->len--; /* goes on inside of the error */
	buf_addf(x->rep->body, ",\"metadata\":{\"limit\":%d}}}", EXPORT_ROWS_MAX);
	return ERR_DASH_ANALYTICS_QUERY_REJECTED;
}

static enum err go_on(const struct export *x)
{
	fcgi_alive(x->req->fcgi);
	if (fcgi_peer_gone(x->req->fcgi))
		return ERR_DASH_CLICKHOUSE_UNAVAILABLE;
	return clock_mono_ms() < x->deadline_ms ? ERR_OK : ERR_DASH_ANALYTICS_QUERY_TIMEOUT;
}

/* Asks the view for a page (or all) and gives its answer; the caller releases body. */
static enum err ask_view(struct export *x, int64_t number, int64_t size, struct buf *body)
{
	struct buf headers;
	struct reply inner = {.status = 200, .headers = &headers, .body = body};
	enum err e = go_on(x);

	buf_init(&headers, WEB_HEADERS_BYTES_MAX);
	buf_init(body, DASHBOARD_REPLY_CAP);
	x->app->paging = (struct app_paging){.number = number, .size = size};
	if (e == ERR_OK)
		e = x->table->view(x->req, &inner, x->app);
	x->app->paging = (struct app_paging){.size = 0};
	buf_release(&headers);
	return e;
}

static enum err add_all(struct export *x, struct json_span list, int64_t *added)
{
	struct json_span row;
	size_t place = 0;
	enum err e = ERR_OK;

	for (*added = 0; e == ERR_OK; (*added)++) {
		row = json_span_next(list, &place);
		if (row.at == NULL)
			return ERR_OK;
		if (x->file != NULL)
			e = export_add(x->file, row);
	}
	return e;
}

static struct json_span answer_of(const struct buf *body)
{
	return (struct json_span){.at = buf_str(body), .len = body->len};
}

static int64_t total_of(const struct buf *body)
{
	struct json_span total = json_span_member(answer_of(body), "total");

	return total.at != NULL ? strtoll(total.at, NULL, 10) : 0;
}

static enum err run_list(struct export *x)
{
	int64_t size = x->file != NULL ? x->table->page : 1, added;
	struct buf body;
	enum err e;

	for (int64_t number = 1;; number++) {
		e = ask_view(x, number, size, &body);
		if (e == ERR_OK && number == 1)
			x->counted = total_of(&body);
		if (e == ERR_OK && x->counted > EXPORT_ROWS_MAX)
			e = refuse_rows(x);
		if (e == ERR_OK)
			e = add_all(
			        x, json_span_member(answer_of(&body), x->table->member), &added);
		buf_release(&body);
		if (e != ERR_OK || added < size || x->file == NULL)
			return e;
	}
}

static struct json_span list_of(const struct export *x, const struct buf *body)
{
	struct json_span list = json_span_member(answer_of(body), x->table->member);

	return list.at == NULL && x->table->or_member != NULL
	               ? json_span_member(answer_of(body), x->table->or_member)
	               : list;
}

static enum err run_once(struct export *x)
{
	struct buf body;
	enum err e = ask_view(x, 0, 0, &body);

	if (e == ERR_OK)
		e = add_all(x, list_of(x, &body), &x->counted);
	buf_release(&body);
	return e;
}

/* A row for each period of a cohort. */
static enum err add_cohort(struct export *x, struct json_span cohort, struct buf *row)
{
	struct json_span name = json_span_member(cohort, "cohort");
	struct json_span size = json_span_member(cohort, "size");
	struct json_span retained = json_span_member(cohort, "retained");
	struct json_span rates = json_span_member(cohort, "rates");
	size_t at = 0, at_rate = 0;
	enum err e = ERR_OK;

	for (int offset = 0; e == ERR_OK; offset++, x->counted++) {
		struct json_span n = json_span_next(retained, &at);
		struct json_span rate = json_span_next(rates, &at_rate);

		if (n.at == NULL || rate.at == NULL)
			break;
		buf_clear(row);
		buf_addf(row,
		        "{\"cohort\":%.*s,\"offset\":%d,\"size\":%.*s,\"retained\":%.*s,"
		        "\"rate\":%.*s}",
		        (int)name.len, name.at, offset, (int)size.len, size.at, (int)n.len, n.at,
		        (int)rate.len, rate.at);
		if (x->file != NULL)
			e = export_add(x->file, answer_of(row));
	}
	return e;
}

static enum err run_retention(struct export *x)
{
	struct json_span cohort;
	struct buf body, row;
	size_t place = 0;
	enum err e = ask_view(x, 0, 0, &body);

	buf_init(&row, COHORT_BYTES_MAX);
	while (e == ERR_OK) {
		cohort = json_span_next(list_of(x, &body), &place);
		if (cohort.at == NULL)
			break;
		e = add_cohort(x, cohort, &row);
	}
	buf_release(&row);
	buf_release(&body);
	return e;
}

/* ---- events ---------------------------------------------------------------------------------- */

static enum err ask_rows(
        struct analytics *a, enum ch_text_id query, const char *format, size_t cap, struct buf *out)
{
	struct ch_ask ask = {.text = query, .values = &a->values, .format = format, .out = out};

	buf_init(out, cap);
	return analytics_ask(a, &ask, 1);
}

static enum err add_lines(struct export *x, const struct buf *rows)
{
	enum err e = ERR_OK;

	for (const char *at = buf_str(rows); *at != '\0' && e == ERR_OK;) {
		size_t len = strcspn(at, "\n");

		e = export_add(x->file, (struct json_span){.at = at, .len = len});
		at += len + (at[len] == '\n');
	}
	return e;
}

static enum err add_slice(struct export *x, struct analytics *a, int64_t since, int64_t until)
{
	struct buf rows;
	enum err e = go_on(x);

	if (e != ERR_OK)
		return e;
	analytics_set_time(a, CHV_SINCE, since);
	analytics_set_time(a, CHV_UNTIL, until);
	e = ask_rows(a, CHQ_EXPORT_EVENTS, NULL, SLICE_BYTES_MAX, &rows);
	if (e == ERR_OK)
		e = add_lines(x, &rows);
	buf_release(&rows);
	return e;
}

/* From bound to bound: so many events lie between two of them. */
static enum err add_events(struct export *x, struct analytics *a)
{
	struct buf bounds;
	enum err e = ask_rows(a, CHQ_EXPORT_BOUNDS, "TabSeparated", BOUNDS_BYTES_MAX, &bounds);
	char *at = bounds.data;

	while (e == ERR_OK && at != NULL && *at != '\0') {
		int64_t since = strtoll(at, &at, 10), until;

		at += *at == '\n';
		until = *at != '\0' ? strtoll(at, NULL, 10) : a->to;
		if (until > since)
			e = add_slice(x, a, since, until);
	}
	buf_release(&bounds);
	return e;
}

static enum err count_events(struct export *x, struct analytics *a)
{
	struct buf total;
	enum err e = ask_rows(a, CHQ_EXPORT_TOTAL, "TabSeparated", BOUNDS_BYTES_MAX, &total);

	if (e == ERR_OK)
		x->counted = strtoll(buf_str(&total), NULL, 10);
	buf_release(&total);
	if (e == ERR_OK && x->counted > EXPORT_ROWS_MAX)
		e = refuse_rows(x);
	return e;
}

static enum err run_events(struct export *x)
{
	struct analytics a;
	enum err e = analytics_begin(&a, x->req, x->app);

	if (e == ERR_OK)
		e = count_events(x, &a);
	if (e == ERR_OK && x->file != NULL)
		e = add_events(x, &a);
	analytics_end(&a);
	return e;
}

/* ---- the request ----------------------------------------------------------------------------- */

/* The end of the range is one for all pages. */
static void fix_end(struct request *req)
{
	const struct web_fields *f = req->route->fields;

	for (size_t i = 0; i < f->len; i++) {
		if (strcmp(f->list[i].name, "to") == 0 && !req->values[i].given)
			req->values[i] =
			        (struct web_value){.given = true, .integer = clock_wall_ms()};
	}
}

/* The calls of one tool: its name is where the view has it, in the path. */
static enum err name_tool(struct request *req)
{
	struct web_path_param *p = &req->params[req->params_len];
	const struct web_fields *f = req->route->fields;
	size_t field = 0;
	const char *name;
	bool ok = true;

	while (strcmp(f->list[field].name, "tool") != 0)
		field++;
	if (web_items(req, field) != 1)
		return web_refuse_field(
		        req, field, web_given(req, field) ? "too_many" : "required");
	name = web_item(req, field, 0);
	ok = str_copy(p->name, sizeof(p->name), "tool");
	p->value[0] = '\0';
	for (size_t n = 0; ok && *name != '\0'; name++, n += 3)
		ok = str_format(p->value + n, sizeof(p->value) - n, "%%%02X", (unsigned char)*name);
	req->params_len++;
	return ok ? ERR_OK : ERR_DASH_INTERNAL_ERROR;
}

struct note {
	struct export *x;
	char file_name[FILE_NAME_BYTES];
};

static void date_of(int64_t unix_ms, char out[DATE_BYTES])
{
	char text[CLOCK_TEXT_BYTES];

	clock_format_iso(unix_ms, text);
	memcpy(out, text, DATE_BYTES - 1);
	out[DATE_BYTES - 1] = '\0';
}

static int64_t time_of(const struct request *req, const char *name, int64_t otherwise)
{
	const struct web_fields *f = req->route->fields;

	for (size_t i = 0; i < f->len; i++)
		if (strcmp(f->list[i].name, name) == 0)
			return web_int(req, i, otherwise);
	return otherwise;
}

/* Written down before anything is read, and what the file is called. */
static enum err note_export(struct pg *pg, void *arg)
{
	struct note *n = arg;
	struct export *x = n->x;
	struct app *app = x->app;
	int64_t to = time_of(x->req, "to", 0);
	char from_date[DATE_BYTES], to_date[DATE_BYTES], detail[DETAIL_BYTES_MAX];
	struct store_project project;
	enum err e =
	        store_project_get(pg, app->access.workspace_id, app->access.project_id, &project);

	if (e != ERR_OK)
		return e;
	date_of(time_of(x->req, "from", to - ANALYTICS_RANGE_MS), from_date);
	date_of(to, to_date);
	if (!str_format(n->file_name, sizeof(n->file_name), "%s-%s-%s-%s", project.slug,
	            x->table->name, from_date, to_date) ||
	        !str_format(detail, sizeof(detail),
	                "{\"table\":\"%s\",\"from\":\"%s\",\"to\":\"%s\"}", x->table->name,
	                from_date, to_date))
		return ERR_DASH_INTERNAL_ERROR;
	return dashboard_audit(x->req, app,
	        &(struct dashboard_audit){.action = "export.run",
	                .workspace_id = app->access.workspace_id,
	                .target_type = "project",
	                .target_id = app->access.project_id,
	                .detail = detail});
}

static enum err write_file(struct export *x, enum export_format format)
{
	struct note note = {.x = x};
	enum err e = export_open(x->app, format, x->table->columns, &x->file);

	if (e == ERR_DASH_ANALYTICS_QUERY_RATE_LIMITED)
		x->rep->retry_after_s = EXPORT_BUSY_RETRY_S;
	if (e == ERR_OK)
		e = dashboard_tx(x->app, x->app->login.user_id, note_export, &note);
	if (e == ERR_OK)
		e = x->table->run(x);
	if (e == ERR_OK)
		e = export_send(x->file, x->rep, note.file_name);
	if (e != ERR_OK)
		export_close(x->file);
	return e;
}

static void reply_count(const struct export *x)
{
	struct json_writer w;

	web_reply_object(x->rep, &w);
	json_write_int(&w, "rows", x->counted);
	json_write_end_object(&w);
}

enum err h_export(struct request *req, struct reply *rep, struct app *app)
{
	size_t i = (size_t)(req->route->fields - export_fields);
	struct export x = {.req = req, .app = app, .rep = rep, .table = &TABLES[i]};
	bool count = web_int(req, places[i].count, 0) == 1;
	enum err e = i == EXPORT_INVOCATIONS ? name_tool(req) : ERR_OK;

	fix_end(req);
	x.deadline_ms = clock_mono_ms() + (count ? EXPORT_COUNT_TIME_MS : EXPORT_TIME_MS);
	if (e == ERR_OK)
		e = count ? x.table->run(&x)
		          : write_file(&x,
		                    (enum export_format)web_int(req, places[i].format, EXPORT_CSV));
	if (e == ERR_OK && count)
		reply_count(&x);
	/* the reply says the limit already */
	return e == ERR_DASH_ANALYTICS_QUERY_REJECTED && x.counted > EXPORT_ROWS_MAX ? ERR_OK : e;
}
