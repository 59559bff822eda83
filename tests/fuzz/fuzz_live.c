/* SPDX-License-Identifier: MIT
 * Fuzzer of what a browser says it saw last (Last-Event-ID): no crash, and what is taken is written
 * as it was read. Run by make fuzz and make fuzz-replay. */
#include <stdlib.h>

#include "fcgi/live/position.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[LIVE_POSITION_BYTES];
	struct live_position p, q;
	static const uint8_t NONE[LIVE_ID_BYTES];

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (live_position_parse(text, &p)) {
		bool alone = memcmp(p.id, NONE, sizeof(NONE)) == 0;

		live_position_text(p.stored_ms, alone ? NULL : p.id, again);
		if (!live_position_parse(again, &q) || q.stored_ms != p.stored_ms ||
		        memcmp(q.id, p.id, sizeof(p.id)) != 0)
			abort();
	}
	free(text);
	return 0;
}
