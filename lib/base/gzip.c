/* SPDX-License-Identifier: MIT
 * Gzip in pieces, both directions. */
#include <stdlib.h>
#include <zlib.h>

#include "base/gzip.h"

enum {
	GZIP_PIECE_BYTES = 32 * 1024,
	GZIP_WINDOW_BITS = 15 + 16, /* 16: gzip, not zlib */
	GZIP_MEMORY_LEVEL = 8,
};

struct gzip {
	z_stream z;
	bool deflates;
	bool ended;   /* at the end of a member */
	bool started; /* saw any input */
	uint64_t out_left;
	unsigned char piece[GZIP_PIECE_BYTES];
};

struct gzip *gzip_inflate_new(uint64_t out_max)
{
	struct gzip *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->out_left = out_max;
	if (inflateInit2(&g->z, GZIP_WINDOW_BITS) == Z_OK)
		return g;
	free(g);
	return NULL;
}

struct gzip *gzip_deflate_new(int level)
{
	struct gzip *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->deflates = true;
	if (deflateInit2(&g->z, level, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
	            Z_DEFAULT_STRATEGY) == Z_OK)
		return g;
	free(g);
	return NULL;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	if (g->deflates)
		deflateEnd(&g->z);
	else
		inflateEnd(&g->z);
	free(g);
}

/* Hands over what is in piece. */
static enum gzip_result emit(
        struct gzip *g, bool (*sink)(const void *bytes, size_t len, void *arg), void *arg)
{
	size_t len = sizeof(g->piece) - g->z.avail_out;
	if (!g->deflates) {
		if (len > g->out_left)
			return GZIP_TOO_MUCH;
		g->out_left -= len;
	}
	return len == 0 || sink(g->piece, len, arg) ? GZIP_OK : GZIP_NO_MEMORY;
}

static enum gzip_result run_deflate(struct gzip *g, int flush,
        bool (*sink)(const void *bytes, size_t len, void *arg), void *arg)
{
	for (;;) {
		g->z.next_out = g->piece;
		g->z.avail_out = sizeof(g->piece);
		if (deflate(&g->z, flush) == Z_STREAM_ERROR)
			return GZIP_BAD;
		enum gzip_result result = emit(g, sink, arg);
		if (result != GZIP_OK)
			return result;
		if (g->z.avail_out > 0)
			return GZIP_OK;
	}
}

static enum gzip_result run_inflate(
        struct gzip *g, bool (*sink)(const void *bytes, size_t len, void *arg), void *arg)
{
	do {
		if (g->ended && g->z.avail_in > 0) {
			if (inflateReset(&g->z) != Z_OK)
				return GZIP_BAD;
			g->ended = false;
		}
		g->z.next_out = g->piece;
		g->z.avail_out = sizeof(g->piece);
		int status = inflate(&g->z, Z_NO_FLUSH);
		if (status == Z_MEM_ERROR)
			return GZIP_NO_MEMORY;
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return GZIP_BAD;
		g->ended = status == Z_STREAM_END;
		enum gzip_result result = emit(g, sink, arg);
		if (result != GZIP_OK)
			return result;
	} while (g->z.avail_in > 0 || g->z.avail_out == 0);
	return GZIP_OK;
}

enum gzip_result gzip_feed(struct gzip *g, const void *in, size_t len,
        bool (*sink)(const void *bytes, size_t len, void *arg), void *arg)
{
	/* zlib counts in unsigned int */
	const unsigned char *at = in;
	g->started |= len > 0;
	while (len > 0) {
		unsigned now = len > 1u << 30 ? 1u << 30 : (unsigned)len;
		g->z.next_in = (unsigned char *)(uintptr_t)at;
		g->z.avail_in = now;
		enum gzip_result result = g->deflates ? run_deflate(g, Z_NO_FLUSH, sink, arg)
		                                      : run_inflate(g, sink, arg);
		if (result != GZIP_OK)
			return result;
		at += now;
		len -= now;
	}
	return GZIP_OK;
}

enum gzip_result gzip_finish(
        struct gzip *g, bool (*sink)(const void *bytes, size_t len, void *arg), void *arg)
{
	if (g->deflates)
		return run_deflate(g, Z_FINISH, sink, arg);
	return g->started && g->ended ? GZIP_OK : GZIP_BAD;
}
