/* SPDX-License-Identifier: MIT
 * The body of a request, kept in a memory file. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "daemon/store/body.h"

void body_init(
        struct body *b, size_t max, bool gzip, atomic_int_least64_t *total, int64_t total_max)
{
	*b = (struct body){.fd = -1, .max = max, .total = total, .total_max = total_max};
	if (gzip) {
		b->inflate = gzip_inflate_new(max);
		if (!b->inflate)
			b->failed = BODY_NO_MEMORY;
	}
}

static void unmap(struct body *b)
{
	if (b->map && b->len > 0)
		munmap(b->map, b->len);
	b->map = NULL;
}

void body_release(struct body *b)
{
	unmap(b);
	if (b->fd >= 0)
		close(b->fd);
	if (b->total)
		atomic_fetch_sub(b->total, (int64_t)b->len);
	gzip_free(b->inflate);
	*b = (struct body){.fd = -1};
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* The sink of both ways in; false with the reason in failed. */
static bool store(const void *bytes, size_t len, void *arg)
{
	struct body *b = arg;
	if (len > b->max - b->len) {
		b->failed = BODY_TOO_LARGE;
		return false;
	}
	if (b->fd < 0)
		b->fd = memfd_create("yavio-store-body", MFD_CLOEXEC);
	if (b->fd < 0) {
		b->failed = BODY_NO_MEMORY;
		return false;
	}
	b->len += len;
	if (atomic_fetch_add(b->total, (int64_t)len) + (int64_t)len > b->total_max)
		b->failed = BODY_BUSY;
	else if (!write_all(b->fd, bytes, len))
		b->failed = BODY_NO_MEMORY;
	return b->failed == BODY_OK;
}

static enum body_result of_gzip(struct body *b, enum gzip_result result)
{
	static const enum body_result map[] = {
	        [GZIP_OK] = BODY_OK,
	        [GZIP_BAD] = BODY_BAD_GZIP,
	        [GZIP_TOO_MUCH] = BODY_TOO_LARGE,
	        [GZIP_NO_MEMORY] = BODY_NO_MEMORY,
	};
	if (b->failed == BODY_OK)
		b->failed = map[result];
	return b->failed;
}

enum body_result body_add(struct body *b, const void *bytes, size_t len)
{
	if (b->failed != BODY_OK)
		return b->failed;
	if (b->inflate)
		return of_gzip(b, gzip_feed(b->inflate, bytes, len, store, b));
	store(bytes, len, b);
	return b->failed;
}

enum body_result body_end(struct body *b)
{
	if (b->failed == BODY_OK && b->inflate)
		return of_gzip(b, gzip_finish(b->inflate, store, b));
	return b->failed;
}

const char *body_map(struct body *b)
{
	if (b->len == 0)
		return "";
	if (!b->map) {
		void *map = mmap(NULL, b->len, PROT_READ, MAP_PRIVATE, b->fd, 0);
		b->map = map == MAP_FAILED ? NULL : map;
	}
	return b->map;
}

bool body_rewrite(struct body *b, const char *prefix, size_t prefix_len, size_t from)
{
	int fd = memfd_create("yavio-store-body", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	off_t at = (off_t)from;
	size_t left = b->len - from;
	bool ok = write_all(fd, prefix, prefix_len);
	while (ok && left > 0) {
		ssize_t n = sendfile(fd, b->fd, &at, left);
		ok = n > 0;
		left -= ok ? (size_t)n : 0;
	}
	if (!ok) {
		close(fd);
		return false;
	}
	unmap(b);
	if (b->fd >= 0)
		close(b->fd);
	int64_t len = (int64_t)(prefix_len + b->len - from);
	atomic_fetch_add(b->total, len - (int64_t)b->len);
	b->fd = fd;
	b->len = (size_t)len;
	return true;
}
