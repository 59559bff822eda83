/* SPDX-License-Identifier: MIT
 * Parts of a JSON text that this program made itself, found without a tree: a member of an object,
 * the elements of an array, the cells of a CSV line. */
#ifndef YAVIO_JSON_JSON_SPAN_H
#define YAVIO_JSON_JSON_SPAN_H

#include "base/base.h"
#include "base/buf.h"

/* A value in a text, borrowed; at NULL: none. */
struct json_span {
	const char *at;
	size_t len;
};

/* The value of a member of an object; its name has nothing that JSON escapes. */
struct json_span json_span_member(struct json_span object, const char *name);
/* The element behind *place of an array, which begins as 0; at NULL: no more. */
struct json_span json_span_next(struct json_span array, size_t *place);

/* Adds the names of an object's members as a line of CSV, or their values: RFC 4180, CRLF. null is
 * empty, booleans are true and false, numbers stay as they are, arrays and objects are JSON text. A
 * text that a spreadsheet would take for a formula (it begins with = + - @, tab or CR) gets a
 * leading '. False: it is no object, or out is full. */
bool json_span_csv_names(struct json_span object, struct buf *out) MUST_CHECK;
bool json_span_csv_values(struct json_span object, struct buf *out) MUST_CHECK;

#endif
