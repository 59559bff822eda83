/* SPDX-License-Identifier: MIT
 * Set-associative table in shared memory: a key's hash names its set, a set has its own robust
 * lock. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/shm_cache.h"

enum { WAYS = 8, RECORD_ALIGN = 8 };

static const uint64_t LAYOUT = UINT64_C(0x3130454843414359); /* "YCACHE01" */

struct header {
	uint64_t layout;
	uint64_t sets, value_size, record_size, set_size;
};

/* A record: use counter (0: free), key, value. */
struct record {
	uint64_t used_at; /* of the set's clock; 0: free */
	uint8_t key[SHM_CACHE_KEY_BYTES];
	uint8_t value[];
};

struct set {
	pthread_mutex_t lock;
	uint64_t clock;
	uint8_t records[];
};

struct shm_cache {
	struct header *map;
	size_t map_size;
};

static size_t align(size_t n)
{
	return (n + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

static struct header layout_for(size_t entries, size_t value_size)
{
	struct header h = {.layout = LAYOUT, .value_size = value_size};

	h.sets = 1;
	while (h.sets * WAYS < entries)
		h.sets *= 2;
	h.record_size = align(sizeof(struct record) + value_size);
	h.set_size = align(sizeof(struct set)) + WAYS * h.record_size;
	return h;
}

static struct set *set_at(const struct shm_cache *c, size_t i)
{
	uint8_t *base = (uint8_t *)c->map + align(sizeof(struct header));

	return (struct set *)(void *)(base + i * c->map->set_size);
}

static struct set *set_of(const struct shm_cache *c, const uint8_t *key)
{
	uint64_t hash;

	/* Keys are digests, so any of their bytes are as good as a hash. */
	memcpy(&hash, key, sizeof(hash));
	return set_at(c, hash & (c->map->sets - 1));
}

static struct record *record_at(const struct shm_cache *c, struct set *s, size_t way)
{
	uint8_t *base = (uint8_t *)s + align(sizeof(struct set));

	return (struct record *)(void *)(base + way * c->map->record_size);
}

static bool lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	bool done;

	if (pthread_mutexattr_init(&attr) != 0)
		return false;
	done = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0 &&
	       pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0 &&
	       pthread_mutex_init(lock, &attr) == 0;
	pthread_mutexattr_destroy(&attr);
	return done;
}

/* A record that its writer left half done is not told from a whole one, so the set of a dead holder
 * is emptied. */
static void set_lock(const struct shm_cache *c, struct set *s)
{
	if (pthread_mutex_lock(&s->lock) != EOWNERDEAD)
		return;
	for (size_t way = 0; way < WAYS; way++)
		record_at(c, s, way)->used_at = 0;
	pthread_mutex_consistent(&s->lock);
}

static void set_unlock(struct set *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* Opens the file and tells whether it already has the wanted layout. -1: errno. */
static int open_file(const char *path, const struct header *want, size_t size, bool *kept)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct header found;
	struct stat st;

	*kept = false;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && (size_t)st.st_size == size &&
	        pread(fd, &found, sizeof(found), 0) == (ssize_t)sizeof(found) &&
	        memcmp(&found, want, sizeof(found)) == 0) {
		*kept = true;
		return fd;
	}
	/* posix_fallocate: a full disk shows here and not as SIGBUS later. */
	if (ftruncate(fd, 0) != 0 || posix_fallocate(fd, 0, (off_t)size) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

enum err shm_cache_open(const char *path, size_t entries, size_t value_size, struct shm_cache **out)
{
	struct header want = layout_for(entries, value_size);
	size_t size = align(sizeof(want)) + want.sets * want.set_size;
	struct shm_cache *c = NULL;
	bool kept = false;
	void *map;
	int fd = -1;

	*out = NULL;
	if (entries == 0 || entries > SHM_CACHE_ENTRIES_MAX ||
	        value_size > SHM_CACHE_VALUE_BYTES_MAX)
		return ERR_DB_SHM_CREATE_FAILED;
	if (path != NULL) {
		fd = open_file(path, &want, size, &kept);
		if (fd < 0)
			return ERR_DB_SHM_CREATE_FAILED;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0),
	        fd, 0);
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED)
		return ERR_DB_SHM_CREATE_FAILED;
	c = malloc(sizeof(*c));
	if (c == NULL) {
		munmap(map, size);
		return ERR_DB_SHM_CREATE_FAILED;
	}
	*c = (struct shm_cache){.map = map, .map_size = size};
	*c->map = want;
	/* Locks are made anew even in a kept file: whoever held them is gone. */
	for (size_t i = 0; i < want.sets; i++) {
		if (!lock_init(&set_at(c, i)->lock)) {
			shm_cache_close(c);
			return ERR_DB_SHM_CREATE_FAILED;
		}
	}
	*out = c;
	return ERR_OK;
}

void shm_cache_close(struct shm_cache *c)
{
	if (c == NULL)
		return;
	munmap(c->map, c->map_size);
	free(c);
}

static struct record *find(const struct shm_cache *c, struct set *s, const uint8_t *key)
{
	for (size_t way = 0; way < WAYS; way++) {
		struct record *r = record_at(c, s, way);

		if (r->used_at != 0 && memcmp(r->key, key, SHM_CACHE_KEY_BYTES) == 0)
			return r;
	}
	return NULL;
}

/* A free record, else the one used longest ago. */
static struct record *make_room(const struct shm_cache *c, struct set *s, bool *replaced)
{
	struct record *oldest = record_at(c, s, 0);

	for (size_t way = 1; way < WAYS; way++) {
		struct record *r = record_at(c, s, way);

		if (r->used_at < oldest->used_at)
			oldest = r;
	}
	*replaced = oldest->used_at != 0;
	return oldest;
}

bool shm_cache_get(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES], void *value)
{
	struct set *s = set_of(c, key);
	struct record *r;

	set_lock(c, s);
	r = find(c, s, key);
	if (r != NULL) {
		r->used_at = ++s->clock;
		memcpy(value, r->value, c->map->value_size);
	}
	set_unlock(s);
	return r != NULL;
}

bool shm_cache_update(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES],
        shm_cache_change *change, void *ctx, void *gone)
{
	struct set *s = set_of(c, key);
	bool replaced = false, fresh;
	struct record *r;

	set_lock(c, s);
	r = find(c, s, key);
	fresh = r == NULL;
	if (fresh) {
		r = make_room(c, s, &replaced);
		if (replaced && gone != NULL)
			memcpy(gone, r->value, c->map->value_size);
		memcpy(r->key, key, SHM_CACHE_KEY_BYTES);
		memset(r->value, 0, c->map->value_size);
	}
	r->used_at = ++s->clock;
	change(r->value, fresh, ctx);
	set_unlock(s);
	return replaced;
}

struct stored {
	const void *value;
	size_t size;
};

static void store_value(void *value, bool fresh, void *ctx)
{
	const struct stored *given = ctx;

	(void)fresh;
	memcpy(value, given->value, given->size);
}

bool shm_cache_put(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES], const void *value)
{
	struct stored given = {value, c->map->value_size};

	return shm_cache_update(c, key, store_value, &given, NULL);
}

void shm_cache_drop(struct shm_cache *c, const uint8_t key[SHM_CACHE_KEY_BYTES])
{
	struct set *s = set_of(c, key);
	struct record *r;

	set_lock(c, s);
	r = find(c, s, key);
	if (r != NULL)
		r->used_at = 0;
	set_unlock(s);
}

void shm_cache_clear(struct shm_cache *c)
{
	for (size_t i = 0; i < c->map->sets; i++) {
		struct set *s = set_at(c, i);

		set_lock(c, s);
		for (size_t way = 0; way < WAYS; way++)
			record_at(c, s, way)->used_at = 0;
		set_unlock(s);
	}
}

void shm_cache_usage(const struct shm_cache *c, size_t *used, size_t *room)
{
	*used = 0;
	*room = c->map->sets * WAYS;
	for (size_t i = 0; i < c->map->sets; i++) {
		for (size_t way = 0; way < WAYS; way++)
			*used += record_at(c, set_at(c, i), way)->used_at != 0;
	}
}
