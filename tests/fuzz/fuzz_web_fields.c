/* SPDX-License-Identifier: MIT
 * Fuzzes what a client writes: a JSON body and a query string against a table with a field of every
 * type, and a Cookie header. The first byte chooses. */
#include <stdlib.h>

#include "base/str.h"
#include "web/web_cookie.h"
#include "web/web_field_internal.h"

enum { INPUT_BYTES_MAX = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const WORDS[] = {"admin", "viewer", NULL};

static const struct web_field TABLE[] = {
        WEB_LIST_FIELDS(WORDS),
        {.name = "text", .type = WEB_TEXT, .min = 2, .max = 20, .flags = WEB_OPTIONAL},
        {.name = "secret", .type = WEB_SECRET, .min = 8, .max = 128, .flags = WEB_OPTIONAL},
        {.name = "token", .type = WEB_TOKEN, .min = 1, .max = 64, .flags = WEB_ONE_OF},
        {.name = "email", .type = WEB_EMAIL, .flags = WEB_ONE_OF},
        {.name = "uuid", .type = WEB_UUID, .flags = WEB_OPTIONAL},
        {.name = "slug", .type = WEB_SLUG, .min = 3, .max = 48, .flags = WEB_OPTIONAL},
        {.name = "on", .type = WEB_BOOL, .flags = WEB_OPTIONAL},
        {.name = "at", .type = WEB_TIME, .flags = WEB_OPTIONAL | WEB_FUTURE},
};
static const struct web_fields FIELDS = WEB_FIELDS(TABLE);
static const struct web_program PROGRAM = {.err_json = ERR_DASH_MALFORMED_JSON,
        .err_fields = ERR_DASH_VALIDATION_FAILED,
        .err_internal = ERR_DASH_INTERNAL_ERROR};

/* A handler sees valid values only. */
static void check_values(const struct request *req)
{
	for (size_t i = 0; i < ARRAY_LEN(TABLE); i++) {
		const struct web_field *f = &TABLE[i];
		const char *text = web_text(req, i);

		if (!web_given(req, i))
			continue;
		if (req->values[i].bad)
			abort();
		if (f->type == WEB_INT &&
		        (web_int(req, i, 0) < f->min || web_int(req, i, 0) > f->max))
			abort();
		if (f->type == WEB_TEXT || f->type == WEB_EMAIL) {
			for (size_t left = strlen(text); left > 0;) {
				size_t n = str_utf8_len(text, left);

				if (n == 0 || (uint8_t)*text < 0x20)
					abort();
				text += n;
				left -= n;
			}
		}
	}
}

static void read_fields(enum web_method method, const char *text, size_t len)
{
	const struct web_route route = {.method = method, .fields = &FIELDS};
	struct buf body, texts, reply, headers;
	struct request req = {.route = &route, .query = text, .body = &body, .texts = &texts};
	struct reply rep = {.body = &reply, .headers = &headers};
	enum err e;

	buf_init(&body, INPUT_BYTES_MAX);
	buf_init(&texts, INPUT_BYTES_MAX + 2 * WEB_FIELDS_MAX);
	buf_init(&reply, INPUT_BYTES_MAX);
	buf_init(&headers, INPUT_BYTES_MAX);
	buf_add(&body, text, len);
	e = web_fields_read(&PROGRAM, &req);
	if (e == ERR_OK)
		check_values(&req);
	else
		web_reply_error(&rep, &req, e, false);
	if ((e == ERR_OK) != (req.faults.len == 0) && e != ERR_DASH_MALFORMED_JSON)
		abort();
	buf_release(&body);
	buf_release(&texts);
	buf_release(&reply);
	buf_release(&headers);
}

static void read_cookie(const char *header)
{
	char out[64];

	if (web_cookie_find(header, "yavio_session", out, sizeof(out)) == WEB_COOKIE_GIVEN &&
	        (out[0] == '\0' || strstr(header, out) == NULL || strpbrk(out, "; \",\\") != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1 || size > INPUT_BYTES_MAX)
		return 0;
	text = malloc(size);
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0]) {
	case 'q':
		read_fields(WEB_GET, text, strlen(text));
		break;
	case 'c':
		read_cookie(text);
		break;
	default:
		read_fields(WEB_POST, text, size - 1);
	}
	free(text);
	return 0;
}
