/* SPDX-License-Identifier: MIT
 * Set-up and migration of PostgreSQL and of the event store. */
#include <limits.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "ch/ch.h"
#include "httpc/httpc.h"
#include "pg/pg_migrate.h"

#include "cli/databases.h"

enum { PING_MS = 2000, PING_PAUSE_MS = 200, SAY_EVERY_MS = 5000 };

static bool superuser_url(const struct cli *cli, struct buf *url)
{
	char sockets[PATH_MAX];
	int64_t port = conf_int(cli->conf, CONF_POSTGRES_PORT);

	if (!conf_socket_dir(cli->conf, sockets, sizeof(sockets)))
		return false;
	buf_add_str(url, "postgresql://postgres:");
	(void)httpc_add_escaped(url, conf_str(cli->conf, CONF_POSTGRES_SUPERUSER_PASSWORD));
	buf_add_str(url, "@/postgres?host=");
	(void)httpc_add_escaped(url, sockets);
	buf_addf(url, "&port=%lld", (long long)(port > 0 ? port : 5432));
	return !url->failed;
}

enum cli_exit databases_bootstrap(struct cli *cli)
{
	struct pg_bootstrap_options options = {
	        .service_password = conf_str(cli->conf, CONF_POSTGRES_SERVICE_PASSWORD),
	        .app_password = conf_str(cli->conf, CONF_POSTGRES_APP_PASSWORD),
	        .ingest_password = conf_str(cli->conf, CONF_POSTGRES_INGEST_PASSWORD),
	};
	char why[PG_DETAIL_BYTES] = "";
	struct buf url;
	enum err e = ERR_DB_INTERNAL_ERROR;

	if (!program_is_local(cli, PROGRAM_POSTGRES))
		return CLI_DONE;
	buf_init(&url, PG_URL_BYTES);
	if (superuser_url(cli, &url)) {
		options.superuser_url = buf_str(&url);
		e = pg_bootstrap(&options, why);
	}
	if (url.data)
		explicit_bzero(url.data, url.len);
	buf_release(&url);
	if (e != ERR_OK)
		return cli_fail(cli, e,
		        "POSTGRES_SUPERUSER_PASSWORD must be the one the cluster was made with",
		        "%s", why);
	return CLI_DONE;
}

/* `yavio migrate` lists what it applies; at a start one line a database is enough. */
static bool is_listed(const struct cli *cli)
{
	return cli->verbose || cli->command->run == cmd_migrate;
}

static void say_schema(const struct cli *cli, const char *database, int applied, int64_t began_ms)
{
	if (applied && !is_listed(cli))
		cli_say(cli, "%s %s schema made: %d migration%s (%.1f s)", cli_mark(CLI_MARK_OK),
		        database, applied, applied == 1 ? "" : "s",
		        (double)(clock_mono_ms() - began_ms) / 1000);
}

static void tell_pg(void *arg, enum pg_migrate_event event, const struct pg_migration *m,
        int64_t ms, const char *text)
{
	struct cli *cli = arg;

	switch (event) {
	case PG_MIGRATE_WAITING:
		cli_say(cli, "  another migration runs, waiting");
		break;
	case PG_MIGRATE_RETRYING:
		cli_say(cli, "  PostgreSQL %s: again, %s", m->name, text ? text : "");
		break;
	case PG_MIGRATE_APPLIED:
		if (is_listed(cli))
			cli_say(cli, "%s PostgreSQL %s (%lld ms)", cli_mark(CLI_MARK_OK), m->name,
			        (long long)ms);
		break;
	case PG_MIGRATE_APPLYING:
	case PG_MIGRATE_FAILED:
		break;
	}
}

static enum cli_exit fail_pg(struct cli *cli, enum err e, const struct pg_migrate_result *result)
{
	if (e == ERR_DB_PG_CONNECTION_REFUSED)
		e = ERR_CLI_POSTGRESQL_UNREACHABLE;
	return cli_fail(cli, e, NULL, "%s", result->text);
}

enum cli_exit databases_migrate_pg(struct cli *cli, bool dry_run, int *applied)
{
	char url[PG_URL_BYTES];
	struct pg_migrate_options options = {
	        .url = url, .dry_run = dry_run, .progress = tell_pg, .arg = cli};
	struct pg_migrate_result result = {0};
	enum err e = ERR_DB_INTERNAL_ERROR;
	int64_t began = clock_mono_ms();

	if (conf_pg_url(cli->conf, url, sizeof(url)))
		e = pg_migrate(&options, &result);
	explicit_bzero(url, sizeof(url));
	if (e != ERR_OK)
		return fail_pg(cli, e, &result);
	if (!dry_run)
		say_schema(cli, "PostgreSQL", result.applied, began);
	if (applied)
		*applied = result.applied;
	return CLI_DONE;
}

static struct ch *open_ch(const struct cli *cli)
{
	struct conf_ch_endpoint at;
	struct ch *c = NULL;

	if (conf_ch_endpoint(cli->conf, &at))
		c = ch_open(&at, &(struct ch_options){
		                         .cluster = conf_str(cli->conf, CONF_CLICKHOUSE_CLUSTER)});
	explicit_bzero(&at, sizeof(at));
	return c;
}

struct ch_progress {
	struct cli *cli;
	struct ch *ch;
	enum err e;
	int applied;
	char text[CH_ERROR_TEXT_BYTES + 128];
};

static void tell_ch(enum ch_migrate_event event, const struct ch_migration *m,
        const struct ch_result *result, void *arg)
{
	struct ch_progress *p = arg;

	if (event == CH_MIGRATE_APPLIED) {
		p->applied++;
		if (is_listed(p->cli))
			cli_say(p->cli, "%s ClickHouse %s", cli_mark(CLI_MARK_OK), m->name);
	} else if (event == CH_MIGRATE_FAILED) {
		(void)snprintf(p->text, sizeof(p->text), "%s: %s", m ? m->name : "users",
		        result ? result->text : "");
	}
}

static enum cli_exit list_pending_ch(struct cli *cli, struct ch *c, int *applied)
{
	unsigned version = 0;
	enum err e = ch_schema_version(c, &version);

	if (e != ERR_OK)
		return cli_fail(cli, ERR_CLI_CLICKHOUSE_UNREACHABLE, NULL, "%s", err_message(e));
	for (size_t i = 0; i < ch_migrations_len; i++) {
		if (ch_migrations[i].version > version) {
			cli_say(cli, "  ClickHouse %s would be applied", ch_migrations[i].name);
			(*applied)++;
		}
	}
	return CLI_DONE;
}

static void migrate_ch(void *arg)
{
	struct ch_progress *p = arg;

	p->e = ch_migrate(p->ch, tell_ch, p);
}

/* PostgreSQL keeps the lock: ClickHouse has none. */
static enum cli_exit migrate_ch_alone(struct cli *cli, struct ch_progress *p)
{
	char url[PG_URL_BYTES];
	const struct pg_migrate_options options = {.url = url, .progress = tell_pg, .arg = cli};
	struct pg_migrate_result lock = {0};
	int64_t began = clock_mono_ms();
	enum err e = ERR_DB_INTERNAL_ERROR;

	if (conf_pg_url(cli->conf, url, sizeof(url)))
		e = pg_migrate_alone(&options, migrate_ch, p, &lock);
	explicit_bzero(url, sizeof(url));
	if (e != ERR_OK)
		return fail_pg(cli, e, &lock);
	if (p->e == ERR_DB_CH_CONNECTION_REFUSED)
		return cli_fail(cli, ERR_CLI_CLICKHOUSE_UNREACHABLE, NULL, "%s", p->text);
	if (p->e != ERR_OK)
		return cli_fail(cli, p->e, NULL, "%s", p->text);
	say_schema(cli, "ClickHouse", p->applied, began);
	return CLI_DONE;
}

enum cli_exit databases_migrate_ch(struct cli *cli, bool dry_run, int *applied)
{
	struct ch_progress progress = {.cli = cli, .ch = open_ch(cli)};
	enum cli_exit rc;

	if (!progress.ch)
		return cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL,
		        "no memory, or no address of ClickHouse");
	rc = dry_run ? list_pending_ch(cli, progress.ch, &progress.applied)
	             : migrate_ch_alone(cli, &progress);
	if (applied)
		*applied = progress.applied;
	ch_close(progress.ch);
	return rc;
}

enum cli_exit databases_retention(struct cli *cli)
{
	int64_t days = conf_int(cli->conf, CONF_YAVIO_RETENTION_DAYS), dropped = 0;
	struct ch *c = open_ch(cli);
	struct ch_result result = {0};
	bool changed = false;
	enum err e = ERR_CLI_INTERNAL_ERROR;

	if (c)
		e = ch_retention_apply(c, days, &changed, &dropped, &result);
	ch_close(c);
	if (e != ERR_OK)
		return cli_fail(cli, e, NULL, "retention: %s", result.text);
	if (changed && days)
		cli_say(cli, "%s events are kept for %lld days", cli_mark(CLI_MARK_OK),
		        (long long)days);
	else if (changed)
		cli_say(cli, "%s events are kept for ever", cli_mark(CLI_MARK_OK));
	if (dropped)
		cli_say(cli, "%s %lld day%s of events dropped", cli_mark(CLI_MARK_OK),
		        (long long)dropped, dropped == 1 ? "" : "s");
	return CLI_DONE;
}

enum cli_exit databases_wait_ch(struct cli *cli, int64_t wait_ms)
{
	int64_t began = clock_mono_ms(), said = began;
	struct ch *c = open_ch(cli);
	enum err e = ERR_DB_CH_CONNECTION_REFUSED;

	while (c && (e = ch_ping(c, PING_MS)) != ERR_OK && clock_mono_ms() - began < wait_ms) {
		if (clock_mono_ms() - said >= SAY_EVERY_MS) {
			said = clock_mono_ms();
			cli_say(cli, "  waiting for ClickHouse (%lld s)",
			        (long long)(said - began) / 1000);
		}
		clock_sleep_ms(PING_PAUSE_MS);
	}
	ch_close(c);
	if (e != ERR_OK)
		return cli_fail(cli, ERR_CLI_CLICKHOUSE_UNREACHABLE,
		        "check CLICKHOUSE_URL, or unset it for the embedded store",
		        "no answer within %lld s", (long long)(wait_ms / 1000));
	return CLI_DONE;
}
