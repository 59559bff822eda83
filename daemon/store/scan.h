/* SPDX-License-Identifier: MIT
 * A light reading of a statement's text: what kind it is, its FORMAT, where the data of an INSERT
 * begins. It only finds the way; what a user may do is decided by lib/ch's gate. */
#ifndef YAVIO_STORE_SCAN_H
#define YAVIO_STORE_SCAN_H

#include "base/base.h"

enum { SCAN_FORMAT_BYTES = 32 };

enum scan_kind {
	SCAN_EMPTY, /* nothing but blanks and comments */
	SCAN_READ, /* SELECT, WITH, a parenthesis, SHOW, DESCRIBE, EXPLAIN, EXISTS, CHECK, VALUES */
	SCAN_INSERT, /* INSERT whose rows come from the body */
	SCAN_OTHER,  /* everything else, also INSERT ... SELECT and INSERT ... VALUES */
};

struct scan {
	enum scan_kind kind;
	bool insert;   /* any INSERT */
	bool several;  /* more than one statement */
	bool broken;   /* a quote or comment does not end */
	bool buffered; /* names totals or extremes, which the engine cannot stream */
	char format[SCAN_FORMAT_BYTES]; /* of the last FORMAT clause, "" when there is none */
	size_t format_at;               /* offset of that FORMAT word */
	size_t settings_at; /* SCAN_INSERT: offset of SETTINGS before it, 0 when there is none */
	size_t data_at;     /* SCAN_INSERT: offset of the first byte of data, may be len */
};

/* Never fails: what it does not understand is SCAN_OTHER. */
void scan_text(const char *text, size_t len, struct scan *out);

#endif
