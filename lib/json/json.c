/* SPDX-License-Identifier: MIT
 * Trees over jansson. A json_value is a json_t under another name, so that no other file needs
 * jansson's header. */
#include <jansson.h>
#include <stdlib.h>

#include "base/str.h"
#include "json/json.h"

struct json_doc {
	json_t *root;
};

static json_value *wrap(const json_t *v)
{
	return (json_value *)v;
}

static const json_t *unwrap(json_value *v)
{
	return (const json_t *)v;
}

static bool deeper_than(const json_t *v, size_t limit)
{
	const char *key;
	json_t *member;
	size_t i;

	if (!json_is_object(v) && !json_is_array(v))
		return false;
	if (limit == 0)
		return true;
	/* Each loop runs for its own type only. */
	json_array_foreach((json_t *)v, i, member)
	{
		if (deeper_than(member, limit - 1))
			return true;
	}
	json_object_foreach((json_t *)v, key, member)
	{
		if (deeper_than(member, limit - 1))
			return true;
	}
	return false;
}

static void fault_set(struct json_fault *fault, const char *problem, size_t offset)
{
	if (fault == NULL)
		return;
	fault->problem = problem;
	fault->offset = offset;
	fault->key[0] = '\0';
}

/* jansson tells the key in its message only: duplicate object key near '"name"'. */
static void fault_set_key(struct json_fault *fault, const char *message)
{
	const char *start = strstr(message, "near '\"");

	if (fault == NULL || start == NULL)
		return;
	start += strlen("near '\"");
	str_copy(fault->key, sizeof(fault->key), start);
	fault->key[strcspn(fault->key, "\"")] = '\0';
}

bool json_parse(const char *text, size_t len, size_t depth_max, struct json_doc **out,
        struct json_fault *fault)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	*out = NULL;
	if (root == NULL) {
		fault_set(fault,
		        json_error_code(&error) == json_error_duplicate_key ? "duplicate_key"
		                                                            : "not_json",
		        error.position > 0 ? (size_t)error.position : 0);
		if (json_error_code(&error) == json_error_duplicate_key)
			fault_set_key(fault, error.text);
		return false;
	}
	if (deeper_than(root, depth_max)) {
		json_decref(root);
		fault_set(fault, "too_deep", 0);
		return false;
	}
	*out = malloc(sizeof(**out));
	if (*out == NULL) {
		json_decref(root);
		fault_set(fault, "out_of_memory", 0);
		return false;
	}
	(*out)->root = root;
	return true;
}

void json_free(struct json_doc *doc)
{
	if (doc == NULL)
		return;
	json_decref(doc->root);
	free(doc);
}

json_value *json_root(const struct json_doc *doc)
{
	return wrap(doc->root);
}

json_value *json_get(json_value *v, const char *key)
{
	return wrap(json_object_get(unwrap(v), key));
}

json_value *json_at(json_value *v, size_t index)
{
	return wrap(json_array_get(unwrap(v), index));
}

size_t json_len(json_value *v)
{
	/* Each gives 0 for a value that is not its own. */
	return json_array_size(unwrap(v)) + json_object_size(unwrap(v));
}

enum json_kind json_kind(json_value *v)
{
	static const enum json_kind kinds[] = {
	        [JSON_OBJECT] = JSON_KIND_OBJECT,
	        [JSON_ARRAY] = JSON_KIND_ARRAY,
	        [JSON_STRING] = JSON_KIND_STR,
	        [JSON_INTEGER] = JSON_KIND_INT,
	        [JSON_REAL] = JSON_KIND_NUM,
	        [JSON_TRUE] = JSON_KIND_BOOL,
	        [JSON_FALSE] = JSON_KIND_BOOL,
	        [JSON_NULL] = JSON_KIND_NULL,
	};

	return v == NULL ? JSON_KIND_ABSENT : kinds[json_typeof(unwrap(v))];
}

bool json_str(json_value *v, const char **out)
{
	const char *text = json_string_value(unwrap(v));

	if (text == NULL)
		return false;
	*out = text;
	return true;
}

bool json_int(json_value *v, int64_t *out)
{
	if (!json_is_integer(unwrap(v)))
		return false;
	*out = json_integer_value(unwrap(v));
	return true;
}

bool json_num(json_value *v, double *out)
{
	if (!json_is_number(unwrap(v)))
		return false;
	*out = json_number_value(unwrap(v));
	return true;
}

bool json_bool(json_value *v, bool *out)
{
	if (!json_is_boolean(unwrap(v)))
		return false;
	*out = json_is_true(unwrap(v));
	return true;
}

void json_each(
        json_value *v, bool (*visit)(const char *key, json_value *member, void *ctx), void *ctx)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)unwrap(v), key, member)
	{
		if (!visit(key, wrap(member), ctx))
			return;
	}
}

static int dump_to_buf(const char *bytes, size_t len, void *ctx)
{
	return buf_add(ctx, bytes, len) ? 0 : -1;
}

bool json_dump(json_value *v, struct buf *out)
{
	return v != NULL && json_dump_callback(unwrap(v), dump_to_buf, out,
	                            JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) == 0;
}
