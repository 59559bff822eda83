/* SPDX-License-Identifier: MIT
 * Redaction of personal data in text: e-mail addresses, card numbers, social security numbers,
 * phone numbers, street addresses. One pass, linear in the text, no allocation of its own. */
#ifndef YAVIO_EVENT_EVENT_PII_H
#define YAVIO_EVENT_EVENT_PII_H

#include "base/buf.h"
#include "event/event.h"

/* What a member's key says about digits in its value. */
enum event_pii_key {
	EVENT_PII_KEY_NONE,
	EVENT_PII_KEY_PHONE,
	EVENT_PII_KEY_SSN,
	EVENT_PII_KEY_CARD,
};

/* Class of an object key (unescaped UTF-8), by its last word, split at camelCase, "_" and "-". */
enum event_pii_key event_pii_key(const char *key, size_t len);

/* Redacts text (unescaped UTF-8, may hold NUL). false: nothing matched, out untouched. true: the
 * whole redacted text was appended to out, counts[kind] raised by one a match; a full out shows in
 * out->failed. */
bool event_pii_redact(
        const char *text, size_t len, struct buf *out, size_t counts[EVENT_PII_KINDS]);

/* For a value (or array element) under a key of class key that is a string, or an integer's digits:
 * the marker that replaces it as a whole ("[PHONE_REDACTED]", ...; counts raised), or NULL: leave
 * it to event_pii_redact. */
const char *event_pii_keyed(
        enum event_pii_key key, const char *text, size_t len, size_t counts[EVENT_PII_KINDS]);

#endif
