/* SPDX-License-Identifier: MIT
 * yavio status: one picture of the stack; shows what it can, exit 3 when something is wrong. */
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "ch/ch.h"
#include "cli/stack.h"
#include "json/json.h"
#include "spool/spool.h"
#include "store/store.h"
#include "store/store_erase.h"
#include "store/store_job.h"

enum { JSON_BYTES_MAX = 1 << 20, ANSWER_MS = 3000, BODY_BYTES_MAX = 64 * 1024 };

struct status {
	struct cli *cli;
	bool running;
	struct service_state service[PROGRAM_COUNT];
	bool ingest_ok, dashboard_ok;
	char ingest_state[32], dashboard_state[32];
	bool postgres_ok;
	struct store_counts counts;
	int64_t jobs_waiting, jobs_dead, jobs_oldest_s, erasures, erasures_failed;
	bool clickhouse_ok;
	int64_t events, bytes, today, last_ms;
	bool spool_ok;
	struct spool_status spool;
	char dashboard_url[128], ingest_url[128];
};

static void ask_health(
        struct status *s, enum program_id id, const char *path, bool *ok, char state[32])
{
	struct json_doc *doc = NULL;
	const char *word = NULL;
	struct buf body;
	int status = 0;

	(void)str_copy(state, 32, "not reachable");
	buf_init(&body, BODY_BYTES_MAX);
	if (ready_health(s->cli, id, path, &status, &body) == ERR_OK) {
		*ok = status == 200;
		(void)str_copy(state, 32, *ok ? "healthy" : "unhealthy");
		if (!*ok && json_parse(buf_str(&body), body.len, 16, &doc, NULL) &&
		        json_str(json_get(json_root(doc), "status"), &word))
			(void)str_copy(state, 32, word);
	}
	json_free(doc);
	buf_release(&body);
}

static void ask_jobs(struct status *s, struct pg *pg)
{
	struct store_job_gauge *list = NULL;
	size_t len = 0;

	s->postgres_ok = store_job_gauges(pg, &list, &len) == ERR_OK &&
	                 store_erase_pending(pg, &s->erasures, &s->erasures_failed) == ERR_OK;
	for (size_t i = 0; i < len; i++) {
		s->jobs_waiting += list[i].queued + list[i].running;
		s->jobs_dead += list[i].dead;
		if (list[i].oldest_s > s->jobs_oldest_s)
			s->jobs_oldest_s = list[i].oldest_s;
	}
	free(list);
}

static void ask_postgres(struct status *s)
{
	char url[PG_URL_BYTES];
	struct pg_options options = {.url = url,
	        .role = PG_SERVICE,
	        .application_name = "yavio",
	        .prepare = conf_bool(s->cli->conf, CONF_PG_PREPARE),
	        .answer_timeout_ms = ANSWER_MS};
	struct pg *pg = NULL;

	if (conf_pg_url(s->cli->conf, url, sizeof(url)) && pg_open(&options, &pg) == ERR_OK)
		s->postgres_ok =
		        pg_start(pg, 0, 0) == ERR_OK && store_counts(pg, &s->counts) == ERR_OK;
	if (s->postgres_ok)
		ask_jobs(s, pg);
	explicit_bzero(url, sizeof(url));
	pg_close(pg);
}

/* ClickHouse writes 64-bit numbers as texts or as numbers, by its settings. */
static int64_t number_at(json_value *row, size_t index)
{
	json_value *v = json_at(row, index);
	const char *text;
	int64_t n = 0;

	if (json_int(v, &n))
		return n;
	if (json_str(v, &text) && !str_parse_int(text, INT64_MIN, INT64_MAX, &n))
		n = 0;
	return n;
}

static void ask_clickhouse(struct status *s)
{
	static const char sql[] = "SELECT (SELECT sum(rows) FROM system.parts WHERE active AND "
	                          "database = currentDatabase() "
	                          "AND table = 'events'), (SELECT sum(bytes_on_disk) FROM "
	                          "system.parts WHERE active AND "
	                          "database = currentDatabase()), (SELECT count() FROM events "
	                          "WHERE timestamp >= today()), "
	                          "(SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM events "
	                          "WHERE timestamp >= today())";
	struct ch_query query = {.cls = CH_ADMIN, .sql = sql, .format = "JSONCompact"};
	struct ch_result result = {0};
	struct conf_ch_endpoint at;
	struct json_doc *doc = NULL;
	struct ch *c = NULL;
	struct buf answer;

	buf_init(&answer, BODY_BYTES_MAX);
	query.into_buf = &answer;
	if (conf_ch_endpoint(s->cli->conf, &at))
		c = ch_open(&at, NULL);
	explicit_bzero(&at, sizeof(at));
	if (c && ch_select(c, &query, &result) == ERR_OK &&
	        json_parse(buf_str(&answer), answer.len, 16, &doc, NULL)) {
		json_value *row = json_at(json_get(json_root(doc), "data"), 0);

		s->clickhouse_ok = true;
		s->events = number_at(row, 0);
		s->bytes = number_at(row, 1);
		s->today = number_at(row, 2);
		s->last_ms = number_at(row, 3);
	} else if (c) {
		s->clickhouse_ok = ch_ping(c, ANSWER_MS) == ERR_OK;
		cli_verbose(s->cli, "ClickHouse: %s", result.text);
	}
	ch_close(c);
	json_free(doc);
	buf_release(&answer);
}

static void ask_spool(struct status *s)
{
	char path[PATH_MAX];
	const char *dir = conf_str(s->cli->conf, CONF_YAVIO_SPOOL_DIR);

	if (!*dir && conf_home_path(s->cli->conf, "spool", path, sizeof(path)))
		dir = path;
	s->spool_ok = spool_status(dir, &s->spool) == ERR_OK;
}

static void ask_all(struct status *s)
{
	s->running = supervisor_running(s->cli);
	ready_urls(s->cli, s->dashboard_url, s->ingest_url);
	for (enum program_id id = 0; id < PROGRAM_COUNT; id++)
		service_state(s->cli, id, &s->service[id]);
	ask_health(s, PROGRAM_INGEST, "/health", &s->ingest_ok, s->ingest_state);
	ask_health(s, PROGRAM_DASHBOARD, "/api/health", &s->dashboard_ok, s->dashboard_state);
	ask_postgres(s);
	ask_clickhouse(s);
	ask_spool(s);
}

static const char *service_word(const struct status *s, enum program_id id)
{
	const struct service_state *v = &s->service[id];

	if (!program_is_local(s->cli, id))
		return "elsewhere";
	if (v->running)
		return "running";
	if (v->exit_code == 78)
		return "refuses its settings";
	return v->finishing || (v->supervised && v->wanted) ? "restarting" : "stopped";
}

static bool all_well(const struct status *s)
{
	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		if (program_is_local(s->cli, id) && !s->service[id].running)
			return false;
	}
	return s->running && s->ingest_ok && s->dashboard_ok && s->postgres_ok && s->clickhouse_ok;
}

/* --- for people --- */

static const char *amount(int64_t n, char out[32])
{
	static const struct {
		int64_t from;
		const char *unit;
	} units[] = {{1000000000, "G"}, {1000000, "M"}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (n >= units[i].from) {
			(void)snprintf(out, 32, "%.1f %s", (double)n / (double)units[i].from,
			        units[i].unit);
			return out;
		}
	}
	if (n >= 1000)
		(void)snprintf(
		        out, 32, "%lld %03lld", (long long)(n / 1000), (long long)(n % 1000));
	else
		(void)snprintf(out, 32, "%lld", (long long)n);
	return out;
}

static const char *size(int64_t bytes, char out[32])
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	double value = (double)bytes;
	size_t u = 0;

	while (value >= 1024 && u + 1 < ARRAY_LEN(units)) {
		value /= 1024;
		u++;
	}
	(void)snprintf(out, 32, u ? "%.1f %s" : "%.0f %s", value, units[u]);
	return out;
}

static const char *span(int64_t ms, char out[32])
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 120)
		(void)snprintf(out, 32, "%lld s", (long long)s);
	else if (s < 7200)
		(void)snprintf(out, 32, "%lld min", (long long)(s / 60));
	else if (s < 172800)
		(void)snprintf(out, 32, "%lld h", (long long)(s / 3600));
	else
		(void)snprintf(out, 32, "%lld d", (long long)(s / 86400));
	return out;
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static const char *ok_mark(bool ok)
{
	return cli_mark(ok ? CLI_MARK_OK : CLI_MARK_BAD);
}

static void print_programs(const struct status *s)
{
	static const char *const columns[] = {"program", "state", "pid", "for"};
	struct cli_table *t = cli_table_new(columns, ARRAY_LEN(columns));
	char pid[16], lasted[32];

	for (enum program_id id = 0; t && id < PROGRAM_COUNT; id++) {
		const struct service_state *v = &s->service[id];
		const char *row[] = {programs[id].name, service_word(s, id), pid, lasted};

		*pid = *lasted = '\0';
		if (v->running) {
			(void)snprintf(pid, sizeof(pid), "%d", (int)v->pid);
			(void)span(clock_wall_ms() - v->since_ms, lasted);
		}
		if (!cli_table_add(t, row))
			break;
	}
	if (t)
		cli_table_print(t, stdout, cli_terminal_width());
	cli_table_free(t);
}

static void print_jobs(const struct status *s)
{
	char late[32];

	printf("Jobs        %s %lld waiting", ok_mark(s->jobs_dead == 0 && s->erasures_failed == 0),
	        (long long)s->jobs_waiting);
	if (s->jobs_oldest_s > 0)
		printf(", oldest due for %s", span(s->jobs_oldest_s * 1000, late));
	if (s->erasures > 0)
		printf(", %lld erasure%s under way", (long long)s->erasures, plural(s->erasures));
	if (s->erasures_failed > 0)
		printf(", %lld erasure%s failed", (long long)s->erasures_failed,
		        plural(s->erasures_failed));
	if (s->jobs_dead > 0)
		printf(", %lld dead: bin/yavio jobs list --state dead", (long long)s->jobs_dead);
	printf("\n");
}

static void print_services(const struct status *s)
{
	char a[32], b[32], c[32];
	int64_t now = clock_wall_ms();

	printf("Dashboard   %s %s %s\n", s->dashboard_url, ok_mark(s->dashboard_ok),
	        s->dashboard_state);
	printf("Ingestion   %s %s %s", s->ingest_url, ok_mark(s->ingest_ok), s->ingest_state);
	if (s->clickhouse_ok)
		printf(", %s event%s today", amount(s->today, a), plural(s->today));
	if (s->last_ms > 0)
		printf(", last %s ago", span(now - s->last_ms, a));
	printf("\nClickHouse  %s %s",
	        program_is_local(s->cli, PROGRAM_STORE) ? "embedded" : "server",
	        ok_mark(s->clickhouse_ok));
	if (s->clickhouse_ok)
		printf(" %s, %s event%s\n", size(s->bytes, a), amount(s->events, b),
		        plural(s->events));
	else
		printf(" not reachable\n");
	printf("PostgreSQL  %s", ok_mark(s->postgres_ok));
	if (s->postgres_ok)
		printf(" %lld workspace%s, %lld project%s, %lld key%s\n",
		        (long long)s->counts.workspaces, plural(s->counts.workspaces),
		        (long long)s->counts.projects, plural(s->counts.projects),
		        (long long)s->counts.live_keys, plural(s->counts.live_keys));
	else
		printf(" not reachable\n");
	if (s->postgres_ok)
		print_jobs(s);
	if (s->spool_ok)
		printf("Spool       %s events, %s behind, quarantine %s\n",
		        amount((int64_t)s->spool.depth_events, a),
		        span(s->spool.oldest_ms ? now - s->spool.oldest_ms : 0, b),
		        amount((int64_t)s->spool.quarantine_rows, c));
	printf("\n");
	print_programs(s);
}

/* --- for programs --- */

static void json_programs(struct json_writer *w, const struct status *s)
{
	json_write_array(w, "programs");
	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		const struct service_state *v = &s->service[id];

		json_write_object(w, NULL);
		json_write_str(w, "name", programs[id].name);
		json_write_str(w, "state", service_word(s, id));
		if (v->running) {
			json_write_int(w, "pid", v->pid);
			json_write_int(w, "since_ms", v->since_ms);
		}
		json_write_end_object(w);
	}
	json_write_end_array(w);
}

static void print_json(const struct status *s, bool well)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, JSON_BYTES_MAX);
	json_write_init(&w, &b);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", well);
	json_write_bool(&w, "running", s->running);
	json_write_str(&w, "home", s->cli->home);
	json_programs(&w, s);
	json_write_object(&w, "dashboard");
	json_write_str(&w, "url", s->dashboard_url);
	json_write_str(&w, "status", s->dashboard_state);
	json_write_end_object(&w);
	json_write_object(&w, "ingest");
	json_write_str(&w, "url", s->ingest_url);
	json_write_str(&w, "status", s->ingest_state);
	json_write_int(&w, "events_today", s->today);
	json_write_int(&w, "last_event_ms", s->last_ms);
	json_write_end_object(&w);
	json_write_object(&w, "clickhouse");
	json_write_bool(&w, "reachable", s->clickhouse_ok);
	json_write_bool(&w, "embedded", program_is_local(s->cli, PROGRAM_STORE));
	json_write_int(&w, "events", s->events);
	json_write_int(&w, "bytes", s->bytes);
	json_write_end_object(&w);
	json_write_object(&w, "postgres");
	json_write_bool(&w, "reachable", s->postgres_ok);
	json_write_int(&w, "workspaces", s->counts.workspaces);
	json_write_int(&w, "projects", s->counts.projects);
	json_write_int(&w, "live_keys", s->counts.live_keys);
	json_write_end_object(&w);
	json_write_object(&w, "jobs");
	json_write_int(&w, "waiting", s->jobs_waiting);
	json_write_int(&w, "dead", s->jobs_dead);
	json_write_int(&w, "oldest_seconds", s->jobs_oldest_s);
	json_write_int(&w, "erasures_pending", s->erasures);
	json_write_int(&w, "erasures_failed", s->erasures_failed);
	json_write_end_object(&w);
	json_write_object(&w, "spool");
	json_write_int(&w, "events", (int64_t)s->spool.depth_events);
	json_write_int(&w, "bytes", s->spool.depth_bytes);
	json_write_int(&w, "oldest_ms", s->spool.oldest_ms);
	json_write_int(&w, "quarantine_rows", (int64_t)s->spool.quarantine_rows);
	json_write_end_object(&w);
	json_write_end_object(&w);
	puts(buf_str(&b));
	buf_release(&b);
}

enum cli_exit cmd_status(struct cli *cli)
{
	struct status s = {.cli = cli};
	bool well;

	/* what the libraries would log is on the screen below anyway */
	log_set_level(cli->verbose ? LOG_DEBUG : LOG_FATAL);
	s.running = supervisor_running(cli);
	if (!s.running && !cli->json) {
		service_state(cli, PROGRAM_CADDY, &s.service[PROGRAM_CADDY]);
		if (!s.service[PROGRAM_CADDY].supervised)
			return cli_fail(
			        cli, ERR_CLI_NOT_RUNNING, NULL, "nothing runs in %s", cli->home);
		cli_warn(cli, "the supervisor has died; bin/yavio up repairs it");
	}
	ask_all(&s);
	well = all_well(&s);
	if (cli->json)
		print_json(&s, well);
	else
		print_services(&s);
	return well ? CLI_DONE : CLI_NOT_RUNNING;
}
