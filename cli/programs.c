/* SPDX-License-Identifier: MIT
 * The programs of a stack, one row each. */
#include <string.h>

#include "cli/stack.h"

const struct program programs[PROGRAM_COUNT] = {
        [PROGRAM_POSTGRES] = {"postgres", NULL, NULL},
        [PROGRAM_STORE] = {"store", "clickhouse", "yavio-store"},
        [PROGRAM_SHIPPER] = {"shipper", NULL, "yavio-shipper"},
        [PROGRAM_INGEST] = {"ingest", NULL, "yavio-ingest"},
        [PROGRAM_DASHBOARD] = {"dashboard", NULL, "yavio-dashboard"},
        [PROGRAM_LIVE] = {"live", NULL, "yavio-live"},
        [PROGRAM_JOBS] = {"jobs", NULL, "yavio-jobs"},
        [PROGRAM_CADDY] = {"caddy", NULL, NULL},
};

enum program_id program_find(const char *name)
{
	enum program_id id = 0;

	while (id < PROGRAM_COUNT && strcmp(programs[id].name, name) != 0 &&
	        !(programs[id].alias && strcmp(programs[id].alias, name) == 0))
		id++;
	return id;
}

bool program_is_local(const struct cli *cli, enum program_id id)
{
	if (id == PROGRAM_POSTGRES)
		return !conf_is_set(
		        cli->conf, CONF_DATABASE_SERVICE_URL); /* or made of DATABASE_URL */
	if (id == PROGRAM_STORE)
		return !conf_is_set(cli->conf, CONF_CLICKHOUSE_URL);
	return true;
}

const char *program_names(void)
{
	return "postgres, store, shipper, ingest, dashboard, live, jobs, caddy";
}
