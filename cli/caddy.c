/* SPDX-License-Identifier: MIT
 * Caddy's command line and environment. */
#include <limits.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/proc.h"
#include "cli/service_script.h"
#include "cli/stack.h"
#include "json/json.h"

#include "cli/caddy.h"

#define CADDY            "/usr/bin/caddy"
#define CADDY_GC_PERCENT "400"
#define CADDY_HEAP_MAX   "256MiB"

enum {
	VALIDATE_MS = 20000,
	OUTPUT_BYTES = 64 * 1024,
	ENVIRONMENT_BYTES = 64 * 1024,
	PAIRS_MAX = 128,
	PAGE_CONFIG_BYTES = 2048
};

const char *caddy_site(const struct cli *cli)
{
	if (*conf_str(cli->conf, CONF_YAVIO_DOMAIN))
		return "domain";
	return *conf_str(cli->conf, CONF_YAVIO_TRUSTED_PROXIES) ? "proxy" : "local";
}

bool caddy_may_bind_low(void)
{
	char program[PATH_MAX];

	return geteuid() == 0 ||
	       (realpath(CADDY, program) && getxattr(program, "security.capability", NULL, 0) > 0);
}

/* An empty value is left out, or Caddy would take it for one; a list is parted by blanks there. */
static void add_option(const struct cli *cli, enum conf_id id, caddy_pair_fn *pair, struct buf *b)
{
	const char *value = conf_str(cli->conf, id);
	enum conf_type type = conf_option(id)->type;
	char list[4096];

	if (!*value)
		return;
	if ((type == CONF_TYPE_IPS || type == CONF_TYPE_CIDRS) &&
	        str_copy(list, sizeof(list), value)) {
		for (char *comma = list; (comma = strchr(comma, ',')) != NULL;)
			*comma = ' ';
		value = list;
	}
	pair(b, conf_option(id)->name, value);
}

/* /config.json: what the pages must know of this installation. */
static void add_page_config(const struct cli *cli, caddy_pair_fn *pair, struct buf *b)
{
	char dashboard[128], ingest[128];
	const char *origin = conf_str(cli->conf, CONF_NEXTAUTH_URL);
	struct json_writer w;
	struct buf text;

	ready_urls(cli, dashboard, ingest);
	buf_init(&text, PAGE_CONFIG_BYTES);
	json_write_init(&w, &text);
	json_write_object(&w, NULL);
	json_write_str(&w, "appUrl", *origin ? origin : dashboard);
	/* behind another proxy its name serves ingest, too */
	json_write_str(&w, "ingestUrl",
	        strcmp(caddy_site(cli), "proxy") == 0 && *origin ? origin : ingest);
	json_write_str(&w, "version", YAVIO_VERSION);
	json_write_str(&w, "docsUrl", "");
	json_write_bool(&w, "cloud", false);
	json_write_end_object(&w);
	pair(b, "YAVIO_PAGE_CONFIG", buf_str(&text));
	buf_release(&text);
}

void caddy_environment(const struct cli *cli, caddy_pair_fn *pair, struct buf *b)
{
	char path[PATH_MAX];

	for (enum conf_id id = 0; id < CONF_ID_COUNT; id++) {
		if (conf_option_visible(id, CONF_CADDY) && conf_option_visible(id, CONF_CLI) &&
		        !conf_option_secret(id) && id != CONF_YAVIO_HOME)
			add_option(cli, id, pair, b);
	}
	/* Bodies are garbage after each request, the live heap is small: with Go's own pace a third
	 * of Caddy's CPU is collection (make bench-ingest). */
	pair(b, "GOGC", CADDY_GC_PERCENT);
	pair(b, "GOMEMLIMIT", CADDY_HEAP_MAX);
	pair(b, "YAVIO_SITE", caddy_site(cli));
	if (conf_socket_dir(cli->conf, path, sizeof(path)))
		pair(b, "YAVIO_RUN", path);
	if (str_format(path, sizeof(path), "%s/web/static", cli->share))
		pair(b, "YAVIO_WEB_ROOT", path);
	add_page_config(cli, pair, b);
	if (str_format(path, sizeof(path), "%s/caddy", cli->home)) {
		pair(b, "HOME", path);
		pair(b, "XDG_DATA_HOME", path);
		pair(b, "XDG_CONFIG_HOME", path);
	}
}

void caddy_command(const struct cli *cli, struct buf *b)
{
	buf_add_str(b, "caddy run --adapter caddyfile --config ");
	service_script_quote(b, cli->share);
	buf_add_str(b, "/caddy/Caddyfile\n");
}

/* NAME=value, one after the other, each ended by NUL. */
static void add_entry(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s=%s", name, value);
	buf_add_char(b, '\0');
}

enum cli_exit caddy_check(const struct cli *cli)
{
	char config[PATH_MAX];
	char *argv[] = {(char *)"caddy", (char *)"validate", (char *)"--adapter",
	        (char *)"caddyfile", (char *)"--config", config, NULL};
	char *env[PAIRS_MAX + 1];
	struct buf entries, out;
	size_t count = 0;
	enum cli_exit rc = CLI_DONE;
	const char *fault;

	if (!str_format(config, sizeof(config), "%s/caddy/Caddyfile", cli->share))
		return cli_fail(cli, ERR_INFRA_CADDY_CONFIG_INVALID, NULL, "path too long");
	buf_init(&entries, ENVIRONMENT_BYTES);
	buf_init(&out, OUTPUT_BYTES);
	add_entry(&entries, "PATH", "/usr/local/bin:/usr/bin:/bin");
	add_entry(&entries, "YAVIO_HOME", cli->home);
	caddy_environment(cli, add_entry, &entries);
	for (char *at = entries.data; at && at < entries.data + entries.len && count < PAIRS_MAX;
	        at += strlen(at) + 1)
		env[count++] = at;
	env[count] = NULL;
	if (proc_run(argv, env, VALIDATE_MS, &out) != 0) {
		/* Caddy logs first; what is wrong is its last line */
		while (out.len && out.data[out.len - 1] == '\n')
			out.data[--out.len] = '\0';
		fault = out.len ? strrchr(out.data, '\n') : NULL;
		rc = cli_fail(cli, ERR_INFRA_CADDY_CONFIG_INVALID, NULL, "%s",
		        fault     ? fault + 1
		        : out.len ? buf_str(&out)
		                  : "caddy is not installed: scripts/install-deps.sh");
	}
	buf_release(&entries);
	buf_release(&out);
	return rc;
}
