/* SPDX-License-Identifier: MIT
 * POST /v1/events: body to rows in one pass, rows to the spool, and only then an answer. */
#include "base/clock.h"
#include "base/err.h"
#include "fcgi/ingest/ingest.h"

static const char *const PII_KINDS[EVENT_PII_KINDS] = {[EVENT_PII_EMAIL] = "email",
        [EVENT_PII_CARD] = "card",
        [EVENT_PII_SSN] = "ssn",
        [EVENT_PII_PHONE] = "phone",
        [EVENT_PII_ADDRESS] = "address"};

static const char *class_of(enum err code)
{
	if (code == ERR_INGEST_EVENT_TOO_LARGE)
		return "size";
	return code == ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT ? "rate_limit" : "validation";
}

/* A batch that was refused as a whole is counted with its refusal. */
static void count_rejected(struct shm *shm, const struct event_batch *b)
{
	for (size_t i = 0; b->rejected > 0 && i < EVENT_REJECT_CODES; i++) {
		enum err code = event_reject_codes[i];

		if (b->rejected_by[i] > 0)
			shm_add(shm, INGEST_METRIC_REJECTED,
			        SHM_LABELS(err_code(code), class_of(code)), b->rejected_by[i]);
	}
}

static void count_changes(struct shm *shm, const struct event_batch *b)
{
	for (size_t i = 0; b->truncated_fields > 0 && event_field_name(i) != NULL; i++) {
		if (b->truncated[i] > 0)
			shm_add(shm, INGEST_METRIC_TRUNCATED, SHM_LABELS(event_field_name(i)),
			        b->truncated[i]);
	}
	for (size_t i = 0; i < EVENT_PII_KINDS; i++) {
		if (b->redacted[i] > 0)
			shm_add(shm, INGEST_METRIC_REDACTED, SHM_LABELS(PII_KINDS[i]),
			        b->redacted[i]);
	}
	if (b->unknown_fields > 0)
		shm_add(shm, INGEST_METRIC_UNKNOWN_FIELDS, NULL, b->unknown_fields);
}

static void count_scan(const struct app *app, int64_t ns)
{
	struct shm *shm = app->ingest->shm;
	const struct event_batch *b = &app->batch;
	size_t widget = app->who == INGEST_WHO_WIDGET ? b->sent : b->widget_rows;

	shm_observe(shm, INGEST_METRIC_SCAN, NULL, (double)ns / 1e9);
	if (widget > 0)
		shm_add(shm, INGEST_METRIC_RECEIVED, SHM_LABELS("widget"), widget);
	if (b->sent > widget)
		shm_add(shm, INGEST_METRIC_RECEIVED, SHM_LABELS("server"), b->sent - widget);
	count_rejected(shm, b);
	count_changes(shm, b);
}

struct charging {
	struct reply *rep;
	struct app *app;
};

static enum err charge(void *ctx, size_t events)
{
	struct charging *c = ctx;

	return ingest_rate_charge(c->rep, c->app, events);
}

/* Who sends, as the credential says. */
static void set_origin(struct app *app, int64_t now_ms)
{
	bool widget = app->who == INGEST_WHO_WIDGET;

	app->origin = (struct event_origin){
	        .workspace_id = widget ? app->widget.workspace_id : app->key.workspace_id,
	        .project_id = widget ? app->widget.project_id : app->key.project_id,
	        .widget_trace_id = widget ? app->widget.trace_id : NULL,
	        .widget_session_id = widget ? app->widget.session_id : NULL,
	        .widget_events_left = SIZE_MAX,
	        .now_ms = now_ms};
}

static enum err scan(struct request *req, struct reply *rep, struct app *app,
        const struct buf *body, int64_t now_ms)
{
	struct charging charging = {.rep = rep, .app = app};
	int64_t began = clock_mono_ns();
	enum err e;

	set_origin(app, now_ms);
	event_batch_clear(&app->batch);
	e = event_scan(body->data, body->len, &app->ingest->settings.limits, &app->origin, charge,
	        &charging, &app->batch);
	req->events = (int64_t)app->batch.sent;
	count_scan(app, clock_mono_ns() - began);
	return e;
}

static enum err append(struct app *app, int64_t now_ms)
{
	const struct event_batch *b = &app->batch;
	const struct spool_record record = {.accepted_ms = now_ms,
	        .rows_server = (uint32_t)b->server_rows,
	        .rows_widget = (uint32_t)b->widget_rows,
	        .registry_rows = (uint32_t)b->tool_rows,
	        .events = b->events.data,
	        .events_len = b->events.len,
	        .registry = b->tools.data,
	        .registry_len = b->tools.len};
	struct spool_writer_stats stats;
	size_t busy = fcgi_pool_busy(app->ingest->pool.shared);
	enum err e = spool_append_shared(app->seat, app->spool, &record, busy);

	if (e != ERR_OK)
		return e;
	spool_writer_stats(app->spool, &stats);
	shm_observe(app->ingest->shm, INGEST_METRIC_APPEND, NULL, (double)stats.append_ns / 1e9);
	shm_observe(app->ingest->shm, INGEST_METRIC_FSYNC, NULL, (double)stats.fsync_ns / 1e9);
	return ERR_OK;
}

static void add_list(struct buf *out, const char *name, const struct buf *entries, size_t omitted)
{
	if (entries->len > 0) {
		buf_addf(out, ",\"%s\":[", name);
		buf_add(out, entries->data, entries->len);
		buf_add_char(out, ']');
	}
	if (omitted > 0)
		buf_addf(out, ",\"%sOmitted\":%zu", name, omitted);
}

/* 200 all taken, 207 some, 400 none. */
static void answer(const struct request *req, struct reply *rep, const struct event_batch *b)
{
	if (b->accepted == 0) {
		web_reply_error(rep, req, ERR_INGEST_SCHEMA_VALIDATION_FAILED, true);
		buf_addf(rep->body, ",\"accepted\":0,\"rejected\":%zu", b->rejected);
	} else {
		rep->status = b->rejected == 0 ? 200 : 207;
		buf_addf(rep->body, "{\"accepted\":%zu,\"rejected\":%zu", b->accepted, b->rejected);
	}
	add_list(rep->body, "errors", &b->errors, b->errors_omitted);
	if (b->accepted > 0) {
		buf_addf(rep->body, ",\"requestId\":\"%s\"", req->id);
		add_list(rep->body, "warnings", &b->warnings, b->warnings_omitted);
	}
	buf_add_char(rep->body, '}');
}

/* A batch without an "events" array: the error names what is missing, like one of an event. */
static void answer_no_events(
        const struct request *req, struct reply *rep, const struct event_batch *b)
{
	web_reply_error(rep, req, ERR_INGEST_SCHEMA_VALIDATION_FAILED, true);
	buf_add_str(rep->body, ",\"accepted\":0,\"rejected\":0");
	add_list(rep->body, "errors", &b->errors, 0);
	buf_add_char(rep->body, '}');
}

static bool is_late(const struct request *req)
{
	return clock_mono_ns() - req->started_ns > FCGI_IO_TIMEOUT_MS * INT64_C(1000000);
}

enum err h_events_post(struct request *req, struct reply *rep, struct app *app)
{
	int64_t now_ms = clock_wall_ms();
	const struct buf *body;
	enum err e = ingest_body(req, app, app->ingest->settings.inflated_cap, &body);

	if (e == ERR_OK)
		e = scan(req, rep, app, body, now_ms);
	if (e == ERR_INGEST_SCHEMA_VALIDATION_FAILED) {
		answer_no_events(req, rep, &app->batch);
		return ingest_refused(req, rep, app, e) == e ? ERR_OK : ERR_INGEST_INTERNAL_ERROR;
	}
	if (e == ERR_OK && is_late(req))
		e = ERR_INGEST_REQUEST_DEADLINE;
	if (e == ERR_OK && app->batch.accepted > 0)
		e = append(app, now_ms);
	ingest_rate_settle(app, e == ERR_OK ? app->batch.accepted : 0);
	if (e == ERR_OK)
		answer(req, rep, &app->batch);
	return e;
}
