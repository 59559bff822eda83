/* SPDX-License-Identifier: MIT
 * Tests of lib/pg that need no server: URLs, SQLSTATEs, parameters, releases, generated tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto.h"
#include "pg/pg_internal.h"
#include "pg/pg_migrate.h"

#include <cmocka.h>

static void test_url(void **state)
{
	static const struct {
		const char *url;
		enum err want;
	} cases[] = {
	        {"postgresql://a:b@/yavio?host=%2Frun%2Fpg", ERR_OK},
	        {"postgres://a:b@%2Frun%2Fpg/yavio", ERR_OK},
	        {"postgresql://a:b@localhost:5432/yavio", ERR_OK},
	        {"postgresql://a:b@127.0.0.1,[::1]/yavio", ERR_OK},
	        {"postgresql://a:b@db.example.com/yavio?sslmode=verify-full", ERR_OK},
	        {"postgresql://a:b@db.example.com/yavio", ERR_INFRA_INSECURE_CONFIGURATION},
	        {"postgresql://a:b@db.example.com/yavio?sslmode=require",
	                ERR_INFRA_INSECURE_CONFIGURATION},
	        {"postgresql://a:b@localhost,db.example.com/yavio?sslmode=verify-ca",
	                ERR_INFRA_INSECURE_CONFIGURATION},
	        {"postgresql://a:b@localhost/yavio?hostaddr=10.0.0.1",
	                ERR_INFRA_INSECURE_CONFIGURATION},
	        {"postgresql://a:b@127.evil.example/yavio", ERR_INFRA_INSECURE_CONFIGURATION},
	        {"postgresql://a:b@/yavio", ERR_OK},
	        {"postgresql://a:b@localhost/yavio?service=x", ERR_INFRA_INVALID_ENV_VAR},
	        {"postgresql://a:b@localhost/yavio?no_such_option=1", ERR_INFRA_INVALID_ENV_VAR},
	        {"host=localhost dbname=yavio", ERR_INFRA_INVALID_ENV_VAR},
	        {"", ERR_INFRA_INVALID_ENV_VAR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (pg_url_check(cases[i].url) != cases[i].want)
			fail_msg("%s gave %d", cases[i].url, pg_url_check(cases[i].url));
	/* Then the URL does not say where it leads. */
	setenv("PGHOST", "db.example.com", 1);
	assert_int_equal(pg_url_check("postgresql://a:b@/yavio"), ERR_INFRA_INVALID_ENV_VAR);
	assert_int_equal(pg_url_check("postgresql://a:b@localhost/yavio"), ERR_OK);
	unsetenv("PGHOST");
}

static void test_open_refuses(void **state)
{
	struct pg_options o = {.url = "postgresql://a:b@db.example.com/yavio",
	        .role = PG_INGEST,
	        .application_name = "test"};
	struct pg *pg = (struct pg *)1;

	(void)state;
	assert_int_equal(pg_open(&o, &pg), ERR_INFRA_INSECURE_CONFIGURATION);
	assert_null(pg);
	pg_close(NULL);
}

static void test_sqlstate(void **state)
{
	static const struct {
		const char *sqlstate;
		enum err want;
		bool away;
	} cases[] = {
	        {"23505", ERR_DB_PG_UNIQUE_CONSTRAINT_VIOLATION, false},
	        {"23503", ERR_DB_PG_FOREIGN_KEY_VIOLATION, false},
	        {"23514", ERR_DB_PG_QUERY_FAILED, false},
	        {"42501", ERR_DB_PG_RLS_POLICY_VIOLATION, false},
	        {"40P01", ERR_DB_PG_DEADLOCK_DETECTED, false},
	        {"40001", ERR_DB_PG_SERIALIZATION_FAILURE, false},
	        {"57014", ERR_DB_PG_STATEMENT_TIMEOUT, false},
	        {"53300", ERR_DB_PG_CONNECTION_POOL_EXHAUSTED, true},
	        {"57P01", ERR_DB_PG_CONNECTION_REFUSED, true},
	        {"57P03", ERR_DB_PG_CONNECTION_REFUSED, true},
	        {"08006", ERR_DB_PG_CONNECTION_REFUSED, true},
	        {"26000", ERR_DB_PG_POOLER_MODE, false},
	        {"53100", ERR_DB_PG_QUERY_FAILED, false},
	        {"", ERR_DB_PG_QUERY_FAILED, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(pg_sqlstate_err(cases[i].sqlstate), cases[i].want);
		assert_int_equal(pg_err_away(cases[i].want), cases[i].away);
	}
}

static void test_bind(void **state)
{
	static const uint8_t bytes[] = {0, 1, 0xfe};
	const uint8_t *blobs[] = {bytes, bytes + 1};
	const char *ids[] = {
	        "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"};
	const struct pg_param params[] = {PG_NULL(), PG_TEXT("a'b"), PG_INT(INT64_MIN),
	        PG_BOOL(true), PG_UUID(ids[0]), PG_BYTES(bytes, sizeof(bytes)), PG_TIME_MS(1500),
	        PG_UUIDS(ids, 2), PG_BLOBS(blobs, 2, 2), PG_TEXT(NULL), PG_UUIDS(ids, 0)};
	struct pg_bound b;

	(void)state;
	assert_int_equal(pg_bind(params, ARRAY_LEN(params), &b), ERR_OK);
	assert_int_equal(b.len, (int)ARRAY_LEN(params));
	assert_null(b.values[0]);
	assert_string_equal(b.values[1], "a'b");
	assert_string_equal(b.values[2], "-9223372036854775808");
	assert_string_equal(b.values[3], "t");
	assert_string_equal(b.values[4], ids[0]);
	assert_int_equal(b.lengths[5], 3);
	assert_int_equal(b.formats[5], 1);
	assert_string_equal(b.values[6], "1970-01-01T00:00:01.500Z");
	assert_string_equal(b.values[7],
	        "{00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002}");
	assert_string_equal(b.values[8], "{\"\\\\x0001\",\"\\\\x01fe\"}");
	assert_null(b.values[9]);
	assert_string_equal(b.values[10], "{}");
	pg_bound_release(&b);
}

static void test_bind_refuses(void **state)
{
	const char *bad[] = {"00000000-0000-0000-0000-000000000001", "x\",\"y"};
	struct pg_param many[PG_PARAMS_MAX + 1] = {PG_NULL()};
	struct pg_bound b;

	(void)state;
	assert_int_equal(pg_bind(PG_PARAMS(PG_UUID("x")), &b), ERR_DB_INTERNAL_ERROR);
	pg_bound_release(&b);
	assert_int_equal(pg_bind(PG_PARAMS(PG_UUIDS(bad, 2)), &b), ERR_DB_INTERNAL_ERROR);
	pg_bound_release(&b);
	assert_int_equal(pg_bind(many, ARRAY_LEN(many), &b), ERR_DB_INTERNAL_ERROR);
	pg_bound_release(&b);
}

static void test_release(void **state)
{
	(void)state;
	assert_true(pg_release_compatible("0.1.0", "0.1.7"));
	assert_true(pg_release_compatible("0.1.0", "0.2.0"));
	assert_true(pg_release_compatible("0.5.0", "0.2.0"));
	assert_true(pg_release_compatible("1.9.0", "2.0.1"));
	assert_true(pg_release_compatible("2.0.0", "1.9.0"));
	assert_false(pg_release_compatible("0.1.0", "0.3.0"));
	assert_false(pg_release_compatible("1.9.0", "2.1.0"));
	assert_false(pg_release_compatible("1.0.0", "3.0.0"));
	assert_false(pg_release_compatible("1.0.0", "test"));
	assert_false(pg_release_compatible("1.0.0", "1."));
	assert_false(pg_release_compatible("1.0.0", ""));
	assert_false(pg_release_compatible("1.0.0", "99999999999999999999.1"));
}

/* The table that the build makes: every statement whole, unique, and of some role. */
static void test_query_table(void **state)
{
	(void)state;
	for (int q = 0; q < PGQ_COUNT; q++) {
		assert_non_null(pg_queries[q].name);
		assert_true(pg_queries[q].sql[0] != '\0');
		assert_true(pg_queries[q].roles != 0);
		assert_true(pg_queries[q].params >= 0 && pg_queries[q].params <= PG_PARAMS_MAX);
		for (int k = 0; k < q; k++)
			assert_string_not_equal(pg_queries[q].name, pg_queries[k].name);
	}
	assert_int_equal(pg_queries[PGQ_KEY_BY_HASH].params, 1);
	assert_int_equal(pg_queries[PGQ_KEY_INSERT].params, 9);
	assert_true(pg_queries[PGQ_USER_SESSION].login);
	assert_false(pg_queries[PGQ_USER_SELF].login);
	/* Ingest answers the internet: what it may run is all listed here. */
	for (int q = 0; q < PGQ_COUNT; q++)
		if ((pg_queries[q].roles & PG_INGEST) &&
		        !str_starts_with(pg_queries[q].name, "tx_") &&
		        !str_starts_with(pg_queries[q].name, "server_") && q != PGQ_KEY_BY_HASH &&
		        q != PGQ_KEY_TOUCH && q != PGQ_KEY_LISTEN)
			fail_msg("%s became a statement of ingest", pg_queries[q].name);
}

/* Refused before anything is sent: there is no server. */
static void expect_refused(struct pg *pg, enum err e, const char *detail)
{
	assert_int_equal(e, ERR_DB_INTERNAL_ERROR);
	assert_string_equal(pg_last_error(pg)->detail, detail);
}

/* A statement that looks the login up itself goes with one, alone, and with nothing before it. */
static void test_login_statement(void **state)
{
	const struct pg_options o = {.url = "postgresql://a:b@/yavio?host=%2Fnowhere",
	        .role = PG_APP,
	        .application_name = "test"};
	const struct pg_param params[] = {
	        PG_INT(1), PG_INT(1), PG_TEXT("name"), PG_BOOL(false), PG_INT(1)};
	struct pg_login login = {.session_days = 1, .session_max_days = 1};
	struct pg_then then = {.query = PGQ_SETUP_NEEDED};
	struct pg_result *r = NULL;
	struct pg *pg;

	(void)state;
	assert_int_equal(pg_open(&o, &pg), ERR_OK);
	expect_refused(pg, pg_exec(pg, PGQ_USER_SESSION, PG_NO_PARAMS, &r),
	        "no login goes with the statement");
	expect_refused(
	        pg, pg_exec(pg, PGQ_WORKSPACE_PAGE, params, 5, &r), "wrong number of parameters");
	pg_once_begin(pg, &login, &then);
	expect_refused(pg, pg_exec(pg, PGQ_USER_SESSION, PG_NO_PARAMS, &r),
	        "nothing goes with such a statement");
	assert_true(pg_once_end(pg));
	/* With its login it is sent: here it finds nobody to ask. */
	pg_once_begin(pg, &login, NULL);
	assert_int_equal(
	        pg_exec(pg, PGQ_WORKSPACE_PAGE, params, 4, &r), ERR_DB_PG_CONNECTION_REFUSED);
	assert_true(pg_once_end(pg));
	assert_null(r);
	assert_int_equal(login.user_id[0], '\0');
	pg_close(pg);
}

static void test_migration_table(void **state)
{
	(void)state;
	assert_true(pg_migrations_len >= 8);
	for (size_t i = 0; i < pg_migrations_len; i++) {
		const struct pg_migration *m = &pg_migrations[i];
		uint8_t sum[CRYPTO_SHA256_BYTES];

		assert_int_equal(m->version, (int)i + 1);
		assert_int_equal(crypto_sha256(m->sql, strlen(m->sql), sum), ERR_OK);
		/* The text in the binary is the file, byte for byte. */
		assert_memory_equal(sum, m->sha256, sizeof(sum));
	}
	assert_non_null(strstr(pg_roles_sql, "NOBYPASSRLS"));
	assert_null(strstr(pg_roles_sql, "PASSWORD '"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_url),
	        cmocka_unit_test(test_open_refuses),
	        cmocka_unit_test(test_sqlstate),
	        cmocka_unit_test(test_bind),
	        cmocka_unit_test(test_bind_refuses),
	        cmocka_unit_test(test_release),
	        cmocka_unit_test(test_query_table),
	        cmocka_unit_test(test_login_statement),
	        cmocka_unit_test(test_migration_table),
	};
	return cmocka_run_group_tests_name("pg", tests, NULL, NULL);
}
