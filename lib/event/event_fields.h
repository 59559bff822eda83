/* SPDX-License-Identifier: MIT
 * The tables of the wire contract: every field with its rule, every event type with its own fields.
 * Internal to lib/event. */
#ifndef YAVIO_EVENT_EVENT_FIELDS_H
#define YAVIO_EVENT_EVENT_FIELDS_H

#include "base/base.h"
#include "base/errors.h"

/* How a value is checked and written. */
enum event_rule {
	EVENT_RULE_UUID,
	EVENT_RULE_TYPE,      /* event_type: ^[a-z][a-z0-9_]{0,63}$ */
	EVENT_RULE_TIMESTAMP, /* RFC 3339 */
	EVENT_RULE_ENUM,      /* one of words */
	EVENT_RULE_ID,        /* string of at most max code points, no U+0000 */
	EVENT_RULE_TEXT,      /* string, cut to max bytes */
	EVENT_RULE_LONG_TEXT, /* string, cut to max bytes with a marker at its end */
	EVENT_RULE_LETTERS,   /* exactly max ASCII letters, upper-cased */
	EVENT_RULE_CHARS,     /* string of at most max code points */
	EVENT_RULE_WORD,      /* ^[a-z0-9_]{1,max}$ */
	EVENT_RULE_NUMBER,    /* finite, 0..max */
	EVENT_RULE_INT,       /* integral, 0..max */
	EVENT_RULE_FLAG,      /* 0, 1, true, false */
	EVENT_RULE_MONEY,     /* Decimal(18,4) */
	EVENT_RULE_OBJECT,    /* JSON object of at most max bytes */
};

enum event_breach { EVENT_REJECT, EVENT_TRUNCATE, EVENT_DROP };

enum event_field {
#define EVENT_FIELD(id, ...) EVENT_F_##id,
#include "event/event_fields.def"
#undef EVENT_FIELD
	EVENT_FIELD_COUNT
};

struct event_field_rule {
	const char *name;   /* on the wire; also the column */
	const char *column; /* as it stands in a row: ,"name": */
	size_t column_len;
	enum event_rule rule;
	double max;
	enum event_breach breach;
	enum err code; /* on breach */
	bool required;
	bool scanned;      /* redacted (payloads always are) */
	const char *words; /* EVENT_RULE_ENUM: "|success|error|" */
};
extern const struct event_field_rule event_fields[EVENT_FIELD_COUNT];

/* EVENT_FIELD_COUNT when the name is unknown. */
enum event_field event_field_find(const char *name, size_t len);

/* A metadata key whose value goes into a column when the event leaves that field out. */
struct event_promotion {
	const char *key; /* NULL ends the list */
	enum event_field to;
};
enum { EVENT_PROMOTIONS_MAX = 6 };

struct event_type_rule {
	const char *name;
	size_t name_len;
	bool widget;     /* a widget token may send it */
	uint64_t fields; /* bit n: EVENT_FIELD n belongs to the type (base fields included) */
	struct event_promotion promotions[EVENT_PROMOTIONS_MAX];
};
/* Never NULL: a type that is not in the table gets the rule of unknown types, whose name is NULL.
 */
const struct event_type_rule *event_type_find(const char *name, size_t len);

#endif
