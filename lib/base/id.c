/* SPDX-License-Identifier: MIT
 * Random identifiers. */
#include <stdlib.h>
#include <sys/random.h>

#include "base/str.h"

#include "base/id.h"

void id_uuid_text(const uint8_t r[16], char out[ID_UUID_BYTES])
{
	static const size_t GROUPS[] = {4, 2, 2, 2, 6};

	for (size_t i = 0; i < ARRAY_LEN(GROUPS); i++) {
		if (i > 0)
			*out++ = '-';
		str_hex(r, GROUPS[i], out);
		r += GROUPS[i];
		out += 2 * GROUPS[i];
	}
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
