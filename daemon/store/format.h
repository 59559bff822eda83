/* SPDX-License-Identifier: MIT
 * What the store must know of ClickHouse's output formats: their content type, and whether a
 * result may be sent in pieces. */
#ifndef YAVIO_STORE_FORMAT_H
#define YAVIO_STORE_FORMAT_H

#include "base/base.h"

/* name: in any case. */
const char *format_content_type(const char *name);

/* The engine writes each piece of a stream as a document of its own: true when such documents in a
 * row are one document again, at most after leaving off the header of all but the first. */
bool format_streams(const char *name);

/* Bytes of the header with which every piece begins (column names, types); 0: the format has none.
 */
size_t format_header_len(const char *name, const char *piece, size_t len);

#endif
