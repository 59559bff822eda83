/* SPDX-License-Identifier: MIT
 * yavio config: what the settings are, where they come from, whether they are right. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/cli.h"
#include "json/json.h"

enum { JSON_BYTES_MAX = 1 << 20 };

static void show_json(const struct conf *c)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_object(&w, NULL);
	for (enum conf_id id = 0; id < CONF_ID_COUNT; id++) {
		if (!conf_option_visible(id, CONF_ALL))
			continue;
		json_write_object(&w, conf_option(id)->name);
		json_write_str(&w, "value", conf_show(c, id));
		json_write_str(&w, "origin", conf_origin_name(conf_origin(c, id)));
		json_write_bool(&w, "secret", conf_option_secret(id));
		json_write_end_object(&w);
	}
	json_write_end_object(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

static enum cli_exit show_table(const struct cli *cli, const struct conf *c)
{
	static const char *const columns[] = {"setting", "value", "from"};
	struct cli_table *t = cli_table_new(columns, ARRAY_LEN(columns));
	bool ok = t != NULL;

	for (enum conf_id id = 0; ok && id < CONF_ID_COUNT; id++) {
		const char *value = conf_show(c, id);
		const char *row[] = {
		        conf_option(id)->name, value, conf_origin_name(conf_origin(c, id))};

		if (*value || cli->verbose)
			ok = cli_table_add(t, row);
	}
	if (ok)
		cli_table_print(t, stdout, cli_terminal_width());
	cli_table_free(t);
	if (!ok)
		return cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "out of memory");
	if (*conf_env_file(c))
		cli_say(cli, "\nfile: %s", conf_env_file(c));
	return CLI_DONE;
}

static void keep_quiet(void *data, enum err e, bool fatal, const char *line)
{
	(void)data;
	(void)e;
	(void)fatal;
	(void)line;
}

/* The settings of every program, not only the CLI's own. */
static enum err load_all(struct cli *cli, bool check, struct conf **out)
{
	struct conf_request request = {.program = CONF_ALL,
	        .env_file = cli->env_file,
	        .tolerate = !check,
	        .report = check ? NULL : keep_quiet};

	return conf_load_request(&request, out);
}

enum cli_exit cmd_config_show(struct cli *cli)
{
	struct conf *all = NULL;
	enum cli_exit rc = CLI_DONE;

	if (load_all(cli, false, &all) != ERR_OK)
		return cli_fail(cli, ERR_CLI_ENV_FILE_MISSING, NULL, "the settings cannot be read");
	if (cli->json)
		show_json(all);
	else
		rc = show_table(cli, all);
	conf_free(all);
	return rc;
}

enum cli_exit cmd_config_check(struct cli *cli)
{
	struct conf *all = NULL;
	enum err e = load_all(cli, true, &all);

	if (cli->json)
		printf("{\"ok\":%s}\n", e == ERR_OK ? "true" : "false");
	if (e == ERR_OK)
		cli_say(cli, "%s settings are complete and valid%s%s", cli_mark(CLI_MARK_OK),
		        *conf_env_file(all) ? ": " : "", conf_env_file(all));
	conf_free(all);
	return e == ERR_OK ? CLI_DONE : CLI_FAILED;
}

enum cli_exit cmd_config_get(struct cli *cli)
{
	struct conf *all = NULL;
	enum conf_id id;

	if (!conf_option_find(cli->args[0], &id))
		return cli_usage_error(cli, "unknown setting %s", cli->args[0]);
	if (load_all(cli, false, &all) != ERR_OK)
		return cli_fail(cli, ERR_CLI_ENV_FILE_MISSING, NULL, "the settings cannot be read");
	if (cli->json) {
		struct json_writer w;
		struct buf b;

		buf_init(&b, JSON_BYTES_MAX);
		json_write_init(&w, &b);
		json_write_object(&w, NULL);
		json_write_str(&w, "name", conf_option(id)->name);
		json_write_str(&w, "value", conf_show(all, id));
		json_write_str(&w, "origin", conf_origin_name(conf_origin(all, id)));
		json_write_end_object(&w);
		puts(buf_str(&b));
		buf_release(&b);
	} else {
		puts(conf_show(all, id));
	}
	conf_free(all);
	return CLI_DONE;
}
