/* SPDX-License-Identifier: MIT
 * Fields of a request: a route names them in one table, for a JSON body or, on GET, for the query;
 * a handler sees valid values only, and a bad request lists every bad field at once. */
#ifndef YAVIO_WEB_WEB_FIELD_H
#define YAVIO_WEB_WEB_FIELD_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"

enum {
	WEB_FIELDS_MAX = 16,        /* of one table */
	WEB_FAULTS_MAX = 24,        /* listed; the rest is only counted */
	WEB_FAULT_NAME_BYTES = 65,  /* of a field's name in details; a longer one is cut */
	WEB_JSON_DEPTH_MAX = 8,     /* of a body */
	WEB_SECRET_BYTES_MAX = 512, /* of a password */
	WEB_EMAIL_BYTES_MAX = 254,
	WEB_EMAIL_LOCAL_BYTES_MAX = 64,
	WEB_QUERY_VALUE_BYTES = 2048, /* of a query parameter, decoded */
};

struct request;

enum web_type {
	WEB_TEXT,   /* trimmed, min-max code points, no control or direction characters */
	WEB_SECRET, /* as sent: min-max code points, at most WEB_SECRET_BYTES_MAX */
	WEB_TOKEN,  /* trimmed, min-max characters of ASCII without blanks: a token or code */
	WEB_EMAIL,  /* trimmed, lower-cased; min and max are not used */
	WEB_UUID,   /* lower case */
	WEB_SLUG,   /* min-max of [a-z0-9-], neither end a hyphen */
	WEB_WORD,   /* one of words; integer is its index */
	WEB_INT,    /* min-max; in a query as decimal text */
	WEB_BOOL,   /* integer is 0 or 1; in a query true or false */
	WEB_TIME,   /* ISO-8601 with Z or an offset; integer is Unix milliseconds */
};

enum web_field_flag {
	WEB_OPTIONAL = 1 << 0,
	WEB_ONE_OF = 1 << 1, /* exactly one of the fields of the table that have this flag */
	WEB_ANY_OF = 1 << 2, /* at least one of those that have this flag */
	WEB_FUTURE = 1 << 3, /* a time after now */
	WEB_COMMAS = 1 << 4, /* a value of a list may hold several, parted by commas */
};

struct web_value {
	bool given;
	bool bad;         /* given, and not what the field takes: never seen by a handler */
	const char *text; /* of all types but INT, BOOL and TIME; lives as long as the request */
	int64_t integer;  /* INT, BOOL, TIME, WORD */
	size_t items;     /* of a list: how many; text is the first, see web_item */
};

/* A rule that no type knows: NULL when the value is good, else the problem's word. Called for a
 * given value that fits its type, after all fields were read. */
typedef const char *web_field_check(const struct request *req, const struct web_value *v);

struct web_field {
	const char *name;
	enum web_type type;
	int64_t min, max;
	unsigned flags;
	enum err code; /* what it answers when it is wrong and nothing else is; ERR_OK: the
	                  program's err_fields */
	const char *const *words; /* WEB_WORD: NULL-ended */
	web_field_check *check;   /* may be NULL; called once for a whole list */
	size_t items_max; /* of a query: may be given so many times, each value by the rules of its
	                     type, which is one of text; 0: once */
};

/* A table and its length; {NULL, 0} is the table of a request that takes no fields. */
struct web_fields {
	const struct web_field *list;
	size_t len;
	bool strict; /* a query may hold nothing else; a body never may */
};
#define WEB_FIELDS(table)                                                                          \
	{                                                                                          \
		.list = table, .len = ARRAY_LEN(table)                                             \
	}
#define WEB_STRICT_FIELDS(table)                                                                   \
	{                                                                                          \
		.list = table, .len = ARRAY_LEN(table), .strict = true                             \
	}

struct web_fault {
	char field[WEB_FAULT_NAME_BYTES];
	const char *problem; /* static: "too_long" */
	enum err code;
};
struct web_faults {
	struct web_fault list[WEB_FAULTS_MAX];
	size_t len;
};

/* Values by their place in the route's table. */
bool web_given(const struct request *req, size_t field);
/* NULL when not given. */
const char *web_text(const struct request *req, size_t field);
int64_t web_int(const struct request *req, size_t field, int64_t otherwise);
/* How many values of a list were given, and one of them. */
size_t web_items(const struct request *req, size_t field);
const char *web_item(const struct request *req, size_t field, size_t i);
/* Whether every value of a list begins with one of first and has nothing but rest. */
bool web_items_are(const struct web_value *v, const char *first, const char *rest);
static inline bool web_bool(const struct request *req, size_t field, bool otherwise)
{
	return web_int(req, field, otherwise) != 0;
}

/* For what a handler finds wrong with a field by itself: lists it in details and returns the code
 * to answer. */
enum err web_refuse_field(struct request *req, size_t field, const char *problem) MUST_CHECK;

/* The same rules for values from elsewhere (a provider's answer, the CLI). NULL: good, with the
 * value in out as a field would have it; else the problem's word. out has WEB_EMAIL_BYTES_MAX + 1.
 */
const char *web_email_problem(const char *text, char *out) MUST_CHECK;
/* As WEB_TEXT of 1 to max code points. */
const char *web_name_problem(const char *text, size_t max, char *out, size_t out_size) MUST_CHECK;

/* ---- lists ---------------------------------------------------------------------------------- */

/* Every list takes these, first in its table; what it filters by follows from WEB_LIST_LEN on. */
enum { WEB_PAGE, WEB_PAGE_SIZE, WEB_SORT, WEB_ORDER, WEB_LIST_LEN };
enum { WEB_PAGE_SIZE_DEFAULT = 25, WEB_PAGE_SIZE_MAX = 100, WEB_PAGE_MAX = 1000000 };
extern const char *const web_order_words[]; /* "asc", "desc" */

/* sort_words: what it may be sorted by; the first is what it is sorted by unless asked. */
#define WEB_LIST_FIELDS(sort_words)                                                                \
	[WEB_PAGE] = {.name = "page",                                                              \
	        .type = WEB_INT,                                                                   \
	        .min = 1,                                                                          \
	        .max = WEB_PAGE_MAX,                                                               \
	        .flags = WEB_OPTIONAL,                                                             \
	        .code = ERR_DASH_INVALID_PAGINATION},                                              \
	[WEB_PAGE_SIZE] = {.name = "pageSize",                                                     \
	        .type = WEB_INT,                                                                   \
	        .min = 1,                                                                          \
	        .max = WEB_PAGE_SIZE_MAX,                                                          \
	        .flags = WEB_OPTIONAL,                                                             \
	        .code = ERR_DASH_INVALID_PAGINATION},                                              \
	[WEB_SORT] = {.name = "sort",                                                              \
	        .type = WEB_WORD,                                                                  \
	        .flags = WEB_OPTIONAL,                                                             \
	        .code = ERR_DASH_INVALID_SORT_PARAMETER,                                           \
	        .words = sort_words},                                                              \
	[WEB_ORDER] = {.name = "order",                                                            \
	        .type = WEB_WORD,                                                                  \
	        .flags = WEB_OPTIONAL,                                                             \
	        .code = ERR_DASH_INVALID_SORT_PARAMETER,                                           \
	        .words = web_order_words}

/* What of a list is asked for. */
struct web_page {
	int64_t number, size, offset;
	size_t sort;     /* index of sort_words */
	bool descending; /* asked for, or descending_first when not */
};
void web_page(const struct request *req, bool descending_first, struct web_page *out);

#endif
