/* SPDX-License-Identifier: MIT
 * JSON strings to text and back. */
#include "base/str.h"
#include "event/event_json.h"

static unsigned hex4(const char *p)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		unsigned digit = c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 32u) - 'a' + 10;

		value = value << 4 | digit;
	}
	return value;
}

static void add_utf8(struct buf *out, unsigned c)
{
	char bytes[4];
	size_t n;

	if (c < 0x80) {
		bytes[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		bytes[0] = (char)(0xC0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 63));
		n = 2;
	} else if (c < 0x10000) {
		bytes[0] = (char)(0xE0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 63));
		bytes[2] = (char)(0x80 | (c & 63));
		n = 3;
	} else {
		bytes[0] = (char)(0xF0 | c >> 18);
		bytes[1] = (char)(0x80 | (c >> 12 & 63));
		bytes[2] = (char)(0x80 | (c >> 6 & 63));
		bytes[3] = (char)(0x80 | (c & 63));
		n = 4;
	}
	buf_add(out, bytes, n);
}

/* The \uXXXX at p, with its second half when it is a pair; returns the bytes read. */
static size_t decode_unicode(const char *p, size_t left, struct buf *out)
{
	unsigned c = hex4(p + 2);
	bool high = c >= 0xD800 && c <= 0xDBFF;

	if (high && left >= 12 && p[6] == '\\' && p[7] == 'u') {
		unsigned low = hex4(p + 8);

		if (low >= 0xDC00 && low <= 0xDFFF) {
			add_utf8(out, 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00));
			return 12;
		}
	}
	/* Half a pair: SDKs cut strings between the halves. */
	add_utf8(out, c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c);
	return 6;
}

void event_json_decode(const char *text, size_t len, struct buf *out)
{
	static const char meaning[] = {['"'] = '"',
	        ['\\'] = '\\',
	        ['/'] = '/',
	        ['b'] = '\b',
	        ['f'] = '\f',
	        ['n'] = '\n',
	        ['r'] = '\r',
	        ['t'] = '\t'};
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *backslash = memchr(p, '\\', (size_t)(end - p));

		if (backslash == NULL) {
			buf_add(out, p, (size_t)(end - p));
			return;
		}
		buf_add(out, p, (size_t)(backslash - p));
		p = backslash;
		if (p[1] == 'u') {
			p += decode_unicode(p, (size_t)(end - p), out);
		} else {
			buf_add_char(out, meaning[(unsigned char)p[1]]);
			p += 2;
		}
	}
}

void event_json_encode(const char *text, size_t len, struct buf *out)
{
	const char *p = text, *end = text + len, *plain = p;

	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(out, plain, (size_t)(p - plain));
		plain = p + 1;
		switch (c) {
		case '"':
			buf_add(out, "\\\"", 2);
			break;
		case '\\':
			buf_add(out, "\\\\", 2);
			break;
		case '\n':
			buf_add(out, "\\n", 2);
			break;
		case '\r':
			buf_add(out, "\\r", 2);
			break;
		case '\t':
			buf_add(out, "\\t", 2);
			break;
		default:
			buf_addf(out, "\\u%04x", c);
		}
	}
	buf_add(out, plain, (size_t)(p - plain));
}
