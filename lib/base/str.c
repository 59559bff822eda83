/* SPDX-License-Identifier: MIT
 * Bounded string helpers. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"

bool str_copy(char *dst, size_t dst_size, const char *src)
{
	size_t len = strlen(src);
	bool fits = len < dst_size;

	if (!fits)
		len = dst_size - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return fits;
}

bool str_format(char *dst, size_t dst_size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(dst, dst_size, fmt, args);
	va_end(args);
	return n >= 0 && (size_t)n < dst_size;
}

bool str_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *text, const char *suffix)
{
	size_t text_len = strlen(text), suffix_len = strlen(suffix);

	return text_len >= suffix_len && strcmp(text + text_len - suffix_len, suffix) == 0;
}

size_t str_utf8_len(const char *p, size_t avail)
{
	const unsigned char *s = (const unsigned char *)p;
	unsigned char low = 0x80, high = 0xBF;
	size_t len;

	if (avail == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	len = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	if (avail < len)
		return 0;
	/* Overlong forms, surrogates and code points beyond U+10FFFF show in the second byte. */
	if (s[0] == 0xE0)
		low = 0xA0;
	else if (s[0] == 0xED)
		high = 0x9F;
	else if (s[0] == 0xF0)
		low = 0x90;
	else if (s[0] == 0xF4)
		high = 0x8F;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	}
	return len;
}

bool str_is_utf8(const char *text, size_t len)
{
	while (len > 0) {
		size_t n = str_utf8_len(text, len);

		if (n == 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

size_t str_json_plain(const char *text)
{
	size_t len = 0;

	while (is_plain((unsigned char)text[len]))
		len++;
	return len;
}

static size_t escape_char(char out[7], unsigned char c)
{
	static const char short_escapes[] = {
	        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c < sizeof(short_escapes) && short_escapes[c] != 0) {
		out[0] = '\\';
		out[1] = short_escapes[c];
		return 2;
	}
	if (c < 0x20 || c == 0x7F)
		return (size_t)snprintf(out, 7, "\\u%04x", c);
	out[0] = (char)c;
	return 1;
}

void str_json_escape(char *dst, size_t dst_size, const char *text)
{
	size_t used = 0, left = strlen(text);

	while (left > 0) {
		size_t len = str_utf8_len(text, left), out_len;
		const char *out = text;
		char escaped[7];

		if (len == 0) {
			out = "\xEF\xBF\xBD";
			out_len = 3;
			len = 1;
		} else if (len == 1) {
			out_len = escape_char(escaped, (unsigned char)*text);
			out = escaped;
		} else {
			out_len = len;
		}
		if (used + out_len + 1 > dst_size)
			break;
		memcpy(dst + used, out, out_len);
		used += out_len;
		text += len;
		left -= len;
	}
	dst[used] = '\0';
}

bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = *text == '-' ? text + 1 : text;
	long long value;
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return false;
	*out = value;
	return true;
}

void str_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool str_unhex(const char *hex, uint8_t *out, size_t len)
{
	if (strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool str_is_uuid(const char *text)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : hex_value(text[i]) < 0)
			return false;
	}
	return text[36] == '\0';
}
