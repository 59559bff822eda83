/* SPDX-License-Identifier: MIT
 * JSON trees: the only user of jansson. Getters are strict; a writer makes text without
 * a tree. Ingest has its own scanner (event/event.h). */
#ifndef YAVIO_JSON_JSON_H
#define YAVIO_JSON_JSON_H

#include "base/base.h"
#include "base/buf.h"

enum { JSON_DEPTH_MAX = 512, JSON_FAULT_KEY_BYTES = 65 };

/* A parsed document; opaque. Values inside live as long as it does. */
struct json_doc;
/* A value in a document: NULL stands for "absent" and is accepted by every getter. */
typedef const struct json_value json_value;

struct json_fault {
	const char *problem; /* static: "not_json", "duplicate_key", "too_deep", "out_of_memory" */
	size_t offset;       /* of a syntax error in bytes, else 0 */
	char key[JSON_FAULT_KEY_BYTES]; /* of duplicate_key, as written, cut; else "" */
};

/* Parses exactly one value in len bytes: RFC 8259, duplicate keys and anything behind it refused,
 * depth ≤ depth_max. false: *fault (may be NULL) tells why. Caller frees with json_free. */
bool json_parse(const char *text, size_t len, size_t depth_max, struct json_doc **out,
        struct json_fault *fault) MUST_CHECK;
void json_free(struct json_doc *doc);
json_value *json_root(const struct json_doc *doc);

/* Member of an object; NULL when absent, or v is NULL or no object. */
json_value *json_get(json_value *v, const char *key);
/* Element of an array; NULL when out of range or no array. */
json_value *json_at(json_value *v, size_t index);
size_t json_len(json_value *v); /* elements of an array or object, else 0 */

enum json_kind {
	JSON_KIND_ABSENT,
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_INT, /* written without fraction and exponent, and fits int64 */
	JSON_KIND_NUM,
	JSON_KIND_STR,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};
enum json_kind json_kind(json_value *v);

/* Typed values; false (and *out untouched) for absent or another type. A string's text is UTF-8
 * without U+0000. */
bool json_str(json_value *v, const char **out) MUST_CHECK;
bool json_int(json_value *v, int64_t *out) MUST_CHECK;
bool json_num(json_value *v, double *out) MUST_CHECK;
bool json_bool(json_value *v, bool *out) MUST_CHECK;

/* Calls each member of an object in document order until visit returns false. */
void json_each(
        json_value *v, bool (*visit)(const char *key, json_value *member, void *ctx), void *ctx);

/* The value as compact text, appended to out. */
bool json_dump(json_value *v, struct buf *out);

/* Writer: nested objects and arrays straight into a buffer, commas by itself. A failure stays in
 * buf->failed. */
struct json_writer {
	struct buf *out;
	uint64_t has_member; /* bit n: the container at depth n already has one */
	unsigned depth;
};
void json_write_init(struct json_writer *w, struct buf *out);
/* key: member name inside an object; NULL inside an array or at the top. */
void json_write_object(struct json_writer *w, const char *key);
void json_write_array(struct json_writer *w, const char *key);
void json_write_end_object(struct json_writer *w);
void json_write_end_array(struct json_writer *w);
void json_write_str(
        struct json_writer *w, const char *key, const char *value); /* NULL value: null */
void json_write_int(struct json_writer *w, const char *key, int64_t value);
void json_write_num(struct json_writer *w, const char *key, double value); /* not finite: null */
void json_write_bool(struct json_writer *w, const char *key, bool value);
void json_write_null(struct json_writer *w, const char *key);
/* text must already be JSON. */
void json_write_raw(struct json_writer *w, const char *key, const char *text);

#endif
