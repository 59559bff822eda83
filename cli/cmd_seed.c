/* SPDX-License-Identifier: MIT
 * yavio seed: a project full of invented events, for demos, tests and benchmarks. */
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/app_data.h"
#include "cli/seed_load.h"
#include "crypto/crypto.h"
#include "store/store_user_admin.h"

enum { REACH_MS = 5000, HOUR_MS = 3600000, SHOW_EVERY_MS = 200, TELL_EVERY_MS = 10000 };

#define WORKSPACE "Demo"
#define LOGIN     "demo@example.com"

enum { PASSWORD_RANDOM_BYTES = 12 };

/* The demo account's password, when this run made it: told once, kept nowhere. */
struct login {
	char password[2 * PASSWORD_RANDOM_BYTES + 1];
	bool made;
};

struct progress {
	const struct cli *cli;
	int64_t events, started_ms, shown_ms;
	bool terminal;
};

static void show_progress(int64_t stored, void *arg)
{
	struct progress *p = arg;
	int64_t now = clock_mono_ms(), ms = now - p->started_ms;

	if (p->cli->json || now - p->shown_ms < (p->terminal ? SHOW_EVERY_MS : TELL_EVERY_MS))
		return;
	p->shown_ms = now;
	fprintf(stderr, "%s%lld of %lld events, %lld a second%s", p->terminal ? "\r" : "",
	        (long long)stored, (long long)p->events, (long long)(stored * 1000 / (ms + 1)),
	        p->terminal ? "  " : "\n");
}

static bool read_plan(const struct cli *cli, struct seed_plan *plan)
{
	const char *profile = cli_flag(cli, "--profile");

	if (!seed_profile(profile ? profile : "standard", plan))
		return false;
	plan->seed = (uint64_t)cli_flag_int(cli, "--seed", 1);
	return seed_resize(plan, cli_flag_int(cli, "--events", 0), cli_flag_int(cli, "--days", 0));
}

static enum err make_login(
        struct cli *cli, struct pg *pg, const char *workspace_id, struct login *login)
{
	const struct crypto_argon2 cost = {
	        .memory_kib = (uint32_t)conf_int(cli->conf, CONF_YAVIO_ARGON2_KIB),
	        .iterations = (uint32_t)conf_int(cli->conf, CONF_YAVIO_ARGON2_T),
	        .lanes = (uint32_t)conf_int(cli->conf, CONF_YAVIO_ARGON2_P)};
	char hash[CRYPTO_PASSWORD_HASH_BYTES];
	const struct store_demo_user user = {LOGIN, "Demo", hash, workspace_id};
	uint8_t random[PASSWORD_RANDOM_BYTES];
	enum err e;

	crypto_random(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(login->password + 2 * i, 3, "%02x", random[i]);
	e = crypto_password_hash(login->password, &cost, hash);
	if (e == ERR_OK)
		e = store_user_demo(pg, &user, &login->made);
	crypto_wipe(random, sizeof(random));
	return e;
}

/* The project that keeps this profile's events, and the account that looks at it; made when absent.
 */
static enum cli_exit find_place(struct cli *cli, const struct seed_plan *plan,
        struct store_project_row *out, struct login *login)
{
	char name[STORE_NAME_BYTES];
	struct store_place w, p;
	struct pg *pg = NULL;
	enum cli_exit rc = app_data_open(cli, REACH_MS, &pg);
	enum err e = ERR_OK;

	if (rc == CLI_DONE) {
		(void)snprintf(name, sizeof(name), "Demo %s", plan->profile);
		e = store_workspace_ensure(pg, WORKSPACE, true, &w);
		if (e == ERR_OK)
			e = store_project_ensure(pg, w.id, name, true, &p);
		if (e == ERR_OK)
			e = store_project_find(pg, p.id, out);
		if (e == ERR_OK)
			e = make_login(cli, pg, w.id, login);
		if (e != ERR_OK)
			rc = cli_fail(cli, e, NULL, NULL);
	}
	pg_close(pg);
	return rc;
}

static enum cli_exit load_all(struct cli *cli, const struct seed_plan *plan,
        const struct store_project_row *at, const struct login *login)
{
	struct progress progress = {.cli = cli,
	        .events = plan->events,
	        .started_ms = clock_mono_ms(),
	        .shown_ms = clock_mono_ms(),
	        .terminal = isatty(STDERR_FILENO)};
	const struct ch_tenant tenant = {at->workspace.id, at->project.id};
	struct conf_ch_endpoint store;
	struct seed_load load = {.plan = plan,
	        .tenant = &tenant,
	        .at = &store,
	        .progress = show_progress,
	        .arg = &progress};
	enum err e = ERR_CLI_INTERNAL_ERROR;
	int64_t ms;

	if (conf_ch_endpoint(cli->conf, &store) &&
	        str_copy(store.user, sizeof(store.user), "yavio_ingest") &&
	        str_copy(store.password, sizeof(store.password),
	                conf_str(cli->conf, CONF_CLICKHOUSE_INGEST_PASSWORD)))
		e = seed_load_run(&load);
	explicit_bzero(&store, sizeof(store));
	if (progress.terminal && !cli->json)
		fputs("\r\033[K", stderr);
	if (e != ERR_OK)
		return cli_fail(cli, e, NULL, "%lld of %lld events are stored; %s",
		        (long long)load.stored, (long long)plan->events, load.failed.text);
	ms = clock_mono_ms() - progress.started_ms;
	if (cli->json)
		printf("{\"profile\":\"%s\",\"events\":%lld,\"sessions\":%lld,\"redacted\":%zu,"
		       "\"workspace_id\":\"%s\",\"project_id\":\"%s\",\"seconds\":%.1f,"
		       "\"email\":\"" LOGIN "\",\"password\":%s%s%s}\n",
		        plan->profile, (long long)load.stored, (long long)plan->sessions,
		        load.redacted, tenant.workspace_id, tenant.project_id, (double)ms / 1000,
		        login->made ? "\"" : "", login->made ? login->password : "null",
		        login->made ? "\"" : "");
	else
		cli_say(cli, "%s %lld events of %lld sessions over %lld day%s in %s/%s (%.1f s)",
		        cli_mark(CLI_MARK_OK), (long long)load.stored, (long long)plan->sessions,
		        (long long)plan->days, plan->days == 1 ? "" : "s", at->workspace.slug,
		        at->project.slug, (double)ms / 1000);
	return CLI_DONE;
}

enum cli_exit cmd_seed(struct cli *cli)
{
	struct store_project_row at;
	struct seed_plan plan;
	struct login login = {0};
	enum cli_exit rc;

	if (!read_plan(cli, &plan))
		return cli_usage_error(cli,
		        "--profile is one of %s; --events at most 1000000000, --days at most %d",
		        seed_profile_names(), SEED_DAYS_MAX);
	if (strcmp(conf_str(cli->conf, CONF_YAVIO_ENV), "production") == 0 &&
	        !cli_flag(cli, "--force"))
		return cli_fail(cli, ERR_CLI_SEED_REFUSED, NULL, NULL);
	rc = find_place(cli, &plan, &at, &login);
	/* Of the project, not of now: the next run must make the same events. */
	plan.end_ms = at.created_at_ms - at.created_at_ms % HOUR_MS;
	/* Before the work, which may fail: nothing else ever tells it. */
	if (rc == CLI_DONE && login.made && !cli->json)
		printf("%s Log in as " LOGIN " with the password %s (shown this once)\n",
		        cli_mark(CLI_MARK_OK), login.password);
	if (rc == CLI_DONE)
		rc = load_all(cli, &plan, &at, &login);
	crypto_wipe(&login, sizeof(login));
	return rc;
}
