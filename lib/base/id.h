/* SPDX-License-Identifier: MIT
 * Identifiers: random UUIDs and request ids. */
#ifndef YAVIO_BASE_ID_H
#define YAVIO_BASE_ID_H

#include "base/base.h"

enum { ID_UUID_BYTES = 37, ID_REQUEST_BYTES = 41 };

/* The text of a UUID, lower case. */
void id_uuid_text(const uint8_t uuid[16], char out[ID_UUID_BYTES]);
/* Version 4, lower case, from getrandom(2). */
void id_uuid4(char out[ID_UUID_BYTES]);
/* "req_" + UUID. */
void id_request(char out[ID_REQUEST_BYTES]);

#endif
