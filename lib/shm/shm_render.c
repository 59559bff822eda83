/* SPDX-License-Identifier: MIT
 * Prometheus text of one map or of all maps in a directory. A map of another process is not
 * trusted: its layout is checked before anything in it is followed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "shm/shm_internal.h"

enum { MAPS_MAX = 16 };

struct maps {
	size_t len;
	struct shm item[MAPS_MAX];
	unsigned skipped;
};

static const char *type_name(uint32_t type)
{
	return type == SHM_COUNTER ? "counter" : type == SHM_GAUGE ? "gauge" : "histogram";
}

/* Up to 15 digits keep whole numbers whole and .1 short. */
static void add_number(struct buf *out, double value)
{
	buf_addf(out, "%.15g\n", value);
}

static void add_histogram(struct buf *out, const struct shm_desc *d, const struct shm_series *s)
{
	const char *comma = s->labels[0] != '\0' ? "," : "";
	uint64_t count = 0;

	for (uint32_t i = 0; i <= d->bounds_len; i++) {
		count += atomic_load_explicit(&s->cells[1 + i], memory_order_relaxed);
		buf_addf(out, "%s_bucket{%s%sle=\"", d->name, s->labels, comma);
		if (i < d->bounds_len)
			buf_addf(out, "%g", d->bounds[i]);
		else
			buf_add_str(out, "+Inf");
		buf_addf(out, "\"} %llu\n", (unsigned long long)count);
	}
	buf_addf(out, s->labels[0] != '\0' ? "%s_sum{%s} " : "%s_sum%s ", d->name, s->labels);
	add_number(
	        out, shm_bits_to_double(atomic_load_explicit(&s->cells[0], memory_order_relaxed)));
	buf_addf(out, s->labels[0] != '\0' ? "%s_count{%s} " : "%s_count%s ", d->name, s->labels);
	buf_addf(out, "%llu\n", (unsigned long long)count);
}

static void add_series(struct buf *out, const struct shm_desc *d, const struct shm_series *s)
{
	uint64_t cell;

	if (d->type == SHM_HISTOGRAM) {
		add_histogram(out, d, s);
		return;
	}
	cell = atomic_load_explicit(&s->cells[0], memory_order_relaxed);
	buf_addf(out, s->labels[0] != '\0' ? "%s{%s} " : "%s%s ", d->name, s->labels);
	if (d->type == SHM_COUNTER)
		buf_addf(out, "%llu\n", (unsigned long long)cell);
	else
		add_number(out, shm_bits_to_double(cell));
}

static void add_all_series(struct buf *out, const struct shm_head *h, const struct shm_desc *d)
{
	for (uint32_t i = 0; i < d->series_max; i++) {
		const struct shm_series *s = shm_series_at(h, d, i);

		if (atomic_load_explicit(&s->ready, memory_order_acquire) == 0)
			return;
		add_series(out, d, s);
	}
}

static const struct shm_desc *desc_by_name(const struct shm_head *h, const char *name)
{
	const struct shm_desc *descs = shm_descs(h);

	for (uint32_t i = 0; i < h->sections[0].count; i++) {
		if (strcmp(descs[i].name, name) == 0)
			return &descs[i];
	}
	return NULL;
}

static bool seen_before(const struct maps *maps, size_t map, const char *name)
{
	for (size_t i = 0; i < map; i++) {
		if (desc_by_name(maps->item[i].head, name) != NULL)
			return true;
	}
	return false;
}

/* A name and everything that any of the maps counts under it. */
static void add_metric(
        struct buf *out, const struct maps *maps, size_t first, const struct shm_desc *d)
{
	buf_addf(
	        out, "# HELP %s %s\n# TYPE %s %s\n", d->name, d->help, d->name, type_name(d->type));
	for (size_t i = first; i < maps->len; i++) {
		const struct shm_desc *same = desc_by_name(maps->item[i].head, d->name);

		if (same != NULL && same->type == d->type)
			add_all_series(out, maps->item[i].head, same);
	}
}

static enum err render_maps(const struct maps *maps, struct buf *out)
{
	uint64_t dropped = 0;

	for (size_t i = 0; i < maps->len; i++) {
		const struct shm_head *h = maps->item[i].head;
		const struct shm_desc *descs = shm_descs(h);

		dropped += atomic_load_explicit(&h->series_dropped, memory_order_relaxed);
		for (uint32_t k = 0; k < h->sections[0].count; k++) {
			if (!seen_before(maps, i, descs[k].name))
				add_metric(out, maps, i, &descs[k]);
		}
	}
	buf_addf(out,
	        "# HELP yavio_metrics_series_dropped_total Label combinations without room\n"
	        "# TYPE yavio_metrics_series_dropped_total counter\n"
	        "yavio_metrics_series_dropped_total %llu\n",
	        (unsigned long long)dropped);
	return out->failed ? ERR_INFRA_INTERNAL_ERROR : ERR_OK;
}

enum err shm_render(const struct shm *s, struct buf *out)
{
	struct maps maps = {.len = 1, .item = {*s}};

	return render_maps(&maps, out);
}

/* ---- maps of other processes ---------------------------------------------------------------- */

static bool desc_is_sound(const struct shm_desc *d, uint64_t size)
{
	uint64_t cells = 1 + (d->type == SHM_HISTOGRAM ? d->bounds_len + 1 : 0);

	return d->type >= SHM_COUNTER && d->type <= SHM_HISTOGRAM &&
	       d->labels_len <= SHM_LABELS_MAX && d->bounds_len <= SHM_BUCKETS_MAX &&
	       d->series_max <= SHM_SERIES_MAX &&
	       d->series_bytes >= sizeof(struct shm_series) + cells * sizeof(uint64_t) &&
	       d->series_bytes <= SHM_MAP_BYTES_MAX && d->series_offset % sizeof(uint64_t) == 0 &&
	       d->series_bytes % sizeof(uint64_t) == 0 && d->series_offset <= size &&
	       d->series_max * d->series_bytes <= size - d->series_offset &&
	       memchr(d->name, '\0', sizeof(d->name)) != NULL &&
	       memchr(d->help, '\0', sizeof(d->help)) != NULL;
}

static bool map_is_sound(const struct shm_head *h, size_t size)
{
	const struct shm_section *m = &h->sections[0];

	if (memcmp(h->magic, SHM_MAGIC, sizeof(h->magic)) != 0 ||
	        h->layout_version != SHM_LAYOUT_VERSION || h->head_bytes != sizeof(*h) ||
	        h->size != size || m->kind != SHM_SECTION_METRICS || m->count > SHM_METRICS_MAX ||
	        m->offset % sizeof(uint64_t) != 0 || m->offset > size ||
	        m->count * sizeof(struct shm_desc) > size - m->offset)
		return false;
	for (uint32_t i = 0; i < m->count; i++) {
		if (!desc_is_sound(&shm_descs(h)[i], size))
			return false;
	}
	return true;
}

static bool map_file(int dir, const char *name, struct shm *out)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	void *at = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	        st.st_size >= (off_t)sizeof(struct shm_head) && st.st_size <= SHM_MAP_BYTES_MAX)
		at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return false;
	*out = (struct shm){.head = at, .size = (size_t)st.st_size};
	if (map_is_sound(out->head, out->size))
		return true;
	munmap(at, out->size);
	return false;
}

/* True for "<program>.map" of the list. */
static bool wanted(const char *name, const char *const *programs)
{
	if (!str_ends_with(name, ".map"))
		return false;
	if (programs == NULL)
		return true;
	for (; *programs != NULL; programs++) {
		size_t len = strlen(*programs);

		if (strncmp(name, *programs, len) == 0 && strcmp(name + len, ".map") == 0)
			return true;
	}
	return false;
}

static void map_directory(DIR *dir, const char *const *programs, struct maps *maps)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (!wanted(entry->d_name, programs))
			continue;
		if (maps->len < MAPS_MAX &&
		        map_file(dirfd(dir), entry->d_name, &maps->item[maps->len]))
			maps->len++;
		else
			maps->skipped++;
	}
}

static int by_program(const void *a, const void *b)
{
	return strncmp(((const struct shm *)a)->head->program,
	        ((const struct shm *)b)->head->program, SHM_PROGRAM_BYTES);
}

enum err shm_render_dir(const char *path, const char *const *programs, struct buf *out)
{
	struct maps maps = {.len = 0};
	DIR *dir = opendir(path);
	enum err e;

	if (dir == NULL) {
		log_error(ERR_INFRA_HOME_UNUSABLE, "metrics directory cannot be read",
		        F_STR("path", path), F_STR("reason", strerror(errno)));
		return ERR_INFRA_HOME_UNUSABLE;
	}
	map_directory(dir, programs, &maps);
	closedir(dir);
	qsort(maps.item, maps.len, sizeof(maps.item[0]), by_program);
	e = render_maps(&maps, out);
	buf_addf(out,
	        "# HELP yavio_metrics_files_skipped Metric files of another layout\n"
	        "# TYPE yavio_metrics_files_skipped gauge\n"
	        "yavio_metrics_files_skipped %u\n",
	        maps.skipped);
	for (size_t i = 0; i < maps.len; i++)
		munmap(maps.item[i].head, maps.item[i].size);
	return e;
}
