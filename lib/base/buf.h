/* SPDX-License-Identifier: MIT
 * A growing byte buffer with a hard cap given at its creation. */
#ifndef YAVIO_BASE_BUF_H
#define YAVIO_BASE_BUF_H

#include "base/base.h"

struct buf {
	char *data; /* always followed by a NUL that len does not count; NULL while nothing was
	               added */
	size_t len;
	size_t size; /* allocated */
	size_t cap;  /* most bytes it may hold */
	bool failed; /* an add did not fit or memory ran out; stays until buf_clear */
};

void buf_init(struct buf *b, size_t cap);
/* Frees the contents; usable again with the same cap. NULL-safe. */
void buf_release(struct buf *b);
/* Empties it, keeps the memory, forgets a failure. */
void buf_clear(struct buf *b);

/* All adds return false, change nothing and set failed when the cap or memory is exceeded; a row of
 * adds may be checked once at its end through failed. */
bool buf_add_slow(struct buf *b, const void *bytes, size_t len);
static inline bool buf_add(struct buf *b, const void *bytes, size_t len)
{
	/* The usual case, worth its place in a header: ingest adds some hundred pieces an event. */
	if (len < b->size - b->len && len > 0) {
		memcpy(b->data + b->len, bytes, len);
		b->len += len;
		b->data[b->len] = '\0';
		return true;
	}
	return buf_add_slow(b, bytes, len);
}
bool buf_add_str(struct buf *b, const char *text);
bool buf_add_char(struct buf *b, char c);
bool buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The number in decimal. */
bool buf_add_int(struct buf *b, int64_t number);
/* text as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
bool buf_add_json_str(struct buf *b, const char *text);
/* Makes room for len more bytes and returns where to write them, or NULL; commit with b->len += n.
 */
char *buf_reserve_slow(struct buf *b, size_t len);
static inline char *buf_reserve(struct buf *b, size_t len)
{
	return len < b->size - b->len ? b->data + b->len : buf_reserve_slow(b, len);
}
/* Adds all that fd still has to give. False: it could not be read, or is more than fits; what came
 * before is there. */
bool buf_add_fd(struct buf *b, int fd);
/* Moves the bytes (NUL-ended, caller frees) out of b; "" never NULL unless memory is out. */
char *buf_take(struct buf *b, size_t *len);
/* The text so far, "" when empty. */
const char *buf_str(const struct buf *b);

#endif
