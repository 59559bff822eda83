/* SPDX-License-Identifier: MIT
 * Time: wall clock for what people read, monotonic for what is measured. */
#ifndef YAVIO_BASE_CLOCK_H
#define YAVIO_BASE_CLOCK_H

#include "base/base.h"

/* Unix time in milliseconds. */
int64_t clock_wall_ms(void);
/* Nanoseconds since an arbitrary start; never goes back. */
int64_t clock_mono_ns(void);
int64_t clock_mono_ms(void);
/* Sleeps at least ms unless a signal arrives. */
void clock_sleep_ms(int64_t ms);

enum { CLOCK_TEXT_BYTES = 25 };

/* ClickHouse text "YYYY-MM-DD hh:mm:ss.mmm" (UTC) of Unix milliseconds; out has CLOCK_TEXT_BYTES.
 * Years 1970-9999. */
void clock_format_ch(int64_t unix_ms, char out[CLOCK_TEXT_BYTES]);
/* ISO-8601 "YYYY-MM-DDThh:mm:ss.mmmZ" (UTC). */
void clock_format_iso(int64_t unix_ms, char out[CLOCK_TEXT_BYTES]);
/* RFC 3339 text of exactly len bytes ("2026-03-15T10:30:00Z", 0-9 digits of a second, Z or an
 * offset) as Unix milliseconds, cut; false: anything else. */
bool clock_parse(const char *text, size_t len, int64_t *unix_ms) MUST_CHECK;

#endif
