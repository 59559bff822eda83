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

/* Counters that all processes see. */
struct shared {
	/* Raised before anything is forgotten: a look-up that began earlier must not bring it back.
	 */
	_Atomic uint64_t generation;
	/* Raised when messages may have been lost: entries of an older epoch have to be looked up,
	 * and serve on only while PostgreSQL is away. */
	_Atomic uint64_t epoch;
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

/* Judges an entry; the first to find its last use old is told to write it. */
static enum err answer(struct ingest_keys *keys, const struct known *entry, int64_t now_ms,
        struct ingest_key_answer *out)
{
	enum err e = store_key_check(&entry->key, now_ms);

	out->key = entry->key;
	out->touch = e == ERR_OK && now_ms - entry->touched_ms >= INGEST_KEYS_TOUCH_MS;
	if (out->touch)
		shm_cache_update(keys->known, entry->key.hash, set_touched, &now_ms);
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
	if (find_known(keys, secrets, text, &entry) &&
	        entry.epoch == atomic_load(&keys->shared->epoch) &&
	        now_ms - entry.looked_up_ms < policy->fresh_ms)
		return answer(keys, &entry, now_ms, out);
	if (is_refused(keys, secrets, text, now_ms))
		return ERR_INGEST_INVALID_API_KEY;
	return ERR_INGEST_API_KEY_CACHE_MISS;
}

static void remember_refused(struct ingest_keys *keys, const struct store_secrets *secrets,
        const char *text, int64_t now_ms)
{
	struct refused r = {.at_ms = now_ms, .epoch = atomic_load(&keys->shared->epoch)};
	uint8_t hash[STORE_KEY_HASH_BYTES];

	if (store_key_hash(&secrets->list[0], text, hash) == ERR_OK)
		shm_cache_put(keys->refused, hash, &r);
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
	return answer(keys, &entry, now_ms, out);
}

enum err ingest_keys_resolve(struct ingest_keys *keys, struct pg *pg,
        const struct store_secrets *secrets, const struct ingest_key_policy *policy,
        const char *text, int64_t now_ms, struct ingest_key_answer *out)
{
	enum err e = ingest_keys_cached(keys, secrets, policy, text, now_ms, out);
	uint64_t generation;
	struct known entry = {.looked_up_ms = now_ms, .epoch = atomic_load(&keys->shared->epoch)};

	if (e != ERR_INGEST_API_KEY_CACHE_MISS)
		return e;
	generation = atomic_load(&keys->shared->generation);
	e = store_key_lookup(pg, secrets, text, &entry.key);
	if (e == ERR_INGEST_POSTGRESQL_UNAVAILABLE)
		return answer_stale(keys, secrets, policy, text, now_ms, out);
	out->source = INGEST_KEY_LOOKED_UP;
	if (e == ERR_INGEST_INVALID_API_KEY) {
		if (atomic_load(&keys->shared->generation) == generation)
			remember_refused(keys, secrets, text, now_ms);
		return e;
	}
	if (atomic_load(&keys->shared->generation) == generation)
		shm_cache_put(keys->known, entry.key.hash, &entry);
	return answer(keys, &entry, now_ms, out);
}

void ingest_keys_forget(struct ingest_keys *keys, const char *hash_hex)
{
	uint8_t hash[STORE_KEY_HASH_BYTES];

	if (!str_unhex(hash_hex, hash, sizeof(hash))) {
		ingest_keys_forget_all(keys);
		return;
	}
	atomic_fetch_add(&keys->shared->generation, 1);
	shm_cache_drop(keys->known, hash);
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
