/* SPDX-License-Identifier: MIT
 * Tests of the spool's format: checksum, headers, the shipper's state. */
#include <fcntl.h>

#include "spool_fixture.h"

static void test_crc32c_vectors(void **state)
{
	uint8_t bytes[32], many[1000];

	(void)state;
	assert_int_equal(spool_crc32c(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(spool_crc32c(0, bytes, 32), 0x8a9136aa); /* RFC 3720 B.4 */
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(spool_crc32c(0, bytes, 32), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(spool_crc32c(0, bytes, 32), 0x46dd794e);
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (uint8_t)(i * 7919 >> 3);
	for (size_t len = 0; len < 100; len++)
		for (size_t at = 0; at < 9; at++) {
			uint32_t whole = spool_crc32c(0, many + at, len);
			uint32_t split = spool_crc32c(spool_crc32c(0, many + at, len / 3),
			        many + at + len / 3, len - len / 3);

			assert_int_equal(whole, spool_crc32c_table(0, many + at, len));
			assert_int_equal(whole, split);
		}
}

static void test_segment_header(void **state)
{
	struct spool_segment_header h = {.stream = 3,
	                                    .seq = 9,
	                                    .prev_seq = 8,
	                                    .prev_end = 1234567890123,
	                                    .rows_before = 77,
	                                    .created_ms = 1763715600000,
	                                    .salt = 0xdeadbeefcafef00d},
	                            got;
	uint8_t bytes[SPOOL_SEGMENT_HEADER_BYTES], again[SPOOL_SEGMENT_HEADER_BYTES];

	(void)state;
	spool_id_raw("01234567-89ab-4def-8123-456789abcdef", h.spool_id);
	spool_segment_header_encode(&h, bytes);
	assert_int_equal(spool_segment_header_decode(bytes, &got), SPOOL_FOUND);
	spool_segment_header_encode(&got, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
	assert_int_equal(got.prev_end, h.prev_end);
	for (int bit = 0; bit < 8 * SPOOL_SEGMENT_HEADER_BYTES; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(spool_segment_header_decode(bytes, &got), SPOOL_FOUND_BAD);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	spool_put32(bytes + 8, 2);
	spool_put32(bytes + 124, spool_crc32c(0, bytes, 124));
	assert_int_equal(spool_segment_header_decode(bytes, &got), SPOOL_FOUND_NEWER);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(spool_segment_header_decode(bytes, &got), SPOOL_FOUND_ZEROS);
}

static void test_record_header(void **state)
{
	struct spool_record_header h = {.payload_len = 1000,
	                                   .events_len = 900,
	                                   .accepted_ms = 1763715600000,
	                                   .rows_server = 1,
	                                   .rows_widget = 2,
	                                   .registry_rows = 3,
	                                   .payload_crc = 0x12345678,
	                                   .offset = 128,
	                                   .rows_before = 5},
	                           got;
	uint8_t bytes[SPOOL_RECORD_HEADER_BYTES], again[SPOOL_RECORD_HEADER_BYTES];

	(void)state;
	spool_record_header_encode(&h, 42, bytes);
	assert_int_equal(spool_record_header_decode(bytes, 42, 128, &got), SPOOL_FOUND);
	spool_record_header_encode(&got, 42, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
	assert_int_equal(got.rows_before, h.rows_before);
	/* of another segment, or elsewhere in this one: not a record here */
	assert_int_equal(spool_record_header_decode(bytes, 43, 128, &got), SPOOL_FOUND_BAD);
	assert_int_equal(spool_record_header_decode(bytes, 42, 136, &got), SPOOL_FOUND_BAD);
	for (int bit = 0; bit < 8 * SPOOL_RECORD_HEADER_BYTES; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(spool_record_header_decode(bytes, 42, 128, &got), SPOOL_FOUND_BAD);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	h.events_len = 1001;
	spool_record_header_encode(&h, 42, bytes);
	assert_int_equal(spool_record_header_decode(bytes, 42, 128, &got), SPOOL_FOUND_BAD);
	assert_int_equal(spool_record_bytes(1), 72);
	assert_int_equal(spool_record_bytes(8), 72);
	assert_int_equal(spool_record_bytes(9), 80);
}

static void fill_state(struct spool_state *s)
{
	s->generation = 7;
	s->batch_next = 1763715600005;
	s->ack_count = SPOOL_STREAMS_MAX;
	for (uint32_t i = 0; i < s->ack_count; i++)
		s->acks[i] = (struct spool_ack){i, i + 1, 1000 + i, 3 * i, 99 * i};
	s->plan.batch = 1763715600004;
	s->plan.unit_rows = 10000;
	s->plan.unit_bytes = 16 << 20;
	s->plan.unit_days = 14;
	s->plan.search_unit = 2;
	s->plan.search_from = 5;
	s->plan.search_to = 9;
	s->plan.range_count = SPOOL_PLAN_RANGES_MAX;
	for (uint32_t i = 0; i < s->plan.range_count; i++)
		s->plan.ranges[i] = (struct spool_range){i, i + 2, i, 500 + i};
}

static void test_state_at_its_largest(void **state)
{
	struct spool_state *s = calloc(1, sizeof(*s)), *got = calloc(1, sizeof(*got));
	uint8_t *slot = malloc(SPOOL_STATE_SLOT_BYTES), *again = malloc(SPOOL_STATE_SLOT_BYTES);
	size_t len;

	(void)state;
	fill_state(s);
	len = spool_state_encode(s, slot);
	assert_true(len <= SPOOL_STATE_SLOT_BYTES);
	assert_int_equal(spool_state_decode(slot, len, got), SPOOL_FOUND);
	assert_int_equal(spool_state_encode(got, again), len);
	assert_memory_equal(slot, again, len);
	assert_int_equal(got->plan.ranges[3].to, 503);
	assert_int_equal(spool_state_decode(slot, len - 1, got), SPOOL_FOUND_BAD);
	for (size_t i = 0; i < len; i += 97) {
		slot[i] ^= 0x10;
		assert_int_equal(spool_state_decode(slot, len, got), SPOOL_FOUND_BAD);
		slot[i] ^= 0x10;
	}
	free(again);
	free(slot);
	free(got);
	free(s);
}

/* Whatever part of a slot reached the disk, the state before it is still there. */
static void test_torn_state_leaves_the_one_before(void **state)
{
	struct fixture *f = *state;
	struct spool_state *s = calloc(1, sizeof(*s)), *got = calloc(1, sizeof(*got));
	uint8_t *slot = malloc(SPOOL_STATE_SLOT_BYTES);
	char id[SPOOL_ID_BYTES];
	int dir_fd, fd;
	size_t len;

	assert_int_equal(spool_dir_open(f->dir, true, true, &dir_fd, id), ERR_OK);
	assert_int_equal(spool_state_read(dir_fd, id, got), ERR_DB_SPOOL_OPEN_FAILED);
	assert_true(got->batch_next > 1700000000000);
	fd = spool_dir_open_file(dir_fd, "shipper.state", O_RDWR | O_CREAT);
	fill_state(s);
	s->ack_count = s->plan.range_count = 3;
	spool_id_raw(id, s->spool_id);
	assert_int_equal(spool_state_write(fd, s), ERR_OK);
	assert_int_equal(spool_state_write(fd, s), ERR_OK);
	assert_int_equal(s->generation, 9);
	s->generation = 10;
	s->batch_next++;
	len = spool_state_encode(s, slot);
	for (size_t cut = 0; cut <= len; cut++) {
		assert_true(spool_pwrite_all(fd, slot, cut, (10 & 1) * SPOOL_STATE_SLOT_BYTES));
		assert_int_equal(spool_state_read(dir_fd, id, got), ERR_OK);
		assert_int_equal(got->generation, cut == len ? 10 : 9);
	}
	/* of another spool: none */
	s->spool_id[0] ^= 1;
	s->generation = 20;
	assert_int_equal(spool_state_write(fd, s), ERR_OK);
	assert_int_equal(spool_state_read(dir_fd, id, got), ERR_OK);
	assert_int_equal(got->generation, 10);
	close(fd);
	close(dir_fd);
	free(slot);
	free(got);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_crc32c_vectors),
	        cmocka_unit_test(test_segment_header),
	        cmocka_unit_test(test_record_header),
	        cmocka_unit_test(test_state_at_its_largest),
	        cmocka_unit_test_setup_teardown(
	                test_torn_state_leaves_the_one_before, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("spool_format", tests, NULL, NULL);
}
