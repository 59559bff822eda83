/* SPDX-License-Identifier: MIT
 * The named queries of clickhouse/queries, several at a time within one project: what an answer of
 * the analytics is made of. */
#ifndef YAVIO_CH_CH_MANY_H
#define YAVIO_CH_CH_MANY_H

#include "ch/ch.h"
#include "ch_queries.h"

/* A query of clickhouse/queries, CHQ_… */
struct ch_text {
	const char *name, *sql;
	const char
	        *plain; /* what it is while the lists behind plain_len are empty; NULL: the same */
	const enum ch_value_id *params; /* what it takes */
	size_t params_len, plain_len;
};
extern const struct ch_text ch_texts[CHQ_COUNT];

/* What queries may take, CHV_… */
struct ch_value_def {
	const char *name;
	bool raw; /* an array: its value is ClickHouse text (ch_text_list) */
};
extern const struct ch_value_def ch_value_defs[CHV_COUNT];

/* Values of parameters by CHV_…; NULL: not set, and a query that takes it is a fault of ours. */
struct ch_values {
	const char *of[CHV_COUNT];
	bool in_full; /* even where there is a plain form, which ranges shorter than
	                 CH_SLOT_MS must not use: what it reads knows no more of a time */
};

enum { CH_SLOT_MS = 15 * 60 * 1000 }; /* of the table visits */

enum { CH_LANES = 4 }; /* queries of one answer that run at one time */

/* One query of a batch. */
struct ch_ask {
	enum ch_text_id text;
	const struct ch_tenant *tenant; /* NULL: the batch's */
	const struct ch_values *values;
	const char *format; /* of ch_gate_format, NULL: JSONEachRow */
	struct buf *out;    /* its rows; its cap is the cap of the answer */
	struct ch_result result;
};

struct ch_batch {
	enum ch_class cls; /* CH_DASHBOARD, CH_LIVE or CH_EXPORT */
	const struct ch_tenant *tenant;
	struct ch_ask *asks; /* in order of need */
	size_t len;
	int64_t time_ms; /* for all of them together */
};

/* Up to CH_LANES connections, made when they are needed. Use by one thread at a time. at and
 * options are copied; options->stop ends what runs. NULL: no memory. */
struct ch_lanes;
struct ch_lanes *ch_lanes_open(const struct conf_ch_endpoint *at, const struct ch_options *options);
void ch_lanes_close(struct ch_lanes *l);

/* Runs all queries, in their order, CH_LANES at a time; waits for a store that has no connection
 * free. The first that fails ends the others. Returns as ch_select for the one that failed first;
 * *failed (may be NULL) is its place. */
enum err ch_many(struct ch_lanes *l, const struct ch_batch *batch, size_t *failed) MUST_CHECK;

#endif
