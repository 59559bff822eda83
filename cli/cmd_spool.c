/* SPDX-License-Identifier: MIT
 * yavio spool: the backlog, and the rows that the store refused: looked at, sent again, or purged.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "json/json.h"
#include "spool/spool.h"
#include "spool/spool_quarantine.h"

enum {
	JSON_BYTES_MAX = 16 << 20,
	PAYLOAD_BYTES_MAX = 64 << 20,
	ENTRIES_MAX = 10000, /* that one command works on */
};

static bool spool_dir(struct cli *cli, char *out, size_t size)
{
	const char *dir = conf_str(cli->conf, CONF_YAVIO_SPOOL_DIR);

	return *dir ? str_copy(out, size, dir) : conf_home_path(cli->conf, "spool", out, size);
}

static enum cli_exit fail_spool(struct cli *cli, enum err e, const char *what)
{
	return cli_fail(cli, e,
	        e == ERR_DB_QUARANTINE_NOT_FOUND
	                ? "see what is there: bin/yavio spool quarantine list"
	                : NULL,
	        "%s", what);
}

/* "12.3 MB" */
static void format_bytes(int64_t bytes, char out[32])
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	double n = (double)bytes;
	size_t u = 0;

	for (; n >= 1024 && u + 1 < ARRAY_LEN(units); u++)
		n /= 1024;
	(void)snprintf(out, 32, u == 0 ? "%.0f %s" : "%.1f %s", n, units[u]);
}

static void status_json(const struct spool_status *s, int64_t quota, int64_t age_ms)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_object(&w, NULL);
	json_write_int(&w, "depth_events", (int64_t)s->depth_events);
	json_write_int(&w, "depth_bytes", s->depth_bytes);
	json_write_int(&w, "quota_bytes", quota);
	json_write_int(&w, "disk_bytes", s->disk_bytes);
	json_write_int(&w, "oldest_ms", age_ms);
	json_write_int(&w, "writers", s->writers);
	json_write_int(&w, "segments", s->segments);
	json_write_bool(&w, "shipper_running", s->shipper_running);
	json_write_int(&w, "quarantine_entries", (int64_t)s->quarantine_entries);
	json_write_int(&w, "quarantine_rows", (int64_t)s->quarantine_rows);
	json_write_int(&w, "quarantine_bytes", s->quarantine_bytes);
	json_write_end_object(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

enum cli_exit cmd_spool_status(struct cli *cli)
{
	char dir[CLI_PATH_BYTES], depth[32], most[32], set_aside[32];
	int64_t quota = conf_int(cli->conf, CONF_YAVIO_SPOOL_MAX_BYTES), age;
	struct spool_status s;
	enum err e =
	        spool_dir(cli, dir, sizeof(dir)) ? spool_status(dir, &s) : ERR_DB_SPOOL_OPEN_FAILED;

	if (e != ERR_OK)
		return fail_spool(cli, e, dir);
	age = s.oldest_ms > 0 ? clock_wall_ms() - s.oldest_ms : 0;
	if (cli->json) {
		status_json(&s, quota, age);
		return CLI_DONE;
	}
	format_bytes(s.depth_bytes, depth);
	format_bytes(quota, most);
	format_bytes(s.quarantine_bytes, set_aside);
	printf("depth %" PRIu64 " events, %s of %s, oldest %" PRId64 " s\n", s.depth_events, depth,
	        most, age / 1000);
	printf("%u writers, shipper %s\n", s.writers,
	        s.shipper_running ? "running" : "not running");
	printf("quarantine %" PRIu64 " rows in %" PRIu64 " entries, %s\n", s.quarantine_rows,
	        s.quarantine_entries, set_aside);
	return CLI_DONE;
}

struct entries {
	struct spool_quarantine_entry *list;
	size_t len;
	int64_t before_ms; /* only what was set aside before; INT64_MAX: all */
	bool failed;
};

static bool collect(const struct spool_quarantine_entry *e, void *arg)
{
	struct entries *all = arg;
	struct spool_quarantine_entry *grown;

	if (e->time_ms >= all->before_ms)
		return true;
	grown = realloc(all->list, (all->len + 1) * sizeof(*grown));
	if (grown == NULL) {
		all->failed = true;
		return false;
	}
	all->list = grown;
	all->list[all->len++] = *e;
	return all->len < ENTRIES_MAX;
}

static void write_entry(struct json_writer *w, const struct spool_quarantine_entry *e)
{
	char at[CLOCK_TEXT_BYTES];

	clock_format_iso(e->time_ms, at);
	json_write_object(w, NULL);
	json_write_str(w, "id", e->id);
	json_write_str(w, "time", at);
	json_write_str(w, "table", e->table[0] ? e->table : NULL);
	json_write_int(w, "rows", (int64_t)e->rows);
	json_write_int(w, "bytes", (int64_t)e->bytes);
	json_write_str(w, "code", err_code(e->code));
	json_write_int(w, "store_code", e->store_code);
	json_write_end_object(w);
}

static void list_json(const struct entries *all)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < all->len; i++)
		write_entry(&w, &all->list[i]);
	json_write_end_array(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

static void list_table(const struct entries *all)
{
	static const char *const columns[] = {"id", "time", "table", "rows", "bytes", "code"};
	struct cli_table *t = cli_table_new(columns, ARRAY_LEN(columns));
	char at[CLOCK_TEXT_BYTES], rows[24], bytes[24];

	for (size_t i = 0; t != NULL && i < all->len; i++) {
		const struct spool_quarantine_entry *e = &all->list[i];

		clock_format_iso(e->time_ms, at);
		(void)snprintf(rows, sizeof(rows), "%" PRIu64, e->rows);
		(void)snprintf(bytes, sizeof(bytes), "%" PRIu64, e->bytes);
		if (!cli_table_add(t, (const char *const[]){
		                              e->id, at, e->table, rows, bytes, err_code(e->code)}))
			break;
	}
	if (t != NULL)
		cli_table_print(t, stdout, cli_terminal_width());
	cli_table_free(t);
}

static enum cli_exit quarantine_list(struct cli *cli, const struct entries *all)
{
	if (cli->json)
		list_json(all);
	else if (all->len == 0)
		puts("The quarantine is empty");
	else
		list_table(all);
	return CLI_DONE;
}

/* Values of rows are personal data's neighbours: shown only when asked for. */
static enum cli_exit quarantine_show(struct cli *cli, const char *dir, const char *id)
{
	bool values = cli_flag(cli, "--payload") != NULL;
	struct spool_quarantine_entry e;
	struct json_writer w;
	struct buf payload, b;
	enum err found;

	buf_init(&payload, PAYLOAD_BYTES_MAX);
	buf_init(&b, JSON_BYTES_MAX);
	found = spool_quarantine_show(dir, id, &e, values ? &payload : NULL);
	if (found == ERR_OK) {
		json_write_init(&w, &b);
		write_entry(&w, &e);
		puts(buf_str(&b));
		if (values && !cli->json)
			printf("%s\n", e.reason);
		if (values)
			(void)fwrite(buf_str(&payload), 1, payload.len, stdout);
	}
	buf_release(&payload);
	buf_release(&b);
	return found == ERR_OK ? CLI_DONE : fail_spool(cli, found, id);
}

static struct spool_options options_of(struct cli *cli, const char *dir)
{
	return (struct spool_options){
	        .dir = dir,
	        .max_bytes = conf_int(cli->conf, CONF_YAVIO_SPOOL_MAX_BYTES),
	        .segment_bytes = conf_int(cli->conf, CONF_YAVIO_SPOOL_SEGMENT_BYTES),
	        .reserve_bytes = conf_int(cli->conf, CONF_YAVIO_DISK_RESERVE),
	        .allow_any_fs = conf_bool(cli->conf, CONF_YAVIO_SPOOL_ALLOW_LOSS),
	};
}

static enum err change_one(struct cli *cli, const char *dir, const char *id)
{
	struct spool_options o = options_of(cli, dir);

	return strcmp(cli->args[0], "retry") == 0 ? spool_quarantine_retry(&o, id)
	                                          : spool_quarantine_purge(dir, id);
}

/* retry or purge: one entry by its id, or with --all everything (older than --older). */
static enum cli_exit quarantine_change(struct cli *cli, const char *dir, const struct entries *all)
{
	bool purge = strcmp(cli->args[0], "purge") == 0;
	size_t done = 0, count = cli->arg_count == 2 ? 1 : all->len;

	if ((cli->arg_count == 2) == (cli_flag(cli, "--all") != NULL))
		return cli_usage_error(cli, "%s takes an ID or --all", cli->args[0]);
	if (purge && !cli->yes)
		return cli_fail(cli, ERR_CLI_CONFIRMATION_REQUIRED, "purge for good: say --yes",
		        "purged rows cannot be brought back");
	for (; done < count; done++) {
		const char *id = cli->arg_count == 2 ? cli->args[1] : all->list[done].id;
		enum err e = change_one(cli, dir, id);

		if (e != ERR_OK)
			return fail_spool(cli, e, id);
	}
	if (cli->json)
		printf("{\"%s\":%zu}\n", purge ? "purged" : "retried", done);
	else
		printf("%s %zu %s %s\n", cli_mark(CLI_MARK_OK), done,
		        done == 1 ? "entry" : "entries",
		        purge ? "purged" : "put back into the spool");
	return CLI_DONE;
}

enum cli_exit cmd_spool_quarantine(struct cli *cli)
{
	const char *what = cli->args[0];
	char dir[CLI_PATH_BYTES];
	int64_t older = cli_flag_int(cli, "--older", 0);
	struct entries all = {.before_ms = older > 0 ? clock_wall_ms() - older : INT64_MAX};
	enum cli_exit rc;
	enum err e;

	if (!spool_dir(cli, dir, sizeof(dir)))
		return fail_spool(cli, ERR_DB_SPOOL_OPEN_FAILED, cli->home);
	e = spool_quarantine_list(dir, collect, &all);
	if (e == ERR_OK && all.failed)
		e = ERR_CLI_INTERNAL_ERROR;
	if (e != ERR_OK)
		rc = fail_spool(cli, e, dir);
	else if (strcmp(what, "list") == 0 && cli->arg_count == 1)
		rc = quarantine_list(cli, &all);
	else if (strcmp(what, "show") == 0 && cli->arg_count == 2)
		rc = quarantine_show(cli, dir, cli->args[1]);
	else if (strcmp(what, "retry") == 0 || strcmp(what, "purge") == 0)
		rc = quarantine_change(cli, dir, &all);
	else
		rc = cli_usage_error(cli, "list, show ID, retry ID|--all or purge ID|--all");
	free(all.list);
	return rc;
}
