/* SPDX-License-Identifier: MIT
 * Test driver of lib/ch: one call against a store, its result as a JSON line, then the rows.
 * ch URL SOCKET USER DATABASE CLUSTER COMMAND …; the password comes from CH_PASSWORD. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "ch/ch.h"
#include "ch/ch_internal.h"

enum { PARAMS_MAX = 16, BODY_MAX = 64 * 1024 * 1024 };

struct run {
	struct ch *c;
	char **args; /* after the command, ended by NULL */
	int args_len;
	struct buf body;
	struct ch_result result;
	struct ch_param params[PARAMS_MAX];
	size_t params_len;
};

static const char *arg(const struct run *r, int i)
{
	return i < r->args_len ? r->args[i] : "";
}

/* "name=value", or "name:=value" for ClickHouse text. */
static void take_params(struct run *r, int from)
{
	for (int i = from; i < r->args_len && r->params_len < PARAMS_MAX; i++) {
		char *eq = strchr(r->args[i], '=');
		struct ch_param *p = &r->params[r->params_len++];

		if (!eq)
			exit(2);
		*p = (struct ch_param){.name = r->args[i], .value = eq + 1};
		*eq = '\0';
		if (eq > r->args[i] && eq[-1] == ':') {
			eq[-1] = '\0';
			p->raw = true;
		}
	}
}

static void print_progress(enum ch_migrate_event event, const struct ch_migration *m,
        const struct ch_result *result, void *a)
{
	static const char *const names[] = {"applied", "present", "users", "failed"};
	struct run *r = a;

	buf_addf(&r->body, "%s %s\n", names[event], m->name);
	if (event == CH_MIGRATE_FAILED && result)
		str_copy(r->result.text, sizeof(r->result.text), result->text);
}

static enum err run_insert(struct run *r)
{
	struct buf rows;
	enum err e;
	char *at;

	buf_init(&rows, BODY_MAX);
	while ((at = buf_reserve(&rows, 65536)) != NULL) {
		size_t n = fread(at, 1, 65536, stdin);

		if (n == 0)
			break;
		rows.len += n;
	}
	e = ch_insert(r->c,
	        &(struct ch_insert){.table = arg(r, 0),
	                .token = arg(r, 1),
	                .body = buf_str(&rows),
	                .body_len = rows.len},
	        &r->result);
	buf_release(&rows);
	return e;
}

static enum err run_select(struct run *r)
{
	static const char *const classes[] = {
	        "dashboard", "live", "export", "free", "insert", "admin"};
	struct ch_tenant tenant = {.workspace_id = arg(r, 1), .project_id = arg(r, 2)};
	struct ch_query q = {.tenant = *arg(r, 1) ? &tenant : NULL,
	        .format = arg(r, 3),
	        .sql = arg(r, 4),
	        .params = r->params,
	        .into_buf = &r->body};

	take_params(r, 5);
	q.params_len = r->params_len;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strcmp(classes[i], arg(r, 0)) == 0)
			q.cls = (enum ch_class)i;
	q.check = q.cls == CH_FREE_SQL;
	return ch_select(r->c, &q, &r->result);
}

static enum err run_command(struct run *r)
{
	take_params(r, 1);
	return ch_command(r->c, arg(r, 0), r->params, r->params_len, &r->result);
}

static enum err run_erase(struct run *r)
{
	const struct ch_tenant tenant = {.workspace_id = arg(r, 0), .project_id = arg(r, 1)};

	return ch_erase(r->c, &tenant, r->args_len > 2 ? arg(r, 2) : NULL,
	        r->args_len > 3 ? arg(r, 3) : NULL, &r->result);
}

static enum err run_ping(struct run *r)
{
	return ch_ping(r->c, 1000);
}

static enum err run_migrate(struct run *r)
{
	return ch_migrate(r->c, print_progress, r);
}

static enum err run_version(struct run *r)
{
	unsigned version;
	enum err e = ch_schema_version(r->c, &version);

	buf_addf(&r->body, "%u\n", version);
	return e;
}

static enum err run_users(struct run *r)
{
	const struct ch_users users = {.ingest = arg(r, 0),
	        .dashboard = arg(r, 1),
	        .eraser = arg(r, 2),
	        .intelligence = arg(r, 3)};

	return ch_apply_users(r->c, &users, &r->result);
}

static const struct {
	const char *name;
	enum err (*run)(struct run *r);
} commands[] = {
        {"ping", run_ping},
        {"migrate", run_migrate},
        {"version", run_version},
        {"users", run_users},
        {"insert", run_insert},
        {"select", run_select},
        {"command", run_command},
        {"erase", run_erase},
};

static const char *fault_name(enum ch_fault fault)
{
	static const char *const names[] = {"none", "transient", "data", "query", "config"};

	return names[fault];
}

static int report(struct run *r, enum err e)
{
	struct buf line;

	buf_init(&line, 8192);
	buf_addf(&line,
	        "{\"err\":%d,\"cause\":%d,\"fault\":\"%s\",\"status\":%d,\"code\":%d,"
	        "\"readRows\":%llu,\"writtenRows\":%llu,\"resultRows\":%llu,\"text\":",
	        (int)e, (int)r->result.cause, fault_name(r->result.fault), r->result.http_status,
	        r->result.ch_code, (unsigned long long)r->result.read_rows,
	        (unsigned long long)r->result.written_rows,
	        (unsigned long long)r->result.result_rows);
	buf_add_json_str(&line, r->result.text);
	printf("%s}\n", buf_str(&line));
	fwrite(buf_str(&r->body), 1, r->body.len, stdout);
	buf_release(&line);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *password = getenv("CH_PASSWORD");
	const char *memory = getenv("CH_QUERY_MEMORY"), *rows = getenv("CH_QUERY_ROWS");
	struct conf_ch_endpoint at = {.url = ""};
	struct ch_options options = {.query_memory = memory ? atoll(memory) : 0,
	        .query_max_rows = rows ? atoll(rows) : 0};
	struct run r = {.args = argv + 7, .args_len = argc - 7};
	int code = 2;

	if (argc < 7)
		return 2;
	str_copy(at.url, sizeof(at.url), argv[1]);
	str_copy(at.unix_socket, sizeof(at.unix_socket), argv[2]);
	str_copy(at.user, sizeof(at.user), argv[3]);
	str_copy(at.database, sizeof(at.database), argv[4]);
	str_copy(at.password, sizeof(at.password), password ? password : "");
	options.cluster = argv[5];
	r.c = ch_open(&at, &options);
	if (!r.c)
		return 1;
	buf_init(&r.body, BODY_MAX);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[6]) == 0)
			code = report(&r, commands[i].run(&r));
	buf_release(&r.body);
	ch_close(r.c);
	return code;
}
