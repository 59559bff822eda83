/* SPDX-License-Identifier: MIT
 * Rows as the store writes them (JSONEachRow, an object a line) into the JSON of an answer. */
#ifndef YAVIO_CH_CH_SPLICE_H
#define YAVIO_CH_CH_SPLICE_H

#include "base/base.h"
#include "base/buf.h"

/* A column or tuple element of this ending holds JSON as text: it is answered without the ending,
 * with the JSON itself; null where it is empty or null. */
#define CH_JSON_SUFFIX "_json"

/* A copy on its way. The rows may come in pieces, cut anywhere. */
struct ch_splice {
	struct buf *out;
	const char *separator; /* written between rows: "," or "\n" */
	size_t rows;           /* that have ended */
	/* private */
	int state;
	size_t string_at; /* where the last string begins in out */
	bool pending;     /* a row ended, another may follow */
	unsigned code, digits;
};

void ch_splice_init(struct ch_splice *r, struct buf *out, const char *separator);
/* Copies a piece. What it was given must be the output of the store: it is not validated, and text
 * in a column of the suffix is taken for valid JSON (the queries see to that). A failure stays in
 * out->failed. */
void ch_splice_add(struct ch_splice *r, const char *bytes, size_t len);

#endif
