/* SPDX-License-Identifier: MIT
 * Tables for people: aligned columns, numbers to the right, cut at the terminal's edge. */
#include <stdlib.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/cli.h"

enum { LINE_BYTES_MAX = 16 << 20 };

struct cli_table {
	size_t columns;
	size_t rows; /* without the titles, which are row 0 of cells */
	size_t room;
	char **cells;
};

static bool add_row(struct cli_table *t, const char *const *values)
{
	size_t used = (t->rows + 1) * t->columns;

	if (used + t->columns > t->room) {
		size_t room = t->room * 2;
		char **grown = realloc(t->cells, room * sizeof(*grown));

		if (!grown)
			return false;
		memset(grown + t->room, 0, (room - t->room) * sizeof(*grown));
		t->cells = grown;
		t->room = room;
	}
	for (size_t i = 0; i < t->columns; i++) {
		t->cells[used + i] = strdup(values[i] ? values[i] : "");
		if (!t->cells[used + i])
			return false;
	}
	t->rows++;
	return true;
}

struct cli_table *cli_table_new(const char *const *columns, size_t count)
{
	struct cli_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->columns = count;
	t->room = (count ? count : 1) * 8;
	t->rows = (size_t)-1; /* the titles bring it to 0 */
	t->cells = calloc(t->room, sizeof(*t->cells));
	if (!t->cells || !add_row(t, columns)) {
		cli_table_free(t);
		return NULL;
	}
	return t;
}

void cli_table_free(struct cli_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->cells && i < t->room; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

bool cli_table_add(struct cli_table *t, const char *const *values)
{
	return add_row(t, values);
}

/* Characters that text takes on a terminal; each code point counts one. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (size_t len = strlen(text); len > 0; width++) {
		size_t n = str_utf8_len(text, len);

		n = n ? n : 1;
		text += n;
		len -= n;
	}
	return width;
}

/* Control characters and broken UTF-8 must not reach the terminal. */
static void add_visible(struct buf *b, const char *text)
{
	for (size_t len = strlen(text); len > 0;) {
		size_t n = str_utf8_len(text, len);
		bool control = n == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f);
		bool c1 = n == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;

		if (n == 0 || control || c1)
			buf_add_str(b, "·");
		else
			buf_add(b, text, n);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789.-+eE") == strlen(text);
}

static bool column_is_numeric(const struct cli_table *t, size_t column)
{
	bool any = false;

	for (size_t r = 1; r <= t->rows; r++) {
		const char *cell = t->cells[r * t->columns + column];

		if (*cell && !is_number(cell))
			return false;
		any = any || *cell;
	}
	return any;
}

static size_t column_width(const struct cli_table *t, size_t column)
{
	size_t widest = 0;

	for (size_t r = 0; r <= t->rows; r++) {
		size_t w = text_width(t->cells[r * t->columns + column]);

		if (w > widest)
			widest = w;
	}
	return widest;
}

static void add_spaces(struct buf *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_add_char(b, ' ');
}

/* Cuts at the last whole character that fits into width columns. */
static void cut(struct buf *b, size_t width)
{
	size_t at = 0, columns = 0;

	while (at < b->len && columns < width) {
		size_t n = str_utf8_len(b->data + at, b->len - at);

		at += n ? n : 1;
		columns++;
	}
	if (at < b->len) {
		b->len = at;
		b->data[at] = '\0';
	}
}

struct column {
	size_t width;
	bool right;
};

static void add_line(
        const struct cli_table *t, const struct column *columns, size_t row, struct buf *line)
{
	for (size_t c = 0; c < t->columns; c++) {
		const char *cell = t->cells[row * t->columns + c];
		size_t pad = columns[c].width - text_width(cell);

		if (columns[c].right)
			add_spaces(line, pad);
		add_visible(line, cell);
		if (c + 1 < t->columns)
			add_spaces(line, columns[c].right ? 2 : pad + 2);
	}
}

void cli_table_print(const struct cli_table *t, FILE *out, size_t width)
{
	struct buf line;

	struct column *columns = calloc(t->columns + 1, sizeof(*columns));

	for (size_t c = 0; columns && c < t->columns; c++) {
		columns[c].width = column_width(t, c);
		columns[c].right = column_is_numeric(t, c);
	}
	buf_init(&line, LINE_BYTES_MAX);
	for (size_t r = 0; columns && r <= t->rows; r++) {
		buf_clear(&line);
		add_line(t, columns, r, &line);
		if (width)
			cut(&line, width);
		fprintf(out, "%s\n", buf_str(&line));
	}
	buf_release(&line);
	free(columns);
}
