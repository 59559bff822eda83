/* SPDX-License-Identifier: MIT
 * Fuzzes redaction: it never grows without bound, and its output is not redacted again into
 * something else by accident of a partial match (an e-mail marker is no e-mail address). */
#include <stdlib.h>

#include "event/event_pii.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t counts[EVENT_PII_KINDS] = {0}, sum = 0;
	struct buf out;

	if (size > 65536)
		return 0;
	buf_init(&out, 16 * size + 64);
	if (event_pii_redact((const char *)data, size, &out, counts)) {
		for (size_t k = 0; k < EVENT_PII_KINDS; k++)
			sum += counts[k];
		if (sum == 0 || out.failed || out.len > size + 18 * sum)
			abort();
	} else if (out.len != 0) {
		abort();
	}
	(void)event_pii_key((const char *)data, size);
	(void)event_pii_keyed(EVENT_PII_KEY_PHONE, (const char *)data, size, counts);
	buf_release(&out);
	return 0;
}
