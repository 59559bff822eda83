/* SPDX-License-Identifier: MIT
 * yavio health PROGRAM: one program, by exit code; for containers and scripts. */
#include "base/buf.h"
#include "ch/ch.h"
#include "cli/stack.h"

enum { PING_MS = 2000, BODY_BYTES_MAX = 64 * 1024 };

static bool store_healthy(struct cli *cli)
{
	struct conf_ch_endpoint at;
	struct ch *c = NULL;
	bool ok;

	if (conf_ch_endpoint(cli->conf, &at))
		c = ch_open(&at, NULL);
	ok = c && ch_ping(c, PING_MS) == ERR_OK;
	ch_close(c);
	explicit_bzero(&at, sizeof(at));
	return ok;
}

/* *why: the number to look up when nothing answers at all. */
static bool answers(
        struct cli *cli, enum program_id id, const char *path, struct buf *body, enum err *why)
{
	int status;

	*why = ready_health(cli, id, path, &status, body);
	return *why == ERR_OK && status == 200;
}

enum cli_exit cmd_health(struct cli *cli)
{
	enum program_id id = program_find(cli->args[0]);
	struct buf body;
	enum err why = ERR_OK, through_caddy;
	bool ok = false;

	buf_init(&body, BODY_BYTES_MAX);
	switch (id) {
	case PROGRAM_COUNT:
		return cli_fail(cli, ERR_CLI_SERVICE_NOT_RECOGNIZED, NULL, "%s is none of: %s",
		        cli->args[0], program_names());
	case PROGRAM_STORE:
		ok = store_healthy(cli);
		why = ok ? ERR_OK : ERR_CLI_CLICKHOUSE_UNREACHABLE;
		break;
	case PROGRAM_INGEST:
		ok = answers(cli, PROGRAM_INGEST, "/health/ready", &body, &why);
		break;
	case PROGRAM_DASHBOARD:
		ok = answers(cli, PROGRAM_DASHBOARD, "/api/health", &body, &why);
		break;
	case PROGRAM_CADDY:
		ok = answers(cli, PROGRAM_INGEST, "/health/live", &body, &through_caddy);
		break;
	case PROGRAM_POSTGRES:
		ok = ready_now(cli, id);
		why = ok ? ERR_OK : ERR_CLI_POSTGRESQL_UNREACHABLE;
		break;
	case PROGRAM_SHIPPER:
	case PROGRAM_LIVE:
	case PROGRAM_JOBS:
		ok = ready_now(cli, id);
		break;
	}
	if (cli->json)
		printf("{\"program\":\"%s\",\"healthy\":%s}\n", programs[id].name,
		        ok ? "true" : "false");
	else
		cli_say(cli, "%s %s %s", cli_mark(ok ? CLI_MARK_OK : CLI_MARK_BAD),
		        programs[id].name, ok ? "healthy" : "not healthy");
	if (!ok && cli->verbose && body.len)
		fprintf(stderr, "%s\n", buf_str(&body));
	buf_release(&body);
	if (why != ERR_OK)
		return cli_fail(cli, why, NULL, "nothing answers for %s", programs[id].name);
	return ok ? CLI_DONE : CLI_NOT_RUNNING;
}
