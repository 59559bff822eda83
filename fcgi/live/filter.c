/* SPDX-License-Identifier: MIT
 * The query of a live view. */
#include <stdlib.h>

#include "fcgi/live/filter.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static const char TOOL_CALL[] = "tool_call";
static const char UNKNOWN[] = "unknown";

bool live_values_hold(const struct live_values *v, const char *text)
{
	for (size_t i = 0; i < v->len; i++)
		if (strcmp(v->item[i], text) == 0)
			return true;
	return false;
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* Types and platforms are open sets: only their form is looked at. */
static const char *check_types(const struct request *req, const struct web_value *v)
{
	(void)req;
	return web_items_are(v, LETTERS, LETTERS DIGITS "_") ? NULL : "bad_format";
}

static const char *check_platforms(const struct request *req, const struct web_value *v)
{
	(void)req;
	return web_items_are(v, LETTERS DIGITS, LETTERS DIGITS "._-") ? NULL : "bad_format";
}

static const char *check_position(const struct request *req, const struct web_value *v)
{
	struct live_position p;

	(void)req;
	return live_position_parse(v->text, &p) ? NULL : "bad_format";
}

enum { TYPE, TOOL, PLATFORM, STATUS, BACKLOG, LAST_EVENT_ID };

static const char *const STATUS_WORDS[] = {"error", NULL};

static const struct web_field FIELDS[] = {
        [TYPE] = {.name = "type",
                .type = WEB_TOKEN,
                .min = 1,
                .max = LIVE_WORD_CHARS,
                .flags = WEB_OPTIONAL | WEB_COMMAS,
                .items_max = LIVE_VALUES_MAX,
                .check = check_types},
        /* A name may hold commas. */
        [TOOL] = {.name = "tool",
                .type = WEB_TEXT,
                .min = 1,
                .max = LIVE_NAME_CHARS,
                .flags = WEB_OPTIONAL,
                .items_max = LIVE_VALUES_MAX},
        [PLATFORM] = {.name = "platform",
                .type = WEB_TOKEN,
                .min = 1,
                .max = LIVE_WORD_CHARS,
                .flags = WEB_OPTIONAL | WEB_COMMAS,
                .code = ERR_DASH_INVALID_PLATFORM_FILTER,
                .items_max = LIVE_VALUES_MAX,
                .check = check_platforms},
        [STATUS] = {.name = "status",
                .type = WEB_WORD,
                .flags = WEB_OPTIONAL,
                .words = STATUS_WORDS},
        [BACKLOG] = {.name = "backlog",
                .type = WEB_INT,
                .max = LIVE_BACKLOG_MAX,
                .flags = WEB_OPTIONAL},
        [LAST_EVENT_ID] = {.name = "lastEventId",
                .type = WEB_TOKEN,
                .min = 1,
                .max = LIVE_POSITION_BYTES,
                .flags = WEB_OPTIONAL,
                .check = check_position},
};
const struct web_fields live_fields = WEB_STRICT_FIELDS(FIELDS);

/* Each once. */
static bool take_values(const struct request *req, size_t field, struct live_values *out)
{
	size_t items = web_items(req, field);

	for (size_t i = 0; i < items && i < LIVE_VALUES_MAX; i++) {
		const char *text = web_item(req, field, i);

		if (live_values_hold(out, text))
			continue;
		out->item[out->len] = strdup(text);
		if (out->item[out->len] == NULL)
			return false;
		out->len++;
	}
	return true;
}

bool live_query_read(const struct request *req, struct live_query *out)
{
	const char *header = web_header(req, "Last-Event-ID");
	const char *param = web_text(req, LAST_EVENT_ID);

	*out = (struct live_query){.backlog = web_int(req, BACKLOG, LIVE_BACKLOG_DEFAULT),
	        .filter = {.errors = web_given(req, STATUS)}};
	/* A browser that reconnects by itself repeats the address it was given first: what it says
	 * in the header is newer. An odd one is none of ours: begin anew. */
	out->resume = (header != NULL && live_position_parse(header, &out->from)) ||
	              (param != NULL && live_position_parse(param, &out->from));
	if (take_values(req, TYPE, &out->filter.types) &&
	        take_values(req, TOOL, &out->filter.tools) &&
	        take_values(req, PLATFORM, &out->filter.platforms))
		return true;
	live_query_release(out);
	return false;
}

/* ---- filters --------------------------------------------------------------------------------- */

static void release_values(struct live_values *v)
{
	for (size_t i = 0; i < v->len; i++)
		free(v->item[i]);
	v->len = 0;
}

void live_filter_release(struct live_filter *f)
{
	release_values(&f->types);
	release_values(&f->tools);
	release_values(&f->platforms);
}

void live_query_release(struct live_query *q)
{
	live_filter_release(&q->filter);
}

static bool copy_values(const struct live_values *from, struct live_values *out)
{
	for (out->len = 0; out->len < from->len; out->len++) {
		out->item[out->len] = strdup(from->item[out->len]);
		if (out->item[out->len] == NULL)
			return false;
	}
	return true;
}

bool live_filter_copy(const struct live_filter *from, struct live_filter *out)
{
	*out = (struct live_filter){.errors = from->errors};
	if (copy_values(&from->types, &out->types) && copy_values(&from->tools, &out->tools) &&
	        copy_values(&from->platforms, &out->platforms))
		return true;
	live_filter_release(out);
	return false;
}

/* As sets: each value is in a list once. */
static bool same_values(const struct live_values *a, const struct live_values *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!live_values_hold(b, a->item[i]))
			return false;
	return true;
}

bool live_filter_equal(const struct live_filter *a, const struct live_filter *b)
{
	return a->errors == b->errors && same_values(&a->types, &b->types) &&
	       same_values(&a->tools, &b->tools) && same_values(&a->platforms, &b->platforms);
}

bool live_filter_passes(const struct live_filter *f, const struct live_traits *t)
{
	if (f->errors && strcmp(t->status, "error") != 0)
		return false;
	if (f->types.len > 0 && !live_values_hold(&f->types, t->type))
		return false;
	if (f->tools.len > 0 &&
	        (strcmp(t->type, TOOL_CALL) != 0 || !live_values_hold(&f->tools, t->name)))
		return false;
	return f->platforms.len == 0 ||
	       live_values_hold(&f->platforms, t->platform[0] != '\0' ? t->platform : UNKNOWN);
}
