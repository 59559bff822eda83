/* SPDX-License-Identifier: MIT
 * The body of a request, kept in a memory file: the engine reads the rows of an INSERT from its
 * descriptor instead of from the query's text. */
#ifndef YAVIO_STORE_BODY_H
#define YAVIO_STORE_BODY_H

#include <stdatomic.h>

#include "base/base.h"
#include "base/gzip.h"

enum body_result { BODY_OK = 0, BODY_TOO_LARGE, BODY_BAD_GZIP, BODY_BUSY, BODY_NO_MEMORY };

struct body {
	int fd; /* -1 while nothing came */
	size_t len, max;
	struct gzip *inflate; /* NULL: the body is plain */
	enum body_result failed;
	atomic_int_least64_t *total; /* bytes of all bodies of the process */
	int64_t total_max;
	char *map; /* of the whole body, made by body_map */
};

/* max: bytes after decompression. total counts every body in flight, at most total_max. */
void body_init(
        struct body *b, size_t max, bool gzip, atomic_int_least64_t *total, int64_t total_max);
void body_release(struct body *b);

/* After a failure all further bytes are dropped; the same result comes again. */
enum body_result body_add(struct body *b, const void *bytes, size_t len) MUST_CHECK;
enum body_result body_end(struct body *b) MUST_CHECK;

/* All bytes, valid until the release; "" when there are none. NULL: no memory. */
const char *body_map(struct body *b) MUST_CHECK;
/* Makes the body prefix followed by what it holds from offset from on. False: no memory. */
bool body_rewrite(struct body *b, const char *prefix, size_t prefix_len, size_t from) MUST_CHECK;

#endif
