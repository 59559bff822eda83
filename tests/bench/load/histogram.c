/* SPDX-License-Identifier: MIT
 * Durations in buckets that grow with them: 32 to each power of two. */
#include "tests/bench/load/load.h"

enum { SUB_BITS = 5, SUB = 1 << SUB_BITS };

static size_t bucket_of(uint64_t us)
{
	int bits;
	size_t i;

	if (us < SUB)
		return (size_t)us;
	bits = 63 - __builtin_clzll(us);
	i = (size_t)(bits - SUB_BITS + 1) * SUB + ((us >> (bits - SUB_BITS)) & (SUB - 1));
	return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

static uint64_t upper_end(size_t i)
{
	int shift = (int)(i / SUB) - 1;

	return shift < 0 ? i : ((uint64_t)(SUB + i % SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t us)
{
	h->bucket[bucket_of(us)]++;
	h->count++;
	if (us > h->max_us)
		h->max_us = us;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->count), seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > want)
			return upper_end(i) < h->max_us ? upper_end(i) : h->max_us;
	}
	return h->max_us;
}
