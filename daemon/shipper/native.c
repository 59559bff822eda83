/* SPDX-License-Identifier: MIT
 * Walks rows as ingest writes them and puts their values into the columns of a Native block. */
#include <stdlib.h>

#include "base/str.h"
#include "event/event_json.h"
#include "daemon/shipper/native_internal.h"
#include "daemon/shipper/native.h"

static const struct {
	const char *name;
	uint8_t len;
	enum native_kind kind;
} columns[] = {
#define NATIVE_COLUMN(name, kind) {#name, sizeof(#name) - 1, NATIVE_##kind},
#include "daemon/shipper/columns.def"
#undef NATIVE_COLUMN
};

enum { COLUMNS = ARRAY_LEN(columns) };

struct native {
	struct native_column column[COLUMNS];
	struct buf text; /* a string without its escapes */
	struct buf block;
};

struct native *native_new(void)
{
	struct native *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	for (size_t i = 0; i < COLUMNS; i++)
		native_column_init(&n->column[i], columns[i].kind);
	buf_init(&n->text, NATIVE_BLOCK_BYTES);
	buf_init(&n->block, NATIVE_BLOCK_BYTES);
	return n;
}

static void release(struct native *n)
{
	for (size_t i = 0; i < COLUMNS; i++)
		native_column_release(&n->column[i]);
	buf_release(&n->text);
	buf_release(&n->block);
}

void native_shrink(struct native *n, size_t keep)
{
	if (n != NULL && n->block.size > keep)
		release(n);
}

void native_free(struct native *n)
{
	if (n == NULL)
		return;
	release(n);
	free(n);
}

/* ---- a row ---- */

struct walk {
	struct native *n;
	const char *p, *end;
	bool escapes; /* the row has a backslash somewhere */
	size_t next;  /* the column that comes next, most likely */
};

/* At `"name":`; the column, or COLUMNS. */
static size_t take_name(struct walk *w)
{
	size_t left = (size_t)(w->end - w->p);

	for (size_t i = 0; i < COLUMNS; i++) {
		size_t at = w->next + i < COLUMNS ? w->next + i : w->next + i - COLUMNS;
		size_t len = columns[at].len;

		if (left < len + 4 || w->p[len + 1] != '"' || w->p[0] != '"' ||
		        memcmp(w->p + 1, columns[at].name, len) != 0)
			continue;
		if (w->p[len + 2] != ':')
			break;
		w->p += len + 3;
		w->next = at + 1;
		return at;
	}
	return COLUMNS;
}

/* Behind the opening quote; the closing one, or NULL. */
static const char *string_end(const struct walk *w, const char *p)
{
	for (;;) {
		const char *quote = memchr(p, '"', (size_t)(w->end - p)), *escape;

		if (quote == NULL || !w->escapes)
			return quote;
		escape = memchr(p, '\\', (size_t)(quote - p));
		if (escape == NULL)
			return quote;
		if (w->end - escape < 2)
			return NULL;
		p = escape + 2;
	}
}

/* At the opening brace; behind the closing one, or NULL. */
static const char *object_end(const struct walk *w)
{
	unsigned depth = 0;

	for (const char *p = w->p; p < w->end; p++) {
		if (*p == '"' && (p = string_end(w, p + 1)) == NULL)
			return NULL;
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/* A string with escapes; they are checked first, since decoding trusts them. */
static bool unescape(struct native *n, struct native_token *t)
{
	struct event_json j = {.p = t->p - 1, .end = t->p + t->len + 1};
	struct event_json_value checked;

	if (!event_json_string(&j, &checked) || checked.len != t->len)
		return false;
	buf_clear(&n->text);
	event_json_decode(t->p, t->len, &n->text);
	t->p = buf_str(&n->text);
	t->len = n->text.len;
	return !n->text.failed;
}

static bool take_string(struct walk *w, struct native_token *t)
{
	const char *start = w->p + 1, *end = string_end(w, start);

	if (end == NULL)
		return false;
	*t = (struct native_token){start, (size_t)(end - start), NATIVE_STRING};
	w->p = end + 1;
	return !w->escapes || memchr(start, '\\', t->len) == NULL || unescape(w->n, t);
}

static bool take_value(struct walk *w, struct native_token *t)
{
	const char *start = w->p;

	if (*start == '"')
		return take_string(w, t);
	if (*start == '{') {
		w->p = object_end(w);
		if (w->p == NULL)
			return false;
		*t = (struct native_token){start, (size_t)(w->p - start), NATIVE_OBJECT};
		return true;
	}
	while (w->p < w->end && *w->p != ',' && *w->p != '}')
		w->p++;
	*t = (struct native_token){start, (size_t)(w->p - start), NATIVE_NUMBER};
	return t->len > 0;
}

/* {"name":value,…}\n */
static bool take_row(struct native *n, const struct unit_row *r, uint32_t row)
{
	struct walk w = {.n = n, .p = r->at, .end = r->at + r->len};

	w.escapes = memchr(r->at, '\\', r->len) != NULL;
	while (w.end - w.p > 1 && *w.p == (w.p == r->at ? '{' : ',')) {
		struct native_token t;
		size_t at;

		w.p++;
		at = take_name(&w);
		if (at == COLUMNS || n->column[at].rows > row || !take_value(&w, &t) ||
		        !native_column_fill(&n->column[at], row) ||
		        !native_column_add(&n->column[at], &t))
			return false;
	}
	return w.end - w.p == 2 && w.p > r->at && w.p[0] == '}' && w.p[1] == '\n';
}

/* ---- the block ---- */

static bool write_block(struct native *n, uint32_t rows)
{
	unsigned used = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		used += n->column[i].rows > 0;
	native_write_count(&n->block, used);
	native_write_count(&n->block, rows);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (n->column[i].rows == 0)
			continue;
		native_write_count(&n->block, columns[i].len);
		buf_add(&n->block, columns[i].name, columns[i].len);
		if (!native_column_fill(&n->column[i], rows) ||
		        !native_column_write(&n->column[i], &n->block))
			return false;
	}
	return used > 0 && !n->block.failed;
}

const struct buf *native_encode(struct native *n, const struct unit_row *rows, size_t count)
{
	for (size_t i = 0; i < COLUMNS; i++)
		native_column_clear(&n->column[i]);
	buf_clear(&n->block);
	if (count == 0 || count > UINT32_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!take_row(n, &rows[i], (uint32_t)i))
			return NULL;
	return write_block(n, (uint32_t)count) ? &n->block : NULL;
}
