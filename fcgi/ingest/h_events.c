/* SPDX-License-Identifier: MIT
 * POST /v1/events: body to rows in one pass, rows to the spool, and only then an answer. */
#include <strings.h>

#include "base/clock.h"
#include "base/gzip.h"
#include "fcgi/ingest/ingest.h"

static const char *const PII_KINDS[EVENT_PII_KINDS] = {[EVENT_PII_EMAIL] = "email",
        [EVENT_PII_CARD] = "card",
        [EVENT_PII_SSN] = "ssn",
        [EVENT_PII_PHONE] = "phone",
        [EVENT_PII_ADDRESS] = "address"};

static bool add_piece(const void *bytes, size_t len, void *out)
{
	return buf_add(out, bytes, len);
}

static enum err inflate(struct app *app, const struct buf *body)
{
	struct gzip *g = gzip_inflate_new(app->ingest->settings.inflated_cap);
	enum gzip_result r = GZIP_NO_MEMORY;

	buf_clear(&app->inflated);
	if (g != NULL)
		r = gzip_feed(g, body->data, body->len, add_piece, &app->inflated);
	if (r == GZIP_OK)
		r = gzip_finish(g, add_piece, &app->inflated);
	gzip_free(g);
	switch (r) {
	case GZIP_OK:
		return ERR_OK;
	case GZIP_BAD:
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	case GZIP_TOO_MUCH:
		return ERR_INGEST_INFLATED_TOO_LARGE;
	case GZIP_NO_MEMORY:
		break;
	}
	return ERR_INGEST_INTERNAL_ERROR;
}

/* The body as JSON text: as received or inflated. */
static enum err plain_body(struct request *req, struct app *app, const struct buf **out)
{
	const char *coding = web_header(req, "Content-Encoding");

	*out = req->body;
	if (req->body->len == 0)
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	if (coding == NULL || coding[0] == '\0' || strcasecmp(coding, "identity") == 0)
		return req->body->len <= app->ingest->settings.inflated_cap
		               ? ERR_OK
		               : ERR_INGEST_INFLATED_TOO_LARGE;
	*out = &app->inflated;
	return inflate(app, req->body);
}

static void count_scan(const struct app *app, int64_t ns)
{
	struct shm *shm = app->ingest->shm;
	const struct event_batch *b = &app->batch;

	shm_observe(shm, INGEST_METRIC_SCAN, NULL, (double)ns / 1e9);
	shm_add(shm, INGEST_METRIC_RECEIVED, SHM_LABELS("server"), b->sent);
	shm_add(shm, INGEST_METRIC_TRUNCATED, NULL, b->truncated_fields);
	shm_add(shm, INGEST_METRIC_UNKNOWN_FIELDS, NULL, b->unknown_fields);
	if (b->rejected > 0)
		shm_add(shm, INGEST_METRIC_REJECTED, SHM_LABELS("event", "validation"),
		        b->rejected);
	for (size_t i = 0; i < EVENT_PII_KINDS; i++) {
		if (b->redacted[i] > 0)
			shm_add(shm, INGEST_METRIC_REDACTED, SHM_LABELS(PII_KINDS[i]),
			        b->redacted[i]);
	}
}

static enum err scan(struct app *app, const struct buf *body, int64_t now_ms)
{
	const struct event_origin origin = {.workspace_id = app->key.workspace_id,
	        .project_id = app->key.project_id,
	        .widget_events_left = SIZE_MAX,
	        .now_ms = now_ms};
	int64_t began = clock_mono_ns();
	enum err e;

	event_batch_clear(&app->batch);
	e = event_scan(body->data, body->len, &app->ingest->settings.limits, &origin, NULL, NULL,
	        &app->batch);
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
	enum err e = spool_append(app->spool, &record);

	if (e != ERR_OK)
		return e;
	spool_writer_stats(app->spool, &stats);
	shm_observe(app->ingest->shm, INGEST_METRIC_APPEND, NULL, (double)stats.append_ns / 1e9);
	shm_observe(app->ingest->shm, INGEST_METRIC_FSYNC, NULL, (double)stats.fsync_ns / 1e9);
	return ERR_OK;
}

static void add_list(struct buf *out, const char *name, const struct buf *entries, size_t omitted)
{
	if (entries->len > 0)
		buf_addf(out, ",\"%s\":[%s]", name, buf_str(entries));
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

enum err h_events_post(struct request *req, struct reply *rep, struct app *app)
{
	int64_t now_ms = clock_wall_ms();
	const struct buf *body;
	enum err e = plain_body(req, app, &body);

	if (e == ERR_OK)
		e = scan(app, body, now_ms);
	if (e == ERR_OK && app->batch.accepted > 0)
		e = append(app, now_ms);
	if (e == ERR_OK)
		answer(req, rep, &app->batch);
	return e;
}
