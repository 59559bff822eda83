/* SPDX-License-Identifier: MIT
 * JSON text written straight into a buffer. */
#include <math.h>

#include "json/json.h"

void json_write_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out};
}

static void begin_member(struct json_writer *w, const char *key)
{
	uint64_t bit = UINT64_C(1) << w->depth;

	if (w->has_member & bit)
		buf_add_char(w->out, ',');
	w->has_member |= bit;
	if (key != NULL) {
		buf_add_json_str(w->out, key);
		buf_add_char(w->out, ':');
	}
}

static void open_container(struct json_writer *w, const char *key, char bracket)
{
	begin_member(w, key);
	buf_add_char(w->out, bracket);
	/* Replies are a few levels deep; 64 is the width of has_member. */
	if (w->depth == 63) {
		w->out->failed = true;
		return;
	}
	w->depth++;
	w->has_member &= ~(UINT64_C(1) << w->depth);
}

static void close_container(struct json_writer *w, char bracket)
{
	if (w->depth > 0)
		w->depth--;
	buf_add_char(w->out, bracket);
}

void json_write_object(struct json_writer *w, const char *key)
{
	open_container(w, key, '{');
}

void json_write_array(struct json_writer *w, const char *key)
{
	open_container(w, key, '[');
}

void json_write_end_object(struct json_writer *w)
{
	close_container(w, '}');
}

void json_write_end_array(struct json_writer *w)
{
	close_container(w, ']');
}

void json_write_str(struct json_writer *w, const char *key, const char *value)
{
	if (value == NULL) {
		json_write_null(w, key);
		return;
	}
	begin_member(w, key);
	buf_add_json_str(w->out, value);
}

void json_write_int(struct json_writer *w, const char *key, int64_t value)
{
	begin_member(w, key);
	buf_add_int(w->out, value);
}

void json_write_num(struct json_writer *w, const char *key, double value)
{
	if (!isfinite(value)) {
		json_write_null(w, key);
		return;
	}
	begin_member(w, key);
	buf_addf(w->out, "%.17g", value);
}

void json_write_bool(struct json_writer *w, const char *key, bool value)
{
	json_write_raw(w, key, value ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *key)
{
	json_write_raw(w, key, "null");
}

void json_write_raw(struct json_writer *w, const char *key, const char *text)
{
	begin_member(w, key);
	buf_add_str(w->out, text);
}
