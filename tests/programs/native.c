/* SPDX-License-Identifier: MIT
 * The shipper's encoder alone: rows of table events on standard input, a Native block on standard
 * output. Exit 3: the encoder leaves these rows to JSON. usage: native [times], the last for
 * measuring: microseconds of CPU a row on standard error */
#include <stdlib.h>
#include <time.h>

#include "base/str.h"
#include "daemon/shipper/native.h"

enum { INPUT_BYTES_MAX = 512 * 1024 * 1024, LEFT_TO_JSON = 3 };

static bool read_all(struct buf *in)
{
	size_t n;

	do {
		char *to = buf_reserve(in, 1 << 20);

		if (to == NULL)
			return false;
		n = fread(to, 1, 1 << 20, stdin);
		in->len += n;
	} while (n > 0);
	return true;
}

static size_t split(const struct buf *in, struct unit_row **rows)
{
	const char *p = in->data, *end = p + in->len;
	size_t count = 0, room = 0;

	*rows = NULL;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl != NULL ? nl + 1 : end;

		if (count == room) {
			room = room > 0 ? 2 * room : 1024;
			*rows = realloc(*rows, room * sizeof(**rows));
			if (*rows == NULL)
				return 0;
		}
		(*rows)[count++] = (struct unit_row){p, (uint32_t)(next - p), 0};
		p = next;
	}
	return count;
}

int main(int argc, char **argv)
{
	struct native *n = native_new();
	const struct buf *block = NULL;
	struct unit_row *rows = NULL;
	int64_t times = 1;
	struct buf in;
	size_t count;
	clock_t began;

	buf_init(&in, INPUT_BYTES_MAX);
	if (n == NULL || !read_all(&in) ||
	        (argc > 1 && !str_parse_int(argv[1], 1, 1000000, &times)))
		return 1;
	count = split(&in, &rows);
	began = clock();
	for (int64_t i = 0; i < times; i++)
		block = native_encode(n, rows, count);
	if (argc > 1)
		fprintf(stderr, "%.3f us a row\n",
		        (double)(clock() - began) / CLOCKS_PER_SEC * 1e6 /
		                ((double)count * (double)times));
	if (block != NULL)
		fwrite(block->data, 1, block->len, stdout);
	times = block != NULL ? 0 : LEFT_TO_JSON;
	native_free(n);
	free(rows);
	buf_release(&in);
	return (int)times;
}
