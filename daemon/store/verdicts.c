/* SPDX-License-Identifier: MIT
 * Texts that passed the gate. */
#include <pthread.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "daemon/store/verdicts.h"

enum { VERDICTS_WAYS = 4, VERDICTS_SETS = VERDICTS_MAX / VERDICTS_WAYS };

struct verdict {
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint64_t used; /* 0: empty; else the time of its last use */
};

struct verdicts {
	pthread_mutex_t lock;
	uint64_t now;
	struct verdict set[VERDICTS_SETS][VERDICTS_WAYS];
};

struct verdicts *verdicts_new(void)
{
	struct verdicts *v = calloc(1, sizeof(*v));
	if (v)
		pthread_mutex_init(&v->lock, NULL);
	return v;
}

void verdicts_free(struct verdicts *v)
{
	if (!v)
		return;
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static struct verdict *set_of(struct verdicts *v, const uint8_t *digest)
{
	return v->set[(digest[0] | digest[1] << 8) % VERDICTS_SETS];
}

static struct verdict *find(struct verdicts *v, const uint8_t *digest)
{
	struct verdict *set = set_of(v, digest);
	for (size_t i = 0; i < VERDICTS_WAYS; i++)
		if (set[i].used && memcmp(set[i].digest, digest, CRYPTO_SHA256_BYTES) == 0)
			return &set[i];
	return NULL;
}

bool verdicts_has(struct verdicts *v, const char *text, size_t len)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	if (crypto_sha256(text, len, digest) != ERR_OK)
		return false;
	pthread_mutex_lock(&v->lock);
	struct verdict *known = find(v, digest);
	if (known)
		known->used = ++v->now;
	pthread_mutex_unlock(&v->lock);
	return known != NULL;
}

void verdicts_add(struct verdicts *v, const char *text, size_t len)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	if (crypto_sha256(text, len, digest) != ERR_OK)
		return;
	pthread_mutex_lock(&v->lock);
	struct verdict *place = find(v, digest);
	if (!place) {
		struct verdict *set = set_of(v, digest);
		place = set;
		for (size_t i = 1; i < VERDICTS_WAYS; i++)
			if (set[i].used < place->used)
				place = &set[i];
		memcpy(place->digest, digest, sizeof(digest));
	}
	place->used = ++v->now;
	pthread_mutex_unlock(&v->lock);
}
