/* SPDX-License-Identifier: MIT
 * The set of ids that were passed on. */
#include <stdlib.h>

#include "fcgi/live/seen.h"

enum { SIZE_MIN = 256 };

/* Ids are random (version 4) or hashes (version 5): their bytes need no hashing. */
static size_t place_of(const struct live_seen *s, const uint8_t *id)
{
	uint64_t bits;

	memcpy(&bits, id + LIVE_ID_BYTES - sizeof(bits), sizeof(bits));
	return (size_t)(bits ^ bits >> 32) & (s->size - 1);
}

/* The entry of id, or the free one where it would be. The table is never full. */
static struct live_position *find(const struct live_seen *s, const uint8_t *id)
{
	size_t i = place_of(s, id);

	while (s->table[i].stored_ms != 0 && memcmp(s->table[i].id, id, LIVE_ID_BYTES) != 0)
		i = (i + 1) & (s->size - 1);
	return &s->table[i];
}

/* A table of another size, with what the store got at before_ms or later. */
static bool rebuild(struct live_seen *s, size_t size, int64_t before_ms)
{
	struct live_seen fresh = {.table = calloc(size, sizeof(*fresh.table)), .size = size};

	if (fresh.table == NULL)
		return false;
	for (size_t i = 0; i < s->size; i++) {
		const struct live_position *p = &s->table[i];

		if (p->stored_ms == 0 || p->stored_ms < before_ms)
			continue;
		*find(&fresh, p->id) = *p;
		fresh.used++;
	}
	free(s->table);
	*s = fresh;
	return true;
}

static size_t size_for(size_t used)
{
	size_t size = SIZE_MIN;

	while (size < 2 * used + 2)
		size *= 2;
	return size;
}

void live_seen_release(struct live_seen *s)
{
	free(s->table);
	*s = (struct live_seen){.table = NULL};
}

bool live_seen_has(const struct live_seen *s, const uint8_t id[LIVE_ID_BYTES])
{
	return s->size > 0 && find(s, id)->stored_ms != 0;
}

bool live_seen_add(struct live_seen *s, const struct live_position *p)
{
	struct live_position *at;

	if (s->size < size_for(s->used + 1) && !rebuild(s, size_for(s->used + 1), INT64_MIN))
		return !live_seen_has(s, p->id);
	at = find(s, p->id);
	if (at->stored_ms != 0)
		return false;
	if (s->used < LIVE_SEEN_MAX) {
		*at = *p;
		at->stored_ms += at->stored_ms == 0; /* 0 means free */
		s->used++;
	}
	return true;
}

void live_seen_expire(struct live_seen *s, int64_t before_ms)
{
	size_t stay = 0;

	for (size_t i = 0; i < s->size; i++)
		stay += s->table[i].stored_ms != 0 && s->table[i].stored_ms >= before_ms;
	/* Rebuilding costs as much as looking: only when it brings something. */
	if (stay < s->used && (s->used > LIVE_SEEN_MAX / 2 || stay < s->used / 2))
		(void)rebuild(s, size_for(stay), before_ms);
}
