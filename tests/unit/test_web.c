/* SPDX-License-Identifier: MIT
 * Tests of lib/web that need no connection: addresses, routes, health flags, replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "web/web_internal.h"

#include <cmocka.h>

#include "tests/unit/log_capture.h"

static void test_networks(void **state)
{
	struct web_networks n;

	(void)state;
	assert_true(web_networks_parse("10.0.0.0/8, 192.0.2.7 2001:db8::/33,::1", &n));
	assert_int_equal(n.count, 4);
	assert_true(web_networks_contain(&n, "10.255.0.1"));
	assert_false(web_networks_contain(&n, "11.0.0.1"));
	assert_true(web_networks_contain(&n, "192.0.2.7"));
	assert_false(web_networks_contain(&n, "192.0.2.6"));
	assert_true(web_networks_contain(&n, "2001:db8:7fff::1"));
	assert_false(web_networks_contain(&n, "2001:db8:8000::1"));
	assert_true(web_networks_contain(&n, "::ffff:10.1.1.1"));
	assert_false(web_networks_contain(&n, "nonsense"));
	assert_true(web_networks_parse("0.0.0.0/0", &n));
	assert_true(web_networks_contain(&n, "203.0.113.9"));
	assert_false(web_networks_contain(&n, "2001:db8::1"));
	assert_true(web_networks_parse("", &n));
	assert_int_equal(n.count, 0);
	assert_false(web_networks_contain(&n, "127.0.0.1"));
}

static void test_bad_networks(void **state)
{
	static const char *const BAD[] = {"10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.0/",
	        "10.0.0.0/-1", "a.example", "10.0.0.0/8x"};
	struct web_networks n;
	char many[WEB_PROXIES_MAX * 9 + 16] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_false(web_networks_parse(BAD[i], &n));
	for (int i = 0; i <= WEB_PROXIES_MAX; i++)
		strcat(many, "10.0.0.1,");
	assert_false(web_networks_parse(many, &n));
}

static void test_loopback(void **state)
{
	(void)state;
	assert_true(web_addr_is_loopback("127.0.0.1"));
	assert_true(web_addr_is_loopback("127.9.9.9"));
	assert_true(web_addr_is_loopback("::1"));
	assert_true(web_addr_is_loopback("::ffff:127.0.0.1"));
	assert_false(web_addr_is_loopback("128.0.0.1"));
	assert_false(web_addr_is_loopback("::2"));
	assert_false(web_addr_is_loopback(""));
}

static enum err nothing(struct request *req, struct reply *rep, struct app *app)
{
	(void)req, (void)rep, (void)app;
	return ERR_OK;
}

static const struct web_route ROUTES[] = {
        WEB_ROUTE(WEB_GET, "/a", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, nothing),
        WEB_ROUTE(WEB_POST, "/a", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, nothing),
        WEB_ROUTE(WEB_DELETE, "/w/{workspace}/p/{project}", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE,
                nothing),
};

static const struct web_program PROGRAM = {.routes = ROUTES, .routes_len = ARRAY_LEN(ROUTES)};

static bool found(struct web_exchange *x, const char *method, const char *path)
{
	*x = (struct web_exchange){.req = {.method = method, .path = path}};
	return web_route_find(&PROGRAM, x);
}

static void test_routes(void **state)
{
	struct web_exchange x;
	char allow[64];

	(void)state;
	assert_true(found(&x, "GET", "/a"));
	assert_ptr_equal(x.req.route, &ROUTES[0]);
	assert_true(found(&x, "HEAD", "/a/"));
	assert_true(found(&x, "POST", "/a"));
	assert_ptr_equal(x.req.route, &ROUTES[1]);
	assert_false(found(&x, "PUT", "/a"));
	web_allow_text(x.allowed, false, allow, sizeof(allow));
	assert_string_equal(allow, "GET, HEAD, POST");
	assert_false(found(&x, "GET", "/a//"));
	assert_int_equal(x.allowed, 0);
	assert_false(found(&x, "GET", "/"));
	assert_false(found(&x, "GET", "/ab"));
	assert_false(found(&x, "GET", "a"));
	assert_false(found(&x, "GET", ""));
}

static void test_path_parameters(void **state)
{
	struct web_exchange x;
	char path[WEB_PATH_PARAM_BYTES + 16] = "/w/";

	(void)state;
	assert_true(found(&x, "DELETE", "/w/one/p/two/"));
	assert_string_equal(web_path_param(&x.req, "workspace"), "one");
	assert_string_equal(web_path_param(&x.req, "project"), "two");
	assert_null(web_path_param(&x.req, "other"));
	assert_false(found(&x, "DELETE", "/w//p/two"));
	assert_false(found(&x, "DELETE", "/w/one/p/"));
	memset(path + 3, 'x', WEB_PATH_PARAM_BYTES);
	strcat(path, "/p/two");
	assert_false(found(&x, "DELETE", path));
}

static void test_query_parameters(void **state)
{
	const struct request req = {
	        .query = "a=1&b=x%20y%2B+z&empty=&flag&bad=%zz&nul=%00&cut=%2&a=2"};
	char out[16];

	(void)state;
	assert_true(web_query_param(&req, "a", out, sizeof(out)));
	assert_string_equal(out, "1");
	assert_true(web_query_param(&req, "b", out, sizeof(out)));
	assert_string_equal(out, "x y+ z");
	assert_true(web_query_param(&req, "empty", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_true(web_query_param(&req, "flag", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(web_query_param(&req, "bad", out, sizeof(out)));
	assert_false(web_query_param(&req, "nul", out, sizeof(out)));
	assert_false(web_query_param(&req, "cut", out, sizeof(out)));
	assert_false(web_query_param(&req, "absent", out, sizeof(out)));
	assert_false(web_query_param(&req, "b", out, 4));
}

static void test_a_header_cannot_split_the_reply(void **state)
{
	struct buf headers;
	struct reply rep = {.headers = &headers};

	(void)state;
	buf_init(&headers, 1000);
	assert_false(web_reply_header(&rep, "X", "a\r\nSet-Cookie: b"));
	assert_false(web_reply_header(&rep, "X", "a\nb"));
	assert_int_equal(headers.len, 0);
	assert_true(web_reply_header(&rep, "X", "a"));
	assert_string_equal(buf_str(&headers), "X: a\r\n");
	buf_release(&headers);
}

static void test_error_shape(void **state)
{
	struct buf body;
	struct reply rep = {.body = &body};
	const struct request req = {.id = "req_1"};

	(void)state;
	buf_init(&body, 1000);
	web_reply_error(&rep, &req, ERR_INGEST_BATCH_TOO_LARGE, false);
	assert_int_equal(rep.status, 413);
	assert_non_null(
	        strstr(buf_str(&body), "{\"error\":{\"code\":\"YAVIO-2111\",\"message\":\""));
	assert_non_null(strstr(buf_str(&body), "\",\"status\":413,\"requestId\":\"req_1\"}}"));
	web_reply_error(&rep, &req, ERR_INGEST_BATCH_TOO_LARGE, true);
	assert_string_equal(buf_str(&body) + body.len - 2, "\"}");
	assert_null(strstr(buf_str(&body), "}}"));
	buf_release(&body);
}

/* What one process reports the others see; what nobody reported is not healthy. */
static void test_health_is_shared(void **state)
{
	static const char *const NAMES[] = {"postgres", "clickhouse", "mail", NULL};
	struct web_health *h = web_health_new(NAMES);
	struct web_health_state s;
	struct buf out;

	(void)state;
	assert_non_null(h);
	web_health_get(h, 0, &s);
	assert_false(s.up);
	assert_int_equal(s.cause, ERR_INFRA_NOT_READY);
	if (fork() == 0) {
		web_health_report(h, 0, ERR_OK, 3000000);
		web_health_report(h, 1, ERR_DB_CH_CONNECTION_REFUSED, 1000);
		web_health_use(h, 2, false);
		_exit(0);
	}
	wait(NULL);
	buf_init(&out, 1000);
	web_health_json(h, &out);
	assert_string_equal(buf_str(&out), "{\"postgres\":{\"status\":\"healthy\",\"latencyMs\":3},"
	                                   "\"clickhouse\":{\"status\":\"unhealthy\"},"
	                                   "\"mail\":{\"status\":\"disabled\"}}");
	web_health_get(h, 1, &s);
	assert_int_equal(s.cause, ERR_DB_CH_CONNECTION_REFUSED);
	web_health_report(h, 0, ERR_OK, 1500000000);
	web_health_get(h, 0, &s);
	assert_true(s.up && s.slow);
	buf_release(&out);
	web_health_free(h);
}

/* What another program found out, through a file: fresh, stale, or no such text. */
static void test_health_is_published(void **state)
{
	char dir[] = "/tmp/yavio-health-XXXXXX", path[64], old[80];
	enum err e = ERR_OK;
	int64_t ns = 0;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/clickhouse.health", dir);
	assert_false(web_health_published(path, &e, &ns));
	assert_true(web_health_publish(path, ERR_OK, 1234567));
	assert_true(web_health_published(path, &e, &ns));
	assert_int_equal(e, ERR_OK);
	assert_int_equal(ns, 1234567);
	assert_true(web_health_publish(path, ERR_DB_CH_CONNECTION_REFUSED, 5));
	assert_true(web_health_published(path, &e, &ns));
	assert_int_equal(e, ERR_DB_CH_CONNECTION_REFUSED);
	snprintf(old, sizeof(old), "0 %lld 7\n",
	        (long long)(clock_wall_ms() - WEB_HEALTH_STALE_MS - 1000));
	for (int i = 0; i < 2; i++) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(i == 0 ? old : "nonsense\n", f);
		fclose(f);
		assert_true(web_health_published(path, &e, &ns));
		assert_int_equal(e, ERR_INFRA_NOT_READY);
	}
	assert_int_equal(ns, 5);
	unlink(path);
	rmdir(dir);
	assert_false(web_health_publish(path, ERR_OK, 1));
}

/* Each change is told once, whatever the number of probes that see it. */
static void test_health_changes_are_told_once(void **state)
{
	static const char *const NAMES[] = {"postgres", NULL};
	struct web_health *h = web_health_new(NAMES);
	const int64_t fast = 1000000, slow = (WEB_HEALTH_SLOW_MS + 1) * INT64_C(1000000);
	struct log_capture log;

	(void)state;
	assert_non_null(h);
	log_capture_begin(&log);
	for (int i = 0; i < 3; i++)
		web_health_report(h, 0, ERR_DB_PG_CONNECTION_REFUSED, fast);
	for (int i = 0; i < 3; i++)
		web_health_report(h, 0, ERR_OK, fast);
	for (int i = 0; i < 3; i++)
		web_health_report(h, 0, ERR_OK, slow);
	log_capture_end(&log);
	web_health_free(h);
	assert_int_equal(log_captured(&log, ERR_INFRA_HEALTH_CHECK_FAILED), 1);
	assert_int_equal(log_captured(&log, ERR_INFRA_HEALTH_CHECK_DEGRADED), 1);
	assert_non_null(strstr(log.text, "\"name\":\"postgres\""));
	assert_non_null(strstr(log.text, err_code(ERR_DB_PG_CONNECTION_REFUSED)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_networks),
	        cmocka_unit_test(test_bad_networks),
	        cmocka_unit_test(test_loopback),
	        cmocka_unit_test(test_routes),
	        cmocka_unit_test(test_path_parameters),
	        cmocka_unit_test(test_query_parameters),
	        cmocka_unit_test(test_a_header_cannot_split_the_reply),
	        cmocka_unit_test(test_error_shape),
	        cmocka_unit_test(test_health_is_shared),
	        cmocka_unit_test(test_health_is_published),
	        cmocka_unit_test(test_health_changes_are_told_once),
	};

	return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
