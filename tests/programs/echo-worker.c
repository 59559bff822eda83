/* SPDX-License-Identifier: MIT
 * A FastCGI program for tests and for measuring: echoes, sleeps, crashes, hangs, or (null) answers
 * the same bytes always. usage: echo-worker SOCKET WORKERS [name=value ...] */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "fcgi/fcgi.h"
#include "web/web.h"

enum { BODY_CAP = 1000, REPLY_CAP = 1024 * 1024, BIG_REPLY_BYTES = 300000 };
static const struct shm_metric METRICS[] = {WEB_METRIC_ROWS("echo")};

struct settings {
	const char *generation_file; /* its text is the configuration: "bad" is refused */
	const char *metrics_file;
	const char *trusted; /* networks */
	bool null;
	char generation[32];
};

struct app {
	const struct settings *settings;
	struct shm *shm;
	const struct fcgi_shared *pool;
};

struct worker {
	struct web_worker web;
	struct app app;
};

struct context {
	struct settings settings;
	struct shm *shm;
	const struct fcgi_shared *shared;
};

static enum err echo(struct request *req, struct reply *rep, struct app *app)
{
	const char *type = web_header(req, "Content-Type");
	char value[64];

	buf_addf(rep->body, "{\"pid\":%d,\"method\":", (int)getpid());
	buf_add_json_str(rep->body, req->method);
	web_reply_text(rep, ",\"path\":");
	buf_add_json_str(rep->body, req->path);
	web_reply_text(rep, ",\"query\":");
	buf_add_json_str(rep->body, req->query);
	web_reply_text(rep, ",\"type\":");
	buf_add_json_str(rep->body, type != NULL ? type : "");
	web_reply_text(rep, ",\"body\":");
	buf_add_json_str(rep->body, buf_str(req->body));
	web_reply_text(rep, ",\"addr\":");
	buf_add_json_str(rep->body, req->addr);
	if (web_query_param(req, "q", value, sizeof(value))) {
		web_reply_text(rep, ",\"q\":");
		buf_add_json_str(rep->body, value);
	}
	buf_addf(rep->body, ",\"generation\":\"%s\",\"requestId\":\"%s\"}",
	        app->settings->generation, req->id);
	return ERR_OK;
}

static enum err nap(struct request *req, struct reply *rep, struct app *app)
{
	int64_t ms;

	if (!str_parse_int(web_path_param(req, "ms"), 0, 60000, &ms))
		return ERR_INGEST_ROUTE_NOT_FOUND;
	for (int64_t end = clock_mono_ms() + ms; clock_mono_ms() < end;)
		clock_sleep_ms(end - clock_mono_ms());
	return echo(req, rep, app);
}

static enum err crash(struct request *req, struct reply *rep, struct app *app)
{
	(void)req, (void)rep, (void)app;
	abort();
}

static enum err fail(struct request *req, struct reply *rep, struct app *app)
{
	(void)rep, (void)app;
	return strcmp(web_path_param(req, "what"), "busy") == 0 ? ERR_INGEST_BACKPRESSURE_ACTIVE
	                                                        : ERR_DB_PG_QUERY_FAILED;
}

static enum err big(struct request *req, struct reply *rep, struct app *app)
{
	(void)req, (void)app;
	for (int i = 0; i < BIG_REPLY_BYTES; i++)
		buf_add_char(rep->body, (char)('a' + i % 26));
	rep->content_type = "text/plain";
	return ERR_OK;
}

/* Pieces of a long reply: what is left of it, and what becomes of it then. */
static struct {
	int64_t left;
	bool fails;
} pieces;

static ptrdiff_t next_piece(char *out, size_t size, void *arg)
{
	size_t n = pieces.left < (int64_t)size ? (size_t)pieces.left : size;

	(void)arg;
	memset(out, 'x', n);
	pieces.left -= (int64_t)n;
	return n == 0 && pieces.fails ? -1 : (ptrdiff_t)n;
}

/* /pieces/{bytes}/{how}: "whole" with its length, "unknown" without, "short" of what it said,
 * "fails" at its end. */
static enum err in_pieces(struct request *req, struct reply *rep, struct app *app)
{
	const char *how = web_path_param(req, "how");

	(void)app;
	if (!str_parse_int(web_path_param(req, "bytes"), 0, INT64_MAX, &pieces.left))
		return ERR_INGEST_ROUTE_NOT_FOUND;
	pieces.fails = strcmp(how, "fails") == 0;
	rep->content_type = "text/plain";
	rep->source = (struct web_source){.read = next_piece,
	        .length = pieces.fails || strcmp(how, "unknown") == 0 ? -1
	                  : strcmp(how, "short") == 0                 ? pieces.left + 1
	                                                              : pieces.left};
	return ERR_OK;
}

/* Works until the web server closes its end; "gone" is where the next request finds it. */
static enum err until_gone(struct request *req, struct reply *rep, struct app *app)
{
	while (!fcgi_peer_gone(req->fcgi))
		clock_sleep_ms(5);
	shm_add(app->shm, WEB_METRIC_ERRORS, SHM_LABELS("echo", "gone"), 1);
	(void)rep;
	return ERR_OK;
}

static enum err metrics(struct request *req, struct reply *rep, struct app *app)
{
	(void)req;
	rep->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return shm_render(app->shm, rep->body);
}

static enum err numbers(struct request *req, struct reply *rep, struct app *app)
{
	struct fcgi_stats stats;

	(void)req;
	fcgi_pool_stats(app->pool, &stats);
	buf_addf(rep->body,
	        "{\"idle\":%u,\"busy\":%u,\"draining\":%u,\"requests\":%llu,\"generation\":%u,"
	        "\"crashes\":%llu,\"recycled\":%llu,\"reloaded\":%llu,\"hung\":%llu}",
	        stats.idle, stats.busy, stats.draining, (unsigned long long)stats.requests,
	        stats.generation, (unsigned long long)stats.restarts[FCGI_RESTART_CRASH],
	        (unsigned long long)stats.restarts[FCGI_RESTART_RECYCLE],
	        (unsigned long long)stats.restarts[FCGI_RESTART_RELOAD],
	        (unsigned long long)stats.restarts[FCGI_RESTART_TIMEOUT]);
	return ERR_OK;
}

static const struct web_route ROUTES[] = {
        WEB_ROUTE(WEB_GET, "/echo", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, echo),
        WEB_ROUTE(WEB_POST, "/echo", WEB_AUTH_NONE, 0, BODY_CAP, WEB_MEDIA_JSON | WEB_MEDIA_ABSENT,
                echo),
        WEB_ROUTE(WEB_GET, "/echo/{one}/{two}", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, echo),
        WEB_ROUTE(WEB_GET, "/sleep/{ms}", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, nap),
        WEB_ROUTE(WEB_POST, "/sleep/{ms}", WEB_AUTH_NONE, 0, BODY_CAP, WEB_MEDIA_ANY, nap),
        WEB_ROUTE(WEB_GET, "/crash", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, crash),
        WEB_ROUTE(WEB_GET, "/fail/{what}", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, fail),
        WEB_ROUTE(WEB_GET, "/big", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, big),
        WEB_ROUTE(WEB_GET, "/pieces/{bytes}/{how}", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, in_pieces),
        WEB_ROUTE(WEB_GET, "/gone", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, until_gone),
        WEB_ROUTE(WEB_GET, "/metrics", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, metrics),
        WEB_ROUTE(WEB_GET, "/numbers", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, numbers),
        WEB_ROUTE(WEB_GET, "/closed", WEB_AUTH_SESSION, 0, 0, WEB_MEDIA_NONE, echo),
};

static const enum web_step ORDER[] = {WEB_STEP_AUTH, WEB_STEP_MEDIA, WEB_STEP_SIZE, WEB_STEP_END};

static const struct web_program PROGRAM = {
        .name = "echo",
        .routes = ROUTES,
        .routes_len = ARRAY_LEN(ROUTES),
        .order = ORDER,
        .cors = WEB_CORS_ANY_ORIGIN,
        .reply_cap = REPLY_CAP,
        .err_route = ERR_INGEST_ROUTE_NOT_FOUND,
        .err_method = ERR_INGEST_METHOD_NOT_ALLOWED,
        .err_too_large = ERR_INGEST_BATCH_TOO_LARGE,
        .err_media = ERR_INGEST_UNSUPPORTED_MEDIA_TYPE,
        .err_coding = ERR_INGEST_UNSUPPORTED_ENCODING,
        .err_body_short = ERR_INGEST_BODY_INCOMPLETE,
        .err_body_late = ERR_INGEST_REQUEST_DEADLINE,
        .err_internal = ERR_INGEST_INTERNAL_ERROR,
};

static enum err start(void *arg, void **out)
{
	struct context *context = arg;
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return ERR_INFRA_INTERNAL_ERROR;
	w->app = (struct app){&context->settings, context->shm, context->shared};
	web_worker_init(&w->web, &PROGRAM, &w->app, context->shm);
	if (context->settings.trusted != NULL &&
	        !web_networks_parse(context->settings.trusted, &w->web.trusted_proxies))
		return ERR_INFRA_INVALID_ENV_VAR;
	*out = w;
	return ERR_OK;
}

static void stop(void *arg)
{
	struct worker *w = arg;

	web_worker_release(&w->web);
	free(w);
}

static void serve(struct fcgi_request *r, void *arg)
{
	struct worker *w = arg;

	web_serve(r, &w->web);
}

static void serve_null(struct fcgi_request *r, void *arg)
{
	static const char TYPE[] = "Content-Type: text/plain\r\n";

	(void)arg;
	fcgi_reply(r, 200, TYPE, sizeof(TYPE) - 1, "ok", 2);
}

static enum err read_generation(struct settings *s)
{
	char text[32] = "1";
	FILE *f = s->generation_file != NULL ? fopen(s->generation_file, "re") : NULL;

	if (f != NULL) {
		if (fgets(text, sizeof(text), f) == NULL)
			text[0] = '\0';
		fclose(f);
	}
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, "bad") == 0)
		return ERR_INFRA_INVALID_ENV_VAR;
	str_copy(s->generation, sizeof(s->generation), text);
	return ERR_OK;
}

static enum err reload(struct fcgi_pool *pool)
{
	struct context *context = pool->ctx;

	return read_generation(&context->settings);
}

/* name=value of the command line into number or text. */
static void set(struct fcgi_pool *pool, struct settings *s, const char *arg)
{
	const struct {
		const char *name;
		int64_t *number;
		const char **text;
	} names[] = {
	        {"drain=", &pool->drain_timeout_ms, NULL},
	        {"hang=", &pool->hang_timeout_ms, NULL},
	        {"max=", &pool->max_requests, NULL},
	        {"ready=", NULL, &pool->ready_file},
	        {"config=", NULL, &s->generation_file},
	        {"metrics=", NULL, &s->metrics_file},
	        {"trust=", NULL, &s->trusted},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = arg + strlen(names[i].name);

		if (!str_starts_with(arg, names[i].name))
			continue;
		if (names[i].text != NULL)
			*names[i].text = value;
		else if (!str_parse_int(value, 0, INT64_MAX, names[i].number))
			exit(2);
		return;
	}
	if (strcmp(arg, "null") == 0)
		s->null = true;
	else if (strcmp(arg, "--check-config") == 0)
		exit(read_generation(s) == ERR_OK ? 0 : 78);
	else
		exit(2);
}

int main(int argc, char **argv)
{
	static struct context context;
	struct fcgi_pool pool = {.drain_timeout_ms = 5000, .argv = argv, .ctx = &context};
	int64_t workers;
	enum err e;

	if (argc < 3 || !str_parse_int(argv[2], 1, FCGI_WORKERS_MAX, &workers))
		return 2;
	log_init("echo", LOG_INFO, true);
	pool.socket_path = argv[1];
	pool.workers = (int)workers;
	for (int i = 3; i < argc; i++)
		set(&pool, &context.settings, argv[i]);
	pool.reload = reload;
	pool.start = start;
	pool.stop = stop;
	pool.serve = context.settings.null ? serve_null : serve;
	if (context.settings.null)
		pool.start = NULL, pool.stop = NULL;
	e = read_generation(&context.settings);
	if (e == ERR_OK)
		e = shm_open_map(context.settings.metrics_file, "echo", METRICS, ARRAY_LEN(METRICS),
		        &context.shm);
	if (e == ERR_OK)
		e = fcgi_pool_init(&pool);
	context.shared = pool.shared;
	if (e == ERR_OK)
		e = fcgi_pool_run(&pool);
	fcgi_pool_release(&pool);
	shm_close(context.shm);
	return e == ERR_OK ? 0 : err_exit_code(e);
}
