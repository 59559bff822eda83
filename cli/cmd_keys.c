/* SPDX-License-Identifier: MIT
 * yavio keys: headless set-up of workspace, project and API key. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/app_data.h"
#include "cli/cli.h"
#include "json/json.h"

enum { JSON_BYTES_MAX = 16 << 20, REACH_MS = 5000 };

static enum cli_exit fail_store(struct cli *cli, enum err e, const char *what)
{
	switch (e) {
	case ERR_DASH_WORKSPACE_NOT_FOUND:
	case ERR_DASH_PROJECT_NOT_FOUND:
		return cli_fail(cli, ERR_CLI_TARGET_NOT_FOUND,
		        cli->command->run == cmd_keys_create
		                ? "check the name, or make it: --create-missing"
		                : "see what is there: bin/yavio keys list",
		        "no %s called %s",
		        e == ERR_DASH_PROJECT_NOT_FOUND ? "project" : "workspace", what);
	case ERR_DASH_API_KEY_NOT_FOUND:
		return cli_fail(cli, ERR_CLI_TARGET_NOT_FOUND,
		        "see what is there: bin/yavio keys list; when keys share a prefix use the "
		        "id",
		        "no key %s", what);
	default:
		return cli_fail(cli, e, NULL, "%s", what);
	}
}

/* Makes or finds workspace and project, then the key. */
static enum cli_exit create(struct cli *cli, struct pg *pg, const struct store_secrets *secrets)
{
	const char *workspace = cli_flag(cli, "--workspace"), *project = cli_flag(cli, "--project");
	const char *name = cli_flag(cli, "--name");
	bool make = cli_flag(cli, "--create-missing") != NULL;
	struct store_place w, p;
	struct store_new_key key = {.name = name ? name : "cli"};
	enum err e = store_workspace_ensure(pg, workspace, make, &w);

	if (e != ERR_OK)
		return fail_store(cli, e, workspace);
	e = store_project_ensure(pg, w.id, project, make, &p);
	if (e != ERR_OK)
		return fail_store(cli, e, project);
	key.workspace_id = w.id;
	key.project_id = p.id;
	e = store_key_create(pg, secrets, &key);
	if (e != ERR_OK)
		return fail_store(cli, e, key.name);
	if (cli->json) {
		printf("{\"key\":\"%s\",\"project_id\":\"%s\",\"workspace_id\":\"%s\"}\n", key.text,
		        p.id, w.id);
	} else {
		fprintf(stderr, "%s %s key for %s/%s; it is shown this once\n",
		        cli_mark(CLI_MARK_OK),
		        w.created || p.created ? "Workspace or project made, and a" : "A", w.slug,
		        p.slug);
		puts(key.text);
	}
	explicit_bzero(key.text, sizeof(key.text));
	return CLI_DONE;
}

enum cli_exit cmd_keys_create(struct cli *cli)
{
	struct store_secrets secrets;
	struct pg *pg = NULL;
	enum cli_exit rc;

	if (!cli_flag(cli, "--workspace") || !cli_flag(cli, "--project"))
		return cli_usage_error(cli, "--workspace and --project are needed");
	if (store_secrets_parse(conf_str(cli->conf, CONF_API_KEY_HASH_SECRET),
	            conf_str(cli->conf, CONF_API_KEY_HASH_SECRET_PREVIOUS), &secrets) != ERR_OK)
		return cli_fail(cli, ERR_INFRA_INVALID_ENV_VAR, NULL, "API_KEY_HASH_SECRET");
	rc = app_data_open(cli, REACH_MS, &pg);
	if (rc == CLI_DONE)
		rc = create(cli, pg, &secrets);
	pg_close(pg);
	store_secrets_release(&secrets);
	return rc;
}

static void format_time(int64_t ms, char out[CLOCK_TEXT_BYTES])
{
	*out = '\0';
	if (ms)
		clock_format_iso(ms, out);
}

static const char *key_state(const struct store_key_row *k, int64_t now)
{
	if (k->revoked_at_ms)
		return k->revoked_at_ms <= now ? "revoked" : "in grace";
	return k->expires_at_ms && k->expires_at_ms <= now ? "expired" : "live";
}

static void list_json(const struct store_key_row *rows, size_t len, int64_t now)
{
	struct json_writer w;
	struct buf b;
	char at[CLOCK_TEXT_BYTES];

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < len; i++) {
		const struct store_key_row *k = &rows[i];

		json_write_object(&w, NULL);
		json_write_str(&w, "id", k->key_id);
		json_write_str(&w, "prefix", k->prefix);
		json_write_str(&w, "name", k->name);
		json_write_str(&w, "state", key_state(k, now));
		json_write_str(&w, "workspace", k->workspace);
		json_write_str(&w, "workspace_id", k->workspace_id);
		json_write_str(&w, "project", k->project);
		json_write_str(&w, "project_id", k->project_id);
		format_time(k->created_at_ms, at);
		json_write_str(&w, "created_at", *at ? at : NULL);
		format_time(k->last_used_at_ms, at);
		json_write_str(&w, "last_used_at", *at ? at : NULL);
		format_time(k->revoked_at_ms, at);
		json_write_str(&w, "revoked_at", *at ? at : NULL);
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

static void list_table(const struct store_key_row *rows, size_t len, int64_t now)
{
	static const char *const columns[] = {
	        "prefix", "name", "workspace", "project", "state", "created", "last use", "id"};
	struct cli_table *t = cli_table_new(columns, ARRAY_LEN(columns));
	char created[CLOCK_TEXT_BYTES], used[CLOCK_TEXT_BYTES];

	for (size_t i = 0; t && i < len; i++) {
		const struct store_key_row *k = &rows[i];
		const char *row[] = {k->prefix, k->name, k->workspace, k->project,
		        key_state(k, now), created, used, k->key_id};

		format_time(k->created_at_ms, created);
		format_time(k->last_used_at_ms, used);
		if (!*used)
			(void)str_copy(used, sizeof(used), "never");
		if (!cli_table_add(t, row))
			break;
	}
	if (t)
		cli_table_print(t, stdout, cli_terminal_width());
	cli_table_free(t);
}

/* Rows of one workspace come to the front; their number is returned. */
static size_t keep_workspace(struct store_key_row *rows, size_t len, const char *workspace_id)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		if (strcmp(rows[i].workspace_id, workspace_id) == 0)
			rows[kept++] = rows[i];
	}
	return kept;
}

static enum cli_exit list(struct cli *cli, struct pg *pg)
{
	const char *workspace = cli_flag(cli, "--workspace"), *project = cli_flag(cli, "--project");
	struct store_project_row found = {0};
	struct store_place w = {0};
	struct store_key_row *rows = NULL;
	size_t len = 0;
	enum err e = ERR_OK;

	if (workspace)
		e = store_workspace_ensure(pg, workspace, false, &w);
	if (e != ERR_OK)
		return fail_store(cli, e, workspace);
	if (project && workspace)
		e = store_project_ensure(pg, w.id, project, false, &found.project);
	else if (project)
		e = store_project_find(pg, project, &found);
	if (e != ERR_OK)
		return fail_store(cli, e, project);
	e = store_key_list(pg, project ? found.project.id : NULL, &rows, &len);
	if (e != ERR_OK)
		return fail_store(cli, e, "list of keys");
	if (workspace)
		len = keep_workspace(rows, len, w.id);
	if (cli->json)
		list_json(rows, len, clock_wall_ms());
	else if (len == 0)
		cli_say(cli, "No keys. Make one: bin/yavio keys create --workspace demo --project "
		             "demo --create-missing");
	else
		list_table(rows, len, clock_wall_ms());
	free(rows);
	return CLI_DONE;
}

enum cli_exit cmd_keys_list(struct cli *cli)
{
	struct pg *pg = NULL;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);

	if (rc == CLI_DONE)
		rc = list(cli, pg);
	pg_close(pg);
	return rc;
}

enum cli_exit cmd_keys_revoke(struct cli *cli)
{
	char key_id[ID_UUID_BYTES] = "";
	struct pg *pg = NULL;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);
	enum err e;

	if (rc == CLI_DONE) {
		e = store_key_revoke(pg, cli->args[0], 0, key_id);
		if (e != ERR_OK)
			rc = fail_store(cli, e, cli->args[0]);
		else if (cli->json)
			printf("{\"ok\":true,\"id\":\"%s\"}\n", key_id);
		else
			cli_say(cli, "%s key %s is revoked; ingest refuses it within a second",
			        cli_mark(CLI_MARK_OK), cli->args[0]);
	}
	pg_close(pg);
	return rc;
}
