/* SPDX-License-Identifier: MIT
 * Fuzzes the reading side of the spool. The first byte chooses what the rest is: a list of things
 * that follow each other in a segment (records, garbage, zeros, records with a flipped bit), of
 * which every untouched record must come out exactly once; or the raw bytes of a segment, of the
 * shipper's state, of a cell, of a quarantine entry, on which nothing may crash or hang. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "spool/spool_internal.h"
#include "spool/spool_quarantine.h"
#include "spool/spool_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { FUZZ_RECORDS_MAX = 256, FUZZ_FILE_BYTES = 256 * 1024, FUZZ_BATCHES_MAX = 600 };

static char dir[64];
static uint8_t file[FUZZ_FILE_BYTES];

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

static void remove_all(void)
{
	static const char *const names[] = {"streams/00/cell", "streams/00/00000001.seg",
	        "streams/00/00000001.damaged", "shipper.state", "shipper.lock", "hold"};
	char path[320];
	struct dirent *entry;
	DIR *d;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/quarantine", dir);
	d = opendir(path);
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		closedir(d);
}

static void remove_dir(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd) != 0)
		perror(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_level(LOG_FATAL + 1);
	snprintf(dir, sizeof(dir), "%s/yavio-fuzz-XXXXXX",
	        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
	atexit(remove_dir);
	spool_sys.fsync = spool_sys.fdatasync = no_sync;
	return 0;
}

static void put_file(const char *name, const uint8_t *bytes, size_t len)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

/* A stream directory with a cell whose commit mark is at pos. */
static void put_stream(uint64_t pos)
{
	char id[SPOOL_ID_BYTES];
	struct spool_cell cell;
	int fd, stream_fd;

	if (spool_dir_open(dir, true, true, &fd, id) != ERR_OK)
		abort();
	stream_fd = spool_dir_stream(fd, 0, true);
	if (stream_fd < 0 || spool_cell_open(stream_fd, true, &cell) != ERR_OK)
		abort();
	cell.map->pos = pos;
	cell.map->last_seq = 1;
	spool_cell_close(&cell);
	close(stream_fd);
	close(fd);
}

/* Reads, acknowledges and counts everything; *seen may be NULL. */
static void read_all(int *seen)
{
	struct spool_reader_options o = {.dir = dir,
	        .allow_any_fs = true,
	        .max_bytes = 1 << 30,
	        .reserve_bytes = 1,
	        .quarantine_max_bytes = 1 << 30};
	struct spool_limits limits = {.rows = 7, .bytes = 4000, .days = 3, .units = 2};
	struct spool_reader *r;
	struct spool_batch b;
	struct spool_backlog backlog;
	int batches = 0;

	if (spool_reader_open(&o, &r) != ERR_OK)
		return;
	spool_batch_init(&b);
	while (spool_reader_poll(r, &backlog) == ERR_OK &&
	        spool_reader_plan(r, &limits, &b) == ERR_OK && b.number != 0) {
		if (++batches > FUZZ_BATCHES_MAX)
			abort();
		for (const char *p = b.events.data; seen != NULL && b.events.len > 0 && p != NULL &&
		                                    p < b.events.data + b.events.len;) {
			int n = atoi(p);

			if (n < 0 || n >= FUZZ_RECORDS_MAX)
				abort();
			seen[n]++;
			p = memchr(p, '\n', (size_t)(b.events.data + b.events.len - p));
			p = p != NULL ? p + 1 : NULL;
		}
		if (spool_reader_ack(r) != ERR_OK)
			abort();
	}
	spool_batch_release(&b);
	spool_reader_close(r);
}

static size_t put_record(
        uint8_t *to, size_t at, uint64_t salt, int number, size_t pad, uint64_t rows)
{
	char *payload = (char *)to + at + SPOOL_RECORD_HEADER_BYTES;
	int n = snprintf(payload, 16, "%d ", number);
	struct spool_record_header h = {.rows_server = 1, .offset = at, .rows_before = rows};

	memset(payload + n, 'p', pad);
	payload[n + (int)pad] = '\n';
	h.payload_len = h.events_len = (uint32_t)((size_t)n + pad + 1);
	h.payload_crc = spool_crc32c(0, payload, h.payload_len);
	h.accepted_ms = 1;
	spool_record_header_encode(&h, salt, to + at);
	return spool_record_bytes(h.payload_len);
}

/* Builds a segment from a list of things and checks what comes out of it. */
static void fuzz_things(const uint8_t *data, size_t size)
{
	struct spool_segment_header h = {.seq = 1, .salt = 0x0123456789abcdefULL};
	int expected[FUZZ_RECORDS_MAX] = {0}, seen[FUZZ_RECORDS_MAX] = {0};
	size_t at = SPOOL_SEGMENT_HEADER_BYTES, whole = at;
	bool cell_is_lost = size > 0 && (data[0] & 1) != 0;
	int number = 0;

	memset(file, 0, sizeof(file));
	for (size_t i = 1; i + 1 < size && at < FUZZ_FILE_BYTES - 4096; i += 2) {
		size_t arg = data[i + 1], len;

		switch (data[i] % 4) {
		case 0:
		case 1:
			if (number == FUZZ_RECORDS_MAX)
				break;
			len = put_record(file, at, h.salt, number, arg * (1 + data[i] % 8), number);
			expected[number] = data[i] % 4 == 0;
			if (data[i] % 4 == 1) /* a flipped bit in what the sums cover */
				file[at + arg % (SPOOL_RECORD_HEADER_BYTES + 2)] ^=
				        (uint8_t)(1 << (data[i] >> 5));
			number++;
			at += len;
			whole = data[i] % 4 == 0 ? at : whole;
			break;
		case 2: /* garbage, of the input's own bytes */
			for (size_t j = 0; j < arg * 8; j++)
				file[at + j] = data[(i + j) % size];
			at += arg * 8;
			break;
		default: /* a hole */
			at += arg * 8;
		}
	}
	spool_segment_header_encode(&h, file);
	put_stream(cell_is_lost ? spool_pos(0, 0) : spool_pos(1, at));
	put_file("streams/00/00000001.seg", file, at);
	read_all(seen);
	for (int i = 0; i < number; i++)
		if (seen[i] != expected[i])
			abort();
}

static bool show_each(const struct spool_quarantine_entry *e, void *arg)
{
	struct spool_quarantine_entry got;
	struct buf payload;

	(void)arg;
	buf_init(&payload, FUZZ_FILE_BYTES);
	if (spool_quarantine_show(dir, e->id, &got, &payload) == ERR_OK && payload.len != got.bytes)
		abort();
	buf_release(&payload);
	return true;
}

static void fuzz_quarantine(const uint8_t *data, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/quarantine", dir);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		abort();
	put_file("quarantine/x.q", data, size);
	if (spool_quarantine_list(dir, show_each, NULL) != ERR_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > FUZZ_FILE_BYTES / 2)
		return 0;
	remove_all();
	switch (data[0] % 5) {
	case 0:
		fuzz_things(data + 1, size - 1);
		break;
	case 1:
		put_stream(spool_pos(1, size - 1));
		put_file("streams/00/00000001.seg", data + 1, size - 1);
		read_all(NULL);
		break;
	case 2:
		put_stream(spool_pos(1, 0));
		put_file("shipper.state", data + 1, size - 1);
		read_all(NULL);
		break;
	case 3:
		put_stream(spool_pos(1, 0));
		put_file("streams/00/cell", data + 1, size - 1);
		read_all(NULL);
		break;
	default:
		put_stream(spool_pos(1, 0));
		fuzz_quarantine(data + 1, size - 1);
	}
	return 0;
}
