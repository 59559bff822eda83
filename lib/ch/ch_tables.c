/* SPDX-License-Identifier: MIT
 * The list of tenant tables. */
#include "ch/ch_tables.h"

/* A new table needs its policies and grants in clickhouse/users.sql and its line in the isolation
 * suite: scripts/check-tenant-tables.sh. */
const struct ch_table ch_tenant_tables[] = {
        {.name = "events",
                .user_column = "user_id",
                .session_column = "session_id",
                .ingest = true,
                .dashboard = true},
        {.name = "visits",
                .user_column = "user_id",
                .session_column = "session_id",
                .dashboard = true,
                .derived = true},
        {.name = "tool_registry", .ingest = true, .dashboard = true},
};
const size_t ch_tenant_tables_len = ARRAY_LEN(ch_tenant_tables);

const struct ch_table *ch_table_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ch_tenant_tables_len; i++)
		if (strlen(ch_tenant_tables[i].name) == len &&
		        memcmp(ch_tenant_tables[i].name, name, len) == 0)
			return &ch_tenant_tables[i];
	return NULL;
}

bool ch_table_is_neutral(const char *name, size_t len)
{
	static const char *const names[] = {"system.one", "system.numbers", "system.time_zones"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}
