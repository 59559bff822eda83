/* SPDX-License-Identifier: MIT
 * Capped byte buffer. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "base/buf.h"

enum { BUF_FIRST_BYTES = 256, FD_PIECE_BYTES = 4096, INT_TEXT_BYTES = 20 };

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){.cap = cap};
}

void buf_release(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	buf_init(b, b->cap);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *buf_reserve_slow(struct buf *b, size_t len)
{
	size_t size = b->size > 0 ? b->size : BUF_FIRST_BYTES;
	char *grown;

	if (len > b->cap - b->len) {
		b->failed = true;
		return NULL;
	}
	if (b->data != NULL && b->len + len + 1 <= b->size)
		return b->data + b->len;
	while (size < b->len + len + 1)
		size *= 2;
	if (size > b->cap + 1)
		size = b->cap + 1;
	grown = realloc(b->data, size);
	if (grown == NULL) {
		b->failed = true;
		return NULL;
	}
	b->data = grown;
	b->size = size;
	return b->data + b->len;
}

bool buf_add_slow(struct buf *b, const void *bytes, size_t len)
{
	char *to = buf_reserve(b, len);

	if (to == NULL)
		return false;
	if (len > 0)
		memcpy(to, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

bool buf_add_str(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_addf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->size - b->len;
	va_list args;
	char *to;
	int n;

	/* Usually it fits into what is there. */
	va_start(args, fmt);
	n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < room) {
		b->len += (size_t)n;
		return true;
	}
	if (room > 0)
		b->data[b->len] = '\0';
	if (n < 0) {
		b->failed = true;
		return false;
	}
	to = buf_reserve(b, (size_t)n);
	if (to == NULL)
		return false;
	va_start(args, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
	return true;
}

bool buf_add_int(struct buf *b, int64_t number)
{
	char text[INT_TEXT_BYTES];
	char *end = text + sizeof(text), *p = end;
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do {
		*--p = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (number < 0)
		*--p = '-';
	return buf_add(b, p, (size_t)(end - p));
}

static bool add_plain_json_str(struct buf *b, const char *text, size_t len)
{
	char *to = buf_reserve(b, len + 2);

	if (to == NULL)
		return false;
	to[0] = to[len + 1] = '"';
	memcpy(to + 1, text, len);
	b->len += len + 2;
	b->data[b->len] = '\0';
	return true;
}

bool buf_add_json_str(struct buf *b, const char *text)
{
	size_t plain = str_json_plain(text);
	size_t start = b->len, room;
	char *to;

	/* Nearly all text: names of fields, ids, times. */
	if (text[plain] == '\0')
		return add_plain_json_str(b, text, plain);
	/* One byte grows to six at most: a control character as \u00XX. */
	room = strlen(text) * 6 + 3;
	if (room > b->cap - b->len)
		room = b->cap - b->len;
	to = buf_reserve(b, room);
	if (to == NULL || room < 2) {
		b->failed = true;
		return false;
	}
	to[0] = '"';
	str_json_escape(to + 1, room - 1, text);
	b->len = start + 1 + strlen(to + 1);
	return buf_add_char(b, '"');
}

bool buf_add_fd(struct buf *b, int fd)
{
	for (char *at; (at = buf_reserve(b, FD_PIECE_BYTES)) != NULL;) {
		ssize_t n = read(fd, at, FD_PIECE_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*at = '\0';
			return n == 0;
		}
		b->len += (size_t)n;
		b->data[b->len] = '\0';
	}
	return false;
}

char *buf_take(struct buf *b, size_t *len)
{
	char *data;

	if (b->data == NULL && !buf_add(b, "", 0))
		return NULL;
	data = b->data;
	if (len != NULL)
		*len = b->len;
	buf_init(b, b->cap);
	return data;
}

const char *buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
