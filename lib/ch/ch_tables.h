/* SPDX-License-Identifier: MIT
 * The tables that hold tenants' rows: what the filters, the gate, erasure, backup and the isolation
 * suite go over. scripts/check-tenant-tables.sh compares it with clickhouse/. */
#ifndef YAVIO_CH_CH_TABLES_H
#define YAVIO_CH_CH_TABLES_H

#include "base/base.h"

struct ch_table {
	const char *name;
	const char *user_column;    /* column of the end user, NULL: the table has none */
	const char *session_column; /* column of the session, NULL: none */
	bool ingest;                /* yavio_ingest may insert */
	bool dashboard;             /* yavio_dashboard may select */
	bool derived;               /* the store makes its rows from those of another */
};

extern const struct ch_table ch_tenant_tables[];
extern const size_t ch_tenant_tables_len;

/* The table of that exact name (case counts, as in ClickHouse), or NULL. */
const struct ch_table *ch_table_find(const char *name, size_t len);

/* Whether a name with its database is a table that is the same for everybody: system.one,
 * system.numbers, system.time_zones. */
bool ch_table_is_neutral(const char *name, size_t len);

#endif
