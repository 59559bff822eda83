/* SPDX-License-Identifier: MIT
 * One insert of the shipper, shared by sending whole units and by searching for bad rows. */
#ifndef YAVIO_SHIPPER_SEND_H
#define YAVIO_SHIPPER_SEND_H

#include "daemon/shipper/shipper.h"

/* Rows [from, to) of unit u as one insert. */
struct piece {
	const struct units *units;
	uint32_t u, from, to;
	enum ch_rows rows; /* CH_ROWS_NATIVE: where the encoder takes them, else JSON */
};

/* Inserts a piece with the token that follows from its rows, the same for both forms.
 * result->fault tells what an error means. */
enum err send_piece(struct shipper *s, unsigned lane, const struct piece *piece,
        struct ch_result *result) MUST_CHECK;

/* "<spool id>:<batch>:<table>:<unit>:<from>-<to>:<crc32c>"; false: does not fit. */
bool send_token(const struct shipper *s, const char *table, uint32_t u, uint32_t from, uint32_t to,
        const char *body, size_t len, char token[SHIP_TOKEN_BYTES]) MUST_CHECK;

#endif
