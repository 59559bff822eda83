/* SPDX-License-Identifier: MIT
 * Between native.c, which walks rows, and native_value.c, which fills columns. */
#ifndef YAVIO_SHIPPER_NATIVE_INTERNAL_H
#define YAVIO_SHIPPER_NATIVE_INTERNAL_H

#include "base/base.h"
#include "base/buf.h"

enum native_kind {
	NATIVE_LOW,  /* LowCardinality(String) */
	NATIVE_TEXT, /* String */
	NATIVE_UUID,
	NATIVE_TIME, /* DateTime64(3, 'UTC') */
	NATIVE_FLAG, /* UInt8, 0 when absent */
	/* Nullable from here on */
	NATIVE_FLOAT64,
	NATIVE_FLOAT32,
	NATIVE_UINT32,
	NATIVE_UINT16,
	NATIVE_UINT8,
	NATIVE_MONEY, /* Decimal(18, 4) */
	NATIVE_KINDS,
};

/* A value of a row: what stands in the text, without the quotes of a string. */
struct native_token {
	const char *p;
	size_t len;
	enum { NATIVE_STRING, NATIVE_OBJECT, NATIVE_NUMBER } form;
};

/* One distinct text of a LOW column. */
struct native_key {
	uint32_t hash, at, len; /* at: in keys */
};

struct native_column {
	enum native_kind kind;
	uint32_t rows;    /* that have their value in data */
	struct buf data;  /* values; of LOW: numbers of keys, uint32_t */
	struct buf nulls; /* of Nullable: a byte a row, 1: NULL */
	struct buf keys;  /* of LOW: the dictionary as it goes out */
	struct native_key *key;
	uint32_t *slot; /* hash table over key: number + 1, 0: free */
	uint32_t key_count, slot_count;
	uint32_t last; /* key of the row before */
	char day[10];  /* of TIME: the day of the row before, "2026-03-15" */
	int64_t day_ms;
};

void native_column_init(struct native_column *c, enum native_kind kind);
void native_column_release(struct native_column *c);
/* Ready for the next block; keeps the memory. */
void native_column_clear(struct native_column *c);

/* The default value for every row up to `rows`. */
bool native_column_fill(struct native_column *c, uint32_t rows) MUST_CHECK;
/* The value of row c->rows. False: a form that this column does not take. */
bool native_column_add(struct native_column *c, const struct native_token *t) MUST_CHECK;
/* Type and data of a column that has all its rows. */
bool native_column_write(const struct native_column *c, struct buf *out) MUST_CHECK;

void native_write_count(struct buf *out, uint64_t n); /* LEB128 */

#endif
