/* SPDX-License-Identifier: MIT
 * The wire contract of an event: a batch body becomes validated, limited, redacted ClickHouse rows.
 * Pure: no I/O, no clock, no globals. */
#ifndef YAVIO_EVENT_EVENT_H
#define YAVIO_EVENT_EVENT_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"

enum {
	EVENT_JSON_DEPTH_MAX = 512,     /* deeper: the batch is refused, 2116 */
	EVENT_PAYLOAD_DEPTH_MAX = 32,   /* root = 1; deeper: the payload becomes a marker */
	EVENT_ISSUES_MAX = 8,           /* of one event */
	EVENT_ENTRIES_MAX = 200,        /* of errors and of warnings in one reply */
	EVENT_REPLY_BYTES_MAX = 126976, /* each of the two lists: a reply stays within 256 KiB */
	EVENT_REJECT_CODES = 15,        /* for which a single event can be refused */
	EVENT_FIELDS_MAX = 64,
};

struct event_limits {
	size_t batch_events_max; /* more: 2115 */
	size_t event_bytes_max;  /* whitespace outside strings not counted; more: 2108 */
	int64_t age_max_ms;      /* older: 2113; 0: any */
	int64_t lead_max_ms;     /* further ahead of now_ms: 2113 */
};

/* What the credential says; all texts are the caller's. */
struct event_origin {
	const char *workspace_id; /* UUID text */
	const char *project_id;
	const char *widget_trace_id;   /* NULL with an API key */
	const char *widget_session_id; /* NULL with an API key */
	size_t widget_events_left; /* events the trace may still send; SIZE_MAX with an API key */
	int64_t now_ms;            /* arrival: ingested_at of every row */
};

/* Asked once, after the body is known to be well-formed and before any event is looked at: may this
 * many events be charged to the key? Anything but ERR_OK ends the scan with that error. */
typedef enum err event_charge(void *ctx, size_t events);

enum event_pii_kind {
	EVENT_PII_EMAIL,
	EVENT_PII_CARD,
	EVENT_PII_SSN,
	EVENT_PII_PHONE,
	EVENT_PII_ADDRESS,
	EVENT_PII_KINDS
};

/* The codes of refused events; where several fit, the first of them speaks. */
extern const enum err event_reject_codes[EVENT_REJECT_CODES];
/* Name of a field by its number; NULL when there are fewer. */
const char *event_field_name(size_t field);

struct event_batch {
	struct buf events;   /* JSONEachRow lines of table events */
	struct buf tools;    /* JSONEachRow lines of table tool_registry */
	struct buf errors;   /* entries of the reply's "errors", comma-separated JSON objects */
	struct buf warnings; /* the same of "warnings" */
	size_t sent, accepted, rejected;
	size_t error_entries, warning_entries;   /* in errors and warnings */
	size_t errors_omitted, warnings_omitted; /* beyond EVENT_ENTRIES_MAX */
	size_t server_rows, widget_rows, tool_rows;
	size_t unknown_fields, truncated_fields;
	size_t redacted[EVENT_PII_KINDS];
	size_t rejected_by[EVENT_REJECT_CODES]; /* as event_reject_codes */
	size_t truncated[EVENT_FIELDS_MAX];     /* by field: cut or replaced by a marker */
	/* Memory of the scan, kept between requests. */
	struct buf scratch_spans, scratch_members, scratch_prefix, scratch_text, scratch_redacted,
	        scratch_row, scratch_issues;
};

/* rows_cap: most bytes of rows (a row is longer than its event by its tenant columns and, in the
 * worst case, by escapes: 2 × body cap + 1 KiB an event is enough). */
void event_batch_init(struct event_batch *b, size_t rows_cap);
void event_batch_release(struct event_batch *b);
/* Empties it and keeps the memory for the next request. */
void event_batch_clear(struct event_batch *b);

/* Reads body (the inflated request body) and fills *b. ERR_OK: look at accepted and rejected. Any
 * other code refuses the whole batch, and then b holds no rows: 2109 not JSON, 2100 no "events"
 * array, 2110 no events, 2115 too many, 2116 too deep, 2117 not UTF-8 outside the events, 2112 an
 * event of another trace than the token's, 2999 out of memory, or what charge said (charge may be
 * NULL). Contract of fields: docs/events.md. */
enum err event_scan(const char *body, size_t len, const struct event_limits *limits,
        const struct event_origin *origin, event_charge *charge, void *charge_ctx,
        struct event_batch *b) MUST_CHECK;

#endif
