/* SPDX-License-Identifier: MIT
 * Strings: bounded copies, JSON escaping, number parsing, hex. */
#ifndef YAVIO_BASE_STR_H
#define YAVIO_BASE_STR_H

#include "base/base.h"

/* Copies src, cut to fit, always ended by NUL. Returns false when it was cut. */
bool str_copy(char *dst, size_t dst_size, const char *src);
/* snprintf that tells whether all fitted. */
bool str_format(char *dst, size_t dst_size, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_CHECK;
bool str_starts_with(const char *text, const char *prefix);
bool str_ends_with(const char *text, const char *suffix);

/* How many bytes at the begin of text stand for themselves inside a JSON string: printable ASCII
 * but the quote and the backslash. */
size_t str_json_plain(const char *text);
/* Escapes text as the inside of a JSON string; bytes that are no valid UTF-8 become U+FFFD; cut at
 * a character. */
void str_json_escape(char *dst, size_t dst_size, const char *text);

/* Whole text as decimal; false: not a number, out of [min, max], *out untouched. */
bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *out) MUST_CHECK;

/* Lower-case hex; out has 2 * len + 1 bytes. */
void str_hex(const uint8_t *bytes, size_t len, char *out);
/* Exactly 2 * len hex digits of any case; false otherwise. */
bool str_unhex(const char *hex, uint8_t *out, size_t len) MUST_CHECK;

/* True for the text form of a UUID, 8-4-4-4-12 hex digits of any case, and nothing else. */
bool str_is_uuid(const char *text);

/* Length of the valid UTF-8 sequence at p (1-4), or 0: invalid, overlong, surrogate or cut. */
size_t str_utf8_len(const char *p, size_t avail);
/* True when all of it is valid UTF-8. */
bool str_is_utf8(const char *text, size_t len);

#endif
