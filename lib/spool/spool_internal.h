/* SPDX-License-Identifier: MIT
 * What the files of the spool share: the format's structures, system calls that tests replace,
 * directory and cell helpers. */
#ifndef YAVIO_SPOOL_SPOOL_INTERNAL_H
#define YAVIO_SPOOL_SPOOL_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "spool/spool.h"

enum {
	SPOOL_VERSION = 1,
	SPOOL_SEGMENT_HEADER_BYTES = 128,
	SPOOL_RECORD_HEADER_BYTES = 64,
	SPOOL_RECORD_ALIGN = 8,
	SPOOL_CELL_BYTES = 4096,
	SPOOL_STATE_SLOT_BYTES = 32 * 1024,
	SPOOL_PLAN_RANGES_MAX = 512,
	SPOOL_PREALLOC_BYTES = 4 * 1024 * 1024,
	SPOOL_PATH_BYTES = PATH_MAX,
	SPOOL_UUID_RAW_BYTES = 16,
	SPOOL_SPACE_TTL_MS = 1000,
	SPOOL_TOGETHER_MAX = 128, /* requests that share a record */
};

/* System calls that a test makes fail; the real ones otherwise. */
struct spool_sys {
	ssize_t (*pwritev)(int fd, const struct iovec *iov, int count, off_t at);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*ftruncate)(int fd, off_t size);
	int (*fallocate)(int fd, int mode, off_t at, off_t len);
	int (*fstatvfs)(int fd, struct statvfs *out);
};
extern struct spool_sys spool_sys;

/* ---- spool_crc.c ---- */

/* CRC32C of bytes, going on from crc (0 to begin). */
uint32_t spool_crc32c(uint32_t crc, const void *bytes, size_t len);
/* The same without the processor's instruction; for the test. */
uint32_t spool_crc32c_table(uint32_t crc, const void *bytes, size_t len);

/* ---- spool_format.c ---- */

struct spool_segment_header {
	uint32_t stream, seq, prev_seq;
	uint64_t prev_end, rows_before;
	int64_t created_ms;
	uint64_t salt;
	uint8_t spool_id[SPOOL_UUID_RAW_BYTES];
};

struct spool_record_header {
	uint32_t payload_len, events_len;
	int64_t accepted_ms;
	uint32_t rows_server, rows_widget, registry_rows;
	uint32_t payload_crc;
	uint64_t offset, rows_before;
};

enum spool_found {
	SPOOL_FOUND,       /* a valid header */
	SPOOL_FOUND_ZEROS, /* reserved space: never written */
	SPOOL_FOUND_BAD,   /* anything else */
	SPOOL_FOUND_NEWER, /* valid, of a version this program does not know */
};

void spool_segment_header_encode(
        const struct spool_segment_header *h, uint8_t out[SPOOL_SEGMENT_HEADER_BYTES]);
enum spool_found spool_segment_header_decode(
        const uint8_t in[SPOOL_SEGMENT_HEADER_BYTES], struct spool_segment_header *h);
void spool_record_header_encode(
        const struct spool_record_header *h, uint64_t salt, uint8_t out[SPOOL_RECORD_HEADER_BYTES]);
/* offset: where in was read; a header that says another is bad. */
enum spool_found spool_record_header_decode(const uint8_t in[SPOOL_RECORD_HEADER_BYTES],
        uint64_t salt, uint64_t offset, struct spool_record_header *h);
/* Bytes of a whole record with this payload. */
uint64_t spool_record_bytes(uint64_t payload_len);

void spool_put32(uint8_t *to, uint32_t v);
void spool_put64(uint8_t *to, uint64_t v);
uint32_t spool_get32(const uint8_t *from);
uint64_t spool_get64(const uint8_t *from);

/* ---- spool_dir.c ---- */

/* Opens (make: creates) the spool's directory and streams/; reads or makes its id.
 * Returns the directory's descriptor in *fd. */
enum err spool_dir_open(const char *dir, bool make, bool any_fs, int *fd, char id[SPOOL_ID_BYTES]);
/* Directory `name` in parent_fd, made when asked, shared with the group; -1 with errno. */
int spool_dir_sub(int parent_fd, const char *name, bool make);
/* Directory of a stream, made when asked; -1 with errno. */
int spool_dir_stream(int spool_fd, uint32_t stream, bool make);
/* open(2) with mode 0660 whatever the umask, owned by the directory's owner when root makes it. */
int spool_dir_open_file(int dir_fd, const char *name, int flags);
/* Numbers of the streams that exist, ascending, at most SPOOL_STREAMS_MAX; count, or -1. */
int spool_dir_streams(int spool_fd, uint32_t out[SPOOL_STREAMS_MAX]);
/* Numbers of the segments of a stream, ascending; *out is allocated, caller frees. -1 with errno.
 */
int spool_dir_segments(int stream_fd, uint32_t **out);
/* The same of kept ones. */
int spool_dir_kept(int stream_fd, uint32_t **out);
void spool_segment_name(uint32_t seq, const char *suffix, char out[24]);
void spool_id_raw(const char id[SPOOL_ID_BYTES], uint8_t raw[SPOOL_UUID_RAW_BYTES]);
/* Whole reads and writes that go on after short ones; false with errno. */
bool spool_pread_all(int fd, void *to, size_t len, uint64_t at);
bool spool_pwrite_all(int fd, const void *from, size_t len, uint64_t at);

/* ---- spool_cell.c ---- */

struct spool_cell_map {
	char magic[8];
	uint32_t version, pid;
	uint8_t unused[16];
	_Atomic uint64_t pos;  /* segment << 32 | offset */
	_Atomic uint64_t rows; /* rows of the stream before pos */
	_Atomic uint64_t last_seq;
};

struct spool_cell {
	int fd;
	bool locked;
	struct spool_cell_map *map; /* NULL: not open */
};

static inline uint64_t spool_pos(uint32_t seq, uint64_t off)
{
	return (uint64_t)seq << 32 | off;
}
static inline uint32_t spool_pos_seq(uint64_t pos)
{
	return (uint32_t)(pos >> 32);
}
static inline uint64_t spool_pos_off(uint64_t pos)
{
	return pos & UINT32_MAX;
}

/* Opens the cell of a stream; make: creates it when it is missing or was never finished.
 * ERR_OK · ERR_DB_SPOOL_OPEN_FAILED with errno · ERR_DB_SPOOL_FORMAT_NEWER. */
enum err spool_cell_open(int stream_fd, bool make, struct spool_cell *c);
/* True: the stream is ours until spool_cell_unlock or close. */
bool spool_cell_lock(struct spool_cell *c);
void spool_cell_unlock(struct spool_cell *c);
void spool_cell_close(struct spool_cell *c);

/* ---- spool_segment.c ---- */

/* Makes segment h->seq with its header, on disk when it returns; -1 with errno. Its number is put
 * into the cell first. */
int spool_segment_create(int stream_fd, struct spool_cell *c, const struct spool_segment_header *h,
        int64_t prealloc);
/* Opens a segment (suffix ".seg" or ".kept") and reads its header. *found tells what the header is;
 * -1 with errno: no file. */
int spool_segment_open(
        int stream_fd, uint32_t seq, struct spool_segment_header *h, enum spool_found *found);
int spool_segment_open_as(int stream_fd, uint32_t seq, const char *suffix,
        struct spool_segment_header *h, enum spool_found *found);
/* Offset of the next valid record header in [from, limit), from a multiple of 8. */
bool spool_segment_next(int fd, uint64_t salt, uint64_t from, uint64_t limit, uint64_t *at);

struct spool_scan {
	uint64_t end;  /* behind the last whole record */
	uint64_t rows; /* of the stream before end; in: before `from` */
	uint64_t size; /* of the file */
	bool torn;     /* something other than zeros lies behind end */
};
/* Finds the end of a segment without a successor, from offset `from` on. */
enum err spool_segment_scan(int fd, uint64_t salt, uint64_t from, struct spool_scan *out);

struct spool_ack;
/* With the lock held: settles where the stream ends, cuts a torn tail off, sets the cell. ack: what
 * the shipper knows of the stream, or NULL.
 * ERR_OK · ERR_DB_SPOOL_OPEN_FAILED (errno) · ERR_DB_SPOOL_FORMAT_NEWER. */
enum err spool_stream_settle(int stream_fd, struct spool_cell *c, const struct spool_ack *ack);

/* ---- spool_writer.c ---- */

/* spool_append of what several requests brought, as one record with the latest of their times. len:
 * at most SPOOL_TOGETHER_MAX. */
enum err spool_append_together(
        struct spool_writer *w, const struct spool_record *list, size_t len) MUST_CHECK;

/* Counts into w what somebody else appended for it. */
void spool_writer_note(
        struct spool_writer *w, const struct spool_record *r, int64_t append_ns, int64_t fsync_ns);

/* ---- spool_direct.c ---- */

/* How the writer puts records into a segment without the page cache, where the file system can. */
struct spool_direct {
	uint8_t *stage; /* begins with the bytes of the block that the next record begins in */
	bool on;        /* false: write as usual */
	uint64_t ready; /* blocks before it are initialised: written again they change no metadata
	                 */
};

/* For a segment whose first `at` bytes are written: d->on tells whether spool_direct_write is to be
 * used from now on. Any other write at its end ends that. Release with spool_direct_release. */
void spool_direct_begin(struct spool_direct *d, int fd, uint64_t at);
/* Back to writing as usual. */
void spool_direct_end(struct spool_direct *d, int fd);
void spool_direct_release(struct spool_direct *d);
/* Writes the pieces (together need bytes) at `at`, the end of what was written so; reserved: space
 * of the file that may be initialised ahead, UINT64_MAX: none. False: errno; EINVAL: the file
 * system cannot do it after all, and the record may be written as usual. */
bool spool_direct_write(struct spool_direct *d, int fd, const struct iovec *iov, int count,
        uint64_t at, uint64_t need, uint64_t reserved);

/* ---- spool_state.c ---- */

struct spool_ack {
	uint32_t stream, seq;
	uint64_t off, rows, salt;
};

struct spool_range {
	uint32_t stream, seq;
	uint64_t from, to;
};

/* A batch under way and how it is cut into inserts. */
struct spool_plan {
	uint64_t batch; /* 0: none */
	uint32_t unit_rows, unit_bytes, unit_days;
	uint32_t search_unit, search_from, search_to; /* search_unit: unit + 1, 0: none */
	uint32_t range_count;
	struct spool_range ranges[SPOOL_PLAN_RANGES_MAX];
};

struct spool_state {
	uint64_t generation, batch_next;
	uint8_t spool_id[SPOOL_UUID_RAW_BYTES];
	uint32_t ack_count;
	struct spool_ack acks[SPOOL_STREAMS_MAX];
	struct spool_plan plan;
};

/* Reads the newer valid slot. ERR_OK · ERR_DB_SPOOL_OPEN_FAILED: no file, or no valid slot, or of
 * another spool (*s is then a fresh one) · ERR_DB_SPOOL_FORMAT_NEWER. */
enum err spool_state_read(int spool_fd, const char id[SPOOL_ID_BYTES], struct spool_state *s);
/* Next generation into the other slot, synced. ERR_OK · ERR_DB_SPOOL_ACK_FAILED (errno). */
enum err spool_state_write(int fd, struct spool_state *s);
/* Bytes of a state; out has SPOOL_STATE_SLOT_BYTES. For tests and the writer. */
size_t spool_state_encode(const struct spool_state *s, uint8_t *out);
enum spool_found spool_state_decode(const uint8_t *in, size_t len, struct spool_state *s);
/* The acknowledged position of a stream, NULL: none yet. */
struct spool_ack *spool_state_ack(struct spool_state *s, uint32_t stream);

/* ---- spool_quarantine.c ---- */

struct spool_quarantine_entry;
/* Writes one entry; *file_bytes is what it takes. */
enum err spool_quarantine_write(int spool_fd, const struct spool_quarantine_entry *e,
        const char *payload, size_t len, int64_t *file_bytes);
int64_t spool_quarantine_bytes(int spool_fd);

/* ---- spool_space.c ---- */

struct spool_space {
	int64_t max_bytes, reserve_bytes; /* reserve 0: by the size of the file system */
	int64_t used_bytes;               /* unshipped */
	int64_t read_ms;                  /* when, clock_mono_ms; 0: never */
	bool over_quota, low_disk;
};

/* Unshipped and total bytes of all segments. */
enum err spool_space_measure(int spool_fd, const char id[SPOOL_ID_BYTES], int64_t *unshipped,
        int64_t *total, uint32_t *segments);
/* Reads again what is older than SPOOL_SPACE_TTL_MS and decides. */
enum err spool_space_check(struct spool_space *s, int spool_fd, const char id[SPOOL_ID_BYTES]);

#endif
