/* SPDX-License-Identifier: MIT
 * Tests of lib/ch without a store: rendering, statements, limits, what errors mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "ch/ch.h"
#include "ch/ch_internal.h"

#include <cmocka.h>

static void test_statements(void **state)
{
	static const char file[] = "-- what and why;\n\nSELECT 1\n  -- inside\n  , 2;\n-- "
	                           "next;\nSELECT ';' ; \n\n;\nSELECT 3\n";
	static const char *const expected[] = {
	        "SELECT 1\n  -- inside\n  , 2", "SELECT ';' ", "", "SELECT 3\n"};
	const char *text = file, *sql;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_true(ch_statement_next(&text, file + sizeof(file) - 1, &sql, &len));
		assert_int_equal(len, strlen(expected[i]));
		assert_memory_equal(sql, expected[i], len);
	}
	assert_false(ch_statement_next(&text, file + sizeof(file) - 1, &sql, &len));
}

static void check_render(const char *sql, const struct ch_render *r, const char *expected)
{
	struct buf out;

	buf_init(&out, CH_RENDER_BYTES_MAX);
	if (expected) {
		assert_true(ch_render(&out, sql, strlen(sql), r));
		assert_string_equal(buf_str(&out), expected);
	} else if (ch_render(&out, sql, strlen(sql), r)) {
		fail_msg("rendered: %s", sql);
	}
	buf_release(&out);
}

static void test_render_single(void **state)
{
	const struct ch_render r = {.database = "yavio", .cluster = ""};

	(void)state;
	check_render("CREATE TABLE {{local:events}} {{on_cluster}}(a) ENGINE = "
	             "{{engine:Replacing(v)}} SETTINGS {{durable}}",
	        &r,
	        "CREATE TABLE events (a) ENGINE = ReplacingMergeTree(v) SETTINGS "
	        "non_replicated_deduplication_window = 10000, "
	        "fsync_after_insert = 1, fsync_part_directory = 1");
	check_render("{{engine:Aggregating()}}", &r, "AggregatingMergeTree()");
	check_render("{{distributed:events:sipHash64(session_id)}}", &r, "");
	check_render("{{db}}.{{both:events}} {x:String}", &r, "yavio.events {x:String}");
}

static void test_render_cluster(void **state)
{
	struct ch_render r = {.database = "yavio", .cluster = "main"};

	(void)state;
	check_render("CREATE TABLE {{local:events}} {{on_cluster}} (a) ENGINE = "
	             "{{engine:Replacing(v)}} SETTINGS {{durable}}",
	        &r,
	        "CREATE TABLE events_local ON CLUSTER 'main' (a) ENGINE = "
	        "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/yavio/events', "
	        "'{replica}', v) SETTINGS "
	        "replicated_deduplication_window = 10000");
	check_render("{{local:sessions}} {{engine:Aggregating()}}", &r,
	        "sessions_local ReplicatedAggregatingMergeTree("
	        "'/clickhouse/tables/{shard}/yavio/sessions', '{replica}')");
	check_render("{{distributed:events:sipHash64(session_id)}}", &r,
	        "CREATE TABLE IF NOT EXISTS events ON CLUSTER 'main' AS events_local ENGINE = "
	        "Distributed('main', yavio, events_local, sipHash64(session_id))");
	check_render("{{both:events}}", &r, "events");
	r.local = true;
	check_render("{{both:events}}", &r, "events_local");
	check_render("{{engine:Replacing(v)}}", &r, NULL);
}

static void test_render_refuses(void **state)
{
	static const char *const bad[] = {"{{", "{{db", "{{nonsense}}", "{{engine:Merge(v)}}",
	        "{{engine:Replacing}}", "{{engine}}", "{{distributed:events}}", "{{secret:ingest}}",
	        "{{readers}}", "{{on_cluster:x}}", "{{}}", "{{durable:1}}"};
	const struct ch_render r = {.database = "yavio", .cluster = ""};
	const struct ch_users users = {.ingest = "ab"};
	const struct ch_render with_users = {.database = "yavio", .cluster = "", .users = &users};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		check_render(bad[i], &r, NULL);
	check_render("{{secret:ingest}}", &with_users, "ab");
	check_render("{{secret:eraser}}", &with_users, NULL);
	check_render("{{secret:nobody}}", &with_users, NULL);
}

/* Every file of clickhouse/ renders both ways and leaves no placeholder. */
static void test_files_render(void **state)
{
	static const struct ch_users users = {
	        .ingest = "1", .dashboard = "2", .eraser = "3", .intelligence = "4", .host = "ANY"};

	(void)state;
	assert_true(ch_migrations_len >= 2);
	for (size_t i = 0; i < ch_migrations_len + 2; i++) {
		const char *text = i < ch_migrations_len    ? ch_migrations[i].text
		                   : i == ch_migrations_len ? ch_schema_migrations_sql
		                                            : ch_users_sql;

		if (i < ch_migrations_len) {
			assert_int_equal(ch_migrations[i].version, i + 1);
			assert_int_equal(ch_migrations[i].len, strlen(text));
		}
		for (unsigned cluster = 0; cluster < 2; cluster++) {
			const struct ch_render r = {.database = "yavio",
			        .cluster = cluster ? "main" : "",
			        .readers = "yavio_dashboard",
			        .users = &users};
			struct buf out;

			buf_init(&out, CH_RENDER_BYTES_MAX);
			assert_true(ch_render(&out, text, strlen(text), &r));
			assert_null(strstr(buf_str(&out), "{{"));
			assert_int_equal(strstr(buf_str(&out), "CLUSTER") != NULL, cluster);
			buf_release(&out);
		}
	}
}

static void check_limits(const struct ch *c, enum ch_class cls, const char *expected)
{
	struct buf url;

	buf_init(&url, 1024);
	ch_limits_add(c, cls, &url);
	if (!strstr(buf_str(&url), expected))
		fail_msg("%s is not in %s", expected, buf_str(&url));
	buf_release(&url);
}

static void test_limits(void **state)
{
	const struct conf_ch_endpoint at = {.url = "http://127.0.0.1:1"};
	const struct ch_options options = {.query_timeout_ms = 1500,
	        .query_memory = 1000,
	        .query_max_rows = 77,
	        .query_threads = 3};
	struct ch *c = ch_open(&at, &options), *plain = ch_open(&at, NULL);

	(void)state;
	check_limits(c, CH_DASHBOARD,
	        "&max_execution_time=2&max_memory_usage=1000&max_result_rows=77&max_"
	        "threads=3&");
	check_limits(c, CH_LIVE,
	        "&max_execution_time=5&max_memory_usage=268435456&max_result_rows=10000&max_"
	        "threads=1&timeout_overflow_mode=throw");
	check_limits(c, CH_EXPORT,
	        "&max_execution_time=300&max_memory_usage=1000&max_result_rows=1000000&max_threads="
	        "1");
	check_limits(c, CH_FREE_SQL,
	        "&max_result_bytes=33554432&max_rows_to_read=50000000&max_bytes_to_read=5000000000&"
	        "max_threads=1");
	check_limits(
	        c, CH_INSERT, "&max_execution_time=30&max_memory_usage=536870912&max_threads=1");
	check_limits(c, CH_ADMIN, "&max_execution_time=3600&max_threads=2");
	check_limits(plain, CH_DASHBOARD, "&max_execution_time=30&max_result_rows=100000&");
	assert_int_equal(ch_limits_time_ms(c, CH_DASHBOARD), 2000);
	ch_close(c);
	ch_close(plain);
	ch_close(NULL);
}

static void test_error_mapping(void **state)
{
	static const struct {
		enum ch_class cls;
		int code, status;
		enum err cause, reply;
		enum ch_fault fault;
	} cases[] = {
	        {CH_DASHBOARD, 159, 500, ERR_DB_CH_QUERY_TIMEOUT, ERR_DASH_ANALYTICS_QUERY_TIMEOUT,
	                CH_FAULT_TRANSIENT},
	        {CH_DASHBOARD, 241, 500, ERR_DB_STORE_MEMORY_LIMIT,
	                ERR_DASH_ANALYTICS_QUERY_REJECTED, CH_FAULT_TRANSIENT},
	        {CH_DASHBOARD, 396, 500, ERR_DB_STORE_RESULT_TOO_LARGE,
	                ERR_DASH_ANALYTICS_QUERY_REJECTED, CH_FAULT_QUERY},
	        {CH_FREE_SQL, 158, 500, ERR_DB_STORE_RESULT_TOO_LARGE,
	                ERR_DASH_ANALYTICS_QUERY_REJECTED, CH_FAULT_QUERY},
	        {CH_FREE_SQL, 307, 500, ERR_DB_STORE_RESULT_TOO_LARGE,
	                ERR_DASH_ANALYTICS_QUERY_REJECTED, CH_FAULT_QUERY},
	        {CH_FREE_SQL, 62, 400, ERR_DB_INTERNAL_ERROR, ERR_DASH_ANALYTICS_QUERY_REJECTED,
	                CH_FAULT_QUERY},
	        {CH_DASHBOARD, 62, 400, ERR_DB_INTERNAL_ERROR, ERR_DB_INTERNAL_ERROR,
	                CH_FAULT_QUERY},
	        {CH_LIVE, 202, 503, ERR_DB_STORE_BUSY, ERR_DASH_CLICKHOUSE_UNAVAILABLE,
	                CH_FAULT_TRANSIENT},
	        {CH_LIVE, 516, 403, ERR_DB_STORE_AUTH_FAILED, ERR_DB_STORE_AUTH_FAILED,
	                CH_FAULT_CONFIG},
	        {CH_LIVE, 115, 404, ERR_DB_CH_ROW_POLICY_VIOLATION, ERR_DB_CH_ROW_POLICY_VIOLATION,
	                CH_FAULT_CONFIG},
	        {CH_INSERT, 117, 400, ERR_DB_CH_SCHEMA_MISMATCH, ERR_DB_CH_SCHEMA_MISMATCH,
	                CH_FAULT_DATA},
	        {CH_INSERT, 27, 400, ERR_DB_CH_INSERT_FAILED, ERR_DB_CH_INSERT_FAILED,
	                CH_FAULT_DATA},
	        {CH_INSERT, 60, 404, ERR_DB_CH_SCHEMA_MISMATCH, ERR_DB_CH_SCHEMA_MISMATCH,
	                CH_FAULT_CONFIG},
	        {CH_INSERT, 243, 500, ERR_DB_STORE_DISK_FULL, ERR_DB_STORE_DISK_FULL,
	                CH_FAULT_TRANSIENT},
	        {CH_INSERT, 252, 500, ERR_DB_STORE_TOO_MANY_PARTS, ERR_DB_STORE_TOO_MANY_PARTS,
	                CH_FAULT_TRANSIENT},
	        {CH_INSERT, 241, 500, ERR_DB_STORE_MEMORY_LIMIT, ERR_DB_STORE_MEMORY_LIMIT,
	                CH_FAULT_TRANSIENT},
	        {CH_INSERT, 0, 502, ERR_DB_CH_CONNECTION_REFUSED, ERR_DB_CH_CONNECTION_REFUSED,
	                CH_FAULT_TRANSIENT},
	        {CH_INSERT, 0, 503, ERR_DB_STORE_BUSY, ERR_DB_STORE_BUSY, CH_FAULT_TRANSIENT},
	        {CH_INSERT, 0, 401, ERR_DB_STORE_AUTH_FAILED, ERR_DB_STORE_AUTH_FAILED,
	                CH_FAULT_CONFIG},
	        {CH_DASHBOARD, 279, 500, ERR_DB_CH_CLUSTER_DEGRADED,
	                ERR_DASH_CLICKHOUSE_UNAVAILABLE, CH_FAULT_TRANSIENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ch_result r = {.ch_code = cases[i].code, .http_status = cases[i].status};

		ch_error_classify(cases[i].cls, &r);
		if (r.cause != cases[i].cause || r.fault != cases[i].fault ||
		        ch_error_for_reply(cases[i].cls, &r) != cases[i].reply)
			fail_msg("code %d: cause %d, fault %d", cases[i].code, (int)r.cause,
			        (int)r.fault);
	}
}

static void test_error_texts(void **state)
{
	struct ch_result full = {
	        .ch_code = 75, .http_status = 500, .text = "Cannot write: No space left on device"};
	struct ch_result tenant = {.ch_code = 497, .http_status = 403, .text = "YAVIO-5011: …"};
	struct ch_result http = {.cause = ERR_OK};

	(void)state;
	ch_error_classify(CH_INSERT, &full);
	assert_int_equal(full.cause, ERR_DB_STORE_DISK_FULL);
	assert_int_equal(full.fault, CH_FAULT_TRANSIENT);
	ch_error_classify(CH_LIVE, &tenant);
	assert_int_equal(tenant.cause, ERR_DB_STORE_TENANT_MISSING);
	ch_error_of_http(HTTPC_OK, &http);
	assert_int_equal(http.cause, ERR_OK);
	ch_error_of_http(HTTPC_TOO_LARGE, &http);
	assert_int_equal(http.cause, ERR_DB_STORE_RESULT_TOO_LARGE);
	ch_error_of_http(HTTPC_TIMEOUT, &http);
	assert_int_equal(http.cause, ERR_DB_CH_QUERY_TIMEOUT);
}

static void test_text_list(void **state)
{
	static const char *const items[] = {"a", "b'c\\", ""};
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	assert_true(ch_text_list(&b, items, 3));
	assert_string_equal(buf_str(&b), "['a','b\\'c\\\\','']");
	buf_clear(&b);
	assert_true(ch_text_list(&b, items, 0));
	assert_string_equal(buf_str(&b), "[]");
	buf_release(&b);
	buf_init(&b, 5);
	assert_false(ch_text_list(&b, items, 3));
	buf_release(&b);
}

/* Nothing is sent for a query that is not bound to a tenant: the port would refuse, not the check.
 */
static void test_tenant_is_required(void **state)
{
	const struct conf_ch_endpoint at = {.url = "http://127.0.0.1:1"};
	static const struct ch_tenant bad[] = {{NULL, NULL}, {"", ""},
	        {"x", "11111111-1111-4111-8111-111111111111"},
	        {"11111111-1111-4111-8111-111111111111", "11111111-1111-4111-8111-11111111111'"}};
	struct ch *c = ch_open(&at, NULL);
	struct ch_query q = {.cls = CH_LIVE, .sql = "SELECT 1"};
	struct ch_result result;

	(void)state;
	assert_int_equal(ch_select(c, &q, &result), ERR_DB_INTERNAL_ERROR);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		q.tenant = &bad[i];
		assert_int_equal(ch_select(c, &q, &result), ERR_DB_INTERNAL_ERROR);
		assert_false(result.sent);
	}
	q.tenant = &(struct ch_tenant){
	        "11111111-1111-4111-8111-111111111111", "11111111-1111-4111-8111-111111111112"};
	assert_int_equal(ch_select(c, &q, &result), ERR_DASH_CLICKHOUSE_UNAVAILABLE);
	assert_int_equal(
	        ch_insert(c, &(struct ch_insert){"nothing", "t", CH_ROWS_JSON, "", 0}, &result),
	        ERR_DB_INTERNAL_ERROR);
	assert_int_equal(
	        ch_insert(c, &(struct ch_insert){"events", "", CH_ROWS_NATIVE, "", 0}, &result),
	        ERR_DB_INTERNAL_ERROR);
	assert_int_equal(ch_ping(c, 100), ERR_DB_CH_CONNECTION_REFUSED);
	ch_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_statements),
	        cmocka_unit_test(test_render_single),
	        cmocka_unit_test(test_render_cluster),
	        cmocka_unit_test(test_render_refuses),
	        cmocka_unit_test(test_files_render),
	        cmocka_unit_test(test_limits),
	        cmocka_unit_test(test_error_mapping),
	        cmocka_unit_test(test_error_texts),
	        cmocka_unit_test(test_text_list),
	        cmocka_unit_test(test_tenant_is_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
