/* SPDX-License-Identifier: MIT
 * What the files that read fields share. */
#ifndef YAVIO_WEB_WEB_FIELD_INTERNAL_H
#define YAVIO_WEB_WEB_FIELD_INTERNAL_H

#include "web/web_internal.h"

/* The text without blanks (Unicode White_Space) at its ends; *len is that of the result. */
const char *web_text_trim(const char *text, size_t *len);
/* The rules of the types that are text, for a text that was trimmed where its type says so; it is
 * put into the form a handler gets (lower case of an address). NULL: good, integer of v is set
 * where the type has one; else the problem's word. */
const char *web_text_problem(
        const struct web_field *f, char *text, size_t len, struct web_value *v);

#endif
