/* SPDX-License-Identifier: MIT
 * Rows of table events, as the spool has them, as one block of ClickHouse's Native format: the
 * store takes columns for a third of what reading the same rows as JSON costs it. Pure. */
#ifndef YAVIO_SHIPPER_NATIVE_H
#define YAVIO_SHIPPER_NATIVE_H

#include "base/base.h"
#include "base/buf.h"
#include "daemon/shipper/units.h"

enum { NATIVE_BLOCK_BYTES = 160 * 1024 * 1024 };

/* Memory of one encoder, used again for each block. */
struct native;

/* NULL: no memory. */
struct native *native_new(void);
void native_free(struct native *n);
/* Gives its memory back when the last block was larger than keep bytes. NULL-safe. */
void native_shrink(struct native *n, size_t keep);

/* The block of rows [0, count), in their order; it belongs to n until the next call. The same
 * rows give the same values in the store as their JSON does, bar the last bit of a fraction, which
 * is exact here. NULL: a row has something that is not known to be so (another column or form than
 * ingest writes, a key twice), or no memory; such rows go out as JSON and the store judges. */
const struct buf *native_encode(struct native *n, const struct unit_row *rows, size_t count);

#endif
