/* SPDX-License-Identifier: MIT
 * Which lines repeat, and how often. */
#include <pthread.h>
#include <unistd.h>

#include "base/str.h"
#include "base/log_repeat.h"

struct kind {
	uint64_t key; /* 0: free */
	int64_t since_ms;
	struct log_repeat line; /* its count: hidden since then */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kind kinds[LOG_REPEAT_KINDS];
static pid_t owner; /* what a parent has hidden its child does not tell again */

static uint64_t hash(uint64_t seed, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		seed = (seed ^ p[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	return seed;
}

static bool says_what(const struct log_field *field)
{
	static const char *const names[] = {"name", "cause", "path", "route"};

	if (field->type != LOG_FIELD_STR || field->value.str == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(field->key, names[i]) == 0)
			return true;
	return false;
}

static uint64_t key_of(
        enum log_level level, enum err e, const char *msg, const struct log_field *fields)
{
	const int numbers[] = {(int)level, (int)e};
	uint64_t key = hash(UINT64_C(0xcbf29ce484222325), numbers, sizeof(numbers));

	key = hash(key, msg, strlen(msg) + 1);
	for (; fields != NULL && fields->key != NULL; fields++)
		if (says_what(fields))
			key = hash(key, fields->value.str, strlen(fields->value.str) + 1);
	return key != 0 ? key : 1;
}

/* Its slot, else one that is free or has had its time, else NULL. */
static struct kind *find(uint64_t key, int64_t now_ms)
{
	struct kind *room = NULL;

	for (size_t i = 0; i < LOG_REPEAT_KINDS; i++) {
		struct kind *k = &kinds[i];

		if (k->key == key)
			return k;
		if (k->key == 0 || (k->line.count == 0 && now_ms - k->since_ms >= LOG_REPEAT_MS))
			room = k;
	}
	return room;
}

static void lock_kinds(void)
{
	pthread_mutex_lock(&lock);
	if (owner != getpid()) {
		memset(kinds, 0, sizeof(kinds));
		owner = getpid();
	}
}

void log_repeat_forget(void)
{
	pthread_mutex_lock(&lock);
	memset(kinds, 0, sizeof(kinds));
	pthread_mutex_unlock(&lock);
}

bool log_repeat_hides(enum log_level level, enum err e, const char *msg,
        const struct log_field *fields, int64_t now_ms)
{
	uint64_t key = key_of(level, e, msg, fields);
	bool hides = false;
	struct kind *k;

	lock_kinds();
	k = find(key, now_ms);
	if (k != NULL && k->key == key &&
	        (k->line.count > 0 || now_ms - k->since_ms < LOG_REPEAT_MS)) {
		k->line.count++;
		hides = true;
	} else if (k != NULL) {
		*k = (struct kind){
		        .key = key, .since_ms = now_ms, .line = {.level = level, .err = e}};
		str_copy(k->line.msg, sizeof(k->line.msg), msg);
	}
	pthread_mutex_unlock(&lock);
	return hides;
}

bool log_repeat_next(struct log_repeat *out, int64_t now_ms, bool all)
{
	bool found = false;

	lock_kinds();
	for (size_t i = 0; i < LOG_REPEAT_KINDS && !found; i++) {
		struct kind *k = &kinds[i];

		if (k->line.count == 0 || (!all && now_ms - k->since_ms < LOG_REPEAT_MS))
			continue;
		*out = k->line;
		k->line.count = 0;
		k->since_ms = now_ms;
		found = true;
	}
	pthread_mutex_unlock(&lock);
	return found;
}
