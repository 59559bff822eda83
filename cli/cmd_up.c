/* SPDX-License-Identifier: MIT
 * yavio up: checks everything first, then starts what does not run yet, in the order of needs, and
 * waits until it serves. What it cannot finish it takes down again: no half-started stack. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/app_data.h"
#include "cli/caddy.h"
#include "cli/databases.h"
#include "cli/proc.h"
#include "cli/setup_token.h"
#include "cli/stack.h"

enum {
	WAIT_MS = 60000,
	POLL_MS = 20,
	SAY_EVERY_MS = 5000,
	CHECK_MS = 20000,
	STOP_MS = 45000,
	OUTPUT_BYTES = 64 * 1024,
	LINE_BYTES = 1024,
};

struct up {
	struct cli *cli;
	int64_t began_ms, wait_ms;
	bool was_running; /* a supervisor was there before */
	bool settings_changed;
	bool started[PROGRAM_COUNT]; /* by this command */
	struct buf settings;
	struct app app;
};

/* --- what must be free --- */

static enum err port_error(int64_t port)
{
	switch (port) {
	case 3000:
		return ERR_CLI_PORT_3000_IN_USE;
	case 3001:
		return ERR_CLI_PORT_3001_IN_USE;
	case 5432:
		return ERR_CLI_PORT_5432_IN_USE;
	case 8123:
		return ERR_CLI_PORT_8123_IN_USE;
	default:
		return ERR_CLI_PORT_IN_USE;
	}
}

struct port {
	enum program_id program;
	const char *name; /* of its setting, or what it is for */
	int64_t number;
	const char *addresses;
};

static enum cli_exit taken(struct cli *cli, const struct port *p)
{
	char holder[128] = "by a process this user cannot see";
	char fix[256] = "stop it";
	struct proc_holder who;
	enum conf_id setting;

	if (proc_port_holder((uint16_t)p->number, &who) && who.pid)
		(void)snprintf(holder, sizeof(holder), "by %s (pid %d)", who.name, (int)who.pid);
	if (conf_option_find(p->name, &setting))
		(void)snprintf(fix, sizeof(fix),
		        "stop it, or set %s to a free port, in .env or in front: %s=%lld make run",
		        p->name, p->name, (long long)p->number + 1000);
	return cli_fail(cli, port_error(p->number), fix, "port %lld (%s) is in use %s",
	        (long long)p->number, p->name, holder);
}

static enum cli_exit check_port(struct cli *cli, const struct port *p)
{
	char address[64];
	const char *cursor = p->addresses;

	while (p->number > 0 && conf_list_next(&cursor, address, sizeof(address))) {
		switch (proc_port_probe(address, (uint16_t)p->number)) {
		case 0:
			break;
		case EADDRINUSE:
			return taken(cli, p);
		case EACCES:
			if (caddy_may_bind_low())
				break;
			return cli_fail(cli, ERR_CLI_PORT_PRIVILEGED,
			        "sudo setcap cap_net_bind_service=+ep /usr/bin/caddy, or a port "
			        "above 1023",
			        "port %lld (%s) is below 1024", (long long)p->number, p->name);
		default:
			return cli_fail(cli, ERR_INFRA_INVALID_ENV_VAR,
			        "use an address of this machine: ip -brief address",
			        "YAVIO_BIND: nothing can listen on %s here", address);
		}
	}
	return CLI_DONE;
}

/* Ports of programs that do not run yet. All faults are told, not only the first. */
static enum cli_exit check_ports(struct up *u)
{
	struct cli *cli = u->cli;
	bool domain = *conf_str(cli->conf, CONF_YAVIO_DOMAIN) != '\0';
	const char *bind = domain ? "127.0.0.1" : conf_str(cli->conf, CONF_YAVIO_BIND);
	const struct port ports[] = {
	        {PROGRAM_CADDY, "YAVIO_HTTP_PORT", conf_int(cli->conf, CONF_YAVIO_HTTP_PORT), bind},
	        {PROGRAM_CADDY, "YAVIO_INGEST_PORT", conf_int(cli->conf, CONF_YAVIO_INGEST_PORT),
	                bind},
	        {PROGRAM_STORE, "CLICKHOUSE_HTTP_PORT",
	                conf_int(cli->conf, CONF_CLICKHOUSE_HTTP_PORT), "127.0.0.1"},
	        {PROGRAM_POSTGRES, "POSTGRES_PORT", conf_int(cli->conf, CONF_POSTGRES_PORT),
	                "127.0.0.1"},
	        {PROGRAM_CADDY, "HTTPS of YAVIO_DOMAIN", domain ? 443 : 0, "0.0.0.0"},
	        {PROGRAM_CADDY, "HTTP of YAVIO_DOMAIN", domain ? 80 : 0, "0.0.0.0"},
	};
	enum cli_exit rc = CLI_DONE;
	struct service_state s;

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		service_state(cli, ports[i].program, &s);
		if (!program_is_local(cli, ports[i].program) || s.running)
			continue;
		if (check_port(cli, &ports[i]) != CLI_DONE)
			rc = CLI_FAILED;
	}
	return rc;
}

/* --- programs and their settings --- */

static void print_lines(const struct cli *cli, const struct buf *out)
{
	(void)cli;
	(void)fflush(stdout);
	for (const char *line = buf_str(out); *line;) {
		size_t len = strcspn(line, "\n");

		if (len)
			fprintf(stderr, "  %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static enum cli_exit check_program(struct up *u, enum program_id id)
{
	struct cli *cli = u->cli;
	char path[PATH_MAX], env_file[PATH_MAX + 32], settings[PATH_MAX], home[PATH_MAX + 16];
	char *argv[] = {path, (char *)"--check-config", NULL};
	char *env[] = {(char *)"PATH=/usr/bin:/bin", env_file, home, NULL};
	enum cli_exit rc = CLI_DONE;
	struct buf out;
	int code;

	if (!settings_path(cli, settings, sizeof(settings)) ||
	        !str_format(env_file, sizeof(env_file), "YAVIO_ENV_FILE=%s", settings) ||
	        !str_format(home, sizeof(home), "YAVIO_HOME=%s", cli->home) ||
	        !str_format(path, sizeof(path), "%s/%s", cli->bin, programs[id].binary))
		return cli_fail(cli, ERR_CLI_INTERNAL_ERROR, NULL, "path too long");
	if (access(path, X_OK) != 0)
		return cli_fail(cli, ERR_CLI_PACKAGE_MISSING, "build it: make build", "%s: %s",
		        path, strerror(errno));
	buf_init(&out, OUTPUT_BYTES);
	code = proc_run(argv, env, CHECK_MS, &out);
	if (code != 0) {
		print_lines(cli, &out);
		rc = cli_fail(cli, ERR_INFRA_INVALID_ENV_VAR,
		        "correct the settings named above, in .env or the environment",
		        "%s does not accept its settings (exit %d)", programs[id].binary, code);
	}
	buf_release(&out);
	return rc;
}

static enum cli_exit check_programs(struct up *u)
{
	enum cli_exit rc = CLI_DONE;

	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		if (programs[id].binary && program_is_local(u->cli, id) &&
		        check_program(u, id) != CLI_DONE)
			rc = CLI_FAILED;
	}
	return rc == CLI_DONE ? caddy_check(u->cli) : rc;
}

static enum cli_exit write_services(struct up *u)
{
	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		enum cli_exit rc;

		if (!program_is_local(u->cli, id)) {
			service_remove(u->cli, id);
			continue;
		}
		rc = service_write(u->cli, id);
		if (rc != CLI_DONE)
			return rc;
	}
	return CLI_DONE;
}

/* --- start and wait --- */

static enum cli_exit not_ready(struct up *u, enum program_id id, const char *why)
{
	char line[LINE_BYTES], fix[128];

	service_last_line(u->cli, id, line, sizeof(line));
	(void)snprintf(
	        fix, sizeof(fix), "see its log: bin/yavio logs %s --no-follow", programs[id].name);
	return cli_fail(u->cli, ERR_CLI_START_TIMEOUT, fix, "%s %s%s%s", programs[id].name, why,
	        *line ? "; its last line: " : "", line);
}

/* Caddy is ready when what stands behind it is: says who is not, and why. */
static void explain_health(struct up *u, char *why, size_t why_size)
{
	static const struct {
		enum program_id id;
		const char *path;
	} asked[] = {{PROGRAM_INGEST, "/health/ready"}, {PROGRAM_DASHBOARD, "/api/health"}};

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct buf body;
		int status = 0;

		buf_init(&body, OUTPUT_BYTES);
		if (ready_health(u->cli, asked[i].id, asked[i].path, &status, &body) != ERR_OK)
			(void)snprintf(
			        why, why_size, "is not ready: %s gives no answer", asked[i].path);
		else if (status != 200)
			(void)snprintf(why, why_size, "is not ready: %s answers %d %.300s",
			        asked[i].path, status, buf_str(&body));
		buf_release(&body);
		if (status != 200)
			return;
	}
}

static enum cli_exit wait_ready(struct up *u, enum program_id id)
{
	int64_t began = clock_mono_ms(), said = began;
	struct service_state s;
	char why[512];

	while (!ready_now(u->cli, id)) {
		int64_t now = clock_mono_ms();

		service_state(u->cli, id, &s);
		if (s.exit_code == 78)
			return not_ready(u, id, "refuses its settings");
		if (now - began >= u->wait_ms) {
			(void)snprintf(why, sizeof(why), "is not ready after %lld s",
			        (long long)(u->wait_ms / 1000));
			if (id == PROGRAM_CADDY)
				explain_health(u, why, sizeof(why));
			return not_ready(u, id, why);
		}
		if (now - said >= SAY_EVERY_MS) {
			said = now;
			cli_say(u->cli, "  waiting for %s (%lld s)", programs[id].name,
			        (long long)(now - began) / 1000);
		}
		clock_sleep_ms(POLL_MS);
	}
	cli_say(u->cli, "%s %s ready (%.1f s)", cli_mark(CLI_MARK_OK), programs[id].name,
	        (double)(clock_mono_ms() - began) / 1000);
	return CLI_DONE;
}

/* A program that is up but not what it should be: gives way to the new one. */
static enum cli_exit renew(struct up *u, enum program_id id, enum stale stale)
{
	cli_say(u->cli, "  %s changed", programs[id].name);
	if (stale == STALE_IMAGE && service_replaces_itself(id)) {
		if (!service_replace(u->cli, id))
			return not_ready(u, id, "cannot be replaced: its runsv does not answer");
		return wait_ready(u, id);
	}
	if (!service_stop(u->cli, id) || !service_wait_stopped(u->cli, id, STOP_MS))
		return not_ready(u, id, "does not stop");
	u->started[id] = true;
	if (!service_start(u->cli, id))
		return not_ready(u, id, "cannot be started: its runsv does not answer");
	return wait_ready(u, id);
}

static enum cli_exit start_one(struct up *u, enum program_id id)
{
	struct service_state s;
	enum stale stale;

	if (!program_is_local(u->cli, id))
		return CLI_DONE;
	service_state(u->cli, id, &s);
	stale = s.running ? service_stale(u->cli, id) : STALE_NOT;
	if (stale != STALE_NOT)
		return renew(u, id, stale);
	if (s.running && ready_now(u->cli, id)) {
		cli_say(u->cli, "%s %s is running", cli_mark(CLI_MARK_OK), programs[id].name);
		return CLI_DONE;
	}
	u->started[id] = true;
	if (!service_start(u->cli, id))
		return not_ready(u, id, "cannot be started: its runsv does not answer");
	return wait_ready(u, id);
}

/* Migrations come after both databases and before whatever uses them. */
static enum cli_exit prepare_databases(struct up *u)
{
	bool migrate = conf_bool(u->cli->conf, CONF_YAVIO_AUTO_MIGRATE);
	enum cli_exit rc = CLI_DONE;

	/* passwords come from the settings, so that a new one takes effect here */
	if (u->started[PROGRAM_POSTGRES] || u->settings_changed)
		rc = databases_bootstrap(u->cli);

	if (rc == CLI_DONE && !program_is_local(u->cli, PROGRAM_STORE))
		rc = databases_wait_ch(u->cli, u->wait_ms);
	if (rc == CLI_DONE && migrate)
		rc = databases_migrate_pg(u->cli, false, NULL);
	if (rc == CLI_DONE && migrate)
		rc = databases_migrate_ch(u->cli, false, NULL);
	if (rc == CLI_DONE && migrate)
		rc = databases_retention(u->cli);
	return rc;
}

static enum cli_exit start_all(struct up *u)
{
	enum cli_exit rc = supervisor_start(u->cli);

	for (enum program_id id = 0; rc == CLI_DONE && id < PROGRAM_COUNT; id++) {
		rc = start_one(u, id);
		if (rc == CLI_DONE && id == PROGRAM_STORE)
			rc = prepare_databases(u);
	}
	return rc;
}

/* runsv processes whose runsvdir was killed keep their programs alive but nobody keeps them: they
 * are ended, and everything starts under a new runsvdir. */
static enum cli_exit repair(struct up *u)
{
	pid_t pids[1];

	if (u->was_running || proc_of_home(u->cli->home, pids, 1) == 0)
		return CLI_DONE;
	cli_warn(u->cli, "the supervisor of %s has died; its programs are started anew",
	        u->cli->home);
	return supervisor_stop(u->cli, STOP_MS, true);
}

/* What is left to do. */
struct way_on {
	bool no_account, no_project;
	char link[CLI_SETUP_LINK_BYTES]; /* of the first account; "": an older one is still good */
};

static void find_way_on(struct cli *cli, struct way_on *w)
{
	struct store_counts counts;
	struct pg *pg = NULL;

	*w = (struct way_on){.no_account = false};
	if (app_data_open(cli, 0, &pg) == CLI_DONE && store_counts(pg, &counts) == ERR_OK) {
		w->no_project = counts.projects == 0;
		w->no_account =
		        counts.users == 0 && setup_token_link(cli, pg, false, w->link) == ERR_OK;
	}
	pg_close(pg);
}

static void print_way_on(struct cli *cli, const struct way_on *w)
{
	if (w->no_account && w->link[0] != '\0')
		cli_say(cli, "\nMake the first account: %s", w->link);
	else if (w->no_account)
		cli_say(cli, "\nNobody has an account yet; a new link to make the first one: "
		             "bin/yavio setup-token");
	if (w->no_project)
		cli_say(cli, "\nNext: bin/yavio keys create --workspace demo --project demo "
		             "--create-missing");
}

static void print_end(struct up *u)
{
	struct cli *cli = u->cli;
	char dashboard[128], ingest[128];
	struct way_on way_on;

	ready_urls(cli, dashboard, ingest);
	find_way_on(cli, &way_on);
	if (cli->json) {
		printf("{\"ok\":true,\"dashboard\":\"%s\",\"ingest\":\"%s\",\"home\":\"%s\","
		       "\"setup\":\"%s\",\"ms\":%lld}\n",
		        dashboard, ingest, cli->home, way_on.link,
		        (long long)(clock_mono_ms() - u->began_ms));
		return;
	}
	cli_say(cli, "\nYavio is up (%.1f s)", (double)(clock_mono_ms() - u->began_ms) / 1000);
	cli_say(cli, "  Dashboard  %s", dashboard);
	cli_say(cli, "  Ingestion  %s/v1/events", ingest);
	cli_say(cli, "  Data in    %s", cli->home);
	print_way_on(cli, &way_on);
}

static enum cli_exit run_as_owner(struct up *u)
{
	struct cli *cli = u->cli;
	enum cli_exit rc = home_lock(cli);

	if (rc == CLI_DONE)
		rc = app_install(cli, &u->app);
	if (rc == CLI_DONE)
		rc = settings_write(cli, &u->settings, &u->settings_changed);
	if (rc == CLI_DONE)
		rc = check_programs(u);
	if (rc == CLI_DONE && program_is_local(cli, PROGRAM_POSTGRES))
		rc = cluster_create(cli);
	if (rc == CLI_DONE)
		rc = repair(u);
	if (rc == CLI_DONE)
		rc = write_services(u);
	if (rc != CLI_DONE)
		return rc;
	rc = start_all(u);
	if (rc == CLI_DONE) {
		print_end(u);
	} else if (!u->was_running) {
		cli_say(cli, "  stopping what was started");
		if (supervisor_stop(cli, STOP_MS, true) != CLI_DONE)
			cli_warn(cli, "not everything ended by itself");
	}
	return rc;
}

enum cli_exit cmd_up(struct cli *cli)
{
	struct up u = {.cli = cli,
	        .began_ms = clock_mono_ms(),
	        .wait_ms = cli_flag_int(cli, "--wait", WAIT_MS)};
	enum cli_exit rc;

	buf_init(&u.settings, (size_t)1 << 20);
	rc = settings_collect(cli, &u.settings);
	if (rc == CLI_DONE)
		rc = home_prepare(cli);
	if (rc == CLI_DONE) {
		u.was_running = supervisor_running(cli);
		rc = check_ports(&u);
	}
	if (rc == CLI_DONE && geteuid() == 0 && home_checkout_is_private(cli))
		rc = app_open(cli, &u.app);
	if (rc == CLI_DONE)
		rc = home_become_owner(cli, *conf_str(cli->conf, CONF_YAVIO_DOMAIN) != '\0');
	if (rc == CLI_DONE)
		rc = run_as_owner(&u);
	app_release(&u.app);
	if (u.settings.data)
		explicit_bzero(u.settings.data, u.settings.len);
	buf_release(&u.settings);
	return rc;
}
