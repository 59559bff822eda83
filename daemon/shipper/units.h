/* SPDX-License-Identifier: MIT
 * Cutting a batch into inserts: the same batch gives the same pieces, whenever it is cut. */
#ifndef YAVIO_SHIPPER_UNITS_H
#define YAVIO_SHIPPER_UNITS_H

#include "base/base.h"
#include "base/buf.h"
#include "spool/spool_reader.h"

/* One line of JSON with its newline, inside the batch. */
struct unit_row {
	const char *at;
	uint32_t len;
	uint16_t day; /* of its timestamp, as units_day */
};

struct unit {
	const char *table; /* static */
	uint32_t first;    /* its rows in units.rows */
	uint32_t count;
};

struct units {
	struct unit_row *rows;
	size_t row_count;
	struct unit *list;
	size_t count;
};

/* Events first, then registrations; each unit within the batch's limits of rows, bytes and calendar
 * days (a single row may exceed the bytes). The batch must outlive out. False: no memory. */
bool units_cut(const struct spool_batch *b, struct units *out) MUST_CHECK;
void units_release(struct units *u);

/* The insert body of rows [from, to) of a unit: a place in the batch when they lie together there,
 * else copied into scratch. NULL: no memory. */
const char *units_body(const struct units *u, const struct unit *unit, uint32_t from, uint32_t to,
        struct buf *scratch, size_t *len);

/* The UTC day of the top-level "timestamp" of a row as a number that grows, with gaps; 0: none. */
uint16_t units_day(const char *row, size_t len);

#endif
