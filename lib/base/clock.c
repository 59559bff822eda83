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

static void format(int64_t unix_ms, char separator, const char *suffix, char *out)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(out, CLOCK_TEXT_BYTES, "%04u-%02u-%02u%c%02u:%02u:%02u.%03u%s",
	        (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
	        (unsigned)tm.tm_mday % 100, separator, (unsigned)tm.tm_hour % 100,
	        (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100, (unsigned)(unix_ms % 1000),
	        suffix);
}

void clock_format_ch(int64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
	format(unix_ms, ' ', "", out);
}

void clock_format_iso(int64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
	format(unix_ms, 'T', "Z", out);
}
