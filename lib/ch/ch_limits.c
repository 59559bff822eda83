/* SPDX-License-Identifier: MIT
 * Limits of each class of queries. */
#include "base/buf.h"
#include "ch/ch_internal.h"

enum { MIB = 1024 * 1024, UNLIMITED = 0 };

struct limits {
	int64_t seconds;
	int64_t memory; /* bytes, 0: the store's */
	int64_t rows;   /* of the result */
	int64_t bytes;  /* of the result */
	int64_t read_rows, read_bytes;
	int64_t threads; /* 0: the store's */
};

static const struct limits classes[] = {
        [CH_DASHBOARD] = {.seconds = 30, .rows = 100000},
        [CH_LIVE] = {.seconds = 5, .memory = 256 * MIB, .rows = 10000, .threads = 1},
        [CH_EXPORT] = {.seconds = 300, .rows = 1000000, .threads = 1},
        [CH_FREE_SQL] = {.seconds = 30,
                .rows = 10000,
                .bytes = 32 * MIB,
                .read_rows = 50000000,
                .read_bytes = 5000000000,
                .threads = 1},
        [CH_INSERT] = {.seconds = 30, .memory = 512 * MIB, .threads = 1},
        [CH_ADMIN] = {.seconds = 3600, .threads = 2},
};

static struct limits limits_of(const struct ch *c, enum ch_class cls)
{
	struct limits l = classes[cls];
	bool configured = cls == CH_DASHBOARD || cls == CH_EXPORT || cls == CH_FREE_SQL;

	if (cls == CH_DASHBOARD && c->options.query_timeout_ms > 0)
		l.seconds = (c->options.query_timeout_ms + 999) / 1000;
	if (cls == CH_DASHBOARD && c->options.query_max_rows > 0)
		l.rows = c->options.query_max_rows;
	if (configured && c->options.query_memory > 0)
		l.memory = c->options.query_memory;
	if (cls == CH_DASHBOARD)
		l.threads = c->options.query_threads;
	return l;
}

static void add(struct buf *url, const char *name, int64_t value)
{
	if (value != UNLIMITED)
		buf_addf(url, "&%s=%lld", name, (long long)value);
}

void ch_limits_add(const struct ch *c, enum ch_class cls, struct buf *url)
{
	struct limits l = limits_of(c, cls);

	add(url, "max_execution_time", l.seconds);
	add(url, "max_memory_usage", l.memory);
	add(url, "max_result_rows", l.rows);
	add(url, "max_result_bytes", l.bytes);
	add(url, "max_rows_to_read", l.read_rows);
	add(url, "max_bytes_to_read", l.read_bytes);
	add(url, "max_threads", l.threads);
	buf_add_str(url, "&timeout_overflow_mode=throw");
	if (l.rows != UNLIMITED)
		buf_add_str(url, "&result_overflow_mode=throw");
	if (l.read_rows != UNLIMITED)
		buf_add_str(url, "&read_overflow_mode=throw");
}

int64_t ch_limits_time_ms(const struct ch *c, enum ch_class cls)
{
	return limits_of(c, cls).seconds * 1000;
}
