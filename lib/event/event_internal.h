/* SPDX-License-Identifier: MIT
 * What the parts of lib/event share: the first walk leaves spans and members, the second writes
 * rows from them. */
#ifndef YAVIO_EVENT_EVENT_INTERNAL_H
#define YAVIO_EVENT_EVENT_INTERNAL_H

#include "event/event.h"
#include "event/event_fields.h"
#include "event/event_json.h"
#include "event/event_pii.h"

/* A known field of one event, as it stands in the body. */
struct event_member {
	struct event_json_value value;
	enum event_field field;
};

/* One element of the events array. */
struct event_span {
	size_t first_member, members;
	size_t compact_len;
	size_t unknown; /* members of unknown name */
	bool is_object;
	bool bad_utf8;
};

/* State of one event_scan; the buffers are the batch's scratch, kept between requests. */
struct event_work {
	const struct event_limits *limits;
	const struct event_origin *origin;
	struct event_batch *b;
	struct buf *prefix;                  /* columns that all rows share */
	struct buf *text;                    /* a decoded string */
	struct buf *redacted;                /* its redacted form */
	struct event_json_value sdk_version; /* of the batch; len 0: none */
	char ingested_at[64];                /* the column with its name, the same for every row */
	size_t ingested_at_len;
};

enum event_outcome {
	EVENT_VALUE_OK,
	EVENT_VALUE_ABSENT, /* "" where that means absent: nothing was written */
	EVENT_VALUE_CUT,    /* written, shortened or replaced by a marker */
	EVENT_VALUE_TYPE,   /* wrong JSON type, nothing written */
	EVENT_VALUE_BREACH, /* right type, rule broken, nothing written */
	EVENT_VALUE_RANGE,  /* a timestamp out of range, nothing written */
};

/* Checks v by the field's rule and appends ,"name":value to out. */
enum event_outcome event_value_write(struct event_work *w, enum event_field field,
        const struct event_json_value *v, struct buf *out);

/* The same for a string that is already decoded (and must not lie in w->redacted when the field is
 * scanned). */
enum event_outcome event_value_write_text(struct event_work *w, enum event_field field,
        const char *text, size_t len, struct buf *out);

/* The text of a string: the body itself, or w->text when it had to be decoded. */
void event_value_text(
        struct event_work *w, const struct event_json_value *v, const char **text, size_t *len);

/* Appends a payload (a checked object or array), compacted and redacted. */
void event_payload_write(struct event_work *w, const struct event_json_value *v, struct buf *out);
/* Redacts decoded text; true: *text and *len now name the redacted form in w->redacted. */
bool event_payload_redact(struct event_work *w, const char **text, size_t *len);

/* Number forms (event_number.c). text is a checked JSON number. */
bool event_number_parse(const char *text, size_t len, double *out);
/* Decimal(18,4) by half-even rounding of the decimal text; false: |v| ≥ 1e14. Appends plain
 * decimal. */
bool event_number_money(const char *text, size_t len, struct buf *out);

/* Writes the row of one event, or its error (event_row.c). index: position as sent. */
void event_row_write(struct event_work *w, size_t index, const struct event_span *span,
        const struct event_member *members);
/* Adds {"index":-1,...} to the errors: a fault of the batch. */
void event_row_batch_error(
        struct event_batch *b, enum err code, const char *field, const char *issue);

#endif
