/* SPDX-License-Identifier: MIT
 * Fuzzes the scanner with jansson as its oracle: what one takes as JSON the other takes, within the
 * stated differences, and every row that comes out is JSON with the values that were sent. */
#include <stdlib.h>

#include "base/str.h"
#include "event/event.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1 << 20 };

static const struct event_limits LIMITS = {.batch_events_max = 1000,
        .event_bytes_max = 51200,
        .age_max_ms = 0,
        .lead_max_ms = INT64_C(4000000000000)};
static const struct event_origin ORIGIN = {.workspace_id = "11111111-1111-4111-8111-111111111111",
        .project_id = "22222222-2222-4222-8222-222222222222",
        .widget_events_left = SIZE_MAX,
        .now_ms = INT64_C(1795219200000)};

static bool all_utf8(const char *p, size_t left)
{
	while (left > 0) {
		size_t n = str_utf8_len(p, left);

		if (n == 0)
			return false;
		p += n;
		left -= n;
	}
	return true;
}

/* Bodies on which the two are meant to differ: escapes of U+0000 and of half surrogates, numbers
 * beyond a double or 64 bits, bytes that are no UTF-8, a byte order mark. */
static bool comparable(const char *body, size_t len)
{
	static const char *const words[] = {"\\u0000", "\\ud", "\\uD"};
	size_t digits = 0;

	if (!all_utf8(body, len) || memchr(body, 0, len) != NULL ||
	        (len >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (memmem(body, len, words[i], strlen(words[i])) != NULL)
			return false;
	}
	for (size_t i = 0; i < len; i++) {
		digits = body[i] >= '0' && body[i] <= '9' ? digits + 1 : 0;
		if (digits > 15)
			return false;
		if ((body[i] == 'e' || body[i] == 'E') && i > 0 && body[i - 1] >= '0' &&
		        body[i - 1] <= '9')
			return false;
	}
	return true;
}

static void check_rows(const struct buf *rows)
{
	const char *line = buf_str(rows), *end = line + rows->len;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		struct json_doc *doc = NULL;

		if (newline == NULL)
			abort();
		/* Payload numbers keep their digits and strings their NUL, which jansson cannot
		 * hold. */
		if (comparable(line, (size_t)(newline - line)) &&
		        !json_parse(line, (size_t)(newline - line), JSON_DEPTH_MAX, &doc, NULL))
			abort();
		json_free(doc);
		line = newline + 1;
	}
}

/* Index of each refused event, from the reply's own list. */
static bool was_refused(const struct json_doc *errors, size_t index)
{
	for (size_t i = 0; i < json_len(json_root(errors)); i++) {
		int64_t n;

		if (json_int(json_get(json_at(json_root(errors), i), "index"), &n) &&
		        (size_t)n == index)
			return true;
	}
	return false;
}

static bool same_string(json_value *event, json_value *row, const char *name)
{
	const char *sent, *stored;

	if (!json_str(json_get(event, name), &sent) || sent[0] == '\0')
		return true;
	return json_str(json_get(row, name), &stored) && strcmp(sent, stored) == 0;
}

static bool same_number(json_value *event, json_value *row, const char *name)
{
	double sent, stored;

	if (!json_num(json_get(event, name), &sent) || !json_num(json_get(row, name), &stored))
		return true;
	return sent == stored;
}

/* A payload is stored as sent, unless something in it was redacted or it was too large. */
static bool same_payload(json_value *event, json_value *row, const char *name)
{
	struct buf sent, stored;
	bool same;

	if (json_kind(json_get(event, name)) != JSON_KIND_OBJECT ||
	        json_kind(json_get(row, name)) != JSON_KIND_OBJECT)
		return true;
	buf_init(&sent, BODY_MAX);
	buf_init(&stored, BODY_MAX);
	same = json_dump(json_get(event, name), &sent) && json_dump(json_get(row, name), &stored) &&
	       sent.len == stored.len && memcmp(sent.data, stored.data, sent.len) == 0;
	buf_release(&sent);
	buf_release(&stored);
	return same;
}

static bool untouched(const struct event_batch *b)
{
	size_t sum = b->truncated_fields;

	for (size_t k = 0; k < EVENT_PII_KINDS; k++)
		sum += b->redacted[k];
	return sum == 0;
}

static void compare_row(json_value *event, const char *line, size_t len, bool payloads)
{
	struct json_doc *row = NULL;

	if (!json_parse(line, len, JSON_DEPTH_MAX, &row, NULL))
		abort();
	if (!same_string(event, json_root(row), "trace_id") ||
	        !same_string(event, json_root(row), "session_id") ||
	        !same_string(event, json_root(row), "event_type") ||
	        !same_number(event, json_root(row), "latency_ms") ||
	        !same_number(event, json_root(row), "step_sequence") ||
	        (payloads && (!same_payload(event, json_root(row), "metadata") ||
	                             !same_payload(event, json_root(row), "input_values"))))
		abort();
	json_free(row);
}

/* What jansson reads in each accepted event stands in its row. */
static void compare_values(const struct json_doc *body, const struct event_batch *b)
{
	json_value *events = json_get(json_root(body), "events");
	const char *line = buf_str(&b->events), *type;
	struct json_doc *errors = NULL;
	struct buf list;

	if (json_kind(events) != JSON_KIND_ARRAY)
		events = json_get(json_root(body), "batch");
	buf_init(&list, 2 * EVENT_REPLY_BYTES_MAX);
	buf_addf(&list, "[%s]", buf_str(&b->errors));
	if (b->errors_omitted == 0 && !list.failed &&
	        comparable(b->events.data != NULL ? b->events.data : "", b->events.len) &&
	        json_parse(list.data, list.len, JSON_DEPTH_MAX, &errors, NULL)) {
		for (size_t i = 0; i < json_len(events); i++) {
			json_value *event = json_at(events, i);
			size_t len;

			if (was_refused(errors, i))
				continue;
			/* Registered tools have a table of their own. */
			if (json_str(json_get(event, "event_type"), &type) &&
			        strcmp(type, "tool_discovery") == 0)
				break;
			len = strcspn(line, "\n");
			compare_row(event, line, len, untouched(b));
			line += len + 1;
		}
	}
	json_free(errors);
	buf_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_batch batch;
	const char *body = (const char *)data;
	struct json_fault fault = {.problem = ""};
	struct json_doc *doc = NULL;
	bool scanned;
	enum err e;

	if (batch.events.cap == 0)
		event_batch_init(&batch, 4 * BODY_MAX);
	if (size > BODY_MAX)
		return 0;
	e = event_scan(body, size, &LIMITS, &ORIGIN, NULL, NULL, &batch);
	if (e == ERR_INGEST_INTERNAL_ERROR)
		abort();
	if (batch.accepted + batch.rejected != batch.sent && e == ERR_OK)
		abort();
	check_rows(&batch.events);
	check_rows(&batch.tools);
	if (!comparable(body, size) || e == ERR_INGEST_JSON_TOO_DEEP)
		return 0;
	scanned = e != ERR_INGEST_EMPTY_REQUEST_BODY;
	if (json_parse(body, size, JSON_DEPTH_MAX, &doc, &fault) != scanned &&
	        strcmp(fault.problem, "duplicate_key") != 0 &&
	        strcmp(fault.problem, "too_deep") != 0)
		abort();
	if (doc != NULL && e == ERR_OK)
		compare_values(doc, &batch);
	json_free(doc);
	return 0;
}
