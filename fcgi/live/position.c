/* SPDX-License-Identifier: MIT
 * Positions and their text. */
#include <inttypes.h>

#include "base/id.h"
#include "base/str.h"
#include "fcgi/live/position.h"

/* 9999-12-31T23:59:59.999Z */
static const int64_t STORED_MS_MAX = 253402300799999;

enum { DIGITS_MAX = 15, ID_CHARS = ID_UUID_BYTES - 1 };

bool live_id_parse(const char *text, uint8_t id[LIVE_ID_BYTES])
{
	static const struct {
		uint8_t at, bytes;
	} PARTS[] = {{0, 4}, {9, 2}, {14, 2}, {19, 2}, {24, 6}};
	char copy[ID_UUID_BYTES];
	uint8_t *to = id;

	(void)str_copy(copy, sizeof(copy), text);
	if (!str_is_uuid(copy))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(PARTS); i++) {
		char hex[2 * 6 + 1];

		memcpy(hex, copy + PARTS[i].at, 2 * PARTS[i].bytes);
		hex[2 * PARTS[i].bytes] = '\0';
		if (!str_unhex(hex, to, PARTS[i].bytes))
			return false;
		to += PARTS[i].bytes;
	}
	return true;
}

bool live_position_parse(const char *text, struct live_position *out)
{
	size_t digits = strspn(text, "0123456789");
	char number[DIGITS_MAX + 1];
	struct live_position p = {.stored_ms = 0};

	if (digits == 0 || digits > DIGITS_MAX || text[digits] != '-')
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!str_parse_int(number, 0, STORED_MS_MAX, &p.stored_ms))
		return false;
	text += digits + 1;
	if (*text != '\0' && (strlen(text) != ID_CHARS || !live_id_parse(text, p.id)))
		return false;
	*out = p;
	return true;
}

void live_position_text(int64_t stored_ms, const uint8_t *id, char out[LIVE_POSITION_BYTES])
{
	char text[ID_UUID_BYTES] = "";

	if (id != NULL)
		id_uuid_text(id, text);
	(void)snprintf(out, LIVE_POSITION_BYTES, "%" PRId64 "-%s", stored_ms, text);
}
