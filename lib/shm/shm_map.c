/* SPDX-License-Identifier: MIT
 * Making a map: sizes from the table, descriptions into it, the file put in place whole. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "shm/shm_internal.h"

enum { MAP_MODE = 0640, CACHE_LINE_BYTES = 64 };

const struct shm_buckets shm_buckets_d = {11, {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}};
const struct shm_buckets shm_buckets_w = {9, {.001, .005, .01, .025, .05, .1, .25, .5, 1}};
const struct shm_buckets shm_buckets_f = {
        10, {.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .1}};
const struct shm_buckets shm_buckets_n = {8, {1, 10, 100, 1000, 5000, 10000, 50000, 100000}};

static uint64_t round_up(uint64_t n)
{
	return (n + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
}

static uint64_t series_bytes(const struct shm_metric *m)
{
	uint64_t cells = 1;

	if (m->type == SHM_HISTOGRAM)
		cells += m->buckets->count + 1;
	return round_up(sizeof(struct shm_series) + cells * sizeof(uint64_t));
}

static uint32_t series_max(const struct shm_metric *m)
{
	if (m->labels[0] == NULL)
		return 1;
	if (m->series_max == 0)
		return SHM_SERIES_DEFAULT;
	return m->series_max < SHM_SERIES_MAX ? m->series_max : SHM_SERIES_MAX;
}

static uint64_t map_bytes(const struct shm_metric *table, size_t len)
{
	uint64_t size = round_up(sizeof(struct shm_head)) + round_up(len * sizeof(struct shm_desc));

	for (size_t i = 0; i < len; i++)
		size += series_max(&table[i]) * series_bytes(&table[i]);
	return size;
}

static void describe(struct shm_desc *d, const struct shm_metric *m, uint64_t offset)
{
	str_copy(d->name, sizeof(d->name), m->name);
	str_copy(d->help, sizeof(d->help), m->help);
	for (; d->labels_len < SHM_LABELS_MAX && m->labels[d->labels_len] != NULL; d->labels_len++)
		str_copy(d->labels[d->labels_len], SHM_LABEL_NAME_BYTES, m->labels[d->labels_len]);
	d->type = (uint32_t)m->type;
	d->series_max = series_max(m);
	d->series_offset = offset;
	d->series_bytes = series_bytes(m);
	if (m->type != SHM_HISTOGRAM)
		return;
	d->bounds_len = m->buckets->count;
	memcpy(d->bounds, m->buckets->bound, d->bounds_len * sizeof(double));
}

static void fill(struct shm_head *h, uint64_t size, const char *program,
        const struct shm_metric *table, size_t len)
{
	uint64_t offset = round_up(sizeof(*h));
	struct shm_desc *descs = (struct shm_desc *)((char *)h + offset);
	pthread_mutexattr_t attr;

	memcpy(h->magic, SHM_MAGIC, sizeof(h->magic));
	h->layout_version = SHM_LAYOUT_VERSION;
	h->head_bytes = (uint32_t)sizeof(*h);
	h->size = size;
	str_copy(h->program, sizeof(h->program), program);
	h->sections[0] = (struct shm_section){.kind = SHM_SECTION_METRICS,
	        .count = (uint32_t)len,
	        .offset = offset,
	        .size = size - offset};
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&h->growing, &attr);
	pthread_mutexattr_destroy(&attr);
	offset += round_up(len * sizeof(*descs));
	for (size_t i = 0; i < len; i++) {
		describe(&descs[i], &table[i], offset);
		offset += descs[i].series_max * descs[i].series_bytes;
	}
}

static enum err complain(const char *path, const char *what)
{
	log_error(ERR_INFRA_HOME_UNUSABLE, what, F_STR("path", path),
	        F_STR("reason", strerror(errno)));
	return ERR_INFRA_HOME_UNUSABLE;
}

static int open_file(const char *temporary, uint64_t size)
{
	int fd;

	unlink(temporary);
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MAP_MODE);
	/* Room is taken now: a full disk must not turn a later store into SIGBUS. */
	if (fd >= 0 && (errno = posix_fallocate(fd, 0, (off_t)size)) != 0) {
		int number = errno;

		close(fd);
		unlink(temporary);
		errno = number;
		return -1;
	}
	return fd;
}

enum err shm_open_map(const char *path, const char *program, const struct shm_metric *table,
        size_t table_len, struct shm **out)
{
	uint64_t size = map_bytes(table, table_len);
	struct shm *s = calloc(1, sizeof(*s));
	char temporary[PATH_MAX] = "";
	enum err e = ERR_OK;
	int fd = -1;

	*out = NULL;
	if (s == NULL || table_len > SHM_METRICS_MAX || size > SHM_MAP_BYTES_MAX) {
		errno = s == NULL ? ENOMEM : EFBIG;
		e = complain(path, "metrics map cannot be made");
		goto out;
	}
	if (path != NULL) {
		errno = ENAMETOOLONG;
		if (!str_format(temporary, sizeof(temporary), "%s~", path) ||
		        (fd = open_file(temporary, size)) < 0) {
			e = complain(path, "metrics file cannot be made");
			goto out;
		}
	}
	s->size = size;
	s->head = mmap(NULL, size, PROT_READ | PROT_WRITE,
	        fd >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, fd, 0);
	if (s->head == MAP_FAILED) {
		s->head = NULL;
		e = complain(path, "metrics map cannot be made");
		goto out;
	}
	fill(s->head, size, program, table, table_len);
	if (path != NULL && rename(temporary, path) != 0) {
		e = complain(path, "metrics file cannot be put in place");
		goto out;
	}
	*out = s;
	s = NULL;
out:
	if (fd >= 0)
		close(fd);
	if (e != ERR_OK && temporary[0] != '\0')
		unlink(temporary);
	shm_close(s);
	return e;
}

void shm_close(struct shm *s)
{
	if (s == NULL)
		return;
	if (s->head != NULL)
		munmap(s->head, s->size);
	free(s);
}
