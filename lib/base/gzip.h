/* SPDX-License-Identifier: MIT
 * Gzip in pieces, both directions: the only user of zlib. */
#ifndef YAVIO_BASE_GZIP_H
#define YAVIO_BASE_GZIP_H

#include "base/base.h"
#include "base/buf.h"

enum gzip_result {
	GZIP_OK = 0,
	GZIP_BAD,      /* the input is not gzip, or broken */
	GZIP_TOO_MUCH, /* more output than allowed */
	GZIP_NO_MEMORY,
};

struct gzip;

/* Decompression; at most out_max bytes over all its pieces. NULL: no memory. */
struct gzip *gzip_inflate_new(uint64_t out_max);
/* Compression, level 1 (fast) to 9. NULL: no memory. */
struct gzip *gzip_deflate_new(int level);
/* NULL-safe. */
void gzip_free(struct gzip *g);

/* Takes all of in and hands what comes out to sink, in pieces (false from it ends with
 * GZIP_NO_MEMORY). Several gzip members in a row count as one text. */
enum gzip_result gzip_feed(struct gzip *g, const void *in, size_t len,
        bool (*sink)(const void *bytes, size_t len, void *arg), void *arg) MUST_CHECK;
/* The end of the input: flushes a compressor; for a decompressor GZIP_BAD when it is cut short. */
enum gzip_result gzip_finish(struct gzip *g, bool (*sink)(const void *bytes, size_t len, void *arg),
        void *arg) MUST_CHECK;

#endif
