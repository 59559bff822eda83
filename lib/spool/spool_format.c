/* SPDX-License-Identifier: MIT
 * Headers of segments and records to bytes and back, as FORMAT.md draws them. */
#include "base/base.h"
#include "spool/spool_internal.h"

static const char segment_magic[8] = "YAVISEGM";
static const char record_magic[4] = {'Y', 'R', 'E', 'C'};

void spool_put32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

void spool_put64(uint8_t *to, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

uint32_t spool_get32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

uint64_t spool_get64(const uint8_t *from)
{
	return (uint64_t)spool_get32(from) | (uint64_t)spool_get32(from + 4) << 32;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

void spool_segment_header_encode(
        const struct spool_segment_header *h, uint8_t out[SPOOL_SEGMENT_HEADER_BYTES])
{
	memset(out, 0, SPOOL_SEGMENT_HEADER_BYTES);
	memcpy(out, segment_magic, sizeof(segment_magic));
	spool_put32(out + 8, SPOOL_VERSION);
	spool_put32(out + 12, h->stream);
	spool_put32(out + 16, h->seq);
	spool_put32(out + 20, h->prev_seq);
	spool_put64(out + 24, h->prev_end);
	spool_put64(out + 32, h->rows_before);
	spool_put64(out + 40, (uint64_t)h->created_ms);
	spool_put64(out + 48, h->salt);
	memcpy(out + 56, h->spool_id, SPOOL_UUID_RAW_BYTES);
	spool_put32(out + 124, spool_crc32c(0, out, 124));
}

enum spool_found spool_segment_header_decode(
        const uint8_t in[SPOOL_SEGMENT_HEADER_BYTES], struct spool_segment_header *h)
{
	if (all_zero(in, SPOOL_SEGMENT_HEADER_BYTES))
		return SPOOL_FOUND_ZEROS;
	if (memcmp(in, segment_magic, sizeof(segment_magic)) != 0)
		return SPOOL_FOUND_BAD;
	if (spool_get32(in + 124) != spool_crc32c(0, in, 124))
		return SPOOL_FOUND_BAD;
	if (spool_get32(in + 8) != SPOOL_VERSION)
		return SPOOL_FOUND_NEWER;
	*h = (struct spool_segment_header){
	        .stream = spool_get32(in + 12),
	        .seq = spool_get32(in + 16),
	        .prev_seq = spool_get32(in + 20),
	        .prev_end = spool_get64(in + 24),
	        .rows_before = spool_get64(in + 32),
	        .created_ms = (int64_t)spool_get64(in + 40),
	        .salt = spool_get64(in + 48),
	};
	memcpy(h->spool_id, in + 56, SPOOL_UUID_RAW_BYTES);
	return SPOOL_FOUND;
}

static uint32_t record_sum(uint64_t salt, const uint8_t *header)
{
	uint8_t seed[8];

	spool_put64(seed, salt);
	return spool_crc32c(spool_crc32c(0, seed, sizeof(seed)), header, 60);
}

void spool_record_header_encode(
        const struct spool_record_header *h, uint64_t salt, uint8_t out[SPOOL_RECORD_HEADER_BYTES])
{
	memset(out, 0, SPOOL_RECORD_HEADER_BYTES);
	memcpy(out, record_magic, sizeof(record_magic));
	out[4] = SPOOL_VERSION;
	spool_put32(out + 8, h->payload_len);
	spool_put32(out + 12, h->events_len);
	spool_put64(out + 16, (uint64_t)h->accepted_ms);
	spool_put32(out + 24, h->rows_server);
	spool_put32(out + 28, h->rows_widget);
	spool_put32(out + 32, h->registry_rows);
	spool_put32(out + 36, h->payload_crc);
	spool_put64(out + 40, h->offset);
	spool_put64(out + 48, h->rows_before);
	spool_put32(out + 60, record_sum(salt, out));
}

enum spool_found spool_record_header_decode(const uint8_t in[SPOOL_RECORD_HEADER_BYTES],
        uint64_t salt, uint64_t offset, struct spool_record_header *h)
{
	if (all_zero(in, SPOOL_RECORD_HEADER_BYTES))
		return SPOOL_FOUND_ZEROS;
	if (memcmp(in, record_magic, sizeof(record_magic)) != 0)
		return SPOOL_FOUND_BAD;
	if (spool_get32(in + 60) != record_sum(salt, in))
		return SPOOL_FOUND_BAD;
	if (in[4] != SPOOL_VERSION || in[5] != 0 || in[6] != 0 || in[7] != 0)
		return SPOOL_FOUND_NEWER;
	*h = (struct spool_record_header){
	        .payload_len = spool_get32(in + 8),
	        .events_len = spool_get32(in + 12),
	        .accepted_ms = (int64_t)spool_get64(in + 16),
	        .rows_server = spool_get32(in + 24),
	        .rows_widget = spool_get32(in + 28),
	        .registry_rows = spool_get32(in + 32),
	        .payload_crc = spool_get32(in + 36),
	        .offset = spool_get64(in + 40),
	        .rows_before = spool_get64(in + 48),
	};
	if (h->offset != offset || h->payload_len == 0 || h->payload_len > SPOOL_RECORD_BYTES_MAX ||
	        h->events_len > h->payload_len)
		return SPOOL_FOUND_BAD;
	return SPOOL_FOUND;
}

uint64_t spool_record_bytes(uint64_t payload_len)
{
	uint64_t bytes = SPOOL_RECORD_HEADER_BYTES + payload_len;

	return (bytes + SPOOL_RECORD_ALIGN - 1) & ~(uint64_t)(SPOOL_RECORD_ALIGN - 1);
}
