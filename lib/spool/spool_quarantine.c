/* SPDX-License-Identifier: MIT
 * Quarantine entries: one file each, a few lines of text, an empty line, the payload. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "spool/spool_internal.h"
#include "spool/spool_quarantine.h"

enum { QUARANTINE_HEAD_BYTES = 2048 };

static const char first_line[] = "yavio-quarantine 1\n";

/* An id is also a file name: nothing but what the shipper makes. */
static bool id_is_valid(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len < SPOOL_QUARANTINE_ID_BYTES &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* ---- writing ---- */

static bool format_head(struct buf *b, const struct spool_quarantine_entry *e, int64_t now,
        const char *payload, size_t len)
{
	buf_add_str(b, first_line);
	buf_addf(b, "id: %s\ntime: %lld\ntable: %s\nrows: %llu\nbytes: %zu\n", e->id,
	        (long long)now, e->table, (unsigned long long)e->rows, len);
	buf_addf(b, "code: %d\nstore_code: %d\ncrc32c: %08x\nreason: ", (int)e->code, e->store_code,
	        spool_crc32c(0, payload, len));
	for (const char *p = e->reason; *p != '\0'; p++)
		buf_add_char(b, (unsigned char)*p < ' ' ? ' ' : *p);
	buf_add_str(b, "\n\n");
	return !b->failed;
}

enum err spool_quarantine_write(int spool_fd, const struct spool_quarantine_entry *e,
        const char *payload, size_t len, int64_t *file_bytes)
{
	enum err err = ERR_DB_SPOOL_WRITE_FAILED;
	char name[SPOOL_QUARANTINE_ID_BYTES + 8], tmp[SPOOL_QUARANTINE_ID_BYTES + 8];
	int dir_fd = spool_dir_sub(spool_fd, "quarantine", true), fd = -1;
	struct buf head;

	buf_init(&head, QUARANTINE_HEAD_BYTES);
	if (dir_fd < 0 || !id_is_valid(e->id) ||
	        !format_head(&head, e, clock_wall_ms(), payload, len))
		goto out;
	(void)!snprintf(name, sizeof(name), "%s.q", e->id);
	(void)!snprintf(tmp, sizeof(tmp), "%s.new", e->id);
	fd = spool_dir_open_file(dir_fd, tmp, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0 || !spool_pwrite_all(fd, head.data, head.len, 0) ||
	        !spool_pwrite_all(fd, payload, len, head.len) || spool_sys.fsync(fd) != 0 ||
	        renameat(dir_fd, tmp, dir_fd, name) != 0 || spool_sys.fsync(dir_fd) != 0)
		goto out;
	*file_bytes = (int64_t)(head.len + len);
	err = ERR_OK;
out:
	if (err != ERR_OK)
		log_error(err, "quarantine entry not written", F_STR("id", e->id),
		        F_STR("cause", strerror(errno)));
	if (fd >= 0)
		close(fd);
	if (dir_fd >= 0)
		close(dir_fd);
	buf_release(&head);
	return err;
}

/* ---- reading ---- */

static const char *field(const char *head, const char *key)
{
	const char *at = strstr(head, key);

	return at != NULL ? at + strlen(key) : NULL;
}

static bool take_text(const char *head, const char *key, char *out, size_t size)
{
	const char *at = field(head, key);
	size_t len = at != NULL ? strcspn(at, "\n") : 0;

	if (at == NULL)
		return false;
	if (len >= size)
		len = size - 1;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

static bool take_number(const char *head, const char *key, int64_t *out)
{
	char text[32];

	return take_text(head, key, text, sizeof(text)) && str_parse_int(text, 0, INT64_MAX, out);
}

/* head is one file's beginning, NUL-ended; *at: where its payload begins. */
static bool parse_head(char *head, struct spool_quarantine_entry *e, uint32_t *crc, uint64_t *at)
{
	int64_t rows, bytes, code, store_code;
	char sum[16];
	uint8_t raw[4];
	char *end = strstr(head, "\n\n");

	memset(e, 0, sizeof(*e));
	if (end == NULL || !str_starts_with(head, first_line))
		return false;
	*at = (uint64_t)(end - head) + 2;
	end[1] = '\0';
	if (!take_text(head, "\nid: ", e->id, sizeof(e->id)) ||
	        !take_number(head, "\ntime: ", &e->time_ms) ||
	        !take_text(head, "\ntable: ", e->table, sizeof(e->table)) ||
	        !take_number(head, "\nrows: ", &rows) || !take_number(head, "\nbytes: ", &bytes) ||
	        !take_number(head, "\ncode: ", &code) ||
	        !take_number(head, "\nstore_code: ", &store_code) ||
	        !take_text(head, "\ncrc32c: ", sum, sizeof(sum)) || !str_unhex(sum, raw, 4) ||
	        !take_text(head, "\nreason: ", e->reason, sizeof(e->reason)))
		return false;
	e->rows = (uint64_t)rows;
	e->bytes = (uint64_t)bytes;
	e->code = (enum err)code;
	e->store_code = (int)store_code;
	*crc = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
	return true;
}

static enum err read_entry(
        int dir_fd, const char *name, struct spool_quarantine_entry *e, struct buf *payload)
{
	char head[QUARANTINE_HEAD_BYTES + 1];
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	enum err err = ERR_DB_SPOOL_OPEN_FAILED;
	uint32_t crc;
	uint64_t at;
	char *to;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? ERR_DB_QUARANTINE_NOT_FOUND : err;
	n = pread(fd, head, QUARANTINE_HEAD_BYTES, 0);
	head[n > 0 ? n : 0] = '\0';
	if (!parse_head(head, e, &crc, &at))
		goto out;
	err = ERR_OK;
	if (payload == NULL)
		goto out;
	to = buf_reserve(payload, e->bytes);
	if (to == NULL || !spool_pread_all(fd, to, e->bytes, at) ||
	        spool_crc32c(0, to, e->bytes) != crc) {
		err = ERR_DB_SPOOL_OPEN_FAILED;
		goto out;
	}
	payload->len += e->bytes;
	payload->data[payload->len] = '\0';
out:
	close(fd);
	return err;
}

static enum err open_box(const char *dir, int *spool_fd, int *box_fd)
{
	*spool_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*box_fd = *spool_fd >= 0 ? spool_dir_sub(*spool_fd, "quarantine", false) : -1;
	if (*spool_fd < 0)
		return ERR_DB_SPOOL_OPEN_FAILED;
	return *box_fd < 0 && errno != ENOENT ? ERR_DB_SPOOL_OPEN_FAILED : ERR_OK;
}

static void close_box(int spool_fd, int box_fd)
{
	if (box_fd >= 0)
		close(box_fd);
	if (spool_fd >= 0)
		close(spool_fd);
}

static int only_entries(const struct dirent *d)
{
	return str_ends_with(d->d_name, ".q");
}

/* Ids begin with the batch, a number of ms with the same width: by name is by age. */
enum err spool_quarantine_list(
        const char *dir, bool (*each)(const struct spool_quarantine_entry *e, void *arg), void *arg)
{
	struct spool_quarantine_entry *e = malloc(sizeof(*e));
	struct dirent **names = NULL;
	int spool_fd, box_fd, count = 0;
	bool go_on = true;
	enum err err = open_box(dir, &spool_fd, &box_fd);

	if (e == NULL)
		err = ERR_DB_SPOOL_OPEN_FAILED;
	if (err == ERR_OK && box_fd >= 0) {
		count = scandirat(box_fd, ".", &names, only_entries, alphasort);
		if (count < 0)
			err = ERR_DB_SPOOL_OPEN_FAILED;
	}
	for (int i = 0; i < count; i++) {
		if (go_on && read_entry(box_fd, names[i]->d_name, e, NULL) == ERR_OK)
			go_on = each(e, arg);
		free(names[i]);
	}
	free(names);
	free(e);
	close_box(spool_fd, box_fd);
	return err;
}

static enum err show(const char *dir, const char *id, struct spool_quarantine_entry *e,
        struct buf *payload, bool purge)
{
	char name[SPOOL_QUARANTINE_ID_BYTES + 8];
	int spool_fd = -1, box_fd = -1;
	enum err err;

	if (!id_is_valid(id))
		return ERR_DB_QUARANTINE_NOT_FOUND;
	err = open_box(dir, &spool_fd, &box_fd);
	if (err == ERR_OK && box_fd < 0)
		err = ERR_DB_QUARANTINE_NOT_FOUND;
	(void)!snprintf(name, sizeof(name), "%s.q", id);
	if (err == ERR_OK && !purge)
		err = read_entry(box_fd, name, e, payload);
	if (err == ERR_OK && purge && unlinkat(box_fd, name, 0) != 0)
		err = errno == ENOENT ? ERR_DB_QUARANTINE_NOT_FOUND : ERR_DB_SPOOL_WRITE_FAILED;
	if (err == ERR_OK && purge && spool_sys.fsync(box_fd) != 0)
		err = ERR_DB_SPOOL_WRITE_FAILED;
	close_box(spool_fd, box_fd);
	return err;
}

enum err spool_quarantine_show(
        const char *dir, const char *id, struct spool_quarantine_entry *e, struct buf *payload)
{
	return show(dir, id, e, payload, false);
}

enum err spool_quarantine_purge(const char *dir, const char *id)
{
	return show(dir, id, NULL, NULL, true);
}

enum err spool_quarantine_retry(const struct spool_options *o, const char *id)
{
	struct spool_quarantine_entry *e = malloc(sizeof(*e));
	struct spool_writer *w = NULL;
	struct spool_record r = {.accepted_ms = clock_wall_ms()};
	struct buf rows;
	enum err err = ERR_DB_QUARANTINE_RETRY_FAILED;

	buf_init(&rows, SPOOL_RECORD_BYTES_MAX);
	if (e == NULL)
		goto out;
	err = spool_quarantine_show(o->dir, id, e, &rows);
	if (err != ERR_OK)
		goto out;
	if (strcmp(e->table, "events") == 0) {
		r.events = rows.data;
		r.events_len = rows.len;
		r.rows_server = (uint32_t)e->rows;
	} else if (strcmp(e->table, "tool_registry") == 0) {
		r.registry = rows.data;
		r.registry_len = rows.len;
		r.registry_rows = (uint32_t)e->rows;
	} else {
		err = ERR_DB_QUARANTINE_RETRY_FAILED;
		goto out;
	}
	err = spool_writer_open(o, &w);
	if (err == ERR_OK)
		err = spool_append(w, &r);
	if (err == ERR_OK)
		err = spool_quarantine_purge(o->dir, id);
out:
	spool_writer_close(w);
	buf_release(&rows);
	free(e);
	return err;
}

struct usage {
	uint64_t entries, rows;
	int64_t bytes;
};

static bool add_usage(const struct spool_quarantine_entry *e, void *arg)
{
	struct usage *u = arg;

	u->entries++;
	u->rows += e->rows;
	return true;
}

int64_t spool_quarantine_bytes(int spool_fd)
{
	int box_fd = spool_dir_sub(spool_fd, "quarantine", false);
	DIR *d = box_fd >= 0 ? fdopendir(box_fd) : NULL;
	struct dirent *entry;
	struct stat st;
	int64_t bytes = 0;

	if (d == NULL) {
		if (box_fd >= 0)
			close(box_fd);
		return 0;
	}
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && fstatat(dirfd(d), entry->d_name, &st, 0) == 0)
			bytes += st.st_size;
	closedir(d);
	return bytes;
}

enum err spool_quarantine_usage(const char *dir, uint64_t *entries, uint64_t *rows, int64_t *bytes)
{
	struct usage u = {0};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = ERR_OK;

	if (fd >= 0) {
		u.bytes = spool_quarantine_bytes(fd);
		close(fd);
		e = spool_quarantine_list(dir, add_usage, &u);
	}
	*entries = u.entries;
	*rows = u.rows;
	*bytes = u.bytes;
	return e;
}
