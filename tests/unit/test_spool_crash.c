/* SPDX-License-Identifier: MIT
 * Tests of the spool when something breaks: torn tails, flipped bits, killed writers, failing and
 * full disks. Acknowledged means there, once; refused means never there. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/err.h"
#include "spool/spool_quarantine.h"
#include "spool_fixture.h"

#include "tests/unit/log_capture.h"

static void segment_path(const struct fixture *f, int stream, int seq, char out[192])
{
	snprintf(out, 192, "%s/streams/%02x/%08x.seg", f->dir, stream, seq);
}

static off_t file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Changes the byte at `at` (from the end when negative) into another one. */
static void damage_byte(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	if (at < 0)
		at += file_size(path);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x5a;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* Forgets the commit mark, as a power cut may. */
static void lose_cell(const struct fixture *f, int stream)
{
	char path[192];
	uint8_t zeros[24] = {0};
	int fd;

	snprintf(path, sizeof(path), "%s/streams/%02x/cell", f->dir, stream);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 32), sizeof(zeros));
	close(fd);
}

static void write_rows(struct fixture *f, int from, int to, size_t pad)
{
	struct spool_writer *w;

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = from; i < to; i++)
		assert_int_equal(fixture_append(w, i, pad), ERR_OK);
	spool_writer_close(w);
}

/* The power fails while the third record is written: whatever part of it is on disk, the two before
 * it are read, it is not, and the next writer goes on. */
static void test_torn_tail_at_every_byte(void **state)
{
	struct fixture *f = *state;
	char path[192], copy[65536];
	off_t two, three;
	int fd, total, seen[8];

	write_rows(f, 0, 2, 50);
	segment_path(f, 0, 1, path);
	two = file_size(path);
	fixture_teardown(state);
	fixture_setup(state);
	f = *state;
	write_rows(f, 0, 3, 50);
	segment_path(f, 0, 1, path);
	three = file_size(path);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, copy, sizeof(copy), 0), three);
	close(fd);
	for (off_t cut = two; cut <= three; cut++) {
		bool zeros_behind = cut & 1;   /* space that was reserved */
		bool whole = cut >= three - 7; /* all but some of the padding */
		char cmd[512];

		snprintf(cmd, sizeof(cmd), "rm -rf %s/shipper.state %s/streams/00/*.seg", f->dir,
		        f->dir);
		assert_int_equal(system(cmd), 0);
		lose_cell(f, 0);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0660);
		assert_int_equal(pwrite(fd, copy, (size_t)cut, 0), cut);
		if (zeros_behind)
			assert_int_equal(ftruncate(fd, 70000), 0);
		close(fd);
		if (cut % 3 == 0) /* a new writer settles it, else the shipper */
			write_rows(f, 5, 6, 10);
		total = fixture_drain(f, seen, 8);
		assert_int_equal(total, 2 + (whole && seen[2] == 1) + (cut % 3 == 0));
		assert_int_equal(seen[0], 1);
		assert_int_equal(seen[1], 1);
		assert_int_equal(seen[5], cut % 3 == 0);
		if (!whole)
			assert_int_equal(seen[2], 0);
	}
}

/* Whoever finds the torn tail cuts it off, and says so once. */
static void test_torn_tail_is_told(void **state)
{
	struct fixture *f = *state;
	struct log_capture log;
	char path[192];

	write_rows(f, 0, 2, 50);
	segment_path(f, 0, 1, path);
	assert_int_equal(truncate(path, file_size(path) - 20), 0);
	lose_cell(f, 0);
	log_capture_begin(&log);
	write_rows(f, 2, 3, 50);
	write_rows(f, 3, 4, 50);
	log_capture_end(&log);
	assert_int_equal(log_captured(&log, ERR_DB_SPOOL_TORN_TAIL), 1);
	assert_non_null(strstr(log.text, "\"offset\":"));
}

static bool keep_id(const struct spool_quarantine_entry *e, void *arg)
{
	strcpy(arg, e->id);
	return false;
}

/* The only entry of the quarantine says what it is. */
static void entry_is_damage(const struct fixture *f)
{
	struct spool_quarantine_entry e;
	char id[SPOOL_QUARANTINE_ID_BYTES] = "";

	assert_int_equal(spool_quarantine_list(f->dir, keep_id, id), ERR_OK);
	assert_int_equal(spool_quarantine_show(f->dir, id, &e, NULL), ERR_OK);
	assert_int_equal(e.code, ERR_DB_SPOOL_CRC_MISMATCH);
	assert_true(e.reason[0] != '\0');
}

/* A flipped bit anywhere in the middle one of three acknowledged records: the others are shipped,
 * the damaged bytes are in quarantine, nothing else is. */
static void flip_and_drain(struct fixture *f, bool cell_lost, int step)
{
	char path[192], cmd[512];
	off_t two, one, size;
	uint8_t byte;
	int fd, seen[4];
	uint64_t entries, rows;
	int64_t bytes;

	one = SPOOL_SEGMENT_HEADER_BYTES + (off_t)spool_record_bytes(14 + 40 + 3);
	two = one + (one - SPOOL_SEGMENT_HEADER_BYTES);
	for (off_t at = one; at < two; at += step) {
		bool padding;

		snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
		assert_int_equal(system(cmd), 0);
		write_rows(f, 0, 3, 40);
		segment_path(f, 0, 1, path);
		size = file_size(path);
		assert_int_equal(size - two, two - one);
		if (cell_lost)
			lose_cell(f, 0);
		fd = open(path, O_RDWR);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= (uint8_t)(1 << at % 8);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		padding = at >= one + SPOOL_RECORD_HEADER_BYTES + 57;
		assert_int_equal(fixture_drain(f, seen, 4), padding ? 3 : 2);
		assert_int_equal(seen[0], 1);
		assert_int_equal(seen[2], 1);
		assert_int_equal(spool_quarantine_usage(f->dir, &entries, &rows, &bytes), ERR_OK);
		assert_int_equal(entries, padding ? 0 : 1);
		if (!padding) {
			assert_true(bytes >= two - one);
			entry_is_damage(f);
		}
	}
}

static void test_flipped_bits(void **state)
{
	flip_and_drain(*state, false, 1);
}

static void test_flipped_bits_after_a_power_cut(void **state)
{
	flip_and_drain(*state, true, 7);
}

static void test_damaged_last_record_is_quarantined_when_it_was_acknowledged(void **state)
{
	struct fixture *f = *state;
	char path[192];
	uint64_t entries, rows;
	int64_t bytes;
	int seen[3];

	write_rows(f, 0, 3, 40);
	segment_path(f, 0, 1, path);
	damage_byte(path, -20);
	assert_int_equal(fixture_drain(f, seen, 3), 2);
	assert_int_equal(spool_quarantine_usage(f->dir, &entries, &rows, &bytes), ERR_OK);
	assert_int_equal(entries, 1);
	assert_int_equal(rows, 1);
}

static void test_damaged_segment_header(void **state)
{
	struct fixture *f = *state;
	char path[192];
	uint64_t entries, rows;
	int64_t bytes;
	int seen[6];

	write_rows(f, 0, 2, 40);
	write_rows(f, 2, 4, 40);
	segment_path(f, 0, 1, path);
	damage_byte(path, 60);
	assert_int_equal(fixture_drain(f, seen, 6), 2);
	assert_int_equal(seen[2] + seen[3], 2);
	assert_int_equal(spool_quarantine_usage(f->dir, &entries, &rows, &bytes), ERR_OK);
	assert_int_equal(entries, 1);
	entry_is_damage(f);
	snprintf(path + strlen(path) - 4, 16, ".damaged");
	assert_true(file_size(path) > 0);
}

/* Between the plan and its repetition the disk loses one of two planned segments, and the header of
 * the other: what is readable elsewhere is shipped, nothing stops. */
static void test_planned_segments_go_bad(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w[3];
	struct spool_reader *r;
	struct spool_batch b;
	char path[192];
	int numbers[8];

	for (int i = 0; i < 3; i++)
		assert_int_equal(spool_writer_open(&f->o, &w[i]), ERR_OK);
	for (int i = 0; i < 6; i++)
		assert_int_equal(fixture_append(w[i % 3], i, 10), ERR_OK);
	for (int i = 0; i < 3; i++)
		spool_writer_close(w[i]);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(b.records, 6);
	spool_reader_close(r);
	segment_path(f, 0, 1, path);
	assert_int_equal(unlink(path), 0);
	segment_path(f, 1, 1, path);
	damage_byte(path, 50);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_true(b.again);
	assert_int_equal(fixture_numbers(&b, numbers, 8), 2);
	assert_int_equal(numbers[0], 2);
	assert_int_equal(numbers[1], 5);
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	assert_int_equal(b.number, 0);
	spool_reader_close(r);
	spool_batch_release(&b);
}

/* A cell that says it has given out nearly every number is left alone. */
static void test_used_up_stream_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct spool_writer_stats st;
	struct spool_writer *w;
	char path[192];
	uint8_t seq[4] = {0xff, 0xff, 0xff, 0xff};
	int fd, seen[3];

	write_rows(f, 0, 1, 10);
	snprintf(path, sizeof(path), "%s/streams/00/cell", f->dir);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, seq, sizeof(seq), 48), sizeof(seq));
	close(fd);
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	spool_writer_stats(w, &st);
	assert_int_equal(st.stream, 1);
	assert_int_equal(fixture_append(w, 1, 10), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, 3), 2);
}

static void test_newer_format_is_refused(void **state)
{
	struct fixture *f = *state;
	struct spool_reader *r;
	struct spool_writer *w;
	struct spool_backlog backlog;
	char path[192];
	uint8_t header[SPOOL_SEGMENT_HEADER_BYTES];
	int fd;

	write_rows(f, 0, 2, 40);
	segment_path(f, 0, 1, path);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, header, sizeof(header), 0), sizeof(header));
	spool_put32(header + 8, 2);
	spool_put32(header + 124, spool_crc32c(0, header, 124));
	assert_int_equal(pwrite(fd, header, sizeof(header), 0), sizeof(header));
	close(fd);
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_DB_SPOOL_FORMAT_NEWER);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_DB_SPOOL_FORMAT_NEWER);
	spool_reader_close(r);
}

static void test_unfinished_segment_is_ignored(void **state)
{
	struct fixture *f = *state;
	char path[192];
	int fd, seen[4];

	write_rows(f, 0, 2, 40);
	for (int size = 0; size < 5000; size += 1250) {
		segment_path(f, 0, 2, path);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0660);
		assert_int_equal(ftruncate(fd, size), 0);
		close(fd);
		if (size % 2500 == 0)
			write_rows(f, 2, 3, 40);
		fixture_drain(f, seen, 4);
		assert_int_equal(seen[0] + seen[1], size == 0 ? 2 : 0);
		assert_int_equal(seen[2], size % 2500 == 0);
		assert_true(file_size(path) != size || size == 0);
		unlink(path);
		snprintf(path, sizeof(path), "rm -rf %s", f->dir);
		assert_int_equal(system(path), 0);
		write_rows(f, 0, 2, 40);
		fixture_drain(f, seen, 4);
	}
}

/* ---- killed writers ---- */

struct ledger {
	int acked[64]; /* highest number acknowledged by each child, + 1 */
};

/* A child writes so much and then waits to be killed: while a slow disk holds up one, the others
 * must not fill the quota (it happened), nor reach the numbers of the next. */
enum { CHILD_APPENDS_MAX = 5000 };

static void child_writer(struct fixture *f, struct ledger *l, int who, int from)
{
	struct spool_writer *w;

	if (spool_writer_open(&f->o, &w) != ERR_OK)
		_exit(1);
	for (int i = from; i < from + CHILD_APPENDS_MAX; i++) {
		enum err e = fixture_append(w, i, (size_t)(i * 37 % 3000));

		if (e != ERR_OK) {
			print_error("append %d: %s\n", i - from, err_code(e));
			_exit(2);
		}
		l->acked[who] = i + 1;
		__sync_synchronize();
	}
	for (;;)
		pause();
}

/* Workers of a new spool start at the same moment: each gets a stream of its own at once. One that
 * found another's cell unfinished used to wait for its lock, which is held for life. */
static void test_writers_that_start_together_all_start(void **state)
{
	enum { ROUNDS = 150, WRITERS = 4 };
	struct fixture *f = *state;
	char cmd[192];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	for (int round = 0; round < ROUNDS; round++) {
		int gate[2], opened[2], open_count = 0;
		pid_t pids[WRITERS];
		char byte;

		assert_int_equal(system(cmd), 0);
		assert_int_equal(pipe(gate), 0);
		assert_int_equal(pipe(opened), 0);
		for (int i = 0; i < WRITERS; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				struct spool_writer *w;

				close(gate[1]);
				(void)!read(gate[0], &byte, 1); /* until all are there */
				alarm(20);
				if (spool_writer_open(&f->o, &w) == ERR_OK)
					(void)!write(opened[1], "+", 1);
				for (;;)
					pause();
			}
		}
		close(gate[0]);
		close(gate[1]);
		close(opened[1]);
		while (open_count < WRITERS && read(opened[0], &byte, 1) == 1)
			open_count++;
		for (int i = 0; i < WRITERS; i++) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
		close(opened[0]);
		assert_int_equal(open_count, WRITERS);
	}
}

/* Children append until they are killed, several at a time, several times; the shipper drains
 * beside them. In the end every acknowledged row came exactly once, and at most one unacknowledged
 * a kill. */
static void test_killed_writers_lose_nothing(void **state)
{
	enum { ROUNDS = 12, WRITERS = 3, SPAN = 100000 };
	struct fixture *f = *state;
	struct ledger *l =
	        mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int max = ROUNDS * WRITERS * SPAN, unacked = 0;
	int *seen = calloc((size_t)max, sizeof(int)), *sum = calloc((size_t)max, sizeof(int));

	f->o.segment_bytes = 256 << 10;
	f->o.max_bytes = 512 << 20;
	srand(7);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pids[WRITERS];

		for (int i = 0; i < WRITERS; i++) {
			int who = round * WRITERS + i;

			l->acked[who] = who * SPAN;
			pids[i] = fork();
			if (pids[i] == 0)
				child_writer(f, l, who, who * SPAN);
		}
		for (int i = 0; i < WRITERS; i++)
			while (*(volatile int *)&l->acked[round * WRITERS + i] ==
			        (round * WRITERS + i) * SPAN) {
				/* A child that gave up says why; waiting for it would never end. */
				assert_int_equal(waitpid(pids[i], NULL, WNOHANG), 0);
				clock_sleep_ms(1);
			}
		clock_sleep_ms(rand() % 40);
		if (round % 3 == 1) {
			fixture_drain(f, seen, max);
			for (int i = 0; i < max; i++)
				sum[i] += seen[i];
		}
		for (int i = 0; i < WRITERS; i++) {
			int status;

			kill(pids[i], SIGKILL);
			waitpid(pids[i], &status, 0);
			assert_true(WIFSIGNALED(status));
		}
	}
	fixture_drain(f, seen, max);
	for (int i = 0; i < max; i++)
		sum[i] += seen[i];
	for (int who = 0; who < ROUNDS * WRITERS; who++) {
		assert_true(l->acked[who] > who * SPAN);
		for (int i = who * SPAN; i < (who + 1) * SPAN; i++) {
			if (i < l->acked[who])
				assert_int_equal(sum[i], 1);
			else
				unacked += sum[i];
		}
		assert_true(sum[l->acked[who] + 1] == 0);
	}
	assert_in_range(unacked, 0, ROUNDS * WRITERS);
	munmap(l, sizeof(*l));
	free(seen);
	free(sum);
}

/* ---- failing disks ---- */

static int fail_errno, fail_after; /* calls that still succeed */

static bool fails(void)
{
	if (fail_errno == 0 || fail_after-- > 0)
		return false;
	errno = fail_errno;
	return true;
}

static int failing_fdatasync(int fd)
{
	return fails() ? -1 : fdatasync(fd);
}

static int failing_fsync(int fd)
{
	return fails() ? -1 : fsync(fd);
}

static ssize_t failing_pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return fails() ? -1 : pwritev(fd, iov, count, at);
}

/* A full disk takes the first bytes of a record and no more. */
static ssize_t short_pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	struct iovec half = iov[0];

	if (!fails())
		return pwritev(fd, iov, count, at);
	half.iov_len = (half.iov_len / 2 + 511) / 512 * 512;
	if (half.iov_len > iov[0].iov_len)
		half.iov_len = iov[0].iov_len;
	return pwritev(fd, &half, 1, at) < 0 ? -1 : (ssize_t)half.iov_len - 1;
}

static int failing_ftruncate(int fd, off_t size)
{
	(void)fd;
	(void)size;
	errno = EIO;
	return -1;
}

static void restore_sys(void)
{
	fail_errno = 0;
	spool_sys.pwritev = pwritev;
	spool_sys.fdatasync = fdatasync;
	spool_sys.fsync = fsync;
	spool_sys.ftruncate = ftruncate;
	spool_sys.fallocate = fallocate;
}

/* While fdatasync fails nothing is acknowledged, and nothing of it is seen later. */
static void test_fsync_failure_refuses(void **state)
{
	struct fixture *f = *state;
	struct spool_writer_stats st;
	struct spool_writer *w;
	struct log_capture log;
	int seen[5];

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(fixture_append(w, 0, 100), ERR_OK);
	spool_sys.fdatasync = failing_fdatasync;
	fail_errno = EIO;
	fail_after = 0;
	log_capture_begin(&log);
	assert_int_equal(fixture_append(w, 1, 100), ERR_INGEST_SPOOL_WRITE_FAILED);
	log_capture_end(&log);
	/* told once, and with the cause of the system */
	assert_true(log_captured(&log, ERR_DB_SPOOL_FSYNC_FAILED) >= 1);
	assert_non_null(strstr(log.text, strerror(EIO)));
	spool_writer_stats(w, &st);
	assert_int_equal(st.failures, 1);
	assert_int_equal(spool_admit(w), ERR_INGEST_SPOOL_WRITE_FAILED);
	restore_sys();
	clock_sleep_ms(210);
	assert_int_equal(spool_admit(w), ERR_OK);
	assert_int_equal(fixture_append(w, 2, 100), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(fixture_drain(f, seen, 5), 2);
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 0);
	assert_int_equal(seen[2], 1);
}

/* A position that cannot be recorded stays under way, and is recorded later. */
static void test_failed_acknowledgement_can_be_repeated(void **state)
{
	struct fixture *f = *state;
	struct spool_backlog backlog;
	struct spool_reader *r;
	struct spool_batch b;
	int seen[2];

	write_rows(f, 0, 2, 50);
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
	assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
	spool_sys.fdatasync = failing_fdatasync;
	fail_errno = EIO;
	fail_after = 0;
	assert_int_equal(spool_reader_ack(r), ERR_DB_SPOOL_ACK_FAILED);
	restore_sys();
	assert_int_equal(spool_reader_ack(r), ERR_OK);
	spool_batch_release(&b);
	spool_reader_close(r);
	assert_int_equal(fixture_drain(f, seen, 2), 0);
}

static int one_failing_fdatasync(int fd)
{
	if (fail_after-- > 0)
		return fdatasync(fd);
	spool_sys.fdatasync = fdatasync;
	errno = EIO;
	return -1;
}

/* What a failed append left in its file is not seen even when it could not be cut off. */
static void test_failed_append_stays_invisible_without_truncate(void **state)
{
	struct fixture *f = *state;
	struct spool_writer *w;
	char path[192];
	int seen[5];

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	assert_int_equal(fixture_append(w, 0, 100), ERR_OK);
	spool_sys.ftruncate = failing_ftruncate;
	spool_sys.fdatasync = one_failing_fdatasync;
	fail_after = 0;
	/* the second try holds, in another segment: acknowledged, and there once */
	assert_int_equal(fixture_append(w, 1, 100), ERR_OK);
	restore_sys();
	segment_path(f, 0, 2, path);
	assert_true(file_size(path) > 0);
	assert_int_equal(fixture_append(w, 2, 100), ERR_OK);
	spool_writer_close(w);
	lose_cell(f, 0); /* not even after a power cut */
	assert_int_equal(fixture_drain(f, seen, 5), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen[i], 1);
}

static void run_failing(struct fixture *f, int error, enum err expected)
{
	struct spool_writer *w;
	int seen[200], ok[200] = {0};

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	fail_errno = error;
	for (int i = 0; i < 200; i++) {
		enum err e;

		fail_after = i % 5;
		e = fixture_append(w, i, 300);
		ok[i] = e == ERR_OK;
		if (e != ERR_OK) {
			assert_int_equal(e, expected);
			clock_sleep_ms(201);
			i += 19; /* a failing disk costs 0.2 s */
		}
	}
	restore_sys();
	spool_writer_close(w);
	fixture_drain(f, seen, 200);
	for (int i = 0; i < 200; i++)
		assert_int_equal(seen[i], ok[i]);
}

static void test_write_errors(void **state)
{
	struct log_capture log;

	spool_sys.pwritev = failing_pwritev;
	log_capture_begin(&log);
	run_failing(*state, EIO, ERR_INGEST_SPOOL_WRITE_FAILED);
	log_capture_end(&log);
	assert_true(log_captured(&log, ERR_DB_SPOOL_WRITE_FAILED) >= 1);
	assert_int_equal(log_captured(&log, ERR_DB_SPOOL_FSYNC_FAILED), 0);
}

static void test_disk_full_in_write(void **state)
{
	spool_sys.pwritev = short_pwritev;
	run_failing(*state, ENOSPC, ERR_INGEST_SPOOL_DISK_FULL);
}

static void test_fsync_of_new_segments_fails(void **state)
{
	struct fixture *f = *state;

	f->o.segment_bytes = 4096;
	spool_sys.fsync = failing_fsync;
	run_failing(f, EIO, ERR_INGEST_SPOOL_WRITE_FAILED);
}

/* A real full file system, where the test may mount one. */
static void test_really_full_disk(void **state)
{
	enum { MAX = 4000 };
	struct fixture *f = *state;
	struct spool_writer *w;
	char mount_dir[80];
	int n = 0, seen[MAX], refused = 0;

	snprintf(mount_dir, sizeof(mount_dir), "%s/full", f->home);
	assert_int_equal(mkdir(mount_dir, 0700), 0);
	if (mount("tmpfs", mount_dir, "tmpfs", 0, "size=2m") != 0) {
		print_message("mounting a tmpfs is not permitted here\n");
		skip();
	}
	snprintf(f->dir, sizeof(f->dir), "%s/spool", mount_dir);
	fixture_drain(f, seen, 1); /* the shipper has its file before the disk is full */
	f->o.reserve_bytes = 1;
	f->o.segment_bytes = 256 << 10;
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	while (refused < 2) {
		enum err e = fixture_append(w, n, 2000);

		assert_in_range(n, 0, MAX - 1);
		if (e == ERR_OK) {
			n++;
			continue;
		}
		assert_int_equal(e, ERR_INGEST_SPOOL_DISK_FULL);
		refused++;
		clock_sleep_ms(220);
	}
	assert_true(n > 300);
	assert_int_equal(fixture_drain(f, seen, MAX), n);
	for (int i = 0; i < n; i++)
		assert_int_equal(seen[i], 1);
	clock_sleep_ms(1100);
	assert_int_equal(fixture_append(w, 1, 2000), ERR_OK);
	spool_writer_close(w);
	assert_int_equal(umount2(mount_dir, MNT_DETACH), 0);
}

#define CRASH_TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, crash_teardown)

static int crash_teardown(void **state)
{
	restore_sys();
	return fixture_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CRASH_TEST(test_torn_tail_at_every_byte),
	        CRASH_TEST(test_torn_tail_is_told),
	        CRASH_TEST(test_flipped_bits),
	        CRASH_TEST(test_flipped_bits_after_a_power_cut),
	        CRASH_TEST(test_damaged_last_record_is_quarantined_when_it_was_acknowledged),
	        CRASH_TEST(test_damaged_segment_header),
	        CRASH_TEST(test_planned_segments_go_bad),
	        CRASH_TEST(test_used_up_stream_is_passed_over),
	        CRASH_TEST(test_newer_format_is_refused),
	        CRASH_TEST(test_unfinished_segment_is_ignored),
	        CRASH_TEST(test_writers_that_start_together_all_start),
	        CRASH_TEST(test_killed_writers_lose_nothing),
	        CRASH_TEST(test_fsync_failure_refuses),
	        CRASH_TEST(test_failed_acknowledgement_can_be_repeated),
	        CRASH_TEST(test_failed_append_stays_invisible_without_truncate),
	        CRASH_TEST(test_write_errors),
	        CRASH_TEST(test_disk_full_in_write),
	        CRASH_TEST(test_fsync_of_new_segments_fails),
	        CRASH_TEST(test_really_full_disk),
	};

	return cmocka_run_group_tests_name("spool_crash", tests, NULL, NULL);
}
