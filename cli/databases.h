/* SPDX-License-Identifier: MIT
 * Both databases of a stack: set-up, migration, addresses. */
#ifndef YAVIO_CLI_DATABASES_H
#define YAVIO_CLI_DATABASES_H

#include "cli/stack.h"

/* Roles, database and passwords of the private cluster; nothing to do for a server elsewhere. */
enum cli_exit databases_bootstrap(struct cli *cli) MUST_CHECK;
/* Applies what is missing, or with dry_run says what would be. applied (may be NULL): how many. */
enum cli_exit databases_migrate_pg(struct cli *cli, bool dry_run, int *applied) MUST_CHECK;
enum cli_exit databases_migrate_ch(struct cli *cli, bool dry_run, int *applied) MUST_CHECK;
/* YAVIO_RETENTION_DAYS, after the migrations. */
enum cli_exit databases_retention(struct cli *cli) MUST_CHECK;
/* Waits until the database answers, at most wait_ms, saying so now and then. */
enum cli_exit databases_wait_ch(struct cli *cli, int64_t wait_ms) MUST_CHECK;

#endif
