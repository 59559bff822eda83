/* SPDX-License-Identifier: MIT
 * The shipper's state: what is acknowledged and the plan under way, in two slots written in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "spool/spool_internal.h"

enum { STATE_HEADER_BYTES = 88, STATE_ACK_BYTES = 32, STATE_RANGE_BYTES = 24 };

static const char state_magic[8] = "YAVISHIP";

_Static_assert(STATE_HEADER_BYTES + STATE_ACK_BYTES * SPOOL_STREAMS_MAX +
                               STATE_RANGE_BYTES * SPOOL_PLAN_RANGES_MAX + 4 <=
                       SPOOL_STATE_SLOT_BYTES,
        "a full state fits a slot");

struct spool_ack *spool_state_ack(struct spool_state *s, uint32_t stream)
{
	for (uint32_t i = 0; i < s->ack_count; i++)
		if (s->acks[i].stream == stream)
			return &s->acks[i];
	return NULL;
}

size_t spool_state_encode(const struct spool_state *s, uint8_t *out)
{
	const struct spool_plan *p = &s->plan;
	uint8_t *at = out + STATE_HEADER_BYTES;
	size_t len;

	memset(out, 0, STATE_HEADER_BYTES);
	memcpy(out, state_magic, sizeof(state_magic));
	spool_put32(out + 8, SPOOL_VERSION);
	spool_put64(out + 16, s->generation);
	memcpy(out + 24, s->spool_id, SPOOL_UUID_RAW_BYTES);
	spool_put64(out + 40, s->batch_next);
	spool_put64(out + 48, p->batch);
	spool_put32(out + 56, p->unit_rows);
	spool_put32(out + 60, p->unit_bytes);
	spool_put32(out + 64, p->unit_days);
	spool_put32(out + 68, p->search_unit);
	spool_put32(out + 72, p->search_from);
	spool_put32(out + 76, p->search_to);
	spool_put32(out + 80, s->ack_count);
	spool_put32(out + 84, p->range_count);
	for (uint32_t i = 0; i < s->ack_count; i++, at += STATE_ACK_BYTES) {
		spool_put32(at, s->acks[i].stream);
		spool_put32(at + 4, s->acks[i].seq);
		spool_put64(at + 8, s->acks[i].off);
		spool_put64(at + 16, s->acks[i].rows);
		spool_put64(at + 24, s->acks[i].salt);
	}
	for (uint32_t i = 0; i < p->range_count; i++, at += STATE_RANGE_BYTES) {
		spool_put32(at, p->ranges[i].stream);
		spool_put32(at + 4, p->ranges[i].seq);
		spool_put64(at + 8, p->ranges[i].from);
		spool_put64(at + 16, p->ranges[i].to);
	}
	len = (size_t)(at - out) + 4;
	spool_put32(out + 12, (uint32_t)len);
	spool_put32(at, spool_crc32c(0, out, len - 4));
	return len;
}

static void decode_lists(const uint8_t *at, struct spool_state *s)
{
	for (uint32_t i = 0; i < s->ack_count; i++, at += STATE_ACK_BYTES)
		s->acks[i] = (struct spool_ack){
		        .stream = spool_get32(at),
		        .seq = spool_get32(at + 4),
		        .off = spool_get64(at + 8),
		        .rows = spool_get64(at + 16),
		        .salt = spool_get64(at + 24),
		};
	for (uint32_t i = 0; i < s->plan.range_count; i++, at += STATE_RANGE_BYTES)
		s->plan.ranges[i] = (struct spool_range){
		        .stream = spool_get32(at),
		        .seq = spool_get32(at + 4),
		        .from = spool_get64(at + 8),
		        .to = spool_get64(at + 16),
		};
}

enum spool_found spool_state_decode(const uint8_t *in, size_t len, struct spool_state *s)
{
	uint32_t used, acks, ranges;

	if (len < STATE_HEADER_BYTES + 4 || memcmp(in, state_magic, sizeof(state_magic)) != 0)
		return SPOOL_FOUND_BAD;
	used = spool_get32(in + 12);
	if (used < STATE_HEADER_BYTES + 4 || used > len ||
	        spool_get32(in + used - 4) != spool_crc32c(0, in, used - 4))
		return SPOOL_FOUND_BAD;
	if (spool_get32(in + 8) != SPOOL_VERSION)
		return SPOOL_FOUND_NEWER;
	acks = spool_get32(in + 80);
	ranges = spool_get32(in + 84);
	if (acks > SPOOL_STREAMS_MAX || ranges > SPOOL_PLAN_RANGES_MAX ||
	        STATE_HEADER_BYTES + acks * STATE_ACK_BYTES + ranges * STATE_RANGE_BYTES + 4 !=
	                used)
		return SPOOL_FOUND_BAD;
	s->generation = spool_get64(in + 16);
	memcpy(s->spool_id, in + 24, SPOOL_UUID_RAW_BYTES);
	s->batch_next = spool_get64(in + 40);
	s->ack_count = acks;
	s->plan.batch = spool_get64(in + 48);
	s->plan.unit_rows = spool_get32(in + 56);
	s->plan.unit_bytes = spool_get32(in + 60);
	s->plan.unit_days = spool_get32(in + 64);
	s->plan.search_unit = spool_get32(in + 68);
	s->plan.search_from = spool_get32(in + 72);
	s->plan.search_to = spool_get32(in + 76);
	s->plan.range_count = ranges;
	decode_lists(in + STATE_HEADER_BYTES, s);
	return SPOOL_FOUND;
}

static void state_fresh(struct spool_state *s, const uint8_t id[SPOOL_UUID_RAW_BYTES])
{
	memset(s, 0, sizeof(*s));
	memcpy(s->spool_id, id, SPOOL_UUID_RAW_BYTES);
	s->batch_next = (uint64_t)clock_wall_ms();
}

enum err spool_state_read(int spool_fd, const char id[SPOOL_ID_BYTES], struct spool_state *s)
{
	uint8_t raw[SPOOL_UUID_RAW_BYTES];
	uint8_t *slot = malloc(SPOOL_STATE_SLOT_BYTES);
	struct spool_state *one = malloc(sizeof(*one));
	enum err e = ERR_DB_SPOOL_OPEN_FAILED;
	int fd = openat(spool_fd, "shipper.state", O_RDONLY | O_CLOEXEC);

	spool_id_raw(id, raw);
	state_fresh(s, raw);
	for (int i = 0; i < 2 && fd >= 0 && slot != NULL && one != NULL; i++) {
		ssize_t n = pread(fd, slot, SPOOL_STATE_SLOT_BYTES, i * SPOOL_STATE_SLOT_BYTES);
		enum spool_found found =
		        n > 0 ? spool_state_decode(slot, (size_t)n, one) : SPOOL_FOUND_BAD;

		if (found == SPOOL_FOUND_NEWER)
			e = ERR_DB_SPOOL_FORMAT_NEWER;
		if (found != SPOOL_FOUND || memcmp(one->spool_id, raw, sizeof(raw)) != 0)
			continue;
		if (one->generation > s->generation && e != ERR_DB_SPOOL_FORMAT_NEWER) {
			*s = *one;
			e = ERR_OK;
		}
	}
	if (fd >= 0)
		close(fd);
	free(slot);
	free(one);
	return e;
}

enum err spool_state_write(int fd, struct spool_state *s)
{
	uint8_t *slot = malloc(SPOOL_STATE_SLOT_BYTES);
	enum err e = ERR_DB_SPOOL_ACK_FAILED;
	size_t len;

	if (slot == NULL)
		return e;
	s->generation++;
	len = spool_state_encode(s, slot);
	if (spool_pwrite_all(fd, slot, len, (s->generation & 1) * SPOOL_STATE_SLOT_BYTES) &&
	        spool_sys.fdatasync(fd) == 0)
		e = ERR_OK;
	else
		s->generation--; /* the same slot again: the other one stays good */
	free(slot);
	return e;
}
