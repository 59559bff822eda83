/* SPDX-License-Identifier: MIT
 * RFC 3339 timestamps. */
#include "base/clock.h"

static bool two_digits(const char *p, int min, int max, int *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10 + (p[1] - '0');
	return *out >= min && *out <= max;
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years counted from March, so
 * that the leap day ends a year. */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = y / 400, year_of_era = y - era * 400;
	int64_t month_from_march = month > 2 ? month - 3 : month + 9;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* "Z" or "+hh:mm" at p, which must be all that is left. */
static bool parse_offset(const char *p, const char *end, int *minutes)
{
	int hours, rest;

	if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
		*minutes = 0;
		return true;
	}
	if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':' ||
	        !two_digits(p + 1, 0, 23, &hours) || !two_digits(p + 4, 0, 59, &rest))
		return false;
	*minutes = (hours * 60 + rest) * (*p == '-' ? -1 : 1);
	return true;
}

bool clock_parse(const char *text, size_t len, int64_t *unix_ms)
{
	int century, year, month, day, hour, minute, second, offset;
	const char *p = text + 19, *end = text + len;
	int ms = 0, digits = 0;

	/* The shortest form is 2026-03-15T10:30:00Z. */
	if (len < 20 || !two_digits(text, 0, 99, &century) || !two_digits(text + 2, 0, 99, &year) ||
	        text[4] != '-' || !two_digits(text + 5, 1, 12, &month) || text[7] != '-' ||
	        !two_digits(text + 8, 1, 31, &day) || (text[10] != 'T' && text[10] != 't') ||
	        !two_digits(text + 11, 0, 23, &hour) || text[13] != ':' ||
	        !two_digits(text + 14, 0, 59, &minute) || text[16] != ':' ||
	        !two_digits(text + 17, 0, 59, &second))
		return false;
	year += century * 100;
	if (day > days_in_month(year, month))
		return false;
	if (*p == '.') {
		for (p++; p < end && *p >= '0' && *p <= '9'; p++, digits++)
			ms = digits < 3 ? ms * 10 + (*p - '0') : ms;
		if (digits < 1 || digits > 9)
			return false;
		for (; digits < 3; digits++)
			ms *= 10;
	}
	if (!parse_offset(p, end, &offset))
		return false;
	*unix_ms =
	        ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset) * 60000 +
	        second * 1000 + ms;
	return true;
}
