/* SPDX-License-Identifier: MIT
 * The option table, its aliases, and searching by name. */
#include "base/str.h"
#include "conf/conf_internal.h"

#define SECRET    CONF_FLAG_SECRET
#define REQUIRED  CONF_FLAG_REQUIRED
#define GENERATED CONF_FLAG_GENERATED
#define AUTO      CONF_FLAG_AUTO
#define DERIVED   CONF_FLAG_DERIVED
#define PLANNED   CONF_FLAG_PLANNED

static const struct conf_option OPTIONS[CONF_ID_COUNT] = {
#define CONF_OPTION(name, type, min, max, fallback, flags, programs, extra, help)                  \
	{#name, CONF_TYPE_##type, min, max, fallback, flags, programs, extra, help},
#include "conf/options.def"
};

static const struct {
	const char *name;
	enum conf_id id;
} ALIASES[] = {
#define CONF_ALIAS(alias, name) {#alias, CONF_##name},
#include "conf/options.def"
};

static const struct {
	const char *name;
	const char *instead;
} FOREIGN[] = {
#define CONF_FOREIGN(name, instead) {#name, instead},
#include "conf/options.def"
};

static const char *const INTERNAL[] = {
#define CONF_INTERNAL(name, help) #name,
#include "conf/options.def"
};

#undef SECRET
#undef REQUIRED
#undef GENERATED
#undef AUTO
#undef DERIVED
#undef PLANNED

enum { NAME_BYTES_MAX = 64, NEAR_DISTANCE_MAX = 4 };

const struct conf_option *conf_option(enum conf_id id)
{
	return &OPTIONS[id];
}

bool conf_option_find(const char *name, enum conf_id *id)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		if (strcmp(OPTIONS[i].name, name) == 0) {
			*id = (enum conf_id)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(ALIASES); i++) {
		if (strcmp(ALIASES[i].name, name) == 0) {
			*id = ALIASES[i].id;
			return true;
		}
	}
	return false;
}

bool conf_option_visible(enum conf_id id, enum conf_program program)
{
	return program == CONF_ALL || strchr(OPTIONS[id].programs, (char)program) != NULL;
}

bool conf_option_secret(enum conf_id id)
{
	return (OPTIONS[id].flags & CONF_FLAG_SECRET) != 0;
}

bool conf_alias_at(size_t i, const char **name, enum conf_id *id)
{
	if (i >= ARRAY_LEN(ALIASES))
		return false;
	*name = ALIASES[i].name;
	*id = ALIASES[i].id;
	return true;
}

const char *conf_foreign(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(FOREIGN); i++) {
		if (strcmp(FOREIGN[i].name, name) == 0)
			return FOREIGN[i].instead;
	}
	return NULL;
}

bool conf_internal_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(INTERNAL); i++) {
		if (strcmp(INTERNAL[i], name) == 0)
			return true;
	}
	return false;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to insert, delete or change to make b of a. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NAME_BYTES_MAX + 1];
	size_t b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
			        diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *conf_nearest(const char *name)
{
	size_t best = NEAR_DISTANCE_MAX + 1;
	const char *nearest = NULL;

	if (strlen(name) > NAME_BYTES_MAX)
		return NULL;
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		size_t distance = edit_distance(name, OPTIONS[i].name);

		if (distance < best) {
			best = distance;
			nearest = OPTIONS[i].name;
		}
	}
	return nearest;
}
