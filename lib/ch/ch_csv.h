/* SPDX-License-Identifier: MIT
 * Rows as the store writes them (JSONCompactEachRowWithNames) as CSV: RFC 4180, UTF-8, CRLF. */
#ifndef YAVIO_CH_CH_CSV_H
#define YAVIO_CH_CH_CSV_H

#include "base/base.h"
#include "base/buf.h"

enum { CH_CSV_COLUMNS_MAX = 128 };

struct ch_csv {
	size_t columns; /* 0: the line of names is still to come */
};

/* Adds one line, without its line break, to out: the names first, then the rows. Values: null is
 * empty, booleans are true and false, numbers stay as they are, arrays and objects are JSON text. A
 * column whose name ends with CH_JSON_SUFFIX loses it. A text that a spreadsheet would take for a
 * formula (it begins with = + - @, tab or CR) gets a leading '. False: it is no such line, or out
 * is full. */
bool ch_csv_line(struct ch_csv *csv, const char *line, size_t len, struct buf *out) MUST_CHECK;

#endif
