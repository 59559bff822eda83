/* SPDX-License-Identifier: MIT
 * What an answer of the store means: the error of ours, whether to repeat, what the dashboard says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "ch/ch_internal.h"

#include <cmocka.h>

static struct ch_result answer(enum ch_class cls, int http_status, int ch_code, const char *text)
{
	struct ch_result r = {.http_status = http_status, .ch_code = ch_code};

	str_copy(r.text, sizeof(r.text), text);
	ch_error_classify(cls, &r);
	return r;
}

/* The numbers are ClickHouse's own, as its source names them. */
static void test_numbers_of_the_engine(void **state)
{
	static const struct {
		const char *name;
		int code;
		enum err cause;
		enum ch_fault fault;
	} cases[] = {
	        {"TIMEOUT_EXCEEDED", 159, ERR_DB_CH_QUERY_TIMEOUT, CH_FAULT_TRANSIENT},
	        {"MEMORY_LIMIT_EXCEEDED", 241, ERR_DB_STORE_MEMORY_LIMIT, CH_FAULT_TRANSIENT},
	        {"TOO_MANY_ROWS_OR_BYTES", 396, ERR_DB_STORE_RESULT_TOO_LARGE, CH_FAULT_QUERY},
	        {"TOO_MANY_ROWS", 158, ERR_DB_STORE_RESULT_TOO_LARGE, CH_FAULT_QUERY},
	        {"TOO_MANY_SIMULTANEOUS_QUERIES", 202, ERR_DB_STORE_BUSY, CH_FAULT_TRANSIENT},
	        {"TOO_MANY_PARTS", 252, ERR_DB_STORE_TOO_MANY_PARTS, CH_FAULT_TRANSIENT},
	        {"NOT_ENOUGH_SPACE", 243, ERR_DB_STORE_DISK_FULL, CH_FAULT_TRANSIENT},
	        {"AUTHENTICATION_FAILED", 516, ERR_DB_STORE_AUTH_FAILED, CH_FAULT_CONFIG},
	        {"ACCESS_DENIED", 497, ERR_DB_STORE_STATEMENT_DENIED, CH_FAULT_CONFIG},
	        {"UNKNOWN_SETTING", 115, ERR_DB_CH_ROW_POLICY_VIOLATION, CH_FAULT_CONFIG},
	        {"UNKNOWN_TABLE", 60, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_CONFIG},
	        {"ALL_CONNECTION_TRIES_FAILED", 279, ERR_DB_CH_CLUSTER_DEGRADED,
	                CH_FAULT_TRANSIENT},
	        {"KEEPER_EXCEPTION", 999, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
	        {"CANNOT_WRITE_TO_FILE", 75, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ch_result r = answer(CH_INSERT, 500, cases[i].code, cases[i].name);

		if (r.cause != cases[i].cause || r.fault != cases[i].fault)
			fail_msg("%s: %s, fault %d", cases[i].name, err_code(r.cause), r.fault);
	}
}

static void test_a_row_that_does_not_fit(void **state)
{
	struct ch_result insert = answer(CH_INSERT, 400, 117, "Unknown field");
	struct ch_result query = answer(CH_DASHBOARD, 400, 117, "Unknown field");

	(void)state;
	assert_int_equal(insert.cause, ERR_DB_CH_SCHEMA_MISMATCH);
	assert_int_equal(insert.fault, CH_FAULT_DATA);
	assert_int_equal(query.fault, CH_FAULT_QUERY);
}

/* A number nobody foresaw: an insert is halved until the row is found, a query is a bug of ours. */
static void test_an_unknown_number(void **state)
{
	struct ch_result insert = answer(CH_INSERT, 500, 31337, "something new");
	struct ch_result query = answer(CH_DASHBOARD, 500, 31337, "something new");

	(void)state;
	assert_int_equal(insert.cause, ERR_DB_CH_INSERT_FAILED);
	assert_int_equal(insert.fault, CH_FAULT_DATA);
	assert_int_equal(query.cause, ERR_DB_INTERNAL_ERROR);
	assert_int_equal(query.fault, CH_FAULT_QUERY);
}

static void test_texts_that_say_more_than_the_number(void **state)
{
	(void)state;
	assert_int_equal(answer(CH_DASHBOARD, 403, 497, "YAVIO-5011: no tenant").cause,
	        ERR_DB_STORE_TENANT_MISSING);
	assert_int_equal(
	        answer(CH_INSERT, 500, 1001, "std::exception: No space left on device").cause,
	        ERR_DB_STORE_DISK_FULL);
}

static void test_an_answer_without_a_number(void **state)
{
	(void)state;
	assert_int_equal(answer(CH_INSERT, 401, 0, "").cause, ERR_DB_STORE_AUTH_FAILED);
	assert_int_equal(answer(CH_INSERT, 503, 0, "").cause, ERR_DB_STORE_BUSY);
	assert_int_equal(answer(CH_INSERT, 502, 0, "").cause, ERR_DB_CH_CONNECTION_REFUSED);
	assert_int_equal(answer(CH_INSERT, 302, 0, "").cause, ERR_DB_INTERNAL_ERROR);
}

static void test_no_answer(void **state)
{
	static const struct {
		enum httpc_result http;
		enum err cause;
	} cases[] = {
	        {HTTPC_REFUSED, ERR_DB_CH_CONNECTION_REFUSED},
	        {HTTPC_RESET, ERR_DB_CH_CONNECTION_REFUSED},
	        {HTTPC_TIMEOUT, ERR_DB_CH_QUERY_TIMEOUT},
	        {HTTPC_TOO_LARGE, ERR_DB_STORE_RESULT_TOO_LARGE},
	        {HTTPC_NO_MEMORY, ERR_DB_INTERNAL_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ch_result r = {.cause = ERR_OK};

		ch_error_of_http(cases[i].http, &r);
		assert_int_equal(r.cause, cases[i].cause);
	}
}

/* Whoever looks at the dashboard learns what to do, not what happened inside. */
static void test_what_the_dashboard_answers(void **state)
{
	static const struct {
		int code;
		enum err reply;
	} cases[] = {
	        {159, ERR_DASH_ANALYTICS_QUERY_TIMEOUT},
	        {241, ERR_DASH_ANALYTICS_QUERY_REJECTED},
	        {396, ERR_DASH_ANALYTICS_QUERY_REJECTED},
	        {202, ERR_DASH_CLICKHOUSE_UNAVAILABLE},
	        {279, ERR_DASH_CLICKHOUSE_UNAVAILABLE},
	        {60, ERR_DB_CH_SCHEMA_MISMATCH},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ch_result r = answer(CH_DASHBOARD, 500, cases[i].code, "");

		assert_int_equal(ch_error_for_reply(CH_DASHBOARD, &r), cases[i].reply);
		assert_int_equal(ch_error_for_reply(CH_ADMIN, &r), r.cause);
	}
}

/* In SQL that a user wrote, what the store refuses is that user's to correct. */
static void test_free_sql_is_the_users_fault(void **state)
{
	struct ch_result denied = answer(CH_FREE_SQL, 403, 497, "YAVIO-5012");
	struct ch_result unknown = answer(CH_FREE_SQL, 404, 47, "UNKNOWN_IDENTIFIER");

	(void)state;
	assert_int_equal(
	        ch_error_for_reply(CH_FREE_SQL, &denied), ERR_DASH_ANALYTICS_QUERY_REJECTED);
	assert_int_equal(
	        ch_error_for_reply(CH_FREE_SQL, &unknown), ERR_DASH_ANALYTICS_QUERY_REJECTED);
	assert_int_equal(ch_error_for_reply(CH_DASHBOARD, &denied), ERR_DB_STORE_STATEMENT_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_numbers_of_the_engine),
	        cmocka_unit_test(test_a_row_that_does_not_fit),
	        cmocka_unit_test(test_an_unknown_number),
	        cmocka_unit_test(test_texts_that_say_more_than_the_number),
	        cmocka_unit_test(test_an_answer_without_a_number),
	        cmocka_unit_test(test_no_answer),
	        cmocka_unit_test(test_what_the_dashboard_answers),
	        cmocka_unit_test(test_free_sql_is_the_users_fault),
	};

	return cmocka_run_group_tests_name("ch_error", tests, NULL, NULL);
}
