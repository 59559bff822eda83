/* SPDX-License-Identifier: MIT
 * Connects the CLI to PostgreSQL as the owner of the tables. */
#include "cli/app_data.h"

enum { ANSWER_MS = 30000 };

enum cli_exit app_data_open(struct cli *cli, int64_t reach_ms, struct pg **pg)
{
	char url[PG_URL_BYTES];
	struct pg_options options = {.url = url,
	        .role = PG_SERVICE,
	        .application_name = "yavio",
	        .prepare = conf_bool(cli->conf, CONF_PG_PREPARE),
	        .answer_timeout_ms = ANSWER_MS};
	char detail[PG_DETAIL_BYTES] = "";
	enum err e = ERR_DB_INTERNAL_ERROR;

	*pg = NULL;
	if (conf_pg_url(cli->conf, url, sizeof(url)))
		e = pg_open(&options, pg);
	explicit_bzero(url, sizeof(url));
	if (e == ERR_OK)
		e = pg_start(*pg, reach_ms, 0);
	if (e == ERR_OK)
		return CLI_DONE;
	if (*pg)
		(void)snprintf(detail, sizeof(detail), "%s", pg_last_error(*pg)->detail);
	if (e == ERR_DB_PG_CONNECTION_REFUSED)
		return cli_fail(cli, ERR_CLI_POSTGRESQL_UNREACHABLE, NULL, "%s", detail);
	return cli_fail(cli, e, NULL, "%s", detail);
}
