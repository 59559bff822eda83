/* SPDX-License-Identifier: MIT
 * Passes over a text: strings and brackets are all that matters. */
#include "json/json_span.h"

/* Behind the string that begins at p; NULL: it does not end. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

/* Behind the value that begins at p: at what ends it; NULL: nothing does. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	while (p != NULL && p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (depth == 0 && strchr(",:]}", *p) != NULL)
			return p;
		depth += *p == '[' || *p == '{';
		depth -= *p == ']' || *p == '}';
		p++;
	}
	return NULL;
}

static struct json_span span(const char *from, const char *to)
{
	return (struct json_span){.at = from, .len = (size_t)(to - from)};
}

/* The name and value behind *place of an object; false: no more. */
static bool next_member(
        struct json_span object, size_t *place, struct json_span *name, struct json_span *value)
{
	const char *end = object.at + object.len, *from = object.at + *place + 1, *mid, *to;

	if (object.at == NULL || *place + 1 >= object.len || object.at[0] != '{' || *from == '}')
		return false;
	mid = skip_value(from, end);
	if (mid == NULL || *mid != ':' || *from != '"')
		return false;
	to = skip_value(mid + 1, end);
	if (to == NULL)
		return false;
	*name = span(from + 1, mid - 1);
	*value = span(mid + 1, to);
	*place = *to == ',' ? (size_t)(to - object.at) : object.len;
	return true;
}

struct json_span json_span_member(struct json_span object, const char *name)
{
	struct json_span n, v;
	size_t place = 0, len = strlen(name);

	while (next_member(object, &place, &n, &v))
		if (n.len == len && memcmp(n.at, name, len) == 0)
			return v;
	return (struct json_span){NULL, 0};
}

struct json_span json_span_next(struct json_span array, size_t *place)
{
	const char *end = array.at + array.len, *from = array.at + *place + 1, *to;

	if (array.at == NULL || *place + 1 >= array.len || array.at[0] != '[' || *from == ']')
		return (struct json_span){NULL, 0};
	to = skip_value(from, end);
	if (to == NULL)
		return (struct json_span){NULL, 0};
	*place = *to == ',' ? (size_t)(to - array.at) : array.len;
	return span(from, to);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* What was made here escapes by \u only what lies below U+10000, surrogates never. */
static void add_code(struct buf *out, unsigned c)
{
	if (c < 0x80)
		buf_add_char(out, (char)c);
	else if (c < 0x800)
		buf_add(out, (char[]){(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))}, 2);
	else
		buf_add(out,
		        (char[]){(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)),
		                (char)(0x80 | (c & 0x3F))},
		        3);
}

/* The text of a string, without its quotes. */
static void unescape(struct json_span s, struct buf *out)
{
	static const char escapes[] = "n\nt\tr\rb\bf\f";
	const char *end = s.at + s.len;

	for (const char *p = s.at; p < end; p++) {
		const char *at;
		unsigned code = 0;

		if (*p != '\\') {
			buf_add_char(out, *p);
			continue;
		}
		p++;
		if (*p != 'u') {
			at = strchr(escapes, *p);
			buf_add_char(out, at != NULL && (at - escapes) % 2 == 0 ? at[1] : *p);
			continue;
		}
		for (int i = 0; i < 4 && p + 1 < end; i++)
			code = code << 4 | hex_digit(*++p);
		add_code(out, code);
	}
}

static void add_cell(const char *text, size_t len, bool guarded, struct buf *out)
{
	bool quoted = false;

	guarded = guarded && len > 0 && memchr("=+-@\t\r", text[0], 6) != NULL;
	for (size_t i = 0; i < len && !quoted; i++)
		quoted = memchr(",\"\r\n", text[i], 4) != NULL;
	buf_add_str(out, quoted ? "\"" : "");
	buf_add_str(out, guarded ? "'" : "");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, text[i]);
	}
	buf_add_str(out, quoted ? "\"" : "");
}

static bool add_text(struct json_span inside, struct buf *out)
{
	struct buf text;
	bool ok;

	buf_init(&text, inside.len + 1);
	unescape(inside, &text);
	ok = !text.failed;
	add_cell(buf_str(&text), text.len, true, out);
	buf_release(&text);
	return ok;
}

static bool add_value(struct json_span v, struct buf *out)
{
	if (v.len == 4 && memcmp(v.at, "null", 4) == 0)
		return true;
	if (v.len >= 2 && v.at[0] == '"')
		return add_text(span(v.at + 1, v.at + v.len - 1), out);
	add_cell(v.at, v.len, false, out);
	return true;
}

static bool add_line(struct json_span object, bool names, struct buf *out)
{
	struct json_span n, v;
	size_t place = 0, cells = 0;

	while (next_member(object, &place, &n, &v)) {
		if (cells++ > 0)
			buf_add_char(out, ',');
		if (names)
			add_cell(n.at, n.len, false, out);
		else if (!add_value(v, out))
			return false;
	}
	buf_add_str(out, "\r\n");
	return cells > 0 && place == object.len && !out->failed;
}

bool json_span_csv_names(struct json_span object, struct buf *out)
{
	return add_line(object, true, out);
}

bool json_span_csv_values(struct json_span object, struct buf *out)
{
	return add_line(object, false, out);
}
