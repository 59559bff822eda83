/* SPDX-License-Identifier: MIT
 * Mail templates (daemon/jobs/mail/NAME.mail): one source for the plain text and the HTML of a
 * mail.
 *
 * A line is "subject TEXT", "p TEXT" or "link LABEL"; {{name}} stands for a value. The link's
 * address is the value "link". layout.html goes around the HTML. */
#ifndef YAVIO_JOBS_TEMPLATE_H
#define YAVIO_JOBS_TEMPLATE_H

#include "base/base.h"
#include "base/buf.h"

enum template_id {
	TEMPLATE_VERIFY,
	TEMPLATE_ACCOUNT_EXISTS,
	TEMPLATE_RESET,
	TEMPLATE_INVITE,
	TEMPLATE_LOCKED,
	TEMPLATE_LOCKED_UNLOCK,
	TEMPLATE_SECURITY,
	TEMPLATE_COUNT,
};

struct template_value {
	const char *name, *value;
};

/* Renders a mail; the buffers are appended to. Values are escaped where they go into HTML; control
 * characters in them become blanks. False: a value that the template needs is not there, or a
 * buffer's cap. */
bool template_render(enum template_id id, const struct template_value *values, size_t values_len,
        struct buf *subject, struct buf *text, struct buf *html) MUST_CHECK;

#endif
