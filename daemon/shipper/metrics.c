/* SPDX-License-Identifier: MIT
 * The numbers of yavio-shipper, in a map that /metrics of ingest renders. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/shipper/shipper.h"
#include "shm/shm.h"

enum {
	METRICS_REFRESH_MS = 1000,
	METRICS_QUARANTINE_MS = 30 * 1000, /* counting entries reads the head of each */
};

enum metric {
	METRIC_UP,
	METRIC_INSERTS,
	METRIC_RETRIES,
	METRIC_WRITTEN,
	METRIC_WRITE_SECONDS,
	METRIC_BATCH_SIZE,
	METRIC_LAG,
	METRIC_DEPTH,
	METRIC_OLDEST,
	METRIC_DEAD_LETTERS,
	METRIC_QUARANTINE_BATCHES,
	METRIC_QUARANTINE_BYTES,
	METRIC_DEPENDENCY_UP,
	METRIC_COUNT,
};

static const struct shm_metric table[METRIC_COUNT] = {
        [METRIC_UP] = {"yavio_shipper_up", SHM_GAUGE, "1 while the shipper runs", {NULL}, 0, NULL},
        [METRIC_INSERTS] = {"yavio_shipper_inserts_total", SHM_COUNTER, "Inserts sent to the store",
                {"result"}, 4, NULL},
        [METRIC_RETRIES] = {"yavio_shipper_retries_total", SHM_COUNTER,
                "Waits before an insert was sent again", {"reason"}, 32, NULL},
        [METRIC_WRITTEN] = {"yavio_ingest_events_written_total", SHM_COUNTER,
                "Events that the store has acknowledged", {"source"}, 2, NULL},
        [METRIC_WRITE_SECONDS] = {"yavio_ingest_batch_write_duration_seconds", SHM_HISTOGRAM,
                "One insert into the store", {NULL}, 0, &shm_buckets_w},
        [METRIC_BATCH_SIZE] = {"yavio_ingest_batch_size", SHM_HISTOGRAM, "Rows of one insert",
                {NULL}, 0, &shm_buckets_n},
        [METRIC_LAG] = {"yavio_event_visible_lag_seconds", SHM_HISTOGRAM,
                "From accepted to stored, oldest event of each batch", {NULL}, 0, &shm_buckets_d},
        [METRIC_DEPTH] = {"yavio_spool_depth_events", SHM_GAUGE, "Events not yet stored", {NULL}, 0,
                NULL},
        [METRIC_OLDEST] = {"yavio_spool_oldest_unshipped_seconds", SHM_GAUGE,
                "Age of the oldest event not yet stored", {NULL}, 0, NULL},
        [METRIC_DEAD_LETTERS] = {"yavio_ingest_dead_letter_count", SHM_GAUGE,
                "Events in quarantine", {NULL}, 0, NULL},
        [METRIC_QUARANTINE_BATCHES] = {"yavio_quarantine_batches", SHM_GAUGE,
                "Entries in quarantine", {NULL}, 0, NULL},
        [METRIC_QUARANTINE_BYTES] = {"yavio_quarantine_bytes", SHM_GAUGE, "Size of the quarantine",
                {NULL}, 0, NULL},
        [METRIC_DEPENDENCY_UP] = {"yavio_dependency_up", SHM_GAUGE,
                "1 while the dependency answers", {"service", "dependency"}, 4, NULL},
};

struct metrics {
	struct shm *map;
	int64_t refreshed_ms, quarantine_ms;
	uint64_t quarantined; /* at the last count */
};

struct metrics *metrics_open(const struct options *o)
{
	struct metrics *m = calloc(1, sizeof(*m));

	(void)!mkdir(o->run_dir, 0750);
	(void)!mkdir(o->metrics_dir, 0750);
	if (m != NULL &&
	        shm_open_map(o->metrics_path, "shipper", table, METRIC_COUNT, &m->map) == ERR_OK) {
		shm_set(m->map, METRIC_UP, NULL, 1);
		return m;
	}
	free(m);
	return NULL;
}

void metrics_close(struct metrics *m)
{
	if (m == NULL)
		return;
	shm_set(m->map, METRIC_UP, NULL, 0);
	shm_close(m->map);
	free(m);
}

void metrics_insert(struct metrics *m, int64_t took_ms, uint64_t rows, const char *result)
{
	if (m == NULL)
		return;
	shm_add(m->map, METRIC_INSERTS, SHM_LABELS(result), 1);
	shm_observe(m->map, METRIC_WRITE_SECONDS, NULL, (double)took_ms / 1000);
	shm_observe(m->map, METRIC_BATCH_SIZE, NULL, (double)rows);
}

void metrics_retry(struct metrics *m, enum err cause)
{
	if (m != NULL)
		shm_add(m->map, METRIC_RETRIES, SHM_LABELS(err_code(cause)), 1);
}

void metrics_store_up(struct metrics *m, bool up)
{
	if (m != NULL)
		shm_set(m->map, METRIC_DEPENDENCY_UP, SHM_LABELS("shipper", "clickhouse"), up);
}

void metrics_batch(struct metrics *m, const struct shipper *s)
{
	int64_t lag = clock_wall_ms() - s->batch.oldest_ms;

	if (m == NULL)
		return;
	shm_set_total(m->map, METRIC_WRITTEN, SHM_LABELS("server"), s->counters.rows_server);
	shm_set_total(m->map, METRIC_WRITTEN, SHM_LABELS("widget"), s->counters.rows_widget);
	shm_observe(m->map, METRIC_LAG, NULL, lag > 0 ? (double)lag / 1000 : 0);
}

static void refresh_quarantine(struct metrics *m, const struct shipper *s, int64_t now)
{
	uint64_t entries, rows, known = s->counters.quarantined + s->counters.damaged;
	int64_t bytes;

	if (m->quarantine_ms != 0 && known == m->quarantined &&
	        now - m->quarantine_ms < METRICS_QUARANTINE_MS)
		return;
	m->quarantine_ms = now;
	m->quarantined = known;
	if (spool_quarantine_usage(s->options.spool.dir, &entries, &rows, &bytes) != ERR_OK)
		return;
	shm_set(m->map, METRIC_DEAD_LETTERS, NULL, (double)rows);
	shm_set(m->map, METRIC_QUARANTINE_BATCHES, NULL, (double)entries);
	shm_set(m->map, METRIC_QUARANTINE_BYTES, NULL, (double)bytes);
}

void metrics_refresh(struct metrics *m, const struct shipper *s, const struct spool_backlog *b)
{
	int64_t now = clock_mono_ms(), age = 0;

	if (m == NULL || (m->refreshed_ms != 0 && now - m->refreshed_ms < METRICS_REFRESH_MS))
		return;
	m->refreshed_ms = now;
	if (b->oldest_ms > 0)
		age = clock_wall_ms() - b->oldest_ms;
	shm_set(m->map, METRIC_DEPTH, NULL, (double)b->rows);
	shm_set(m->map, METRIC_OLDEST, NULL, age > 0 ? (double)age / 1000 : 0);
	refresh_quarantine(m, s, now);
}
