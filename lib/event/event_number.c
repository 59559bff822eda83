/* SPDX-License-Identifier: MIT
 * Numbers: a double, or exact money by decimal digits. */
#include <math.h>
#include <stdlib.h>

#include "event/event_internal.h"

enum { NUMBER_TEXT_MAX = 64, EXACT_DIGITS = 15, MONEY_SCALE = 4, MONEY_INT_DIGITS = 14 };

/* Up to 15 digits and a power of ten up to 10^15 are exact in a double, so their quotient is the
 * nearest double to the decimal: what strtod finds with more effort. */
static bool parse_short(const char *text, size_t len, double *out)
{
	static const double powers[EXACT_DIGITS + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	        1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	size_t i = text[0] == '-' ? 1 : 0, digits = 0, point = 0;
	int64_t integer = 0;

	if (len - i > EXACT_DIGITS + 1)
		return false;
	for (; i < len; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			integer = integer * 10 + (text[i] - '0');
			digits++;
		} else if (text[i] == '.') {
			point = digits;
		} else {
			return false;
		}
	}
	if (digits > EXACT_DIGITS)
		return false;
	*out = (double)integer / powers[point > 0 ? digits - point : 0];
	if (text[0] == '-')
		*out = -*out;
	return true;
}

bool event_number_parse(const char *text, size_t len, double *out)
{
	char copy[NUMBER_TEXT_MAX];

	if (parse_short(text, len, out))
		return true;
	if (len < sizeof(copy)) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		*out = strtod(copy, NULL);
	} else {
		char *long_copy = strndup(text, len);

		if (long_copy == NULL)
			return false;
		*out = strtod(long_copy, NULL);
		free(long_copy);
	}
	return isfinite(*out);
}

/* Value of the exponent digits, cut off far beyond what can matter. */
static long exponent_value(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	long value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (; p < end; p++) {
		if (value < 100000000)
			value = value * 10 + (*p - '0');
	}
	return negative ? -value : value;
}

struct decimal {
	char digits[MONEY_INT_DIGITS + MONEY_SCALE + 1]; /* kept ones, leading zeros dropped */
	size_t kept;
	bool negative;
	long point; /* position of the point relative to the first significant digit */
	int next;   /* the first digit not kept, or 0 */
	bool more;  /* any other digit behind it is not zero */
};

/* Splits the text into significant digits; false: at least 1e14. */
static bool decimal_read(const char *text, size_t len, struct decimal *d)
{
	const char *end = text + len, *mantissa_end = text;
	long before_point = 0, keep;
	bool seen_point = false, significant = false;
	size_t index = 0;

	*d = (struct decimal){.negative = text[0] == '-'};
	if (d->negative)
		text++;
	while (mantissa_end < end && *mantissa_end != 'e' && *mantissa_end != 'E')
		mantissa_end++;
	for (const char *p = text; p < mantissa_end; p++) {
		if (*p == '.') {
			seen_point = true;
		} else if (significant || *p != '0') {
			significant = true;
			before_point += seen_point ? 0 : 1;
		} else if (seen_point) {
			before_point--;
		}
	}
	if (!significant)
		return true;
	if (mantissa_end < end)
		before_point += exponent_value(mantissa_end + 1, end);
	d->point = before_point;
	if (d->point > MONEY_INT_DIGITS)
		return false;
	keep = d->point + MONEY_SCALE;
	significant = false;
	for (const char *p = text; p < mantissa_end; p++) {
		if (*p == '.' || (!significant && *p == '0'))
			continue;
		significant = true;
		if ((long)index < keep)
			d->digits[d->kept++] = *p;
		else if ((long)index == keep)
			d->next = *p - '0';
		else if (*p != '0')
			d->more = true;
		index++;
	}
	/* A first digit further right than the one behind the last place rounds to nothing. */
	if (keep < 0) {
		d->next = 0;
		d->more = true;
	}
	for (; (long)d->kept < keep; d->kept++)
		d->digits[d->kept] = '0';
	return true;
}

bool event_number_money(const char *text, size_t len, struct buf *out)
{
	struct decimal d;
	uint64_t units = 0; /* of 1/10000 */
	bool up;

	if (!decimal_read(text, len, &d))
		return false;
	for (size_t i = 0; i < d.kept; i++)
		units = units * 10 + (uint64_t)(d.digits[i] - '0');
	up = d.next > 5 || (d.next == 5 && (d.more || units % 2 == 1));
	units += up ? 1 : 0;
	if (units >= UINT64_C(1000000000000000000))
		return false;
	return buf_addf(out, "%s%llu.%04llu", d.negative && units > 0 ? "-" : "",
	        (unsigned long long)(units / 10000), (unsigned long long)(units % 10000));
}
