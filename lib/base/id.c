/* SPDX-License-Identifier: MIT
 * Random identifiers. */
#include <stdlib.h>
#include <sys/random.h>

#include "base/id.h"

void id_uuid_text(const uint8_t r[16], char out[ID_UUID_BYTES])
{
	snprintf(out, ID_UUID_BYTES,
	        "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
	        r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14],
	        r[15]);
}

void id_uuid4(char out[ID_UUID_BYTES])
{
	uint8_t r[16];

	/* 16 bytes are never short once the pool is ready; without randomness nothing may go on. */
	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		abort();
	r[6] = (uint8_t)((r[6] & 0x0F) | 0x40);
	r[8] = (uint8_t)((r[8] & 0x3F) | 0x80);
	id_uuid_text(r, out);
}

void id_request(char out[ID_REQUEST_BYTES])
{
	out[0] = 'r';
	out[1] = 'e';
	out[2] = 'q';
	out[3] = '_';
	id_uuid4(out + 4);
}
