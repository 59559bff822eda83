/* SPDX-License-Identifier: MIT
 * yavio query: one read-only statement, within a project or as administrator. */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "ch/ch.h"
#include "ch/ch_gate.h"
#include "cli/app_data.h"
#include "json/json.h"

enum {
	REACH_MS = 5000,
	TABLE_BYTES_MAX = 256 << 20,
	CELL_BYTES_MAX = 4 << 20,
	TABLE_COLUMNS_MAX = 1024,
};

/* Statements that read; the store's administrator may do more, this command may not. */
static const char *const reading[] = {"SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN"};

struct query {
	struct cli *cli;
	struct ch_gate_text text;
	char *sql; /* text.sql ended by NUL */
	const char *format;
	bool as_table;
};

static bool starts_with_word(const char *sql, const char *word)
{
	size_t len = strlen(word);

	return strncasecmp(sql, word, len) == 0 && !isalnum((unsigned char)sql[len]) &&
	       sql[len] != '_';
}

/* The statement without its FORMAT; anything but a reading one is refused before it is sent. */
static enum cli_exit take_sql(struct query *q, const char *sql)
{
	while (isspace((unsigned char)*sql))
		sql++;
	if (ch_gate_lex(sql, strlen(sql), &q->text) != ERR_OK) {
		bool reads = false;

		for (size_t i = 0; i < ARRAY_LEN(reading); i++)
			reads = reads || starts_with_word(sql, reading[i]);
		if (!reads || !cli_flag(q->cli, "--admin"))
			return cli_fail(q->cli, ERR_DB_STORE_STATEMENT_DENIED,
			        "write one SELECT without SETTINGS and INTO",
			        "only one reading statement is taken");
		q->text = (struct ch_gate_text){.sql = sql, .len = strlen(sql)};
	}
	q->sql = strndup(q->text.sql, q->text.len);
	return q->sql ? CLI_DONE : cli_fail(q->cli, ERR_CLI_INTERNAL_ERROR, NULL, "out of memory");
}

static enum cli_exit take_format(struct query *q)
{
	static const struct {
		const char *name, *format;
	} formats[] = {{"json", "JSON"}, {"csv", "CSVWithNames"}, {"table", "JSONCompact"}};
	const char *wanted = cli_flag(q->cli, "--format");

	if (*q->text.format && !wanted) {
		q->format = q->text.format;
		return CLI_DONE;
	}
	if (!wanted)
		wanted = q->cli->json ? "json" : "table";
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (strcmp(wanted, formats[i].name) == 0)
			q->format = formats[i].format;
	}
	if (!q->format)
		return cli_usage_error(q->cli, "--format is table, json or csv");
	q->as_table = strcmp(wanted, "table") == 0;
	return CLI_DONE;
}

static bool write_out(const char *bytes, size_t len, void *arg)
{
	(void)arg;
	return fwrite(bytes, 1, len, stdout) == len;
}

/* A cell as a person reads it: texts bare, everything else as JSON. */
static bool add_cell(json_value *v, struct buf *text)
{
	const char *str;

	buf_clear(text);
	if (json_kind(v) == JSON_KIND_NULL)
		return buf_add_str(text, "NULL");
	if (json_str(v, &str))
		return buf_add_str(text, str);
	return json_dump(v, text);
}

static bool add_row(struct cli_table *t, json_value *row, size_t columns)
{
	char **cells = calloc(columns + 1, sizeof(*cells));
	struct buf text;
	bool ok = cells != NULL;

	buf_init(&text, CELL_BYTES_MAX);
	for (size_t c = 0; ok && c < columns; c++) {
		if (!add_cell(json_at(row, c), &text))
			(void)buf_add_str(&text, "…");
		cells[c] = strdup(buf_str(&text));
		ok = cells[c] != NULL;
	}
	ok = ok && cli_table_add(t, (const char *const *)cells);
	for (size_t c = 0; cells && c < columns; c++)
		free(cells[c]);
	free(cells);
	buf_release(&text);
	return ok;
}

static enum cli_exit print_table(struct query *q, const struct buf *answer)
{
	const char *names[TABLE_COLUMNS_MAX];
	struct json_doc *doc = NULL;
	struct cli_table *t = NULL;
	json_value *meta, *data;
	size_t columns;
	bool ok = json_parse(buf_str(answer), answer->len, JSON_DEPTH_MAX, &doc, NULL);

	meta = ok ? json_get(json_root(doc), "meta") : NULL;
	data = ok ? json_get(json_root(doc), "data") : NULL;
	columns = json_len(meta);
	ok = ok && columns <= TABLE_COLUMNS_MAX;
	for (size_t c = 0; ok && c < columns; c++)
		ok = json_str(json_get(json_at(meta, c), "name"), &names[c]);
	if (ok)
		t = cli_table_new(names, columns);
	ok = t != NULL;
	for (size_t r = 0; ok && r < json_len(data); r++)
		ok = add_row(t, json_at(data, r), columns);
	if (ok)
		cli_table_print(t, stdout, 0);
	if (ok && isatty(STDOUT_FILENO))
		printf("(%zu row%s)\n", json_len(data), json_len(data) == 1 ? "" : "s");
	cli_table_free(t);
	json_free(doc);
	return ok ? CLI_DONE
	          : cli_fail(q->cli, ERR_CLI_INTERNAL_ERROR, "try --format json",
	                    "the answer could not be shown as a table");
}

static enum cli_exit query_failed(struct query *q, enum err e, const struct ch_result *result)
{
	enum err cause = result->cause ? result->cause : e;

	if (cause == ERR_DB_CH_CONNECTION_REFUSED)
		return cli_fail(q->cli, ERR_CLI_CLICKHOUSE_UNREACHABLE, NULL, NULL);
	/* unknown names are the fault of the query's text, not of the schema */
	if ((cause == ERR_DB_INTERNAL_ERROR && result->fault == CH_FAULT_QUERY) ||
	        cause == ERR_DB_CH_SCHEMA_MISMATCH)
		cause = ERR_DASH_ANALYTICS_QUERY_REJECTED;
	return cli_fail(q->cli, cause, NULL, "%s", result->text);
}

static enum cli_exit run(struct query *q, struct ch *c, const struct ch_tenant *tenant)
{
	struct ch_result result = {0};
	struct buf answer;
	struct ch_query query = {.cls = tenant ? CH_DASHBOARD : CH_ADMIN,
	        .tenant = tenant,
	        .sql = q->sql,
	        .format = q->format,
	        .into_buf = q->as_table ? &answer : NULL,
	        .sink = q->as_table ? NULL : write_out,
	        .check = tenant != NULL};
	enum cli_exit rc = CLI_DONE;
	enum err e;

	buf_init(&answer, TABLE_BYTES_MAX);
	e = ch_select(c, &query, &result);
	if (e != ERR_OK)
		rc = query_failed(q, e, &result);
	else if (q->as_table)
		rc = print_table(q, &answer);
	buf_release(&answer);
	(void)fflush(stdout);
	return rc;
}

/* The project's ids: as uuid, slug or name. */
static enum cli_exit find_project(struct cli *cli, struct store_project_row *out)
{
	const char *which = cli_flag(cli, "--project");
	struct pg *pg = NULL;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);
	enum err e;

	if (rc == CLI_DONE) {
		e = store_project_find(pg, which, out);
		if (e == ERR_DASH_PROJECT_NOT_FOUND)
			rc = cli_fail(cli, ERR_CLI_TARGET_NOT_FOUND,
			        "see what is there: bin/yavio keys list; when several have that "
			        "name "
			        "use "
			        "workspace/project or the id",
			        "no single project called %s", which);
		else if (e != ERR_OK)
			rc = cli_fail(cli, e, NULL, NULL);
	}
	pg_close(pg);
	return rc;
}

/* Within a project the CLI is no more than the dashboard is: its user, its limits, its tenant. */
static struct ch *open_as(struct cli *cli, bool tenant)
{
	struct ch_options options = {
	        .query_timeout_ms = conf_int(cli->conf, CONF_YAVIO_QUERY_TIMEOUT),
	        .query_memory = conf_int(cli->conf, CONF_YAVIO_QUERY_MEMORY),
	        .query_max_rows = conf_int(cli->conf, CONF_YAVIO_QUERY_MAX_ROWS)};
	struct conf_ch_endpoint at;
	struct ch *c = NULL;
	bool ok = conf_ch_endpoint(cli->conf, &at);

	if (ok && tenant)
		ok = str_copy(at.user, sizeof(at.user), "yavio_dashboard") &&
		     str_copy(at.password, sizeof(at.password),
		             conf_str(cli->conf, CONF_CLICKHOUSE_DASHBOARD_PASSWORD));
	if (ok)
		c = ch_open(&at, &options);
	explicit_bzero(&at, sizeof(at));
	return c;
}

enum cli_exit cmd_query(struct cli *cli)
{
	struct query q = {.cli = cli};
	struct store_project_row project = {0};
	struct ch_tenant tenant = {project.workspace.id, project.project.id};
	bool admin = cli_flag(cli, "--admin") != NULL;
	struct ch *c = NULL;
	enum cli_exit rc;

	if (admin == (cli_flag(cli, "--project") != NULL))
		return cli_usage_error(cli, "one of --project and --admin is needed");
	rc = take_sql(&q, cli->args[0]);
	if (rc == CLI_DONE)
		rc = take_format(&q);
	if (rc == CLI_DONE && !admin)
		rc = find_project(cli, &project);
	if (rc == CLI_DONE) {
		c = open_as(cli, !admin);
		rc = c ? run(&q, c, admin ? NULL : &tenant)
		       : cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "out of memory");
	}
	ch_close(c);
	free(q.sql);
	return rc;
}
