/* SPDX-License-Identifier: MIT
 * One pass over a line: an array whose elements are cells. */
#include "ch/ch_splice.h"
#include "ch/ch_csv.h"

struct line {
	const char *p, *end;
};

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

/* Behind the value that begins at p: to the comma or bracket that ends it. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	while (p != NULL && p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (depth == 0 && (*p == ',' || *p == ']'))
			return p;
		depth += *p == '[' || *p == '{';
		depth -= *p == ']' || *p == '}';
		p++;
	}
	return NULL;
}

/* ---- text ------------------------------------------------------------------------------------ */

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* The store writes \u only for what is below U+10000, surrogates never. */
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

/* The text of a JSON string, p behind its first quote. */
static void unescape(const char *p, const char *end, struct buf *out)
{
	static const char escapes[] = "n\nt\tr\rb\bf\f";

	for (; p < end && *p != '"'; p++) {
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

/* ---- cells ----------------------------------------------------------------------------------- */

static void add_cell(const struct buf *text, bool guarded, struct buf *out)
{
	const char *t = text->len > 0 ? text->data : "";
	bool quoted = false;

	guarded = guarded && text->len > 0 && memchr("=+-@\t\r", t[0], 6) != NULL;
	for (size_t i = 0; i < text->len && !quoted; i++)
		quoted = memchr(",\"\r\n", t[i], 4) != NULL;
	if (quoted)
		buf_add_char(out, '"');
	if (guarded)
		buf_add_char(out, '\'');
	for (size_t i = 0; i < text->len; i++) {
		if (t[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, t[i]);
	}
	if (quoted)
		buf_add_char(out, '"');
}

/* Inside of arrays and objects, too, JSON that is kept as text is JSON again. */
static void add_nested(const char *value, size_t len, struct buf *text)
{
	struct ch_splice splice;

	ch_splice_init(&splice, text, "");
	ch_splice_add(&splice, value, len);
}

static void add_value(const char *value, size_t len, struct buf *text, struct buf *out)
{
	bool is_text = value[0] == '"';

	buf_clear(text);
	if (is_text)
		unescape(value + 1, value + len, text);
	else if (value[0] == '[' || value[0] == '{')
		add_nested(value, len, text);
	else if (len != 4 || memcmp(value, "null", 4) != 0)
		buf_add(text, value, len);
	add_cell(text, is_text, out);
}

static void add_name(const char *value, size_t len, struct buf *text, struct buf *out)
{
	size_t suffix = strlen(CH_JSON_SUFFIX);

	buf_clear(text);
	unescape(value + 1, value + len, text);
	if (text->len > suffix &&
	        memcmp(text->data + text->len - suffix, CH_JSON_SUFFIX, suffix) == 0)
		text->len -= suffix;
	add_cell(text, false, out);
}

static bool add_line(struct ch_csv *csv, struct line l, struct buf *text, struct buf *out)
{
	size_t n = 0;

	while (l.p < l.end && n <= CH_CSV_COLUMNS_MAX) {
		const char *end = skip_value(l.p, l.end);

		if (end == NULL || end == l.p)
			return false;
		if (n++ > 0)
			buf_add_char(out, ',');
		if (csv->columns == 0)
			add_name(l.p, (size_t)(end - l.p), text, out);
		else
			add_value(l.p, (size_t)(end - l.p), text, out);
		l.p = end + 1;
		while (*end == ',' && l.p < l.end && *l.p == ' ')
			l.p++;
		if (*end == ']')
			break;
	}
	if (csv->columns == 0)
		csv->columns = n;
	return n > 0 && n == csv->columns && n <= CH_CSV_COLUMNS_MAX && l.p == l.end;
}

bool ch_csv_line(struct ch_csv *csv, const char *line, size_t len, struct buf *out)
{
	struct buf text;
	bool ok;

	if (len < 2 || line[0] != '[' || line[len - 1] != ']')
		return false;
	buf_init(&text, len + 8);
	ok = add_line(csv, (struct line){.p = line + 1, .end = line + len}, &text, out);
	ok = ok && !text.failed;
	buf_release(&text);
	buf_add_str(out, "\r\n");
	return ok && !out->failed;
}
