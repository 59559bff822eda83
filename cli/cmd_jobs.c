/* SPDX-License-Identifier: MIT
 * yavio jobs: the durable queue; what waits, what was given up, and doing it again. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/app_data.h"
#include "cli/cli.h"
#include "json/json.h"
#include "store/store_job.h"

enum { JSON_BYTES_MAX = 64 << 20, REACH_MS = 5000, LIST_DEFAULT = 100, LIST_MAX = 10000 };

static const char *time_text(int64_t ms, char out[CLOCK_TEXT_BYTES])
{
	if (!ms)
		return NULL;
	clock_format_iso(ms, out);
	return out;
}

static void write_row(struct json_writer *w, const struct store_job_row *j, bool payload)
{
	char at[CLOCK_TEXT_BYTES];

	json_write_object(w, NULL);
	json_write_int(w, "id", j->id);
	json_write_str(w, "kind", j->kind);
	json_write_str(w, "state", j->state);
	json_write_int(w, "attempts", j->attempts);
	json_write_str(w, "created_at", time_text(j->created_at_ms, at));
	json_write_str(w, "run_at", time_text(j->run_at_ms, at));
	json_write_str(w, "finished_at", time_text(j->finished_at_ms, at));
	json_write_str(w, "last_error", *j->error ? j->error : NULL);
	if (payload) {
		json_write_str(w, "leased_by", *j->owner ? j->owner : NULL);
		json_write_raw(w, "payload", *j->payload ? j->payload : "{}");
	}
	json_write_end_object(w);
}

static void list_json(const struct store_job_row *rows, size_t len)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < len; i++)
		write_row(&w, &rows[i], false);
	json_write_end_array(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

static void list_table(const struct store_job_row *rows, size_t len)
{
	static const char *const columns[] = {
	        "id", "kind", "state", "attempts", "when", "last error"};
	struct cli_table *t = cli_table_new(columns, ARRAY_LEN(columns));
	char id[24], attempts[24], at[CLOCK_TEXT_BYTES];

	for (size_t i = 0; t && i < len; i++) {
		const struct store_job_row *j = &rows[i];
		const char *row[] = {id, j->kind, j->state, attempts, at, j->error};

		(void)snprintf(id, sizeof(id), "%lld", (long long)j->id);
		(void)snprintf(attempts, sizeof(attempts), "%lld", (long long)j->attempts);
		(void)time_text(j->finished_at_ms ? j->finished_at_ms : j->run_at_ms, at);
		if (!cli_table_add(t, row))
			break;
	}
	if (t)
		cli_table_print(t, stdout, cli_terminal_width());
	cli_table_free(t);
}

static enum cli_exit show_rows(struct cli *cli, const struct store_job_filter *filter)
{
	struct store_job_row *rows = NULL;
	struct pg *pg = NULL;
	size_t len = 0;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);

	if (rc == CLI_DONE) {
		enum err e = store_job_list(pg, filter, &rows, &len);

		if (e != ERR_OK)
			rc = cli_fail(cli, e, NULL, "list of jobs");
		else if (cli->json)
			list_json(rows, len);
		else if (len == 0)
			cli_say(cli, "No such jobs.");
		else
			list_table(rows, len);
	}
	free(rows);
	pg_close(pg);
	return rc;
}

enum cli_exit cmd_jobs_list(struct cli *cli)
{
	const struct store_job_filter filter = {.state = cli_flag(cli, "--state"),
	        .kind = cli_flag(cli, "--kind"),
	        .limit = cli_flag_int(cli, "--limit", LIST_DEFAULT)};

	if (filter.limit < 1 || filter.limit > LIST_MAX)
		return cli_usage_error(cli, "--limit is 1 to %d", LIST_MAX);
	return show_rows(cli, &filter);
}

/* The job that the first argument names; 0: it is no number. */
static int64_t job_id(const struct cli *cli)
{
	int64_t id = 0;

	if (cli->arg_count < 1 || !str_parse_int(cli->args[0], 1, INT64_MAX, &id))
		return 0;
	return id;
}

static enum cli_exit not_there(struct cli *cli)
{
	return cli_fail(cli, ERR_CLI_TARGET_NOT_FOUND, "see what is there: bin/yavio jobs list",
	        "no job %s", cli->args[0]);
}

enum cli_exit cmd_jobs_show(struct cli *cli)
{
	const struct store_job_filter filter = {.id = job_id(cli), .limit = 1};
	struct store_job_row *rows = NULL;
	struct json_writer w;
	struct pg *pg = NULL;
	struct buf b;
	size_t len = 0;
	enum cli_exit rc;
	enum err e;

	if (!filter.id)
		return cli_usage_error(cli, "the number of a job is needed");
	rc = app_data_open(cli, REACH_MS, &pg);
	if (rc == CLI_DONE && (e = store_job_list(pg, &filter, &rows, &len)) != ERR_OK)
		rc = cli_fail(cli, e, NULL, "job %s", cli->args[0]);
	else if (rc == CLI_DONE && len == 0)
		rc = not_there(cli);
	if (rc == CLI_DONE) {
		buf_init(&b, JSON_BYTES_MAX);
		json_write_init(&w, &b);
		write_row(&w, rows, true);
		puts(buf_str(&b));
		buf_release(&b);
	}
	free(rows);
	pg_close(pg);
	return rc;
}

/* retry and purge: one job, or all dead ones. */
static enum cli_exit change(struct cli *cli, bool purge)
{
	bool all = cli_flag(cli, "--all") != NULL;
	const char *kind = cli_flag(cli, "--kind");
	int64_t id = job_id(cli), count = 0;
	struct pg *pg = NULL;
	enum cli_exit rc;
	enum err e;

	if (all == (cli->arg_count == 1) || (!all && !id))
		return cli_usage_error(cli, "either the number of a job or --all");
	rc = app_data_open(cli, REACH_MS, &pg);
	if (rc != CLI_DONE)
		return rc;
	e = purge ? store_job_purge(pg, id, kind, cli_flag_int(cli, "--older", 0), &count)
	          : store_job_retry(pg, id, kind, &count);
	if (e != ERR_OK)
		rc = cli_fail(cli, e, NULL, "jobs");
	else if (id && count == 0)
		rc = not_there(cli);
	else if (cli->json)
		printf("{\"%s\":%lld}\n", purge ? "purged" : "retried", (long long)count);
	else
		cli_say(cli, "%s %lld job%s %s", cli_mark(CLI_MARK_OK), (long long)count,
		        count == 1 ? "" : "s", purge ? "purged" : "queued again");
	pg_close(pg);
	return rc;
}

enum cli_exit cmd_jobs_retry(struct cli *cli)
{
	return change(cli, false);
}

enum cli_exit cmd_jobs_purge(struct cli *cli)
{
	return change(cli, true);
}
