/* SPDX-License-Identifier: MIT
 * Tests of lib/spool: what is appended comes out once, in order; quota, reserve, sharing, freeing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "spool_fixture.h"

static void test_record_comes_out_as_it_went_in(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_reader *r;
	struct spool_batch b;
	struct spool_backlog backlog;
	struct spool_record rec = {.accepted_ms = 1763715600123,
	        .rows_server = 2,
	        .rows_widget = 1,
	        .registry_rows = 1,
	        .events = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
	        .events_len = 24,
	        .registry = "{\"tool\":\"t\"}\n",
	        .registry_len = 13};

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(spool_append(w, &rec), ERR_OK);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	assert_int_equal(backlog.rows, 3);
	assert_true(backlog.any);
	assert_int_equal(backlog.oldest_ms, 1763715600123);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_true(b.number > 1700000000000u);
	assert_false(b.again);
	assert_string_equal(buf_str(&b.events), rec.events);
	assert_string_equal(buf_str(&b.registry), rec.registry);
	assert_int_equal(b.rows_server, 2);
	assert_int_equal(b.rows_widget, 1);
	assert_int_equal(b.registry_rows, 1);
	assert_int_equal(b.oldest_ms, 1763715600123);
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(b.number, 0);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	assert_int_equal(backlog.rows, 0);
	assert_false(backlog.any);
	spool_batch_release(&b);
	spool_reader_close(r);
	spool_writer_close(w);
}

static void test_empty_record_is_nothing(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_record none = {.accepted_ms = 1};
	int seen[1];

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(spool_append(w, &none), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, 1), 0);
}

static int count_files(const struct fixture *f, const char *suffix)
{
	char cmd[256];
	FILE *p;
	int n = -1;

	snprintf(cmd, sizeof(cmd), "find %s/streams -name '*%s' | wc -l", f->dir, suffix);
	p = popen(cmd, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%d", &n), 1);
	pclose(p);
	return n;
}

static void test_segments_roll_and_are_freed(void **state)
{
	enum { COUNT = 300 };
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_backlog backlog;
	struct spool_reader *r;
	int seen[COUNT];

	f->o.segment_bytes = 64 << 10;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(fixture_append(w, i, 2000), ERR_OK);
	assert_true(count_files(f, ".seg") >= 9);
	assert_int_equal(fixture_drain(f, seen, COUNT), COUNT);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(seen[i], 1);
	/* the writer lives: its last segment stays */
	assert_int_equal(count_files(f, ".seg"), 1);
	assert_int_equal(fixture_append(w, 7, 10), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, COUNT), 1);
	assert_int_equal(seen[7], 1);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	spool_reader_close(r);
	assert_int_equal(count_files(f, ".seg"), 0);
	/* numbers go on, so the shipper's position never covers new records */
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(fixture_append(w, 8, 10), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, COUNT), 1);
	assert_int_equal(seen[8], 1);
}

/* Lengths around blocks and stages, read while they are written: what a reader has in its page
 * cache must never hide what came later. */
static void append_all_lengths(struct fixture *f)
{
	static const int around[] = {0, 3968, 4096, 8192, 65536, 131072, 262144, 700000};
	enum { NEAR = 70, STEP = 7, COUNT = 8 * (2 * NEAR / STEP + 1) };
	int seen[COUNT], n = 0;
	struct spool_status status;
	struct spool_writer *w;

	f->o.segment_bytes = 8 << 20;
	f->o.max_bytes = f->ro.max_bytes = 1 << 30;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int delta = -NEAR; delta <= NEAR; delta += STEP) {
		for (size_t i = 0; i < ARRAY_LEN(around); i++) {
			int pad = around[i] + delta;

			assert_int_equal(fixture_append(w, n++, pad > 0 ? (size_t)pad : 0), ERR_OK);
		}
		assert_int_equal(fixture_drain(f, seen, COUNT), 8);
	}
	assert_int_equal(n, COUNT);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, COUNT), 0);
	assert_int_equal(spool_status(f->dir, &status), ERR_OK);
	assert_int_equal(status.quarantine_entries, 0);
}

static void test_records_of_all_lengths(void **state)
{
	append_all_lengths(*state);
}

/* A file system that says it can write past the page cache, and then cannot. */
static ssize_t pwritev_of_others(int fd, const struct iovec *iov, int count, off_t at)
{
	if ((fcntl(fd, F_GETFL) & O_DIRECT) == 0)
		return pwritev(fd, iov, count, at);
	errno = EINVAL;
	return -1;
}

static void test_records_without_direct_writes(void **state)
{
	spool_sys.pwritev = pwritev_of_others;
	append_all_lengths(*state);
	spool_sys.pwritev = pwritev;
}

static void test_order_within_a_batch_is_by_arrival(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w[3];
	struct spool_reader *r;
	struct spool_batch b;
	int numbers[9];

	for (int i = 0; i < 3; i++)
		assert_int_equal(spool_writer_open(&f->o, &w[i]), ERR_OK);
	for (int i = 0; i < 9; i++) {
		struct spool_writer_stats st;

		spool_writer_stats(w[i % 3], &st);
		assert_int_equal(st.stream, i % 3);
		assert_int_equal(fixture_append(w[i % 3], i, 10), ERR_OK);
	}
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(fixture_numbers(&b, numbers, 9), 9);
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	spool_batch_release(&b);
	spool_reader_close(r);
	for (int i = 0; i < 3; i++)
		spool_writer_close(w[i]);
}

static void test_limits_of_a_plan(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_reader *r;
	struct spool_batch b;
	int numbers[32];

	f->limits.rows = 10;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < 25; i++)
		assert_int_equal(fixture_append(w, i, 10), ERR_OK);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	for (int i = 0; i < 25; i += 10) {
		int n;

		assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
		n = fixture_numbers(&b, numbers, 32);
		assert_int_equal(n, i < 20 ? 10 : 5);
		assert_int_equal(numbers[0], i);
		assert_int_equal(spool_reader_ack(r), ERR_OK);
	}
	/* one record above the limit goes alone */
	f->limits.bytes = 100;
	assert_int_equal(fixture_append(w, 1, 5000), ERR_OK);
	assert_int_equal(fixture_append(w, 2, 10), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(b.records, 1);
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	spool_batch_release(&b);
	spool_reader_close(r);
	spool_writer_close(w);
}

/* A plan that was written comes back after a crash, the same bytes, with its own limits, before
 * anything newer; so does the search for bad rows. */
static void test_plan_comes_back_the_same(void **state)
{
	struct fixture *f = *state;
	struct spool_limits other = {.rows = 3, .bytes = 1000, .days = 1, .units = 1};
	struct spool_writer *w[2];
	struct spool_reader *r;
	struct spool_batch b;
	uint64_t number;
	char *text;

	for (int i = 0; i < 2; i++)
		assert_int_equal(spool_writer_open(&f->o, &w[i]), ERR_OK);
	for (int i = 0; i < 20; i++)
		assert_int_equal(fixture_append(w[i & 1], i, (size_t)i), ERR_OK);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	number = b.number;
	text = strdup(buf_str(&b.events));
	assert_int_equal(spool_reader_search(r, 0, 4, 9), ERR_OK);
	spool_reader_close(r);
	for (int i = 20; i < 25; i++)
		assert_int_equal(fixture_append(w[i & 1], i, 5), ERR_OK);

	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(spool_reader_plan(r, &other, &b), ERR_OK);
		assert_int_equal(b.number, number);
		assert_true(b.again);
		assert_int_equal(b.limits.rows, 10000);
		assert_int_equal(b.limits.days, 14);
		assert_int_equal(b.search_unit, 1);
		assert_int_equal(b.search_from, 4);
		assert_int_equal(b.search_to, 9);
		assert_string_equal(buf_str(&b.events), text);
	}
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(b.number, number + 1);
	assert_int_equal(b.records, 5);
	assert_int_equal(b.search_unit, 0);
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	free(text);
	spool_batch_release(&b);
	spool_reader_close(r);
	for (int i = 0; i < 2; i++)
		spool_writer_close(w[i]);
}

/* The shipper lists a stream after its writer has taken a number and before the file is there. */
static void test_segment_that_appears_after_its_number(void **state)
{
	struct fixture *f = *state;
	struct spool_backlog backlog;
	struct spool_writer *w;
	struct spool_reader *r;
	struct spool_cell cell;
	int fd, numbers[4];
	struct spool_batch b;
	char path[192];

	f->o.segment_bytes = 4096;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(fixture_append(w, 0, 3000), ERR_OK);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	snprintf(path, sizeof(path), "%s/streams/00", f->dir);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(spool_cell_open(fd, false, &cell), ERR_OK);
	cell.map->last_seq = 2;
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	cell.map->last_seq = 1;
	assert_int_equal(fixture_append(w, 1, 3000), ERR_OK);
	assert_int_equal(cell.map->last_seq, 2);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(fixture_numbers(&b, numbers, 4), 2);
	spool_batch_release(&b);
	spool_cell_close(&cell);
	close(fd);
	spool_reader_close(r);
	spool_writer_close(w);
}

static void test_one_shipper(void **state)
{
	struct fixture *f = *state;
	struct spool_reader *r, *second;

	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_open(&f->ro, &second), ERR_DB_SHIPPER_ALREADY_RUNNING);
	assert_null(second);
	spool_reader_close(r);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_reader_close(r);
}

static void test_quota_closes_and_opens_below_95_percent(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_writer_stats st;
	int n = 0, seen[1200];
	enum err e = ERR_OK;

	f->o.max_bytes = 1 << 20;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	while (e == ERR_OK && n < 1200)
		if ((e = fixture_append(w, n, 1000)) == ERR_OK)
			n++;
	assert_int_equal(e, ERR_INGEST_BACKPRESSURE_ACTIVE);
	assert_int_equal(spool_admit(w), ERR_INGEST_BACKPRESSURE_ACTIVE);
	assert_in_range(n, 900, 1000);
	spool_writer_stats(w, &st);
	assert_true(st.used_bytes >= st.max_bytes);
	/* the numbers are at most a second old */
	assert_int_equal(fixture_drain(f, seen, 1200), n);
	clock_sleep_ms(SPOOL_SPACE_TTL_MS + 50);
	assert_int_equal(spool_admit(w), ERR_OK);
	assert_int_equal(fixture_append(w, 0, 1000), ERR_OK);
	spool_writer_close(w);
}

static uint64_t fake_free_blocks;

static int fake_fstatvfs(int fd, struct statvfs *out)
{
	int result = fstatvfs(fd, out);

	out->f_bavail = fake_free_blocks;
	return result;
}

static void test_reserve_closes(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct statvfs fs;

	assert_int_equal(statvfs(f->home, &fs), 0);
	f->o.reserve_bytes = (int64_t)fs.f_frsize * 1000;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	spool_sys.fstatvfs = fake_fstatvfs;
	fake_free_blocks = 999;
	assert_int_equal(spool_admit(w), ERR_INGEST_SPOOL_DISK_FULL);
	assert_int_equal(spool_probe(w), ERR_INGEST_SPOOL_DISK_FULL);
	fake_free_blocks = 1001; /* not yet: opens at 100 / 95 of the reserve */
	clock_sleep_ms(SPOOL_SPACE_TTL_MS + 20);
	assert_int_equal(spool_admit(w), ERR_INGEST_SPOOL_DISK_FULL);
	fake_free_blocks = 1100;
	clock_sleep_ms(SPOOL_SPACE_TTL_MS + 20);
	assert_int_equal(spool_admit(w), ERR_OK);
	assert_int_equal(spool_probe(w), ERR_OK);
	spool_sys.fstatvfs = fstatvfs;
	spool_writer_close(w);
}

static void test_directory_refusals(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_status st;

	f->o.dir = "/nonexistent/spool";
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_DB_SPOOL_OPEN_FAILED);
	assert_null(w);
	assert_int_equal(spool_status("/nonexistent/spool", &st), ERR_DB_SPOOL_OPEN_FAILED);
	f->o.dir = "/proc";
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_DB_SPOOL_OPEN_FAILED);
	if (access("/dev/shm", W_OK) != 0)
		return;
	f->o.dir = "/dev/shm";
	f->o.allow_any_fs = false;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_DB_SPOOL_FILESYSTEM_UNSUITABLE);
}

static void test_modes_of_fsync(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	int seen[40];

	for (int mode = SPOOL_FSYNC_INTERVAL; mode <= SPOOL_FSYNC_OFF; mode++) {
		f->o.fsync = (enum spool_fsync)mode;
		assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
		for (int i = 0; i < 20; i++) {
			assert_int_equal(fixture_append(w, i, 100), ERR_OK);
			if (i % 7 == 0)
				clock_sleep_ms(6);
		}
		spool_writer_close(w);
		assert_int_equal(fixture_drain(f, seen, 40), 20);
	}
}

static void test_kept_segments(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct spool_reader *r;
	struct spool_backlog backlog;
	int seen[400];

	f->o.segment_bytes = 64 << 10;
	f->ro.keep_ms = 3600 * 1000;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < 400; i++)
		assert_int_equal(fixture_append(w, i, 1000), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, 400), 400);
	assert_true(count_files(f, ".kept") >= 6);
	/* they go first when it gets tight: here the disk is below its reserve */
	spool_sys.fstatvfs = fake_fstatvfs;
	fake_free_blocks = 0;
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	clock_sleep_ms(10);
	spool_reader_close(r);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	spool_reader_close(r);
	spool_sys.fstatvfs = fstatvfs;
	assert_int_equal(count_files(f, ".seg"), 0);
}

static void test_replay(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	uint64_t rows;
	int seen[120];
	int64_t middle;

	f->o.segment_bytes = 64 << 10;
	f->ro.keep_ms = 3600 * 1000;
	assert_int_equal(spool_replay(&f->o, 0, &rows), ERR_OK);
	assert_int_equal(rows, 0);
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < 50; i++)
		assert_int_equal(fixture_append(w, i, 5000), ERR_OK);
	clock_sleep_ms(5);
	middle = clock_wall_ms();
	for (int i = 50; i < 100; i++)
		assert_int_equal(fixture_append(w, i, 5000), ERR_OK);
	assert_int_equal(fixture_drain(f, seen, 120), 100);
	assert_true(count_files(f, ".kept") >= 5);
	/* not shipped yet: no part of a replay */
	assert_int_equal(fixture_append(w, 100, 10), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(spool_replay(&f->o, middle, &rows), ERR_OK);
	assert_int_equal(rows, 50);
	assert_int_equal(fixture_drain(f, seen, 120), 51);
	for (int i = 0; i < 120; i++)
		assert_int_equal(seen[i], i >= 50 && i <= 100);
}

static void test_hold_stops_deleting(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	int seen[400], fd, before;

	f->o.segment_bytes = 64 << 10;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < 400; i++)
		assert_int_equal(fixture_append(w, i, 1000), ERR_OK);
	fd = spool_hold(f->dir);
	assert_true(fd >= 0);
	before = count_files(f, ".seg");
	assert_int_equal(fixture_drain(f, seen, 400), 400);
	assert_int_equal(count_files(f, ".seg"), before);
	close(fd);
	assert_int_equal(fixture_drain(f, seen, 400), 0);
	assert_int_equal(count_files(f, ".seg"), 1);
	spool_writer_close(w);
}

static void test_status(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w[2];
	struct spool_status st;
	struct spool_reader *r;
	struct spool_batch b;
	int64_t before = clock_wall_ms();

	for (int i = 0; i < 2; i++)
		assert_int_equal(spool_writer_open(&f->o, &w[i]), ERR_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(fixture_append(w[i & 1], i, 1000), ERR_OK);
	assert_int_equal(spool_status(f->dir, &st), ERR_OK);
	assert_true(str_is_uuid(st.id));
	assert_int_equal(st.depth_events, 10);
	assert_in_range(st.depth_bytes, 10000, 12000);
	assert_in_range(st.oldest_ms, before, clock_wall_ms());
	assert_int_equal(st.writers, 2);
	assert_int_equal(st.segments, 2);
	assert_false(st.shipper_running);
	f->limits.rows = 4;
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	assert_int_equal(spool_status(f->dir, &st), ERR_OK);
	assert_int_equal(st.depth_events, 6);
	assert_true(st.shipper_running);
	spool_batch_release(&b);
	spool_reader_close(r);
	for (int i = 0; i < 2; i++)
		spool_writer_close(w[i]);
	assert_int_equal(spool_status(f->dir, &st), ERR_OK);
	assert_int_equal(st.depth_events, 6);
	assert_int_equal(st.writers, 0);
}

/* ---- quarantine ---- */

static bool first_id(const struct spool_quarantine_entry *e, void *arg)
{
	strcpy(arg, e->id);
	return false;
}

static void test_quarantine(void **state)
{
	struct fixture *f = *state;
	struct spool_reader *r;
	struct spool_quarantine_entry e = {.id = "1763715600000-events-0-17",
	                                      .table = "events",
	                                      .rows = 1,
	                                      .code = ERR_DB_CH_SCHEMA_MISMATCH,
	                                      .store_code = 117,
	                                      .reason = "Unknown field\n\"x\""},
	                              got;
	const char row[] = "{\"n\":3,\"pad\":\"\"}\n";
	char id[SPOOL_QUARANTINE_ID_BYTES] = "";
	uint64_t entries, rows;
	int64_t bytes;
	struct buf payload;
	int seen[5];

	buf_init(&payload, 1000);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	for (int i = 0; i < 2; i++) /* the same id overwrites */
		assert_int_equal(spool_reader_quarantine(r, &e, row, strlen(row)), ERR_OK);
	spool_reader_close(r);
	assert_int_equal(spool_quarantine_usage(f->dir, &entries, &rows, &bytes), ERR_OK);
	assert_int_equal(entries, 1);
	assert_int_equal(rows, 1);
	assert_true(bytes > 17);
	assert_int_equal(spool_quarantine_list(f->dir, first_id, id), ERR_OK);
	assert_string_equal(id, e.id);
	assert_int_equal(spool_quarantine_show(f->dir, id, &got, &payload), ERR_OK);
	assert_string_equal(buf_str(&payload), row);
	assert_string_equal(got.table, "events");
	assert_string_equal(got.reason, "Unknown field \"x\"");
	assert_int_equal(got.code, 5003);
	assert_int_equal(got.store_code, 117);
	assert_int_equal(got.bytes, strlen(row));
	assert_true(clock_wall_ms() - got.time_ms < 60000);
	assert_int_equal(
	        spool_quarantine_show(f->dir, "no-such", &got, NULL), ERR_DB_QUARANTINE_NOT_FOUND);
	assert_int_equal(
	        spool_quarantine_show(f->dir, "../id", &got, NULL), ERR_DB_QUARANTINE_NOT_FOUND);
	/* a retry puts the row back where the shipper finds it */
	assert_int_equal(spool_quarantine_retry(&f->o, id), ERR_OK);
	assert_int_equal(spool_quarantine_retry(&f->o, id), ERR_DB_QUARANTINE_NOT_FOUND);
	assert_int_equal(fixture_drain(f, seen, 5), 1);
	assert_int_equal(seen[3], 1);
	assert_int_equal(spool_quarantine_purge(f->dir, id), ERR_DB_QUARANTINE_NOT_FOUND);
	buf_release(&payload);
}

static void test_quarantine_full_and_purge(void **state)
{
	struct fixture *f = *state;
	struct spool_reader *r;
	struct spool_quarantine_entry e = {.id = "1-events-0-0", .table = "", .rows = 1};
	char big[600];

	memset(big, 'b', sizeof(big));
	f->ro.quarantine_max_bytes = 1000;
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_quarantine(r, &e, big, sizeof(big)), ERR_OK);
	strcpy(e.id, "1-events-0-1");
	assert_int_equal(spool_reader_quarantine(r, &e, big, sizeof(big)), ERR_DB_QUARANTINE_FULL);
	spool_reader_close(r);
	/* what is no rows cannot be sent again */
	assert_int_equal(
	        spool_quarantine_retry(&f->o, "1-events-0-0"), ERR_DB_QUARANTINE_RETRY_FAILED);
	assert_int_equal(spool_quarantine_purge(f->dir, "1-events-0-0"), ERR_OK);
	assert_int_equal(
	        spool_quarantine_purge(f->dir, "1-events-0-0"), ERR_DB_QUARANTINE_NOT_FOUND);
}

static void test_shared_modes(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	struct stat st;
	char path[192];
	mode_t before = umask(077);

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(fixture_append(w, 1, 1), ERR_OK);
	umask(before);
	assert_int_equal(stat(f->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02770);
	snprintf(path, sizeof(path), "%s/streams/00/00000001.seg", f->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	spool_writer_close(w);
}

#define SPOOL_TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SPOOL_TEST(test_record_comes_out_as_it_went_in),
	        SPOOL_TEST(test_empty_record_is_nothing),
	        SPOOL_TEST(test_segments_roll_and_are_freed),
	        SPOOL_TEST(test_records_of_all_lengths),
	        SPOOL_TEST(test_records_without_direct_writes),
	        SPOOL_TEST(test_order_within_a_batch_is_by_arrival),
	        SPOOL_TEST(test_limits_of_a_plan),
	        SPOOL_TEST(test_plan_comes_back_the_same),
	        SPOOL_TEST(test_segment_that_appears_after_its_number),
	        SPOOL_TEST(test_one_shipper),
	        SPOOL_TEST(test_quota_closes_and_opens_below_95_percent),
	        SPOOL_TEST(test_reserve_closes),
	        SPOOL_TEST(test_directory_refusals),
	        SPOOL_TEST(test_modes_of_fsync),
	        SPOOL_TEST(test_kept_segments),
	        SPOOL_TEST(test_replay),
	        SPOOL_TEST(test_hold_stops_deleting),
	        SPOOL_TEST(test_status),
	        SPOOL_TEST(test_quarantine),
	        SPOOL_TEST(test_quarantine_full_and_purge),
	        SPOOL_TEST(test_shared_modes),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
