/* SPDX-License-Identifier: MIT
 * The key cache. An entry is stored under the hash of the key, never under the key. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shm/shm_cache.h"
#include "fcgi/ingest/keys.h"

_Static_assert((int)STORE_KEY_HASH_BYTES == (int)SHM_CACHE_KEY_BYTES, "a hash is a cache key");

/* A key whose last use is to be written; a slot goes from free to being filled to full. */
struct touch {
	_Atomic int state;
	char key_id[ID_UUID_BYTES];
};
enum { TOUCH_FREE, TOUCH_FILLING, TOUCH_FULL };

/* What all processes see. */
struct shared {
	/* Raised before anything is forgotten: a look-up that began earlier must not bring it back.
	 */
	_Atomic uint64_t generation;
	/* Raised when messages may have been lost: entries of an older epoch have to be looked up,
	 * and serve on only while PostgreSQL is away. */
	_Atomic uint64_t epoch;
	_Atomic int64_t away_until_ms; /* PostgreSQL is not asked before */
	_Atomic int64_t last_known_ms; /* when a key was last looked up with success */
	_Atomic int64_t stale_logged_ms;
	_Atomic uint64_t touches;
	struct touch touch[INGEST_KEYS_TOUCH_QUEUE];
};

struct ingest_keys {
	struct shm_cache *known, *refused;
	struct shared *shared;
};

struct known {
	struct store_key key;
	int64_t looked_up_ms, touched_ms;
	uint64_t epoch;
};

struct refused {
	int64_t at_ms;
	uint64_t epoch;
};
_Static_assert(sizeof(struct known) <= SHM_CACHE_VALUE_BYTES_MAX, "fits a record");

enum err ingest_keys_open(struct ingest_keys **out)
{
	struct ingest_keys *keys = calloc(1, sizeof(*keys));
	enum err e = ERR_DB_SHM_CREATE_FAILED;

	*out = NULL;
	if (keys == NULL)
		return e;
	keys->shared = mmap(NULL, sizeof(*keys->shared), PROT_READ | PROT_WRITE,
	        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (keys->shared == MAP_FAILED) {
		free(keys);
		return e;
	}
	e = shm_cache_open(NULL, INGEST_KEYS_KNOWN_MAX, sizeof(struct known), &keys->known);
	if (e == ERR_OK)
		e = shm_cache_open(
		        NULL, INGEST_KEYS_REFUSED_MAX, sizeof(struct refused), &keys->refused);
	if (e != ERR_OK) {
		ingest_keys_close(keys);
		return e;
	}
	*out = keys;
	return ERR_OK;
}

void ingest_keys_close(struct ingest_keys *keys)
{
	if (keys == NULL)
		return;
	shm_cache_close(keys->known);
	shm_cache_close(keys->refused);
	munmap(keys->shared, sizeof(*keys->shared));
	free(keys);
}

/* The entry under any of the secrets' hashes. */
static bool find_known(struct ingest_keys *keys, const struct store_secrets *secrets,
        const char *text, struct known *found)
{
	uint8_t hash[STORE_KEY_HASH_BYTES];

	for (size_t i = 0; i < secrets->len; i++) {
		if (store_key_hash(&secrets->list[i], text, hash) == ERR_OK &&
		        shm_cache_get(keys->known, hash, found))
			return true;
	}
	return false;
}

static void set_touched(void *value, bool fresh, void *ctx)
{
	struct known *entry = value;

	if (!fresh)
		entry->touched_ms = *(const int64_t *)ctx;
}

/* A full queue loses a touch, and nothing else. */
static void queue_touch(struct shared *s, const char *key_id)
{
	uint64_t i = atomic_fetch_add(&s->touches, 1) % INGEST_KEYS_TOUCH_QUEUE;
	int was_free = TOUCH_FREE;

	if (!atomic_compare_exchange_strong(&s->touch[i].state, &was_free, TOUCH_FILLING))
		return;
	(void)str_copy(s->touch[i].key_id, sizeof(s->touch[i].key_id), key_id);
	atomic_store(&s->touch[i].state, TOUCH_FULL);
}

size_t ingest_keys_take_touched(struct ingest_keys *keys, char ids[][ID_UUID_BYTES], size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < INGEST_KEYS_TOUCH_QUEUE && n < max; i++) {
		struct touch *t = &keys->shared->touch[i];

		if (atomic_load(&t->state) != TOUCH_FULL)
			continue;
		memcpy(ids[n++], t->key_id, ID_UUID_BYTES);
		atomic_store(&t->state, TOUCH_FREE);
	}
	return n;
}

bool ingest_keys_usable(
        struct ingest_keys *keys, const struct ingest_key_policy *policy, int64_t now_ms)
{
	int64_t last = atomic_load(&keys->shared->last_known_ms);

	return last != 0 && now_ms - last < policy->stale_ms;
}

/* Judges an entry; the first to find its last use old has it written. */
static enum err answer(struct ingest_keys *keys, const struct known *entry, int64_t now_ms,
        struct ingest_key_answer *out)
{
	enum err e = store_key_check(&entry->key, now_ms);

	out->key = entry->key;
	if (e == ERR_OK && now_ms - entry->touched_ms >= INGEST_KEYS_TOUCH_MS) {
		shm_cache_update(keys->known, entry->key.hash, set_touched, &now_ms, NULL);
		queue_touch(keys->shared, entry->key.key_id);
	}
	return e;
}

static bool is_refused(struct ingest_keys *keys, const struct store_secrets *secrets,
        const char *text, int64_t now_ms)
{
	uint8_t hash[STORE_KEY_HASH_BYTES];
	struct refused r;

	return store_key_hash(&secrets->list[0], text, hash) == ERR_OK &&
	       shm_cache_get(keys->refused, hash, &r) &&
	       r.epoch == atomic_load(&keys->shared->epoch) &&
	       now_ms - r.at_ms < INGEST_KEYS_REFUSED_MS;
}

enum err ingest_keys_cached(struct ingest_keys *keys, const struct store_secrets *secrets,
        const struct ingest_key_policy *policy, const char *text, int64_t now_ms,
        struct ingest_key_answer *out)
{
	struct known entry;

	*out = (struct ingest_key_answer){.source = INGEST_KEY_CACHED};
	if (!store_key_is_wellformed(text))
		return ERR_INGEST_INVALID_API_KEY;
	out->known = find_known(keys, secrets, text, &entry);
	if (out->known && entry.epoch == atomic_load(&keys->shared->epoch) &&
	        now_ms - entry.looked_up_ms < policy->fresh_ms)
		return answer(keys, &entry, now_ms, out);
	if (is_refused(keys, secrets, text, now_ms))
		return ERR_INGEST_INVALID_API_KEY;
	return ERR_INGEST_API_KEY_CACHE_MISS;
}

/* What was looked up is stored first and the generation compared afterwards: whoever forgets raises
 * it first and drops then, so one of the two always drops an entry that is out of date. */
static void remember(struct ingest_keys *keys, struct shm_cache *table, const uint8_t *hash,
        const void *entry, uint64_t generation)
{
	shm_cache_put(table, hash, entry);
	if (atomic_load(&keys->shared->generation) != generation)
		shm_cache_drop(table, hash);
}

static void remember_refused(struct ingest_keys *keys, const struct store_secrets *secrets,
        const char *text, const struct refused *r, uint64_t generation)
{
	uint8_t hash[STORE_KEY_HASH_BYTES];

	for (size_t i = secrets->len; i-- > 0;) {
		if (store_key_hash(&secrets->list[i], text, hash) == ERR_OK)
			shm_cache_drop(keys->known, hash);
	}
	if (secrets->len > 0) /* hash is the first secret's now */
		remember(keys, keys->refused, hash, r, generation);
}

static void log_stale(struct shared *s, int64_t now_ms)
{
	int64_t before = atomic_load(&s->stale_logged_ms);

	if ((before == 0 || now_ms - before >= INGEST_KEYS_STALE_LOG_MS) &&
	        atomic_compare_exchange_strong(&s->stale_logged_ms, &before, now_ms))
		log_warn(
		        ERR_INGEST_STALE_KEY_SERVED, "PostgreSQL is away, keys last seen serve on");
}

/* PostgreSQL is away: what was known lately stays good. */
static enum err answer_stale(struct ingest_keys *keys, const struct store_secrets *secrets,
        const struct ingest_key_policy *policy, const char *text, int64_t now_ms,
        struct ingest_key_answer *out)
{
	struct known entry;

	if (!find_known(keys, secrets, text, &entry) ||
	        now_ms - entry.looked_up_ms >= policy->stale_ms)
		return ERR_INGEST_POSTGRESQL_UNAVAILABLE;
	out->source = INGEST_KEY_STALE;
	log_stale(keys->shared, now_ms);
	return answer(keys, &entry, now_ms, out);
}

/* PostgreSQL was asked a moment ago and did not answer: that holds for every worker. */
static bool is_away(struct shared *s, int64_t now_ms)
{
	int64_t until = atomic_load(&s->away_until_ms);

	return now_ms < until && until - now_ms <= INGEST_KEYS_AWAY_MS;
}

enum err ingest_keys_resolve(struct ingest_keys *keys, struct pg *pg,
        const struct store_secrets *secrets, const struct ingest_key_policy *policy,
        const char *text, int64_t now_ms, struct ingest_key_answer *out)
{
	struct shared *shared = keys->shared;
	enum err e = ingest_keys_cached(keys, secrets, policy, text, now_ms, out);
	uint64_t generation = atomic_load(&shared->generation);
	struct known entry = {.looked_up_ms = now_ms, .epoch = atomic_load(&shared->epoch)};
	struct refused refused = {.at_ms = now_ms, .epoch = entry.epoch};

	if (e != ERR_INGEST_API_KEY_CACHE_MISS)
		return e;
	if (is_away(shared, now_ms))
		return answer_stale(keys, secrets, policy, text, now_ms, out);
	e = store_key_lookup(pg, secrets, text, &entry.key);
	if (e == ERR_INGEST_POSTGRESQL_UNAVAILABLE) {
		atomic_store(&shared->away_until_ms, clock_wall_ms() + INGEST_KEYS_AWAY_MS);
		return answer_stale(keys, secrets, policy, text, now_ms, out);
	}
	out->source = INGEST_KEY_LOOKED_UP;
	if (e == ERR_INGEST_INVALID_API_KEY) {
		remember_refused(keys, secrets, text, &refused, generation);
		return e;
	}
	atomic_store(&shared->last_known_ms, now_ms);
	remember(keys, keys->known, entry.key.hash, &entry, generation);
	return answer(keys, &entry, now_ms, out);
}

/* Neither fresh nor good while PostgreSQL is away. */
static void set_outdated(void *value, bool fresh, void *ctx)
{
	struct known *entry = value;

	(void)fresh;
	(void)ctx;
	entry->looked_up_ms = 0;
}

void ingest_keys_forget(struct ingest_keys *keys, const char *hash_hex)
{
	uint8_t hash[STORE_KEY_HASH_BYTES];
	struct known entry;

	if (!str_unhex(hash_hex, hash, sizeof(hash))) {
		ingest_keys_forget_all(keys);
		return;
	}
	atomic_fetch_add(&keys->shared->generation, 1);
	/* The record stays: that it was a key spares its owner the limit on guesses. */
	if (shm_cache_get(keys->known, hash, &entry))
		shm_cache_update(keys->known, hash, set_outdated, NULL, NULL);
	shm_cache_drop(keys->refused, hash);
}

void ingest_keys_forget_all(struct ingest_keys *keys)
{
	atomic_fetch_add(&keys->shared->generation, 1);
	atomic_fetch_add(&keys->shared->epoch, 1);
}

void ingest_keys_listen(struct ingest_keys *keys, const struct pg_options *options)
{
	struct pg *pg = NULL;
	struct pg_notify n;

	if (pg_open(options, &pg) != ERR_OK) {
		log_error(ERR_DB_PG_CONNECTION_REFUSED, "key changes cannot be listened for");
		return;
	}
	store_key_listen(pg);
	while (options->stop == NULL || !options->stop(options->stop_arg)) {
		enum err e = pg_wait_notify(pg, 1000, &n);

		if (e == ERR_OK && n.kind == PG_NOTIFY_MESSAGE)
			ingest_keys_forget(keys, n.payload);
		else if (e == ERR_OK && n.kind == PG_NOTIFY_RESET)
			ingest_keys_forget_all(keys);
	}
	pg_close(pg);
}
