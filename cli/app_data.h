/* SPDX-License-Identifier: MIT
 * The CLI's connection to PostgreSQL. */
#ifndef YAVIO_CLI_APP_DATA_H
#define YAVIO_CLI_APP_DATA_H

#include "cli/cli.h"
#include "store/store.h"

/* Connects as yavio_service, waiting at most reach_ms. Caller closes *pg with pg_close (also NULL).
 */
enum cli_exit app_data_open(struct cli *cli, int64_t reach_ms, struct pg **pg) MUST_CHECK;

#endif
