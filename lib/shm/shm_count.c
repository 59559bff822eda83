/* SPDX-License-Identifier: MIT
 * Counting: find the series of a label combination, make it once, then relaxed atomics. */
#include <errno.h>

#include "base/str.h"
#include "shm/shm_internal.h"

/* No printf: every request counts some ten things. */
static bool add_text(char out[SHM_LABEL_TEXT_BYTES], size_t *n, const char *text)
{
	size_t len = strlen(text);

	if (len >= SHM_LABEL_TEXT_BYTES - *n)
		return false;
	memcpy(out + *n, text, len);
	*n += len;
	return true;
}

/* a="x",b="y" with the escapes of the Prometheus text format. */
static bool label_text(
        const struct shm_desc *d, const char *const *labels, char out[SHM_LABEL_TEXT_BYTES])
{
	size_t n = 0;

	for (uint32_t i = 0; i < d->labels_len; i++) {
		if ((i > 0 && !add_text(out, &n, ",")) || !add_text(out, &n, d->labels[i]) ||
		        !add_text(out, &n, "=\""))
			return false;
		for (const char *p = labels[i]; *p != '\0'; p++) {
			if (n + 4 > SHM_LABEL_TEXT_BYTES)
				return false;
			if (*p == '"' || *p == '\\' || *p == '\n')
				out[n++] = '\\';
			out[n++] = *p == '\n' ? 'n' : *p;
		}
		out[n++] = '"';
		if (n + 1 > SHM_LABEL_TEXT_BYTES)
			return false;
	}
	out[n] = '\0';
	return true;
}

/* FNV-1a */
static uint32_t hash_text(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

/* Series are taken in order, so the first free one ends the search. *at tells where it is. */
static struct shm_series *find(const struct shm_head *h, const struct shm_desc *d, uint32_t hash,
        const char *text, uint32_t *at)
{
	uint32_t i;

	for (i = 0; i < d->series_max; i++) {
		struct shm_series *s = shm_series_at(h, d, i);

		if (atomic_load_explicit(&s->ready, memory_order_acquire) == 0)
			break;
		if (s->hash == hash && strcmp(s->labels, text) == 0)
			return s;
	}
	*at = i;
	return NULL;
}

static struct shm_series *make(
        struct shm_head *h, const struct shm_desc *d, uint32_t hash, const char *text)
{
	int locked = pthread_mutex_lock(&h->growing);
	struct shm_series *s;
	uint32_t at;

	/* Its holder died: what it began was never marked ready and is begun again. */
	if (locked == EOWNERDEAD)
		locked = pthread_mutex_consistent(&h->growing);
	if (locked != 0)
		return NULL;
	s = find(h, d, hash, text, &at);
	if (s == NULL && at < d->series_max) {
		s = shm_series_at(h, d, at);
		s->hash = hash;
		str_copy(s->labels, sizeof(s->labels), text);
		atomic_store_explicit(&s->ready, 1, memory_order_release);
	}
	pthread_mutex_unlock(&h->growing);
	return s;
}

static struct shm_series *series_of(
        const struct shm *s, unsigned metric, const char *const *labels, bool may_make)
{
	const struct shm_desc *d;
	char text[SHM_LABEL_TEXT_BYTES] = "";
	struct shm_series *series = NULL;
	uint32_t hash, at;

	if (s == NULL || metric >= s->head->sections[0].count)
		return NULL;
	d = &shm_descs(s->head)[metric];
	if (d->labels_len == 0 || (labels != NULL && label_text(d, labels, text))) {
		hash = hash_text(text);
		series = find(s->head, d, hash, text, &at);
		if (series == NULL && may_make)
			series = make(s->head, d, hash, text);
	}
	if (series == NULL && may_make)
		atomic_fetch_add_explicit(&s->head->series_dropped, 1, memory_order_relaxed);
	return series;
}

void shm_add(struct shm *s, unsigned metric, const char *const *labels, uint64_t n)
{
	struct shm_series *series = series_of(s, metric, labels, true);

	if (series != NULL)
		atomic_fetch_add_explicit(&series->cells[0], n, memory_order_relaxed);
}

void shm_set_total(struct shm *s, unsigned metric, const char *const *labels, uint64_t total)
{
	struct shm_series *series = series_of(s, metric, labels, true);

	if (series != NULL)
		atomic_store_explicit(&series->cells[0], total, memory_order_relaxed);
}

void shm_set(struct shm *s, unsigned metric, const char *const *labels, double value)
{
	struct shm_series *series = series_of(s, metric, labels, true);

	if (series != NULL)
		atomic_store_explicit(
		        &series->cells[0], shm_double_to_bits(value), memory_order_relaxed);
}

void shm_observe(struct shm *s, unsigned metric, const char *const *labels, double value)
{
	struct shm_series *series = series_of(s, metric, labels, true);
	const struct shm_desc *d;
	uint64_t sum;
	uint32_t bucket = 0;

	if (series == NULL)
		return;
	d = &shm_descs(s->head)[metric];
	while (bucket < d->bounds_len && value > d->bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&series->cells[1 + bucket], 1, memory_order_relaxed);
	sum = atomic_load_explicit(&series->cells[0], memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&series->cells[0], &sum,
	        shm_double_to_bits(shm_bits_to_double(sum) + value), memory_order_relaxed,
	        memory_order_relaxed)) {
	}
}

double shm_get(const struct shm *s, unsigned metric, const char *const *labels)
{
	const struct shm_series *series = series_of(s, metric, labels, false);
	const struct shm_desc *d;
	double value = 0;

	if (series == NULL)
		return 0;
	d = &shm_descs(s->head)[metric];
	if (d->type == SHM_COUNTER)
		return (double)atomic_load_explicit(&series->cells[0], memory_order_relaxed);
	if (d->type == SHM_GAUGE)
		return shm_bits_to_double(
		        atomic_load_explicit(&series->cells[0], memory_order_relaxed));
	for (uint32_t i = 0; i <= d->bounds_len; i++)
		value += (double)atomic_load_explicit(&series->cells[1 + i], memory_order_relaxed);
	return value;
}
