/* SPDX-License-Identifier: MIT
 * Fuzzes the shipper's encoder with rows that nobody checked: whatever they hold, it makes a block
 * or leaves them to JSON, and gives the same answer when its memory has been used before. */
#include <stdlib.h>

#include "base/str.h"
#include "daemon/shipper/native.h"

enum { ROWS_MAX = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line at its exact size, so that a read behind its end is seen. */
static size_t split(const char *p, const char *end, struct unit_row *rows)
{
	size_t count = 0;

	while (p < end && count < ROWS_MAX) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl != NULL ? nl + 1 : end) - p);
		char *copy = malloc(len);

		if (copy == NULL)
			abort();
		memcpy(copy, p, len);
		rows[count++] = (struct unit_row){copy, (uint32_t)len, 0};
		p += len;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct native *used;
	struct native *fresh = native_new();
	struct unit_row rows[ROWS_MAX];
	const struct buf *a, *b;
	size_t count;

	if (used == NULL)
		used = native_new();
	if (fresh == NULL || used == NULL)
		abort();
	count = split((const char *)data, (const char *)data + size, rows);
	a = native_encode(fresh, rows, count);
	b = native_encode(used, rows, count);
	if ((a == NULL) != (b == NULL))
		abort();
	if (a != NULL && (a->len != b->len || memcmp(a->data, b->data, a->len) != 0))
		abort();
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)rows[i].at);
	native_free(fresh);
	return 0;
}
