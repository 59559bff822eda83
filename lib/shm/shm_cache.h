/* SPDX-License-Identifier: MIT
 * A table of fixed-size records that all processes of a program share: 32-byte keys, bounded, the
 * least recently used of a set gives way. A process that dies with a lock held costs nothing but
 * its half-written record. */
#ifndef YAVIO_SHM_SHM_CACHE_H
#define YAVIO_SHM_SHM_CACHE_H

#include "base/base.h"
#include "base/errors.h"

enum {
	SHM_CACHE_KEY_BYTES = 32,
	SHM_CACHE_VALUE_BYTES_MAX = 256,
	SHM_CACHE_ENTRIES_MAX = 1 << 20,
};

struct shm_cache;

/* Makes a table for at least entries records of value_size bytes; call before fork. path NULL:
 * anonymous memory. Else a file (mode 0600) that is taken over with its contents when its layout is
 * the same, so that they survive a restart, and made anew otherwise. ERR_DB_SHM_CREATE_FAILED: no
 * memory, no room or no right. Caller closes with shm_cache_close. */
enum err shm_cache_open(
        const char *path, size_t entries, size_t value_size, struct shm_cache **out) MUST_CHECK;
/* Unmaps; other processes keep theirs. NULL-safe. */
void shm_cache_close(struct shm_cache *c);

/* Copies the record of key into value; false: there is none. */
bool shm_cache_get(
        struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES], void *value) MUST_CHECK;
/* Stores value under key. True when a record of another key had to give way. */
bool shm_cache_put(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES], const void *value);
/* Forgets one key, or all. */
void shm_cache_drop(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES]);
void shm_cache_clear(struct shm_cache *c);

/* Reads and changes the record of key as one step: change sees the record (zeroed and fresh when
 * there was none). Returns true when a record of another key had to give way, whose value is copied
 * to gone (may be NULL). change must not call the table. */
typedef void shm_cache_change(void *value, bool fresh, void *ctx);
bool shm_cache_update(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES],
        shm_cache_change *change, void *ctx, void *gone);

/* Records in use, and how many there is room for. */
void shm_cache_usage(const struct shm_cache *c, size_t *used, size_t *room);

#endif
