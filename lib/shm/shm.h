/* SPDX-License-Identifier: MIT
 * Numbers that several processes count together: a shared map made before the fork, written with
 * relaxed atomics, described by itself so that any process can render it as Prometheus text. */
#ifndef YAVIO_SHM_SHM_H
#define YAVIO_SHM_SHM_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"

enum {
	SHM_LABELS_MAX = 4,
	SHM_LABEL_TEXT_BYTES = 160, /* all labels of a series as text */
	SHM_NAME_BYTES = 80,
	SHM_HELP_BYTES = 160,
	SHM_BUCKETS_MAX = 16,
	SHM_METRICS_MAX = 96,
	SHM_RENDER_BYTES_MAX = 4 * 1024 * 1024,
};

enum shm_type { SHM_COUNTER = 1, SHM_GAUGE, SHM_HISTOGRAM };

/* Upper bounds, ascending; +Inf is implied. */
struct shm_buckets {
	unsigned count;
	double bound[SHM_BUCKETS_MAX];
};
extern const struct shm_buckets shm_buckets_d; /* requests and queries: 5 ms - 10 s */
extern const struct shm_buckets shm_buckets_w; /* inserts: 1 ms - 1 s */
extern const struct shm_buckets shm_buckets_f; /* fsync, scan: 50 us - 100 ms */
extern const struct shm_buckets shm_buckets_n; /* counts: 1 - 100000 */

/* One row of a program's table; its index is its id. */
struct shm_metric {
	const char *name;
	enum shm_type type;
	const char *help;
	const char *labels[SHM_LABELS_MAX]; /* names, NULL-ended when fewer */
	unsigned series_max;                /* most label combinations; 0: one, or 64 with labels */
	const struct shm_buckets *buckets;  /* histograms only */
};

struct shm;

/* Makes the map of a program: path NULL is anonymous memory, else a file (mode 0640, written beside
 * and renamed, so that readers never see half of it), conventionally
 * YAVIO_HOME/run/metrics/<program>.map. Call before fork; children inherit it. Numbers start at 0.
 * ERR_INFRA_HOME_UNUSABLE: the file cannot be made (logged). Caller closes with shm_close. */
enum err shm_open_map(const char *path, const char *program, const struct shm_metric *table,
        size_t table_len, struct shm **out) MUST_CHECK;
/* Unmaps; a file stays for readers until the next start. NULL-safe. */
void shm_close(struct shm *s);

/* Values of the labels in the order of the table; NULL when the metric has none. */
#define SHM_LABELS(...) ((const char *const[]){__VA_ARGS__})

/* All of these take any thread or process, never fail and never block on a dead one: a series that
 * finds no room is counted in yavio_metrics_series_dropped_total. A NULL map is ignored. */
void shm_add(struct shm *s, unsigned metric, const char *const *labels, uint64_t n);
void shm_set(struct shm *s, unsigned metric, const char *const *labels, double value);
void shm_observe(struct shm *s, unsigned metric, const char *const *labels, double value);
/* A counter that is kept elsewhere: sets its total. */
void shm_set_total(struct shm *s, unsigned metric, const char *const *labels, uint64_t total);
/* Value of a counter or gauge, count of a histogram; 0 when the series does not exist. */
double shm_get(const struct shm *s, unsigned metric, const char *const *labels);

/* Prometheus text 0.0.4 of this map, added to out. */
enum err shm_render(const struct shm *s, struct buf *out) MUST_CHECK;
/* Of the maps <program>.map in the directory, programs NULL-ended (NULL: every *.map); names that
 * occur in several are grouped. Files of another layout, torn or foreign are skipped and counted in
 * yavio_metrics_files_skipped. ERR_INFRA_HOME_UNUSABLE: no such directory (logged). */
enum err shm_render_dir(const char *dir, const char *const *programs, struct buf *out) MUST_CHECK;

#endif
