/* SPDX-License-Identifier: MIT
 * Fuzzes the scanner with jansson as its oracle: what one takes as JSON the other takes, within the
 * stated differences, and every row that comes out is JSON. */
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
	json_free(doc);
	return 0;
}
