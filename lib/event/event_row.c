/* SPDX-License-Identifier: MIT
 * One event: its fields are judged and written, and a row or an error comes out. */
#include "base/err.h"
#include "event/event_internal.h"

struct verdict {
	struct event_work *w;
	size_t index;
	enum err code;     /* of the worst issue, ERR_OK: none */
	int rank;          /* its place in the order of codes; lower wins */
	const char *field; /* it names */
	size_t issues;
};

const enum err event_reject_codes[EVENT_REJECT_CODES] = {ERR_INGEST_INVALID_UTF8,
        ERR_INGEST_EVENT_TOO_LARGE, ERR_INGEST_MISSING_REQUIRED_FIELD, ERR_INGEST_WRONG_FIELD_TYPE,
        ERR_INGEST_INVALID_EVENT_TYPE, ERR_INGEST_INVALID_TIMESTAMP_FORMAT,
        ERR_INGEST_EVENT_NAME_TOO_LONG, ERR_INGEST_USER_ID_TOO_LONG, ERR_INGEST_TRACE_ID_TOO_LONG,
        ERR_INGEST_SESSION_ID_TOO_LONG, ERR_INGEST_TIMESTAMP_OUT_OF_RANGE,
        ERR_INGEST_INVALID_EVENT_ID, ERR_INGEST_SCHEMA_VALIDATION_FAILED,
        ERR_INGEST_TYPE_NOT_FOR_WIDGETS, ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT};

/* Place of a code in that order. */
static int rank_of(enum err code)
{
	int i = 0;

	while (i < EVENT_REJECT_CODES - 1 && event_reject_codes[i] != code)
		i++;
	return i;
}

static void add_issue(struct verdict *v, enum err code, const char *field, const char *issue)
{
	struct buf *issues = &v->w->b->scratch_issues;
	int rank = rank_of(code);

	if (v->code == ERR_OK || rank < v->rank) {
		v->code = code;
		v->rank = rank;
		v->field = field;
	}
	if (v->issues++ >= EVENT_ISSUES_MAX)
		return;
	if (field != NULL)
		buf_addf(issues, "%s\"%s: %s\"", issues->len > 0 ? "," : "", field, issue);
	else
		buf_addf(issues, "%s\"%s\"", issues->len > 0 ? "," : "", issue);
}

/* An entry that does not fit whole is left out and counted, and so are all behind it. */
static void settle_entry(struct buf *list, size_t before, size_t *entries, size_t *omitted)
{
	if (!list->failed) {
		(*entries)++;
		return;
	}
	list->len = before;
	list->failed = false;
	(*omitted)++;
}

static void add_error_entry(struct event_batch *b, long long index, enum err code,
        const char *field, const char *issues)
{
	size_t before = b->errors.len;

	if (b->error_entries == EVENT_ENTRIES_MAX || b->errors_omitted > 0) {
		b->errors_omitted++;
		return;
	}
	buf_addf(&b->errors, "%s{\"index\":%lld,\"code\":\"%s\"", before > 0 ? "," : "", index,
	        err_code(code));
	if (field != NULL)
		buf_addf(&b->errors, ",\"field\":\"%s\"", field);
	buf_addf(&b->errors, ",\"issues\":[%s]}", issues);
	settle_entry(&b->errors, before, &b->error_entries, &b->errors_omitted);
}

void event_row_batch_error(
        struct event_batch *b, enum err code, const char *field, const char *issue)
{
	char quoted[160];

	snprintf(quoted, sizeof(quoted), "\"%s\"", issue);
	add_error_entry(b, -1, code, field, quoted);
}

static void add_warning(struct verdict *v, const char *field, enum err code)
{
	struct event_batch *b = v->w->b;
	size_t before = b->warnings.len;

	if (b->warning_entries == EVENT_ENTRIES_MAX || b->warnings_omitted > 0) {
		b->warnings_omitted++;
		return;
	}
	buf_addf(&b->warnings,
	        "%s{\"index\":%zu,\"field\":\"%s\",\"code\":\"%s\",\"warning\":\"%s\"}",
	        before > 0 ? "," : "", v->index, field, err_code(code), err_message(code));
	settle_entry(&b->warnings, before, &b->warning_entries, &b->warnings_omitted);
}

static const char *breach_text(enum err code)
{
	switch (code) {
	case ERR_INGEST_INVALID_EVENT_ID:
		return "must be a UUID";
	case ERR_INGEST_INVALID_EVENT_TYPE:
		return "must be 1-64 characters a-z, 0-9, _ and begin with a letter";
	case ERR_INGEST_INVALID_TIMESTAMP_FORMAT:
		return "must be an RFC 3339 date and time such as 2026-03-15T10:30:00.123Z";
	case ERR_INGEST_SCHEMA_VALIDATION_FAILED:
		return "not an allowed value";
	default:
		return "too long, or holds U+0000";
	}
}

/* What an outcome means for the event. lenient: an unknown type's optional field is dropped, never
 * a reason to refuse. */
static void judge(
        struct verdict *v, enum event_field field, enum event_outcome outcome, bool lenient)
{
	const struct event_field_rule *rule = &event_fields[field];

	switch (outcome) {
	case EVENT_VALUE_OK:
		break;
	case EVENT_VALUE_ABSENT:
		if (rule->required)
			add_issue(v, ERR_INGEST_MISSING_REQUIRED_FIELD, rule->name, "required");
		break;
	case EVENT_VALUE_CUT:
		v->w->b->truncated_fields++;
		v->w->b->truncated[field]++;
		add_warning(v, rule->name, rule->code);
		break;
	case EVENT_VALUE_RANGE:
		add_issue(v, ERR_INGEST_TIMESTAMP_OUT_OF_RANGE, rule->name,
		        "too old or too far ahead");
		break;
	case EVENT_VALUE_TYPE:
	case EVENT_VALUE_BREACH:
		if (lenient || (outcome == EVENT_VALUE_BREACH && rule->breach == EVENT_DROP)) {
			add_warning(v, rule->name, ERR_INGEST_VALUE_DROPPED);
		} else if (outcome == EVENT_VALUE_TYPE) {
			add_issue(v, ERR_INGEST_WRONG_FIELD_TYPE, rule->name, "wrong type");
		} else {
			add_issue(v, rule->code, rule->name, breach_text(rule->code));
		}
		break;
	}
}

/* The last value a field has; NULL when absent or null. */
struct fields {
	uint64_t look; /* bit n: field n is there, or required */
	const struct event_json_value *value[EVENT_FIELD_COUNT];
};

#define BIT(field) (UINT64_C(1) << (field))

static const uint64_t REQUIRED =
#define EVENT_FIELD(id, rule, max, breach, code, required, scanned, words)                         \
	((required) ? BIT(EVENT_F_##id) : 0) |
#include "event/event_fields.def"
#undef EVENT_FIELD
        0;

static void fields_fill(
        struct fields *f, const struct event_span *span, const struct event_member *members)
{
	*f = (struct fields){.look = REQUIRED};
	for (size_t i = 0; i < span->members; i++) {
		const struct event_json_value *value = &members[i].value;

		f->value[members[i].field] = value->kind != EVENT_JSON_NULL ? value : NULL;
		f->look |= BIT(members[i].field);
	}
}

static const struct event_type_rule *type_of(struct event_work *w, const struct fields *f)
{
	const struct event_json_value *type = f->value[EVENT_F_event_type];
	const char *text = "";
	size_t len = 0;

	if (type != NULL && type->kind == EVENT_JSON_STRING)
		event_value_text(w, type, &text, &len);
	return event_type_find(text, len);
}

/* A value from metadata is written as redacted, and only if it keeps the field's rule. */
static enum event_outcome write_promoted(struct event_work *w, enum event_field to,
        const struct event_json_value *v, struct buf *row)
{
	const char *text;
	size_t len;

	if (v->kind != EVENT_JSON_STRING || event_fields[to].scanned)
		return event_value_write(w, to, v, row);
	event_value_text(w, v, &text, &len);
	(void)event_payload_redact(w, &text, &len);
	return event_value_write_text(w, to, text, len, row);
}

/* Reads {"key":value} members of metadata for the ones that a column wants. */
static void promote(struct event_work *w, const struct event_type_rule *type,
        const struct fields *f, struct buf *row)
{
	struct event_json_value found[EVENT_PROMOTIONS_MAX];
	bool has[EVENT_PROMOTIONS_MAX] = {false};
	uint64_t done = 0;
	const struct event_json_value *metadata = f->value[EVENT_F_metadata];
	struct event_json j = {.p = metadata->start + 1, .end = metadata->start + metadata->len};

	for (event_json_space(&j); j.p < j.end && *j.p == '"'; event_json_space(&j)) {
		struct event_json_value key, value;
		const char *text;
		size_t len;

		if (!event_json_string(&j, &key))
			return;
		event_json_space(&j);
		j.p++;
		event_json_space(&j);
		if (!event_json_value(&j, 1, &value))
			return;
		event_value_text(w, &key, &text, &len);
		for (size_t i = 0; type->promotions[i].key != NULL; i++) {
			if (strlen(type->promotions[i].key) == len &&
			        memcmp(type->promotions[i].key, text, len) == 0) {
				found[i] = value;
				has[i] = true;
			}
		}
		event_json_space(&j);
		if (j.p < j.end && *j.p == ',')
			j.p++;
	}
	for (size_t i = 0; type->promotions[i].key != NULL; i++) {
		enum event_field to = type->promotions[i].to;
		size_t before = row->len;
		enum event_outcome outcome;

		if (!has[i] || f->value[to] != NULL || (done >> to & 1) != 0)
			continue;
		outcome = write_promoted(w, to, &found[i], row);
		if (outcome == EVENT_VALUE_OK)
			done |= UINT64_C(1) << to;
		else
			row->len = before;
	}
}

/* True when metadata.tools_listed is an array: the answer to tools/list. */
static bool lists_tools(const struct fields *f)
{
	const struct event_json_value *metadata = f->value[EVENT_F_metadata];
	static const char key[] = "\"tools_listed\"";
	const char *at;
	struct event_json j;

	if (metadata == NULL || metadata->kind != EVENT_JSON_OBJECT)
		return false;
	at = memmem(metadata->start, metadata->len, key, sizeof(key) - 1);
	if (at == NULL)
		return false;
	j = (struct event_json){.p = at + sizeof(key) - 1, .end = metadata->start + metadata->len};
	event_json_space(&j);
	if (*j.p != ':')
		return false;
	j.p++;
	event_json_space(&j);
	return *j.p == '[';
}

/* Fields that the row of a registered tool has; the others are judged only. */
static bool in_registry(enum event_field field)
{
	return field == EVENT_F_tool_name || field == EVENT_F_description ||
	       field == EVENT_F_input_schema;
}

static void write_field(struct verdict *v, const struct event_type_rule *type,
        const struct fields *f, enum event_field field, struct buf *row)
{
	const struct event_json_value *value = f->value[field];
	const struct event_field_rule *rule = &event_fields[field];

	if (value == NULL) {
		if (rule->required)
			add_issue(v, ERR_INGEST_MISSING_REQUIRED_FIELD, rule->name, "required");
		return;
	}
	if ((type->fields >> field & 1) == 0) {
		v->w->b->unknown_fields++;
		return;
	}
	judge(v, field, event_value_write(v->w, field, value, row),
	        type->name == NULL && !rule->required);
}

/* With a widget token two fields come from the token, whatever the event says. */
static bool write_from_token(const struct event_work *w, enum event_field field, struct buf *row)
{
	if (w->origin->widget_trace_id == NULL)
		return false;
	if (field == EVENT_F_source) {
		buf_add_str(row, ",\"source\":\"widget\"");
		return true;
	}
	if (field == EVENT_F_session_id) {
		buf_add_str(row, ",\"session_id\":");
		buf_add_json_str(row, w->origin->widget_session_id);
		return true;
	}
	return false;
}

static void write_events_row(
        struct verdict *v, const struct event_type_rule *type, struct fields *f)
{
	struct event_work *w = v->w;
	struct buf *row = &w->b->scratch_row;

	if (f->value[EVENT_F_sdk_version] == NULL && w->sdk_version.len > 0) {
		f->value[EVENT_F_sdk_version] = &w->sdk_version;
		f->look |= BIT(EVENT_F_sdk_version);
	}
	buf_add(row, w->prefix->data, w->prefix->len);
	buf_add(row, w->ingested_at, w->ingested_at_len);
	for (uint64_t left = f->look; left != 0; left &= left - 1) {
		enum event_field field = (enum event_field)__builtin_ctzll(left);

		if (!write_from_token(w, field, row))
			write_field(v, type, f, field, row);
	}
	if (type->promotions[0].key != NULL && f->value[EVENT_F_metadata] != NULL &&
	        f->value[EVENT_F_metadata]->kind == EVENT_JSON_OBJECT)
		promote(w, type, f, row);
	buf_add(row, "}\n", 2);
}

static void write_registry_row(
        struct verdict *v, const struct event_type_rule *type, const struct fields *f)
{
	struct event_work *w = v->w;
	struct buf *row = &w->b->scratch_row;

	buf_add(row, w->prefix->data, w->prefix->len);
	for (uint64_t left = f->look; left != 0; left &= left - 1) {
		enum event_field field = (enum event_field)__builtin_ctzll(left);
		size_t before = row->len;

		write_field(v, type, f, field, row);
		if (field == EVENT_F_timestamp && row->len > before) {
			/* The column is updated_at; value and syntax stay. */
			static const char name[] = ",\"timestamp\":";
			char value[32];
			size_t len = row->len - before - (sizeof(name) - 1);

			memcpy(value, row->data + before + sizeof(name) - 1, len);
			row->len = before;
			buf_add_str(row, ",\"updated_at\":");
			buf_add(row, value, len);
		} else if (!in_registry(field)) {
			row->len = before;
		}
	}
	buf_add(row, "}\n", 2);
}

/* Issues that concern the event as a whole; true: there is nothing more to look at. */
static bool refuse_whole(struct verdict *v, const struct event_span *span)
{
	if (!span->is_object)
		add_issue(v, ERR_INGEST_SCHEMA_VALIDATION_FAILED, NULL, "must be an object");
	else if (span->bad_utf8)
		add_issue(v, ERR_INGEST_INVALID_UTF8, NULL, "holds bytes that are not UTF-8");
	else if (span->compact_len > v->w->limits->event_bytes_max)
		add_issue(v, ERR_INGEST_EVENT_TOO_LARGE, NULL, "too large");
	return v->code != ERR_OK;
}

static void count_row(struct event_work *w, bool registry, bool widget)
{
	w->b->accepted++;
	if (registry)
		w->b->tool_rows++;
	else if (widget)
		w->b->widget_rows++;
	else
		w->b->server_rows++;
}

static bool is_widget(const struct event_work *w, const struct fields *f)
{
	const struct event_json_value *source = f->value[EVENT_F_source];

	return w->origin->widget_trace_id != NULL ||
	       (source != NULL && source->len == 6 && memcmp(source->start, "widget", 6) == 0);
}

void event_row_write(struct event_work *w, size_t index, const struct event_span *span,
        const struct event_member *members)
{
	struct event_batch *b = w->b;
	struct verdict v = {.w = w, .index = index};
	size_t warnings_len = b->warnings.len, warning_entries = b->warning_entries;
	size_t warnings_omitted = b->warnings_omitted;
	const struct event_type_rule *type;
	bool registry = false;
	struct fields f;

	buf_clear(&b->scratch_row);
	buf_clear(&b->scratch_issues);
	b->unknown_fields += span->unknown;
	if (!refuse_whole(&v, span)) {
		fields_fill(&f, span, members);
		type = type_of(w, &f);
		registry = (type->fields >> EVENT_F_tool_name & 1) != 0;
		if (registry && f.value[EVENT_F_tool_name] == NULL) {
			registry = false;
			if (!lists_tools(&f))
				add_issue(&v, ERR_INGEST_MISSING_REQUIRED_FIELD, "tool_name",
				        "required");
		}
		if (registry)
			write_registry_row(&v, type, &f);
		else
			write_events_row(&v, type, &f);
		if (w->origin->widget_trace_id != NULL && !type->widget)
			add_issue(&v, ERR_INGEST_TYPE_NOT_FOR_WIDGETS, "event_type",
			        "not allowed with a widget token");
		if (v.code == ERR_OK && b->accepted >= w->origin->widget_events_left)
			add_issue(&v, ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT, NULL,
			        "event limit of this trace reached");
	}
	if (v.code == ERR_OK) {
		buf_add(registry ? &b->tools : &b->events, b->scratch_row.data, b->scratch_row.len);
		count_row(w, registry, is_widget(w, &f));
		return;
	}
	b->rejected++;
	b->rejected_by[v.rank]++;
	/* A refused event has no warnings. */
	b->warnings.len = warnings_len;
	b->warning_entries = warning_entries;
	b->warnings_omitted = warnings_omitted;
	add_error_entry(b, (long long)index, v.code, v.field, buf_str(&b->scratch_issues));
}
