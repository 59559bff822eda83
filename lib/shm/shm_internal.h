/* SPDX-License-Identifier: MIT
 * Layout of a shared map. Everything a reader needs is inside, offsets from its start. */
#ifndef YAVIO_SHM_SHM_INTERNAL_H
#define YAVIO_SHM_SHM_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "shm/shm.h"

enum {
	SHM_LAYOUT_VERSION = 1,
	SHM_MAGIC_BYTES = 8,
	SHM_PROGRAM_BYTES = 32,
	SHM_SECTIONS_MAX = 8,
	SHM_LABEL_NAME_BYTES = 32,
	SHM_SERIES_DEFAULT = 64,
	SHM_SERIES_MAX = 4096,
	SHM_MAP_BYTES_MAX = 64 * 1024 * 1024,
};

#define SHM_MAGIC "YVIOSHM"

/* Kinds of sections; more come with what else is shared (rate buckets, key cache). */
enum shm_section_kind { SHM_SECTION_NONE, SHM_SECTION_METRICS };

struct shm_section {
	uint32_t kind;
	uint32_t count; /* entries */
	uint64_t offset;
	uint64_t size;
};

struct shm_head {
	char magic[SHM_MAGIC_BYTES];
	uint32_t layout_version;
	uint32_t head_bytes;
	uint64_t size;
	char program[SHM_PROGRAM_BYTES];
	struct shm_section sections[SHM_SECTIONS_MAX];
	pthread_mutex_t growing; /* robust; held while a series is made */
	_Atomic uint64_t series_dropped;
};

/* Description of one metric, SHM_SECTION_METRICS. */
struct shm_desc {
	char name[SHM_NAME_BYTES];
	char help[SHM_HELP_BYTES];
	char labels[SHM_LABELS_MAX][SHM_LABEL_NAME_BYTES];
	uint32_t type;
	uint32_t labels_len;
	uint32_t series_max;
	uint32_t bounds_len;
	double bounds[SHM_BUCKETS_MAX];
	uint64_t series_offset;
	uint64_t series_bytes; /* of one */
};

/* One label combination; `ready` is stored last, with release. */
struct shm_series {
	_Atomic uint32_t ready;
	uint32_t hash;
	char labels[SHM_LABEL_TEXT_BYTES]; /* a="x",b="y", escaped */
	/* counter: the number; gauge: bits of a double; histogram: bits of the sum, then a count
	 * for each bucket and one for +Inf (not cumulative) */
	_Atomic uint64_t cells[];
};

struct shm {
	struct shm_head *head;
	size_t size;
};

static inline const struct shm_desc *shm_descs(const struct shm_head *h)
{
	return (const struct shm_desc *)((const char *)h + h->sections[0].offset);
}

static inline struct shm_series *shm_series_at(
        const struct shm_head *h, const struct shm_desc *d, uint32_t i)
{
	return (struct shm_series *)((uintptr_t)h + d->series_offset + i * d->series_bytes);
}

static inline double shm_bits_to_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t shm_double_to_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

#endif
