/* SPDX-License-Identifier: MIT
 * yavio migrate: both databases to this program's schema, or how far they are. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "ch/ch.h"
#include "cli/databases.h"
#include "json/json.h"
#include "pg/pg_migrate.h"

enum { JSON_BYTES_MAX = 1 << 20 };

static const char *const state_names[] = {
        [PG_MIGRATION_PENDING] = "pending",
        [PG_MIGRATION_DONE] = "applied",
        [PG_MIGRATION_CHANGED] = "changed",
        [PG_MIGRATION_UNKNOWN] = "unknown",
};

struct line {
	const char *database, *state;
	char name[128]; /* "0001_base" */
	char at[CLOCK_TEXT_BYTES];
};

static void print_lines(const struct cli *cli, const struct line *lines, size_t len)
{
	static const char *const columns[] = {"database", "migration", "state", "applied at"};
	struct cli_table *t;
	struct json_writer w;
	struct buf b;

	if (!cli->json) {
		t = cli_table_new(columns, ARRAY_LEN(columns));
		for (size_t i = 0; t && i < len; i++) {
			const char *row[] = {
			        lines[i].database, lines[i].name, lines[i].state, lines[i].at};

			if (!cli_table_add(t, row))
				break;
		}
		if (t)
			cli_table_print(t, stdout, cli_terminal_width());
		cli_table_free(t);
		return;
	}
	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < len; i++) {
		json_write_object(&w, NULL);
		json_write_str(&w, "database", lines[i].database);
		json_write_str(&w, "migration", lines[i].name);
		json_write_str(&w, "state", lines[i].state);
		json_write_str(&w, "applied_at", *lines[i].at ? lines[i].at : NULL);
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

static enum cli_exit pg_states(struct cli *cli, struct pg_migration_state **states, size_t *len)
{
	char url[PG_URL_BYTES];
	struct pg_migrate_options options = {.url = url};
	struct pg_migrate_result result = {0};
	enum err e = ERR_DB_INTERNAL_ERROR;

	if (conf_pg_url(cli->conf, url, sizeof(url)))
		e = pg_migrate_status(&options, states, len, &result);
	explicit_bzero(url, sizeof(url));
	if (e == ERR_DB_PG_CONNECTION_REFUSED)
		return cli_fail(cli, ERR_CLI_POSTGRESQL_UNREACHABLE, NULL, "%s", result.text);
	return e == ERR_OK ? CLI_DONE : cli_fail(cli, e, NULL, "%s", result.text);
}

static enum cli_exit ch_version(struct cli *cli, unsigned *version)
{
	struct conf_ch_endpoint at;
	struct ch *c = NULL;
	enum err e = ERR_DB_CH_CONNECTION_REFUSED;

	if (conf_ch_endpoint(cli->conf, &at))
		c = ch_open(&at, NULL);
	if (c)
		e = ch_schema_version(c, version);
	ch_close(c);
	explicit_bzero(&at, sizeof(at));
	if (e != ERR_OK)
		return cli_fail(cli, ERR_CLI_CLICKHOUSE_UNREACHABLE, NULL, "%s: %s", err_code(e),
		        err_message(e));
	return CLI_DONE;
}

static enum cli_exit show_status(struct cli *cli)
{
	struct pg_migration_state *states = NULL;
	struct line *lines = NULL;
	unsigned version = 0;
	size_t len = 0, count = 0;
	enum cli_exit rc = pg_states(cli, &states, &len);

	if (rc == CLI_DONE)
		rc = ch_version(cli, &version);
	if (rc == CLI_DONE) {
		lines = calloc(len + ch_migrations_len + 1, sizeof(*lines));
		if (!lines)
			rc = cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "out of memory");
	}
	for (size_t i = 0; lines && i < len; i++) {
		lines[count].database = "PostgreSQL";
		lines[count].state = state_names[states[i].state];
		(void)snprintf(lines[count].name, sizeof(lines[count].name), "%04d_%s",
		        states[i].version, states[i].name);
		if (states[i].applied_at_ms)
			clock_format_iso(states[i].applied_at_ms, lines[count].at);
		count++;
	}
	for (size_t i = 0; lines && i < ch_migrations_len; i++) {
		lines[count].database = "ClickHouse";
		lines[count].state = ch_migrations[i].version <= version ? "applied" : "pending";
		(void)str_copy(lines[count].name, sizeof(lines[count].name), ch_migrations[i].name);
		count++;
	}
	if (lines)
		print_lines(cli, lines, count);
	free(lines);
	free(states);
	return rc;
}

enum cli_exit cmd_migrate(struct cli *cli)
{
	bool dry_run = cli_flag(cli, "--dry-run") != NULL;
	int pg = 0, ch = 0;
	enum cli_exit rc;

	if (cli_flag(cli, "--status"))
		return show_status(cli);
	rc = databases_migrate_pg(cli, dry_run, &pg);
	if (rc == CLI_DONE)
		rc = databases_migrate_ch(cli, dry_run, &ch);
	if (rc == CLI_DONE && !dry_run)
		rc = databases_retention(cli);
	if (rc != CLI_DONE)
		return rc;
	if (cli->json)
		printf("{\"ok\":true,\"dry_run\":%s,\"postgres\":%d,\"clickhouse\":%d}\n",
		        dry_run ? "true" : "false", pg, ch);
	else if (pg + ch == 0)
		cli_say(cli, "%s both databases are up to date", cli_mark(CLI_MARK_OK));
	else
		cli_say(cli,
		        dry_run ? "%d of PostgreSQL and %d of ClickHouse would be applied"
		                : "%d of PostgreSQL and %d of ClickHouse applied",
		        pg, ch);
	return CLI_DONE;
}
