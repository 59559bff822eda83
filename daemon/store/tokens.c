/* SPDX-License-Identifier: MIT
 * What the engine noted about inserts that carried a token. */
#include <stdlib.h>

#include "base/str.h"
#include "daemon/store/tokens.h"

enum { PARTS_FIRST = 64, NUMBER_BYTES_MAX = 20 };

/* "-12" or "12" up to the next underscore or the end; moves *at behind it. */
static bool number_read(const char **at, const char *end, int64_t *out)
{
	char digits[NUMBER_BYTES_MAX + 1];
	size_t len = 0;
	while (*at + len < end && (*at)[len] != '_')
		len++;
	if (len == 0 || len > NUMBER_BYTES_MAX)
		return false;
	memcpy(digits, *at, len);
	digits[len] = '\0';
	*at += len;
	if (*at < end)
		(*at)++;
	return strspn(digits, "-0123456789") == len &&
	       str_parse_int(digits, INT64_MIN, INT64_MAX, out);
}

bool tokens_part_read(const char *name, size_t len, struct tokens_part *out)
{
	const char *end = name + len, *at = memchr(name, '_', len);
	int64_t level, mutation;
	if (!at || at == name || end[-1] == '_')
		return false;
	*out = (struct tokens_part){.partition = name, .len = (size_t)(at - name)};
	at++;
	return number_read(&at, end, &out->min) && number_read(&at, end, &out->max) &&
	       number_read(&at, end, &level) && (at == end || number_read(&at, end, &mutation)) &&
	       at == end && out->min <= out->max;
}

/* ---- parts ---- */

bool tokens_parts_add(struct tokens_parts *parts, const char *name)
{
	struct tokens_part part;
	if (!tokens_part_read(name, strlen(name), &part))
		return true;
	if (parts->count == parts->size) {
		size_t size = parts->size ? 2 * parts->size : PARTS_FIRST;
		struct tokens_part *list = realloc(parts->list, size * sizeof(*list));
		if (!list)
			return false;
		parts->list = list;
		parts->size = size;
	}
	part.partition = strndup(name, part.len);
	if (!part.partition)
		return false;
	parts->list[parts->count++] = part;
	parts->sorted = false;
	return true;
}

static int bytes_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int part_compare(const void *a, const void *b)
{
	const struct tokens_part *x = a, *y = b;
	int order = bytes_compare(x->partition, x->len, y->partition, y->len);
	return order != 0 ? order : (x->min > y->min) - (x->min < y->min);
}

static void parts_sort(struct tokens_parts *parts)
{
	if (parts->count > 0)
		qsort(parts->list, parts->count, sizeof(*parts->list), part_compare);
	for (size_t i = 0; i < parts->count; i++) {
		struct tokens_part *p = &parts->list[i], *before = i > 0 ? p - 1 : NULL;
		bool same = before && bytes_compare(before->partition, before->len, p->partition,
		                              p->len) == 0;
		p->reach = same && before->reach > p->max ? before->reach : p->max;
	}
	parts->sorted = true;
}

/* Of the parts that begin at or before p, the one that reaches furthest: it covers p or none does.
 */
bool tokens_parts_cover(struct tokens_parts *parts, const struct tokens_part *p)
{
	if (!parts->sorted)
		parts_sort(parts);
	size_t from = 0, to = parts->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (part_compare(&parts->list[middle], p) <= 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == 0)
		return false;
	const struct tokens_part *last = &parts->list[from - 1];
	return bytes_compare(last->partition, last->len, p->partition, p->len) == 0 &&
	       last->reach >= p->max;
}

void tokens_parts_release(struct tokens_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		free((char *)parts->list[i].partition);
	free(parts->list);
	*parts = (struct tokens_parts){0};
}

/* ---- notes ---- */

/* A drop counts whatever its part is called: its token is all the engine looks at. */
static void line_read(const char *text, size_t len, struct tokens_line *line)
{
	*line = (struct tokens_line){.text = text, .len = len, .kind = TOKENS_UNKNOWN};
	const char *end = text + len - 1;
	if (*end != '\n' || len < 3 || (text[0] != '1' && text[0] != '2') || text[1] != '\t')
		return;
	const char *name = text + 2, *tab = memchr(name, '\t', (size_t)(end - name));
	if (!tab || tab + 1 == end || memchr(tab + 1, '\t', (size_t)(end - tab - 1)))
		return;
	line->id = tab + 1;
	line->id_len = (size_t)(end - line->id);
	if (text[0] == '2')
		line->kind = TOKENS_DROP;
	else if (tokens_part_read(name, (size_t)(tab - name), &line->part))
		line->kind = TOKENS_ADD;
}

bool tokens_read(struct tokens_log *log)
{
	const char *at = log->text.data, *end = at ? at + log->text.len : at;
	size_t lines = 1;
	for (const char *p = at; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		lines++;
	log->count = 0;
	log->lines = calloc(lines, sizeof(*log->lines));
	if (!log->lines)
		return false;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = stop ? (size_t)(stop - at) + 1 : (size_t)(end - at);
		line_read(at, len, &log->lines[log->count++]);
		at += len;
	}
	return true;
}

/* A line in the order of tokens; within one token the latest comes first. */
struct mention {
	struct tokens_line *line;
	size_t position;
};

static int mention_compare(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	int order = bytes_compare(x->line->id, x->line->id_len, y->line->id, y->line->id_len);
	return order != 0 ? order : (x->position < y->position) - (x->position > y->position);
}

static void mentions_judge(const struct mention *list, size_t count, struct tokens_parts *parts)
{
	bool dropped = false;
	for (size_t i = 0; i < count; i++) {
		struct tokens_line *line = list[i].line;
		if (i == 0 || bytes_compare(line->id, line->id_len, list[i - 1].line->id,
		                      list[i - 1].line->id_len) != 0)
			dropped = false;
		if (line->kind == TOKENS_DROP)
			dropped = true;
		else if (!dropped && !tokens_parts_cover(parts, &line->part))
			line->kind = TOKENS_ORPHAN;
	}
}

bool tokens_judge(struct tokens_log *logs, size_t count, struct tokens_parts *parts)
{
	size_t total = 0, n = 0;
	for (size_t i = 0; i < count; i++)
		total += logs[i].count;
	struct mention *list = calloc(total + 1, sizeof(*list));
	if (!list)
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < logs[i].count; k++)
			if (logs[i].lines[k].kind != TOKENS_UNKNOWN) {
				list[n] = (struct mention){&logs[i].lines[k], n};
				n++;
			}
	qsort(list, n, sizeof(*list), mention_compare);
	mentions_judge(list, n, parts);
	free(list);
	for (size_t i = 0; i < count; i++) {
		logs[i].orphans = logs[i].unknown = 0;
		for (size_t k = 0; k < logs[i].count; k++) {
			logs[i].orphans += logs[i].lines[k].kind == TOKENS_ORPHAN;
			logs[i].unknown += logs[i].lines[k].kind == TOKENS_UNKNOWN;
		}
	}
	return true;
}

bool tokens_kept(const struct tokens_log *log, struct buf *out)
{
	for (size_t i = 0; i < log->count; i++) {
		const struct tokens_line *line = &log->lines[i];
		if (line->kind == TOKENS_ADD || line->kind == TOKENS_DROP)
			buf_add(out, line->text, line->len);
	}
	return !out->failed;
}

bool tokens_orphans(const struct tokens_log *log, struct buf *out)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->lines[i].kind == TOKENS_ORPHAN)
			buf_add(out, log->lines[i].text, log->lines[i].len);
	return !out->failed;
}

static int text_compare(const void *a, const void *b)
{
	const struct tokens_line *x = a, *y = b;
	return bytes_compare(x->text, x->len, y->text, y->len);
}

void tokens_known(struct tokens_log *logs, size_t count, struct tokens_log *known, bool orphans)
{
	enum tokens_kind from = orphans ? TOKENS_ADD : TOKENS_ORPHAN;
	if (known->count == 0)
		return;
	qsort(known->lines, known->count, sizeof(*known->lines), text_compare);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < logs[i].count; k++) {
			struct tokens_line *line = &logs[i].lines[k];
			if (line->kind != from || !bsearch(line, known->lines, known->count,
			                                  sizeof(*line), text_compare))
				continue;
			line->kind = orphans ? TOKENS_ORPHAN : TOKENS_ADD;
			logs[i].orphans += orphans ? 1 : (size_t)-1;
		}
}

void tokens_log_release(struct tokens_log *log)
{
	buf_release(&log->text);
	free(log->lines);
	*log = (struct tokens_log){0};
}
