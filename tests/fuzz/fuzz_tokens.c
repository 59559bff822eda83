/* SPDX-License-Identifier: MIT
 * Fuzzer of the engine's notes of inserts: names of the parts that are there, an empty line, the
 * lines of a file. No crash; what is kept are lines as they stood, in their order, and read again
 * nothing more is taken out; an add whose own part is there is kept. Run by make fuzz and make
 * fuzz-replay. */
#include <stdlib.h>

#include "daemon/store/tokens.h"

enum { KEPT_BYTES_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Returns what is kept. */
static struct buf scrub(const char *text, size_t len, struct tokens_parts *parts, size_t *taken)
{
	struct tokens_log log = {0};
	struct buf kept;
	size_t at = 0;

	buf_init(&log.text, KEPT_BYTES_MAX);
	buf_init(&kept, KEPT_BYTES_MAX);
	must(buf_add(&log.text, text, len) && tokens_read(&log) && tokens_judge(&log, 1, parts) &&
	        tokens_kept(&log, &kept));
	for (size_t i = 0; i < log.count; i++) {
		const struct tokens_line *line = &log.lines[i];

		if (line->kind == TOKENS_ORPHAN)
			must(!tokens_parts_cover(parts, &line->part));
		if (line->kind == TOKENS_ORPHAN || line->kind == TOKENS_UNKNOWN)
			continue;
		must(at + line->len <= kept.len &&
		        memcmp(kept.data + at, line->text, line->len) == 0);
		at += line->len;
	}
	must(at == kept.len);
	*taken = log.orphans + log.unknown;
	tokens_log_release(&log);
	return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *names = malloc(size + 1), *rest = names;
	struct tokens_parts parts = {0};
	struct tokens_part part;
	size_t taken;

	if (names == NULL || size > KEPT_BYTES_MAX / 2) {
		free(names);
		return 0;
	}
	memcpy(names, data, size);
	names[size] = '\0';
	while (rest < names + size && *rest != '\n') {
		char *end = memchr(rest, '\n', (size_t)(names + size - rest));

		if (end == NULL)
			end = names + size;
		*end = '\0';
		must(tokens_parts_add(&parts, rest));
		must(!tokens_part_read(rest, strlen(rest), &part) ||
		        tokens_parts_cover(&parts, &part));
		rest = end < names + size ? end + 1 : end;
	}
	struct buf once = scrub(rest, (size_t)(names + size - rest), &parts, &taken);
	struct buf twice = scrub(buf_str(&once), once.len, &parts, &taken);

	must(taken == 0 && once.len == twice.len);
	buf_release(&once);
	buf_release(&twice);
	tokens_parts_release(&parts);
	free(names);
	return 0;
}
