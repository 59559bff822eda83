/* SPDX-License-Identifier: MIT
 * Common fields of the analytics: range, granularity, platforms. */
#include "base/clock.h"
#include "fcgi/dashboard/analytics_internal.h"

const char *const analytics_granularity_words[] = {"auto", "hour", "day", "week", "month", NULL};
const char *const analytics_compare_words[] = {"previous", "none", NULL};
const char *const analytics_switch_words[] = {"0", "1", NULL};

enum unit { UNIT_AUTO, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH };

static const int64_t HOUR_MS = INT64_C(3600000), DAY_MS = 24 * INT64_C(3600000);
/* What the calendar of the store can hold with a day and a range before it to spare:
 * 1971-01-01 to 2100-01-01. */
static const int64_t TIME_MIN_MS = INT64_C(31536000000), TIME_MAX_MS = INT64_C(4102444800000);

bool analytics_find(const struct request *req, const char *name, size_t *field)
{
	const struct web_fields *fields = req->route->fields;

	for (size_t i = 0; i < fields->len; i++) {
		if (strcmp(fields->list[i].name, name) == 0) {
			*field = i;
			return true;
		}
	}
	return false;
}

int64_t analytics_field_int(const struct request *req, const char *name, int64_t otherwise)
{
	size_t i;

	return analytics_find(req, name, &i) ? web_int(req, i, otherwise) : otherwise;
}

/* Whether it was given with a value that its field takes. */
static bool is_good(const struct request *req, const char *name)
{
	size_t i;

	return analytics_find(req, name, &i) && req->values[i].given && !req->values[i].bad;
}

void analytics_range(const struct request *req, int64_t now, int64_t *from, int64_t *to)
{
	*to = analytics_field_int(req, "to", now);
	*from = analytics_field_int(req, "from", *to - ANALYTICS_RANGE_MS);
}

static bool is_in_calendar(int64_t t)
{
	return t >= TIME_MIN_MS && t < TIME_MAX_MS;
}

const char *analytics_check_from(const struct request *req, const struct web_value *v)
{
	int64_t from, to;

	if (!is_in_calendar(v->integer))
		return "out_of_range";
	analytics_range(req, clock_wall_ms(), &from, &to);
	return is_good(req, "to") || from < to ? NULL : "not_before_to";
}

const char *analytics_check_to(const struct request *req, const struct web_value *v)
{
	int64_t from, to;

	if (!is_in_calendar(v->integer))
		return "out_of_range";
	analytics_range(req, clock_wall_ms(), &from, &to);
	return !is_good(req, "from") || from < to ? NULL : "not_after_from";
}

static enum unit unit_of(int64_t range_ms)
{
	if (range_ms <= 2 * DAY_MS)
		return UNIT_HOUR;
	if (range_ms <= 60 * DAY_MS)
		return UNIT_DAY;
	return range_ms <= 184 * DAY_MS ? UNIT_WEEK : UNIT_MONTH;
}

const char *analytics_unit(const struct request *req, int64_t from, int64_t to)
{
	int64_t asked = analytics_field_int(req, "granularity", UNIT_AUTO);

	return analytics_granularity_words[asked != UNIT_AUTO ? (size_t)asked
	                                                      : (size_t)unit_of(to - from)];
}

const char *analytics_check_granularity(const struct request *req, const struct web_value *v)
{
	static const int64_t UNIT_DAYS[] = {[UNIT_DAY] = 1, [UNIT_WEEK] = 7, [UNIT_MONTH] = 28};
	int64_t from, to, unit_ms;

	if (v->integer == UNIT_AUTO)
		return NULL;
	analytics_range(req, clock_wall_ms(), &from, &to);
	unit_ms = v->integer == UNIT_HOUR ? HOUR_MS : UNIT_DAYS[v->integer] * DAY_MS;
	return (to - from) / unit_ms <= ANALYTICS_BUCKETS_MAX ? NULL : "too_many_buckets";
}

const char *analytics_check_platform(const struct request *req, const struct web_value *v)
{
	(void)req;
	return web_items_are(v, "abcdefghijklmnopqrstuvwxyz0123456789",
	               "abcdefghijklmnopqrstuvwxyz0123456789._-")
	               ? NULL
	               : "bad_format";
}

const char *analytics_check_pairs(const struct request *req, const struct web_value *v)
{
	const char *text = v->text;
	size_t items = v->items > 0 ? v->items : 1;

	(void)req;
	for (size_t i = 0; i < items; i++, text += strlen(text) + 1) {
		const char *colon = strchr(text, ':');

		if (colon == NULL || colon == text || colon[1] == '\0')
			return "bad_format";
	}
	return NULL;
}
