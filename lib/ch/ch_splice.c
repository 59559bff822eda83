/* SPDX-License-Identifier: MIT
 * A pass over the bytes of rows: only strings and line ends matter. */
#include "ch/ch_splice.h"

enum state {
	BETWEEN,     /* outside of strings */
	STRING,      /* in a string that is copied as it is */
	ESCAPE,      /* behind its backslash */
	STRING_END,  /* behind a string: a colon makes it a key */
	JSON_VALUE,  /* behind a key of the suffix */
	JSON_TEXT,   /* in the string that holds JSON */
	JSON_ESCAPE, /* behind its backslash */
	JSON_CODE,   /* in its \uXXXX */
};

void ch_splice_init(struct ch_splice *r, struct buf *out, const char *separator)
{
	*r = (struct ch_splice){.out = out, .separator = separator, .state = BETWEEN};
}

/* The string that ends out was a key: without its suffix, if it has it. */
static bool strip_suffix(struct ch_splice *r)
{
	static const char ending[] = CH_JSON_SUFFIX "\"";
	size_t len = sizeof(ending) - 1;
	struct buf *out = r->out;

	if (out->failed || out->len < r->string_at + len + 1 ||
	        memcmp(out->data + out->len - len, ending, len) != 0)
		return false;
	out->len -= len;
	out->data[out->len] = '\0';
	buf_add_char(out, '"');
	return true;
}

static void between(struct ch_splice *r, char c)
{
	if (c == '\n') {
		r->rows++;
		r->pending = true;
		return;
	}
	if (r->pending) {
		buf_add_str(r->out, r->separator);
		r->pending = false;
	}
	if (c == '"') {
		r->string_at = r->out->len;
		r->state = STRING;
	}
	buf_add_char(r->out, c);
}

static void add_code(struct ch_splice *r)
{
	unsigned c = r->code;

	if (c < 0x80)
		buf_add_char(r->out, (char)c);
	else if (c < 0x800)
		buf_add(r->out, (char[]){(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))}, 2);
	else
		buf_add(r->out,
		        (char[]){(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)),
		                (char)(0x80 | (c & 0x3F))},
		        3);
}

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static void json_escape(struct ch_splice *r, char c)
{
	static const char escapes[] = "n\nt\tr\rb\bf\f";
	const char *at = strchr(escapes, c);

	r->state = c == 'u' ? JSON_CODE : JSON_TEXT;
	r->code = r->digits = 0;
	if (c == 'u')
		return;
	buf_add_char(r->out, at != NULL && (at - escapes) % 2 == 0 ? at[1] : c);
}

/* The store escapes by \u only single units of the basic plane: what lies beyond it comes as it is.
 */
static void json_code(struct ch_splice *r, char c)
{
	r->code = r->code << 4 | hex_digit(c);
	if (++r->digits < 4)
		return;
	add_code(r);
	r->state = JSON_TEXT;
}

static void step(struct ch_splice *r, char c)
{
	switch ((enum state)r->state) {
	case BETWEEN:
		between(r, c);
		return;
	case STRING_END:
		r->state = c == ':' && strip_suffix(r) ? JSON_VALUE : BETWEEN;
		if (r->state == JSON_VALUE)
			buf_add_char(r->out, c);
		else
			between(r, c);
		return;
	case STRING:
		buf_add_char(r->out, c);
		r->state = c == '"' ? STRING_END : c == '\\' ? ESCAPE : STRING;
		return;
	case ESCAPE:
		buf_add_char(r->out, c);
		r->state = STRING;
		return;
	case JSON_VALUE:
		r->string_at = r->out->len;
		r->state = c == '"' ? JSON_TEXT : BETWEEN;
		if (c != '"')
			between(r, c);
		return;
	case JSON_TEXT:
		if (c == '"') {
			if (r->out->len == r->string_at)
				buf_add_str(r->out, "null");
			r->state = BETWEEN;
		} else if (c == '\\') {
			r->state = JSON_ESCAPE;
		} else {
			buf_add_char(r->out, c);
		}
		return;
	case JSON_ESCAPE:
		json_escape(r, c);
		return;
	case JSON_CODE:
		json_code(r, c);
		return;
	}
}

void ch_splice_add(struct ch_splice *r, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		/* Most bytes are the inside of a string or of numbers: copied in runs. */
		size_t run = 0;

		if (r->state == STRING)
			while (i + run < len && bytes[i + run] != '"' && bytes[i + run] != '\\')
				run++;
		else if (r->state == BETWEEN && !r->pending)
			while (i + run < len && bytes[i + run] != '"' && bytes[i + run] != '\n')
				run++;
		if (run > 0)
			buf_add(r->out, bytes + i, run);
		i += run;
		if (i < len)
			step(r, bytes[i]);
	}
}
