/* SPDX-License-Identifier: MIT
 * Cutting a batch into inserts by rows, bytes and days. */
#include <stdlib.h>

#include "daemon/shipper/units.h"

enum { UNITS_DAYS_MAX = UINT16_MAX + 1, UNITS_YEAR_LAST = 2145 };

/* ---- the day of a row ---- */

/* Behind the string that begins at p ('"'), or end. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return end;
}

/* Behind the value that begins at p: at the comma or bracket that follows it. */
static const char *skip_value(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (depth == 0 && (*p == ',' || *p == '}'))
			return p;
		if (*p == '{' || *p == '[')
			depth++;
		if (*p == '}' || *p == ']')
			depth--;
		p++;
	}
	return end;
}

/* "2026-11-21… */
static uint16_t parse_day(const char *p, const char *end)
{
	static const int at[8] = {0, 1, 2, 3, 5, 6, 8, 9};
	int n[8], year, month, day;

	while (p < end && *p == ' ')
		p++;
	if (end - p < 11 || *p != '"')
		return 0;
	for (int i = 0; i < 8; i++) {
		n[i] = p[1 + at[i]] - '0';
		if (n[i] < 0 || n[i] > 9)
			return 0;
	}
	year = 1000 * n[0] + 100 * n[1] + 10 * n[2] + n[3];
	month = 10 * n[4] + n[5];
	day = 10 * n[6] + n[7];
	if (year < 1970 || year > UNITS_YEAR_LAST || month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	return (uint16_t)(((year - 1970) * 12 + month - 1) * 31 + day);
}

uint16_t units_day(const char *row, size_t len)
{
	static const char key[] = "\"timestamp\"";
	const char *p = row, *end = row + len;

	while (p < end && *p != '{')
		p++;
	while (++p < end) {
		const char *name = p;

		if (*p != '"')
			continue; /* spaces, the comma */
		p = skip_string(p, end);
		while (p < end && *p != ':')
			p++;
		if (p >= end)
			return 0;
		if (strncmp(name, key, sizeof(key) - 1) == 0)
			return parse_day(p + 1, end);
		p = skip_value(p + 1, end);
		if (p < end && *p == '}')
			return 0;
	}
	return 0;
}

/* ---- rows ---- */

static size_t count_lines(const struct buf *b)
{
	const char *p = b->data, *end = p + b->len;
	size_t n = 0;

	while (b->len > 0 && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		p = nl != NULL ? nl + 1 : end;
		n++;
	}
	return n;
}

static size_t split_lines(const struct buf *b, bool days, struct unit_row *rows)
{
	const char *p = b->data, *end = p + b->len;
	size_t n = 0;

	while (b->len > 0 && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl != NULL ? nl + 1 : end;

		rows[n].at = p;
		rows[n].len = (uint32_t)(next - p);
		rows[n].day = days ? units_day(p, rows[n].len) : 0;
		n++;
		p = next;
	}
	return n;
}

/* ---- units ---- */

static bool add_unit(struct units *u, const char *table, size_t first, size_t count)
{
	struct unit *grown = realloc(u->list, (u->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	u->list = grown;
	u->list[u->count++] = (struct unit){table, (uint32_t)first, (uint32_t)count};
	return true;
}

/* For each day of rows [first, last): which group of at most `most` days it goes to. Number of
 * groups. */
static unsigned group_days(
        const struct units *u, size_t first, size_t last, uint32_t most, uint16_t *group)
{
	unsigned days = 0;

	memset(group, 0, UNITS_DAYS_MAX * sizeof(*group));
	for (size_t i = first; i < last; i++)
		group[u->rows[i].day] = 1;
	for (size_t m = 0; m < UNITS_DAYS_MAX; m++)
		if (group[m] != 0)
			group[m] = (uint16_t)(days++ / most);
	return days == 0 ? 0 : (days - 1) / most + 1;
}

/* Rows [first, last) as one unit, or as several when they span too many days: days together,
 * within a day in their order. */
static bool add_by_days(
        struct units *u, const char *table, size_t first, size_t last, uint32_t most)
{
	uint16_t *group = malloc(UNITS_DAYS_MAX * sizeof(*group));
	struct unit_row *sorted = malloc((last - first) * sizeof(*sorted));
	bool ok = group != NULL && sorted != NULL;
	unsigned groups = ok ? group_days(u, first, last, most, group) : 0;
	size_t at = 0;

	for (unsigned g = 0; g < groups && ok; g++) {
		size_t begin = at;

		for (size_t i = first; i < last; i++)
			if (group[u->rows[i].day] == g)
				sorted[at++] = u->rows[i];
		ok = add_unit(u, table, first + begin, at - begin);
	}
	if (ok)
		memcpy(u->rows + first, sorted, at * sizeof(*sorted));
	free(group);
	free(sorted);
	return ok;
}

static bool spans_too_many(const struct units *u, size_t first, size_t last, uint32_t most)
{
	uint16_t low = UINT16_MAX, high = 0;

	for (size_t i = first; i < last; i++) {
		low = u->rows[i].day < low ? u->rows[i].day : low;
		high = u->rows[i].day > high ? u->rows[i].day : high;
	}
	return high - low >= (int)most;
}

static bool cut(
        struct units *u, const struct spool_limits *l, const char *table, size_t first, size_t last)
{
	while (first < last) {
		size_t next = first;
		uint64_t bytes = 0;
		bool ok;

		while (next < last && next - first < l->rows &&
		        (next == first || bytes + u->rows[next].len <= l->bytes))
			bytes += u->rows[next++].len;
		if (spans_too_many(u, first, next, l->days))
			ok = add_by_days(u, table, first, next, l->days);
		else
			ok = add_unit(u, table, first, next - first);
		if (!ok)
			return false;
		first = next;
	}
	return true;
}

bool units_cut(const struct spool_batch *b, struct units *out)
{
	size_t events = count_lines(&b->events), registry = count_lines(&b->registry);

	*out = (struct units){0};
	out->row_count = events + registry;
	out->rows = calloc(out->row_count + 1, sizeof(*out->rows));
	if (out->rows == NULL)
		return false;
	split_lines(&b->events, true, out->rows);
	split_lines(&b->registry, false, out->rows + events);
	if (cut(out, &b->limits, "events", 0, events) &&
	        cut(out, &b->limits, "tool_registry", events, out->row_count))
		return true;
	units_release(out);
	return false;
}

void units_release(struct units *u)
{
	free(u->rows);
	free(u->list);
	*u = (struct units){0};
}

const char *units_body(const struct units *u, const struct unit *unit, uint32_t from, uint32_t to,
        struct buf *scratch, size_t *len)
{
	const struct unit_row *rows = u->rows + unit->first;
	bool together = true;

	*len = 0;
	for (uint32_t i = from; i < to; i++) {
		together = together && rows[i].at == rows[from].at + *len;
		*len += rows[i].len;
	}
	if (together)
		return rows[from].at;
	buf_clear(scratch);
	if (buf_reserve(scratch, *len) == NULL)
		return NULL;
	for (uint32_t i = from; i < to; i++)
		buf_add(scratch, rows[i].at, rows[i].len);
	return scratch->failed ? NULL : scratch->data;
}
