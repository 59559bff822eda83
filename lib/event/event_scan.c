/* SPDX-License-Identifier: MIT
 * The walk over a batch body: checks its syntax, finds the events and their known fields, then has
 * each row written. */
#include "base/clock.h"
#include "base/str.h"
#include "event/event_internal.h"

enum { REDACTED_GROWTH = 8 /* "a@b.co" becomes "[EMAIL_REDACTED]" */ };

struct walk {
	struct event_json j;
	struct event_work *w;
	size_t lists;  /* members "events" or "batch" */
	bool is_list;  /* the last of them was an array */
	size_t events; /* elements, also those beyond the limit */
};

void event_batch_init(struct event_batch *b, size_t rows_cap)
{
	*b = (struct event_batch){0};
	buf_init(&b->events, rows_cap);
	buf_init(&b->tools, rows_cap);
	buf_init(&b->errors, EVENT_REPLY_BYTES_MAX);
	buf_init(&b->warnings, EVENT_REPLY_BYTES_MAX);
	buf_init(&b->scratch_spans, SIZE_MAX / 4);
	buf_init(&b->scratch_members, SIZE_MAX / 4);
	buf_init(&b->scratch_prefix, 256);
	buf_init(&b->scratch_text, rows_cap);
	buf_init(&b->scratch_redacted, rows_cap * REDACTED_GROWTH);
	buf_init(&b->scratch_row, rows_cap * REDACTED_GROWTH);
	buf_init(&b->scratch_issues, 4096);
}

static struct buf *const *all_buffers(struct event_batch *b, struct buf *list[11])
{
	struct buf *const buffers[11] = {&b->events, &b->tools, &b->errors, &b->warnings,
	        &b->scratch_spans, &b->scratch_members, &b->scratch_prefix, &b->scratch_text,
	        &b->scratch_redacted, &b->scratch_row, &b->scratch_issues};

	memcpy(list, buffers, sizeof(buffers));
	return list;
}

void event_batch_release(struct event_batch *b)
{
	struct buf *list[11];

	if (b == NULL)
		return;
	(void)all_buffers(b, list);
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		buf_release(list[i]);
}

void event_batch_clear(struct event_batch *b)
{
	struct event_batch kept = *b;
	struct buf *list[11];

	*b = (struct event_batch){
	        .events = kept.events,
	        .tools = kept.tools,
	        .errors = kept.errors,
	        .warnings = kept.warnings,
	        .scratch_spans = kept.scratch_spans,
	        .scratch_members = kept.scratch_members,
	        .scratch_prefix = kept.scratch_prefix,
	        .scratch_text = kept.scratch_text,
	        .scratch_redacted = kept.scratch_redacted,
	        .scratch_row = kept.scratch_row,
	        .scratch_issues = kept.scratch_issues,
	};
	(void)all_buffers(b, list);
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		buf_clear(list[i]);
}

/* At a member: reads its key and stands at its value. */
static bool read_key(struct event_work *w, struct event_json *j, struct event_json_value *key,
        const char **text, size_t *len)
{
	if (j->p == j->end || *j->p != '"' || !event_json_string(j, key))
		return false;
	event_value_text(w, key, text, len);
	event_json_space(j);
	if (j->p == j->end || *j->p != ':')
		return false;
	j->p++;
	event_json_space(j);
	return j->p < j->end;
}

/* Behind a value: 1 another follows (j at its first byte), 0 the container closed, -1 a fault. */
static int next_element(struct event_json *j, char close)
{
	event_json_space(j);
	if (j->p == j->end)
		return -1;
	if (*j->p == close) {
		j->p++;
		return 0;
	}
	if (*j->p != ',')
		return -1;
	j->p++;
	event_json_space(j);
	return j->p < j->end ? 1 : -1;
}

/* Behind an opening bracket: the same, for the first element. */
static int first_element(struct event_json *j, char close)
{
	j->p++;
	event_json_space(j);
	if (j->p == j->end)
		return -1;
	if (*j->p == close) {
		j->p++;
		return 0;
	}
	return 1;
}

/* An event's size is the sum of its parts: whitespace between them does not count. */
static bool scan_event(struct walk *k, struct event_span *span)
{
	enum { EVENT_DEPTH = 3 };
	struct buf *members = &k->w->b->scratch_members;
	int more = first_element(&k->j, '}');

	span->is_object = true;
	span->compact_len = 2;
	for (size_t n = 0; more == 1; n++) {
		struct event_json_value key;
		struct event_member m;
		const char *text;
		size_t len;

		if (!read_key(k->w, &k->j, &key, &text, &len))
			return false;
		m.field = event_field_find(text, len);
		if (!event_json_value(&k->j, EVENT_DEPTH + 1, &m.value))
			return false;
		span->compact_len += key.compact_len + 1 + m.value.compact_len + (n > 0 ? 1 : 0);
		if (m.field == EVENT_FIELD_COUNT) {
			span->unknown++;
		} else {
			if (!buf_add(members, &m, sizeof(m)))
				return false;
			span->members++;
		}
		more = next_element(&k->j, '}');
	}
	return more == 0;
}

static bool scan_element(struct walk *k, struct event_span *span)
{
	struct event_json_value other;

	span->first_member = k->w->b->scratch_members.len / sizeof(struct event_member);
	if (*k->j.p == '{')
		return scan_event(k, span);
	return event_json_value(&k->j, 3, &other);
}

static bool scan_events(struct walk *k)
{
	struct event_batch *b = k->w->b;
	int more;

	k->is_list = *k->j.p == '[';
	if (!k->is_list) {
		struct event_json_value other;

		return event_json_value(&k->j, 2, &other);
	}
	for (more = first_element(&k->j, ']'); more == 1; more = next_element(&k->j, ']')) {
		struct event_span span = {0};
		bool before = k->j.bad_utf8;

		k->j.bad_utf8 = false;
		if (!scan_element(k, &span))
			return false;
		span.bad_utf8 = k->j.bad_utf8;
		k->j.bad_utf8 = before;
		/* Too many events are refused as a whole: what lies beyond is checked, not kept. */
		if (++k->events > k->w->limits->batch_events_max)
			b->scratch_members.len = span.first_member * sizeof(struct event_member);
		else if (!buf_add(&b->scratch_spans, &span, sizeof(span)))
			return false;
	}
	return more == 0;
}

static bool key_is(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

static bool scan_member(struct walk *k)
{
	struct event_json_value key, value;
	const char *text;
	size_t len;
	bool list, version;

	if (!read_key(k->w, &k->j, &key, &text, &len))
		return false;
	list = key_is(text, len, "events") || key_is(text, len, "batch");
	version = key_is(text, len, "sdk_version");
	if (list) {
		k->lists++;
		return scan_events(k);
	}
	if (!event_json_value(&k->j, 2, &value))
		return false;
	if (version && value.kind == EVENT_JSON_STRING)
		k->w->sdk_version = value;
	return true;
}

/* The whole body, which must be one JSON value. */
static enum err scan_body(struct walk *k)
{
	struct event_json *j = &k->j;
	struct event_json_value other;
	int more = 0;
	bool is_object;

	if (j->end - j->p >= 3 && memcmp(j->p, "\xEF\xBB\xBF", 3) == 0)
		j->p += 3;
	event_json_space(j);
	if (j->p == j->end)
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	is_object = *j->p == '{';
	if (is_object) {
		for (more = first_element(j, '}'); more == 1; more = next_element(j, '}')) {
			if (!scan_member(k))
				more = -1;
			if (more < 0)
				break;
		}
	} else if (!event_json_value(j, 1, &other)) {
		more = -1;
	}
	event_json_space(j);
	if (j->too_deep)
		return ERR_INGEST_JSON_TOO_DEEP;
	if (k->w->b->scratch_spans.failed || k->w->b->scratch_members.failed)
		return ERR_INGEST_INTERNAL_ERROR;
	if (more != 0 || j->p != j->end)
		return ERR_INGEST_EMPTY_REQUEST_BODY;
	if (j->bad_utf8)
		return ERR_INGEST_INVALID_UTF8;
	if (!is_object || k->lists != 1 || !k->is_list) {
		event_row_batch_error(k->w->b, ERR_INGEST_SCHEMA_VALIDATION_FAILED, "events",
		        "events: required once, as an array");
		return ERR_INGEST_SCHEMA_VALIDATION_FAILED;
	}
	if (k->events == 0)
		return ERR_INGEST_EMPTY_BATCH;
	if (k->events > k->w->limits->batch_events_max)
		return ERR_INGEST_TOO_MANY_EVENTS;
	return ERR_OK;
}

static const struct event_member *members_of(
        const struct event_batch *b, const struct event_span *span)
{
	const struct event_member *all =
	        (const struct event_member *)(const void *)b->scratch_members.data;

	return all != NULL ? all + span->first_member : NULL;
}

/* With a widget token an event may leave the trace out (and is then refused alone), but not name
 * another. */
static bool traces_match(struct event_work *w, const struct event_span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct event_member *members = members_of(w->b, &spans[i]);
		const struct event_json_value *trace = NULL;
		const char *text;
		size_t len;

		for (size_t m = 0; m < spans[i].members; m++) {
			if (members[m].field == EVENT_F_trace_id)
				trace = &members[m].value;
		}
		if (trace == NULL || trace->kind != EVENT_JSON_STRING || trace->len == 0)
			continue;
		event_value_text(w, trace, &text, &len);
		if (!key_is(text, len, w->origin->widget_trace_id))
			return false;
	}
	return true;
}

static enum err write_rows(struct event_work *w, const struct event_span *spans, size_t count)
{
	struct event_batch *b = w->b;
	char arrival[CLOCK_TEXT_BYTES];

	buf_addf(w->prefix, "{\"workspace_id\":\"%s\",\"project_id\":\"%s\"",
	        w->origin->workspace_id, w->origin->project_id);
	clock_format_ch(w->origin->now_ms, arrival);
	w->ingested_at_len = (size_t)snprintf(
	        w->ingested_at, sizeof(w->ingested_at), ",\"ingested_at\":\"%s\"", arrival);
	for (size_t i = 0; i < count; i++)
		event_row_write(w, i, &spans[i], members_of(b, &spans[i]));
	if (b->events.failed || b->tools.failed || b->scratch_row.failed ||
	        b->scratch_text.failed || b->scratch_redacted.failed || b->scratch_prefix.failed) {
		buf_clear(&b->events);
		buf_clear(&b->tools);
		return ERR_INGEST_INTERNAL_ERROR;
	}
	return ERR_OK;
}

enum err event_scan(const char *body, size_t len, const struct event_limits *limits,
        const struct event_origin *origin, event_charge *charge, void *charge_ctx,
        struct event_batch *b)
{
	struct event_work w = {.limits = limits,
	        .origin = origin,
	        .b = b,
	        .prefix = &b->scratch_prefix,
	        .text = &b->scratch_text,
	        .redacted = &b->scratch_redacted};
	struct walk k = {.j = {.p = body, .end = body + len}, .w = &w};
	const struct event_span *spans;
	enum err e;

	event_batch_clear(b);
	e = scan_body(&k);
	if (e != ERR_OK)
		return e;
	b->sent = k.events;
	spans = (const struct event_span *)(const void *)b->scratch_spans.data;
	if (origin->widget_trace_id != NULL && !traces_match(&w, spans, k.events))
		return ERR_INGEST_WIDGET_TRACE_ID_MISMATCH;
	if (charge != NULL) {
		e = charge(charge_ctx, k.events);
		if (e != ERR_OK)
			return e;
	}
	return write_rows(&w, spans, k.events);
}
