/* SPDX-License-Identifier: MIT
 * Answers of the analytics: rows of queries put together by a table of parts. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "ch/ch_splice.h"
#include "fcgi/dashboard/analytics_internal.h"

enum {
	KEY_BYTES = 64,
	NUMBER_BYTES = 64,
	ASKS_MAX =
	        2 * ANALYTICS_PARTS_MAX, /* numbers are asked for twice where they are compared */
	DECIMALS = 6,
};

/* ---- meta ------------------------------------------------------------------------------------ */

static void write_iso(struct json_writer *w, const char *key, int64_t unix_ms)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format_iso(unix_ms, text);
	json_write_str(w, key, text);
}

static void write_items(struct json_writer *w, const struct request *req, const char *name)
{
	size_t field;

	json_write_array(w, name);
	if (analytics_find(req, name, &field)) {
		for (size_t i = 0; i < web_items(req, field); i++)
			json_write_str(w, NULL, web_item(req, field, i));
	}
	json_write_end_array(w);
}

static void write_meta(const struct analytics *a, struct json_writer *w)
{
	json_write_object(w, "meta");
	write_iso(w, "from", a->from);
	write_iso(w, "to", a->to);
	json_write_str(w, "timezone", a->timezone);
	json_write_str(w, "granularity", a->unit);
	write_items(w, a->req, "platform");
	write_items(w, a->req, "tool");
	if (a->compared) {
		json_write_object(w, "compare");
		write_iso(w, "from", a->before);
		write_iso(w, "to", a->from);
		json_write_end_object(w);
	} else {
		json_write_null(w, "compare");
	}
	write_iso(w, "generatedAt", a->now);
	json_write_end_object(w);
}

/* Text that begins with a member already has its comma where one is needed. */
static void write_members(struct json_writer *w, const char *members)
{
	uint64_t bit = UINT64_C(1) << w->depth;

	if (members[0] == '\0')
		return;
	if ((w->has_member & bit) != 0)
		buf_add_char(w->out, ',');
	w->has_member |= bit;
	buf_add_str(w->out, members);
}

void analytics_open(struct analytics *a, struct reply *rep, struct json_writer *w)
{
	size_t field;

	web_reply_object(rep, w);
	if (a->req->route->fields != NULL && analytics_find(a->req, "from", &field))
		write_meta(a, w);
	write_members(w, buf_str(&a->members));
	rep->body->failed |= a->members.failed;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Tab-separated values of a line, one after the other. */
struct cells {
	const char *at, *end;
};

static struct cells line_of(const struct buf *rows, size_t line)
{
	const char *at = buf_str(rows), *end;

	while (line-- > 0) {
		end = strchr(at, '\n');
		at = end != NULL ? end + 1 : at + strlen(at);
	}
	end = strchr(at, '\n');
	return (struct cells){.at = at, .end = end != NULL ? end : at + strlen(at)};
}

static bool next_cell(struct cells *c, char *out, size_t out_size)
{
	const char *tab;

	if (c->at >= c->end)
		return false;
	tab = memchr(c->at, '\t', (size_t)(c->end - c->at));
	if (tab == NULL)
		tab = c->end;
	if (!str_format(out, out_size, "%.*s", (int)(tab - c->at), c->at))
		return false;
	c->at = tab + 1;
	return true;
}

/* NULL for what is no number: \N, nan. */
static const char *number_of(const char *cell)
{
	double value;
	char *end;

	if (cell[0] == '\0')
		return NULL;
	value = strtod(cell, &end);
	return *end == '\0' && isfinite(value) ? cell : NULL;
}

static void write_number(struct json_writer *w, const char *key, const char *number)
{
	json_write_raw(w, key, number != NULL ? number : "null");
}

static void write_change(struct json_writer *w, const char *value, const char *previous)
{
	double before = previous != NULL ? strtod(previous, NULL) : 0;
	char text[NUMBER_BYTES];
	size_t len;

	if (value == NULL || before == 0 ||
	        !str_format(text, sizeof(text), "%.*f", DECIMALS,
	                (strtod(value, NULL) - before) / before)) {
		json_write_null(w, "change");
		return;
	}
	len = strlen(text);
	while (text[len - 1] == '0')
		len--;
	text[text[len - 1] == '.' ? len - 1 : len] = '\0';
	json_write_raw(w, "change", strcmp(text, "-0") == 0 ? "0" : text);
}

/* Columns of rows, names in the first line, beside those of the range before (nothing: not
 * compared). */
static void write_kpis(struct json_writer *w, const struct buf *rows, struct cells was)
{
	struct cells names = line_of(rows, 0), now = line_of(rows, 1);
	char name[KEY_BYTES], value[NUMBER_BYTES], previous[NUMBER_BYTES];

	while (next_cell(&names, name, sizeof(name)) && next_cell(&now, value, sizeof(value))) {
		bool compared = next_cell(&was, previous, sizeof(previous));
		const char *number = number_of(value);
		const char *earlier = compared ? number_of(previous) : NULL;

		json_write_object(w, name);
		write_number(w, "value", number);
		write_number(w, "previous", earlier);
		write_change(w, number, earlier);
		json_write_end_object(w);
	}
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void splice(struct json_writer *w, const struct buf *rows)
{
	struct ch_splice r;

	ch_splice_init(&r, w->out, ",");
	ch_splice_add(&r, buf_str(rows), rows->len);
}

static void write_list(struct json_writer *w, const char *key, const struct buf *rows)
{
	json_write_array(w, key);
	splice(w, rows);
	json_write_end_array(w);
}

static void write_object(struct json_writer *w, const char *key, const struct buf *rows)
{
	if (rows->len == 0) {
		json_write_null(w, key);
		return;
	}
	json_write_raw(w, key, "");
	splice(w, rows);
}

/* The columns of the row without its braces. */
static void write_columns(struct json_writer *w, const struct buf *rows)
{
	struct buf object;
	struct json_writer inner;

	buf_init(&object, ANALYTICS_QUERY_BYTES_MAX);
	json_write_init(&inner, &object);
	splice(&inner, rows);
	w->out->failed |= object.failed;
	if (object.len > 2) {
		object.data[object.len - 1] = '\0';
		write_members(w, object.data + 1);
	}
	buf_release(&object);
}

static void write_total(struct json_writer *w, const struct buf *rows)
{
	struct cells line = line_of(rows, 0);
	char text[NUMBER_BYTES];

	json_write_raw(w, "total", next_cell(&line, text, sizeof(text)) ? text : "0");
}

static void write_page(struct json_writer *w, const struct web_page *page)
{
	json_write_int(w, "page", page->number);
	json_write_int(w, "pageSize", page->size);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* "parameters.keys": inside of "parameters", as "keys". */
struct place {
	char object[KEY_BYTES]; /* "": the answer itself */
	const char *key;
};

static struct place place_of(const struct analytics_part *part)
{
	bool inside = part->shape == ANALYTICS_MEMBERS || part->shape == ANALYTICS_KPIS ||
	              part->shape == ANALYTICS_KPIS_OF_BOTH || part->shape == ANALYTICS_PAGE;
	const char *dot = strchr(part->key, '.');
	struct place p = {.key = dot != NULL ? dot + 1 : part->key};

	if (inside)
		str_copy(p.object, sizeof(p.object), part->key);
	else if (dot != NULL &&
	         !str_format(p.object, sizeof(p.object), "%.*s", (int)(dot - part->key), part->key))
		p.object[0] = '\0';
	return p;
}

/* Closes and opens objects so that the next member is at its place. */
static void go_to(struct json_writer *w, char open[KEY_BYTES], const char *object)
{
	if (strcmp(open, object) == 0)
		return;
	if (open[0] != '\0')
		json_write_end_object(w);
	if (object[0] != '\0')
		json_write_object(w, object);
	str_copy(open, KEY_BYTES, object);
}

static void write_part(struct analytics *a, struct json_writer *w,
        const struct analytics_part *part, const char *key, const struct ch_ask *ask)
{
	switch (part->shape) {
	case ANALYTICS_LIST:
		write_list(w, key, ask->out);
		return;
	case ANALYTICS_OBJECT:
		write_object(w, key, ask->out);
		return;
	case ANALYTICS_MEMBERS:
		write_columns(w, ask->out);
		return;
	case ANALYTICS_KPIS:
		write_kpis(w, ask->out, a->compared ? line_of(ask[1].out, 1) : (struct cells){0});
		return;
	case ANALYTICS_KPIS_OF_BOTH:
		write_kpis(w, ask->out, a->compared ? line_of(ask->out, 2) : (struct cells){0});
		return;
	case ANALYTICS_ITEMS:
		write_list(w, "items", ask->out);
		write_page(w, &a->page);
		return;
	case ANALYTICS_TOTAL:
		write_total(w, ask->out);
		return;
	case ANALYTICS_PAGE:
		write_columns(w, ask->out);
		write_page(w, &a->page);
		return;
	}
}

static bool is_double(const struct analytics *a, const struct analytics_part *part)
{
	return part->shape == ANALYTICS_KPIS && a->compared;
}

static const char *format_of(enum analytics_shape shape)
{
	return shape == ANALYTICS_KPIS || shape == ANALYTICS_KPIS_OF_BOTH ? "TabSeparatedWithNames"
	       : shape == ANALYTICS_TOTAL                                 ? "TabSeparated"
	                                                                  : "JSONEachRow";
}

/* One query a part, two where a range before is compared; returns how many. */
static size_t make_asks(const struct analytics *a, const struct analytics_part *parts, size_t len,
        struct ch_ask *asks, struct buf *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		for (int twice = is_double(a, &parts[i]); twice >= 0; twice--, n++) {
			bool first = n == 0 || twice == is_double(a, &parts[i]);

			buf_init(&rows[n], ANALYTICS_QUERY_BYTES_MAX);
			asks[n] = (struct ch_ask){.text = parts[i].query,
			        .values = first ? &a->values : &a->values_before,
			        .format = format_of(parts[i].shape),
			        .out = &rows[n]};
		}
	}
	return n;
}

static void write_parts(struct analytics *a, struct reply *rep, const struct analytics_part *parts,
        size_t len, const struct ch_ask *asks)
{
	char open[KEY_BYTES] = "";
	struct json_writer w;

	analytics_open(a, rep, &w);
	for (size_t i = 0; i < len; i++) {
		struct place p = place_of(&parts[i]);

		go_to(&w, open, p.object);
		write_part(a, &w, &parts[i], p.key, asks);
		asks += is_double(a, &parts[i]) ? 2 : 1;
	}
	go_to(&w, open, "");
	json_write_end_object(&w);
}

/* Whether a query that always answers one row held it back. */
static bool lacks_row(const struct analytics *a, const struct analytics_part *parts, size_t len,
        const struct ch_ask *asks)
{
	for (size_t i = 0; i < len; i++) {
		bool whole =
		        parts[i].shape == ANALYTICS_MEMBERS || parts[i].shape == ANALYTICS_PAGE;

		if (whole && asks->out->len == 0)
			return true;
		asks += is_double(a, &parts[i]) ? 2 : 1;
	}
	return false;
}

enum err analytics_reply(
        struct analytics *a, struct reply *rep, const struct analytics_part *parts, size_t len)
{
	struct ch_ask asks[ASKS_MAX];
	struct buf rows[ASKS_MAX];
	size_t n;
	enum err e;

	if (len > ANALYTICS_PARTS_MAX)
		return ERR_DASH_INTERNAL_ERROR;
	n = make_asks(a, parts, len, asks, rows);
	e = analytics_ask(a, asks, n);
	if (e == ERR_OK && lacks_row(a, parts, len, asks))
		e = ERR_DASH_ANALYTICS_QUERY_REJECTED;
	if (e == ERR_OK)
		write_parts(a, rep, parts, len, asks);
	if (e == ERR_OK && rep->body->failed)
		e = ERR_DASH_ANALYTICS_QUERY_REJECTED;
	for (size_t i = 0; i < n; i++)
		buf_release(&rows[i]);
	return e;
}

enum err analytics_view(struct request *req, struct reply *rep, struct app *app,
        analytics_set_fn *set, const struct analytics_part *parts, size_t len)
{
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	if (e == ERR_OK && set != NULL)
		e = set(&a);
	if (e == ERR_OK)
		e = analytics_reply(&a, rep, parts, len);
	analytics_end(&a);
	return e;
}
