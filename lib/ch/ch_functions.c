/* SPDX-License-Identifier: MIT
 * Look-up in the functions of clickhouse/functions.allow. */
#include <strings.h>

#include "ch/ch_internal.h"

struct function {
	const char *name;
	enum ch_function_kind kind;
	bool any_case;
};

static const struct function functions[] = {
#include "ch_functions.inc"
};

/* Combinators of aggregate functions; each leaves a pure function pure. */
static const char *const combinators[] = {
        "If", "Array", "Map", "Distinct", "OrDefault", "OrNull", "ForEach", "ArgMin", "ArgMax"};

enum { FUNCTION_NAME_BYTES_MAX = 128, COMBINATORS_MAX = 3 };

static int compare(const char *name, size_t len, const char *entry)
{
	int order = strncasecmp(name, entry, len);

	return order != 0 ? order : entry[len] == '\0' ? 0 : -1;
}

/* The list is sorted without regard to case, so names that differ in case only are neighbours. */
static const struct function *find(const char *name, size_t len)
{
	size_t low = 0, high = ARRAY_LEN(functions);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(name, len, functions[mid].name) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < ARRAY_LEN(functions) && compare(name, len, functions[low].name) == 0; low++)
		if (functions[low].any_case || memcmp(name, functions[low].name, len) == 0)
			return &functions[low];
	return NULL;
}

enum ch_function_kind ch_function_find(const char *name, size_t len)
{
	const struct function *f;

	if (len == 0 || len > FUNCTION_NAME_BYTES_MAX || memchr(name, '\0', len))
		return CH_FUNCTION_NONE;
	f = find(name, len);
	if (f)
		return f->kind;
	for (size_t stripped = 0; stripped < COMBINATORS_MAX; stripped++) {
		size_t i;

		for (i = 0; i < ARRAY_LEN(combinators); i++) {
			size_t suffix = strlen(combinators[i]);

			if (len > suffix &&
			        memcmp(name + len - suffix, combinators[i], suffix) == 0) {
				len -= suffix;
				break;
			}
		}
		if (i == ARRAY_LEN(combinators))
			return CH_FUNCTION_NONE;
		f = find(name, len);
		if (f && f->kind == CH_FUNCTION_AGGREGATE)
			return f->kind;
	}
	return CH_FUNCTION_NONE;
}
