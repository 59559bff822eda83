/* SPDX-License-Identifier: MIT
 * Drives lib/pg and lib/store for integration tests: commands on stdin, one a line, arguments
 * separated by tabs; one JSON object a line as the answer. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "pg/pg_internal.h"
#include "pg/pg_migrate.h"
#include "store/store.h"

enum { ARGS_MAX = 12, ANSWER_BYTES_MAX = 1024 * 1024, SET_MAX = 100, LOOKUPS_MAX = 200000 };

static struct pg *pg;
static struct store_secrets secrets;

/* --- answers --- */

static struct buf answer;

static void field_str(const char *key, const char *value)
{
	buf_addf(&answer, ",\"%s\":", key);
	buf_add_json_str(&answer, value);
}

static void field_int(const char *key, int64_t value)
{
	buf_addf(&answer, ",\"%s\":%lld", key, (long long)value);
}

static void result(enum err e)
{
	field_int("err", e);
	if (e == ERR_OK || pg == NULL)
		return;
	field_str("sqlstate", pg_last_error(pg)->sqlstate);
	field_str("statement", pg_last_error(pg)->statement);
	field_str("detail", pg_last_error(pg)->detail);
}

/* --- connection --- */

static enum pg_role role_of(const char *name)
{
	return strcmp(name, "app") == 0      ? PG_APP
	       : strcmp(name, "ingest") == 0 ? PG_INGEST
	                                     : PG_SERVICE;
}

/* open ROLE URL PREPARE ANSWER_TIMEOUT_MS */
static void cmd_open(char **arg)
{
	struct pg_options options = {.url = arg[1],
	        .role = role_of(arg[0]),
	        .application_name = "pg_driver",
	        .prepare = arg[2][0] == '1',
	        .answer_timeout_ms = atoi(arg[3])};

	pg_close(pg);
	result(pg_open(&options, &pg));
}

/* start REACH_MS SCHEMA_MS */
static void cmd_start(char **arg)
{
	result(pg_start(pg, atoi(arg[0]), atoi(arg[1])));
}

/* pid: of the server process that serves us */
static void cmd_pid(char **arg)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SERVER_BACKEND, PG_NO_PARAMS, &r);

	(void)arg;
	result(e);
	if (e == ERR_OK)
		field_int("pid", pg_int(r, 0, 0));
	pg_result_free(r);
}

/* begin / begin_user ID / begin_login HEX / commit / rollback */
static void cmd_begin(char **arg)
{
	(void)arg;
	result(pg_tx_begin(pg));
}

static void cmd_begin_user(char **arg)
{
	result(pg_tx_begin_user(pg, arg[0]));
}

static void cmd_begin_login(char **arg)
{
	struct pg_login login = {.session_days = 30, .session_max_days = 180};
	enum err e;

	if (!str_unhex(arg[0], login.token_hash, sizeof(login.token_hash)))
		exit(2);
	e = pg_tx_begin_login(pg, &login, NULL);
	result(e);
	if (e == ERR_OK) {
		field_str("session", login.session_id);
		field_str("user", login.user_id);
		field_str("stage", login.stage);
		field_int("touched", login.touched);
		field_int("expires", login.expires_at_ms);
	}
}

static void cmd_commit(char **arg)
{
	(void)arg;
	result(pg_tx_commit(pg));
}

static void cmd_rollback(char **arg)
{
	(void)arg;
	pg_tx_rollback(pg);
	result(ERR_OK);
}

static void script(const char *sql)
{
	char detail[PG_DETAIL_BYTES] = "";
	enum err e = pg->conn == NULL ? ERR_DB_PG_CONNECTION_REFUSED
	                              : pg_run_script(pg, sql, "script", detail, sizeof(detail));

	result(e);
	field_str("text", detail);
}

/* script SQL: RAISE brings values out */
static void cmd_script(char **arg)
{
	script(arg[0]);
}

struct job {
	const char *sql;
	int runs;
};

static enum err run_job(struct pg *conn, void *arg)
{
	struct job *job = arg;
	char detail[PG_DETAIL_BYTES];

	job->runs++;
	return pg_run_script(conn, job->sql, "job", detail, sizeof(detail));
}

/* txrun USER|- SQL */
static void cmd_txrun(char **arg)
{
	struct pg_tx_as as = {.user_id = arg[0]};
	struct job job = {.sql = arg[1]};

	result(pg_tx_run(pg, arg[0][0] == '-' ? NULL : &as, run_job, &job));
	field_int("runs", job.runs);
}

/* probe: one prepared statement */
static void cmd_probe(char **arg)
{
	(void)arg;
	result(pg_exec(pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL));
}

/* misuse: calls that must be refused as bugs */
static void cmd_misuse(char **arg)
{
	(void)arg;
	field_int("role", pg_exec(pg, PGQ_KEY_LIVE_SECRETS, PG_NO_PARAMS, NULL));
	field_int("count", pg_exec(pg, PGQ_TX_SET_USER, PG_NO_PARAMS, NULL));
	field_int("uuid", pg_tx_begin_user(pg, "1; DROP TABLE users"));
	field_int("open", pg_tx_is_open(pg));
	result(pg_tx_begin(pg));
}

/* --- schema --- */

static struct pg_migration set[SET_MAX];
static size_t set_len;

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_sql(const struct dirent *d)
{
	return str_ends_with(d->d_name, ".sql");
}

static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, ANSWER_BYTES_MAX);

	if (file == NULL || text == NULL)
		exit(2);
	*len = fread(text, 1, ANSWER_BYTES_MAX - 1, file);
	fclose(file);
	return text;
}

/* The files of a directory as the build would embed them. */
static void load_set(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_sql, by_name);

	if (n < 0 || n > SET_MAX)
		exit(2);
	set_len = 0;
	for (int i = 0; i < n; i++) {
		struct pg_migration *m = &set[set_len++];
		char path[1024];
		size_t len;

		if (!str_format(path, sizeof(path), "%s/%s", dir, names[i]->d_name))
			exit(2);
		m->sql = read_file(path, &len);
		m->version = (int)strtol(names[i]->d_name, NULL, 10);
		m->name = strndup(names[i]->d_name + 5, strlen(names[i]->d_name) - 9);
		m->no_transaction = str_starts_with(m->sql, "-- no-transaction");
		if (crypto_sha256(m->sql, len, m->sha256) != ERR_OK)
			exit(2);
		free(names[i]);
	}
	free(names);
}

static void free_set(void)
{
	for (size_t i = 0; i < set_len; i++) {
		free((void *)(uintptr_t)set[i].sql);
		free((void *)(uintptr_t)set[i].name);
	}
	set_len = 0;
}

static const char *const event_names[] = {
        [PG_MIGRATE_WAITING] = "waiting",
        [PG_MIGRATE_APPLYING] = "applying",
        [PG_MIGRATE_RETRYING] = "retrying",
        [PG_MIGRATE_APPLIED] = "applied",
        [PG_MIGRATE_FAILED] = "failed",
};

static void progress(void *arg, enum pg_migrate_event event, const struct pg_migration *m,
        int64_t ms, const char *text)
{
	(void)arg;
	(void)ms;
	(void)text;
	printf("{\"event\":\"%s\",\"version\":%d}\n", event_names[event], m ? m->version : 0);
	fflush(stdout);
}

static struct pg_migrate_options migrate_options(char **arg)
{
	struct pg_migrate_options o = {.url = arg[0], .progress = progress};

	if (arg[1][0] != '-') {
		load_set(arg[1]);
		o.set = set;
		o.set_len = set_len;
	}
	return o;
}

static void migrate_result(enum err e, const struct pg_migrate_result *r)
{
	field_int("err", e);
	field_int("before", r->before);
	field_int("after", r->after);
	field_int("known", r->known);
	field_int("applied", r->applied);
	field_str("text", r->text);
	free_set();
}

/* migrate URL DIR|- DRY LOCK_WAIT_MS */
static void cmd_migrate(char **arg)
{
	struct pg_migrate_options o = migrate_options(arg);
	struct pg_migrate_result r;

	o.dry_run = arg[2][0] == '1';
	o.lock_wait_ms = atoi(arg[3]);
	migrate_result(pg_migrate(&o, &r), &r);
}

/* migrate_status URL DIR|- */
static void cmd_migrate_status(char **arg)
{
	static const char *const names[] = {"pending", "done", "changed", "unknown"};
	struct pg_migrate_options o = migrate_options(arg);
	struct pg_migrate_result r;
	struct pg_migration_state *list;
	size_t len;
	enum err e = pg_migrate_status(&o, &list, &len, &r);

	buf_add_str(&answer, ",\"list\":[");
	for (size_t i = 0; i < len; i++)
		buf_addf(&answer, "%s\"%d %s %s\"", i ? "," : "", list[i].version, list[i].name,
		        names[list[i].state]);
	buf_add_char(&answer, ']');
	free(list);
	migrate_result(e, &r);
}

/* bootstrap SUPERUSER_URL SERVICE_PASSWORD APP_PASSWORD INGEST_PASSWORD */
static void cmd_bootstrap(char **arg)
{
	struct pg_bootstrap_options o = {arg[0], arg[1], arg[2], arg[3]};
	char why[PG_DETAIL_BYTES];

	field_int("err", pg_bootstrap(&o, why));
	field_str("why", why);
}

/* --- notifications --- */

/* listen */
static void cmd_listen(char **arg)
{
	(void)arg;
	pg_listen(pg, PGQ_KEY_LISTEN);
	result(ERR_OK);
}

/* wait MS */
static void cmd_wait(char **arg)
{
	static const char *const kinds[] = {"none", "message", "reset"};
	struct pg_notify n;

	result(pg_wait_notify(pg, atoi(arg[0]), &n));
	field_str("kind", kinds[n.kind]);
	field_str("channel", n.channel);
	field_str("payload", n.payload);
	field_int("at", clock_wall_ms());
}

/* --- keys and places --- */

/* secrets LIST PREVIOUS */
static void cmd_secrets(char **arg)
{
	field_int("err", store_secrets_parse(arg[0], arg[1], &secrets));
}

static void place_fields(const struct store_place *p)
{
	field_str("id", p->id);
	field_str("name", p->name);
	field_str("slug", p->slug);
	field_int("created", p->created);
}

/* workspace NAME CREATE / project WORKSPACE_ID NAME CREATE / find WHICH / counts */
static void cmd_workspace(char **arg)
{
	struct store_place p;
	enum err e = store_workspace_ensure(pg, arg[0], arg[1][0] == '1', &p);

	result(e);
	if (e == ERR_OK)
		place_fields(&p);
}

static void cmd_project(char **arg)
{
	struct store_place p;
	enum err e = store_project_ensure(pg, arg[0], arg[1], arg[2][0] == '1', &p);

	result(e);
	if (e == ERR_OK)
		place_fields(&p);
}

static void cmd_find(char **arg)
{
	struct store_project_row row;
	enum err e = store_project_find(pg, arg[0], &row);

	result(e);
	if (e == ERR_OK) {
		field_str("workspace", row.workspace.slug);
		field_int("live", row.live_keys);
		place_fields(&row.project);
	}
}

static void cmd_counts(char **arg)
{
	struct store_counts c = {0};

	(void)arg;
	result(store_counts(pg, &c));
	field_int("users", c.users);
	field_int("workspaces", c.workspaces);
	field_int("projects", c.projects);
	field_int("keys", c.live_keys);
}

/* key WORKSPACE_ID PROJECT_ID NAME EXPIRES_MS */
static void cmd_key(char **arg)
{
	struct store_new_key key = {.workspace_id = arg[0],
	        .project_id = arg[1],
	        .name = arg[2],
	        .expires_at_ms = strtoll(arg[3], NULL, 10)};
	enum err e = store_key_create(pg, &secrets, &key);

	result(e);
	if (e == ERR_OK) {
		field_str("id", key.key_id);
		field_str("key", key.text);
		field_str("prefix", key.prefix);
	}
}

/* lookup KEY */
static void cmd_lookup(char **arg)
{
	struct store_key key = {.expires_at_ms = 0};

	result(store_key_lookup(pg, &secrets, arg[0], &key));
	field_str("id", key.key_id);
	field_str("project", key.project_id);
	field_str("workspace", key.workspace_id);
}

/* revoke KEY GRACE_MS */
static void cmd_revoke(char **arg)
{
	char id[ID_UUID_BYTES] = "";

	result(store_key_revoke(pg, arg[0], strtoll(arg[1], NULL, 10), id));
	field_str("id", id);
}

/* touch ID */
static void cmd_touch(char **arg)
{
	const char *ids[] = {arg[0]};

	result(store_key_touch(pg, ids, 1));
}

/* list PROJECT_ID|- */
static void cmd_list(char **arg)
{
	struct store_key_row *rows;
	size_t len;

	result(store_key_list(pg, arg[0][0] == '-' ? NULL : arg[0], &rows, &len));
	buf_add_str(&answer, ",\"list\":[");
	for (size_t i = 0; i < len; i++) {
		buf_addf(&answer,
		        "%s{\"prefix\":\"%s\",\"kid\":\"%s\",\"revoked\":%lld,\"used\":%lld,"
		        "\"name\":",
		        i ? "," : "", rows[i].prefix, rows[i].kid, (long long)rows[i].revoked_at_ms,
		        (long long)rows[i].last_used_at_ms);
		buf_add_json_str(&answer, rows[i].name);
		buf_add_char(&answer, '}');
	}
	buf_add_char(&answer, ']');
	free(rows);
}

/* missing */
static void cmd_missing(char **arg)
{
	char kid[STORE_KID_BYTES];

	(void)arg;
	result(store_key_missing_secret(pg, &secrets, kid));
	field_str("kid", kid);
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* bench N KEY: latency of N look-ups in microseconds */
static void cmd_bench(char **arg)
{
	static int64_t took[LOOKUPS_MAX];
	int n = atoi(arg[0]);
	int64_t begin = clock_mono_ns();

	for (int i = 0; i < n && i < LOOKUPS_MAX; i++) {
		struct store_key key;
		int64_t start = clock_mono_ns();

		if (store_key_lookup(pg, &secrets, arg[1], &key) != ERR_OK)
			exit(2);
		took[i] = (clock_mono_ns() - start) / 1000;
	}
	field_int("per_s", n * INT64_C(1000000000) / (clock_mono_ns() - begin));
	qsort(took, (size_t)n, sizeof(took[0]), by_value);
	field_int("p50", took[n / 2]);
	field_int("p95", took[n * 95 / 100]);
	field_int("p99", took[n * 99 / 100]);
}

static const struct command {
	const char *name;
	int args;
	void (*run)(char **arg);
} commands[] = {
        {"open", 4, cmd_open},
        {"start", 2, cmd_start},
        {"pid", 0, cmd_pid},
        {"begin", 0, cmd_begin},
        {"begin_user", 1, cmd_begin_user},
        {"begin_login", 1, cmd_begin_login},
        {"commit", 0, cmd_commit},
        {"rollback", 0, cmd_rollback},
        {"script", 1, cmd_script},
        {"txrun", 2, cmd_txrun},
        {"probe", 0, cmd_probe},
        {"misuse", 0, cmd_misuse},
        {"migrate", 4, cmd_migrate},
        {"migrate_status", 2, cmd_migrate_status},
        {"bootstrap", 4, cmd_bootstrap},
        {"listen", 0, cmd_listen},
        {"wait", 1, cmd_wait},
        {"secrets", 2, cmd_secrets},
        {"workspace", 2, cmd_workspace},
        {"project", 3, cmd_project},
        {"find", 1, cmd_find},
        {"counts", 0, cmd_counts},
        {"key", 4, cmd_key},
        {"lookup", 1, cmd_lookup},
        {"revoke", 2, cmd_revoke},
        {"touch", 1, cmd_touch},
        {"list", 1, cmd_list},
        {"missing", 0, cmd_missing},
        {"bench", 2, cmd_bench},
};

static void run_line(char *line)
{
	char *arg[ARGS_MAX] = {NULL};
	int n = 0;

	for (char *rest = line, *part; n < ARGS_MAX && (part = strsep(&rest, "\t")) != NULL;)
		arg[n++] = part;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, arg[0]) == 0 && commands[i].args == n - 1) {
			commands[i].run(arg + 1);
			return;
		}
	fprintf(stderr, "pg_driver: unknown command or arguments: %s\n", arg[0]);
	exit(2);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	signal(SIGPIPE, SIG_IGN);
	log_init("pg_driver", LOG_DEBUG, true);
	buf_init(&answer, ANSWER_BYTES_MAX);
	while ((len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		buf_clear(&answer);
		run_line(line);
		printf("{\"done\":1%s}\n", buf_str(&answer));
		fflush(stdout);
	}
	free(line);
	buf_release(&answer);
	pg_close(pg);
	return 0;
}
