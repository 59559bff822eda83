/* SPDX-License-Identifier: MIT
 * Clocks and their text forms. */
#include <time.h>

#include "base/clock.h"

int64_t clock_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

/* The last digits of a number, and what stands behind them; a reply has many times in it, and
 * printf would be a third of its cost. */
static char *put(char *out, unsigned value, int digits, char behind)
{
	for (int i = digits - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
	out[digits] = behind;
	return out + digits + 1;
}

/* end: behind the milliseconds. */
static void format(int64_t unix_ms, char separator, char end, char out[CLOCK_TEXT_BYTES])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	out = put(out, (unsigned)(tm.tm_year + 1900), 4, '-');
	out = put(out, (unsigned)(tm.tm_mon + 1), 2, '-');
	out = put(out, (unsigned)tm.tm_mday, 2, separator);
	out = put(out, (unsigned)tm.tm_hour, 2, ':');
	out = put(out, (unsigned)tm.tm_min, 2, ':');
	out = put(out, (unsigned)tm.tm_sec, 2, '.');
	out = put(out, (unsigned)(unix_ms % 1000), 3, end);
	*out = '\0';
}

void clock_format_ch(int64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
	format(unix_ms, ' ', '\0', out);
}

void clock_format_iso(int64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
	format(unix_ms, 'T', 'Z', out);
}
