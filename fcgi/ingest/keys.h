/* SPDX-License-Identifier: MIT
 * API keys as ingest knows them: looked up in PostgreSQL, cached for all workers together,
 * forgotten within a second of their revocation, and still known while PostgreSQL is away. */
#ifndef YAVIO_FCGI_INGEST_KEYS_H
#define YAVIO_FCGI_INGEST_KEYS_H

#include "base/base.h"
#include "base/errors.h"
#include "pg/pg.h"
#include "store/store.h"

enum {
	INGEST_KEYS_KNOWN_MAX = 10000,
	/* Refused keys have a table of their own, so that guesses push no real key out. */
	INGEST_KEYS_REFUSED_MAX = 10000,
	INGEST_KEYS_REFUSED_MS = 60000,
	INGEST_KEYS_TOUCH_MS = 60000, /* last use is written at most so often */
	INGEST_KEYS_TOUCH_QUEUE = 1024,
	INGEST_KEYS_AWAY_MS = 250, /* PostgreSQL is not asked again so soon after it was away */
	INGEST_KEYS_STALE_LOG_MS = 60000,
};

struct ingest_keys;

/* Made by the master before the fork. ERR_DB_SHM_CREATE_FAILED. */
enum err ingest_keys_open(struct ingest_keys **out) MUST_CHECK;
void ingest_keys_close(struct ingest_keys *keys);

struct ingest_key_policy {
	int64_t fresh_ms; /* YAVIO_KEY_CACHE: no look-up for a key seen so recently */
	int64_t stale_ms; /* YAVIO_KEY_CACHE_STALE: good for so long while PostgreSQL is away */
};

enum ingest_key_source {
	INGEST_KEY_CACHED,
	INGEST_KEY_LOOKED_UP,
	INGEST_KEY_STALE, /* PostgreSQL is away: YAVIO-2409 */
};

struct ingest_key_answer {
	struct store_key key;
	enum ingest_key_source source;
	bool known; /* it was a key when it was last looked up, however long ago */
};

/* Whether the key is one, without asking PostgreSQL: ERR_OK, 2002, 2003, 2001 (known to be none);
 * ERR_INGEST_API_KEY_CACHE_MISS: has to be looked up. */
enum err ingest_keys_cached(struct ingest_keys *keys, const struct store_secrets *secrets,
        const struct ingest_key_policy *policy, const char *text, int64_t now_ms,
        struct ingest_key_answer *out) MUST_CHECK;
/* The same, asking when it has to: also ERR_INGEST_POSTGRESQL_UNAVAILABLE. */
enum err ingest_keys_resolve(struct ingest_keys *keys, struct pg *pg,
        const struct store_secrets *secrets, const struct ingest_key_policy *policy,
        const char *text, int64_t now_ms, struct ingest_key_answer *out) MUST_CHECK;

/* Ids of keys whose last use should be written now, at most max; each is given once. */
size_t ingest_keys_take_touched(
        struct ingest_keys *keys, char ids[][ID_UUID_BYTES], size_t max) MUST_CHECK;
/* Whether some key would still be good with PostgreSQL away. */
bool ingest_keys_usable(
        struct ingest_keys *keys, const struct ingest_key_policy *policy, int64_t now_ms);

/* A key was made, changed or deleted (hash in hex, as notified), or anything may have happened. */
void ingest_keys_forget(struct ingest_keys *keys, const char *hash_hex);
void ingest_keys_forget_all(struct ingest_keys *keys);

/* Listens for changes on a connection of its own until stop says so; forgets what changed, and
 * everything after a connection was lost. For a thread of the monitor process. */
void ingest_keys_listen(struct ingest_keys *keys, const struct pg_options *pg);

#endif
