/* SPDX-License-Identifier: MIT
 * Pages whose ids are found first, by a narrow query, and whose rows are looked up then. */
#include "fcgi/dashboard/analytics.h"

/* Both lists at their longest: ids of 256 characters. */
enum { PAGE_BYTES_MAX = 256 * 1024 };

const char *const analytics_time_sorts[] = {"timestamp", NULL};

bool analytics_set_page_ids(struct analytics *a, char *line)
{
	char *tab = strchr(line, '\t');

	if (tab == NULL)
		return false;
	*tab = '\0';
	analytics_set(a, CHV_IDS, line);
	analytics_set(a, CHV_TIMES, tab + 1);
	return true;
}

enum err analytics_find_page(struct analytics *a, enum ch_text_id query)
{
	struct buf rows;
	struct ch_ask ask = {
	        .text = query, .values = &a->values, .format = "TabSeparatedRaw", .out = &rows};
	enum err e;

	buf_init(&rows, PAGE_BYTES_MAX);
	analytics_set_int(a, CHV_BATCH, a->page.size);
	analytics_set(a, CHV_IDS, "[]");
	analytics_set(a, CHV_TIMES, "[]");
	e = analytics_ask(a, &ask, 1);
	if (e == ERR_OK && rows.len > 0) {
		rows.data[rows.len - 1] = '\0'; /* the line's end */
		if (!analytics_set_page_ids(a, rows.data))
			e = ERR_DASH_INTERNAL_ERROR;
	}
	buf_release(&rows);
	return e;
}
