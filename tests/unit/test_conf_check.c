/* SPDX-License-Identifier: MIT
 * Rules between settings: what contradicts, what is refused as insecure, what is only warned of. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "tests/unit/conf_fixture.h"

struct rule_case {
	enum conf_program program;
	const char *text;
	enum err e; /* ERR_OK: loads */
	const char *line;
};

static const char *required_of(enum conf_program program)
{
	return program == CONF_INGEST ? REQUIRED_OF_INGEST : REQUIRED_OF_ALL;
}

static void run_cases(const struct rule_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[8192];

		assert_true(str_format(
		        text, sizeof(text), "%s%s", required_of(cases[i].program), cases[i].text));
		if (cases[i].e != ERR_OK) {
			load_fails(cases[i].program, text, cases[i].e, cases[i].line);
			continue;
		}
		conf_free(load_ok(cases[i].program, text));
		if (cases[i].line != NULL && !reported(cases[i].line)) {
			print_findings();
			fail_msg("no warning: %s", cases[i].line);
		}
	}
}

static void test_contradictions(void **state)
{
	static const struct rule_case cases[] = {
	        {CONF_ALL, "GITHUB_CLIENT_ID=a\n", ERR_INFRA_ENV_CONFLICT,
	                "GITHUB_CLIENT_ID needs GITHUB_CLIENT_SECRET too"},
	        {CONF_DASHBOARD, "GOOGLE_CLIENT_SECRET=a\n", ERR_INFRA_ENV_CONFLICT,
	                "GOOGLE_CLIENT_SECRET needs GOOGLE_CLIENT_ID too"},
	        {CONF_DASHBOARD, "GOOGLE_CLIENT_SECRET=a\nGOOGLE_CLIENT_ID=b\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_TLS=files\n", ERR_INFRA_ENV_CONFLICT,
	                "YAVIO_TLS=files needs YAVIO_TLS_CERT and YAVIO_TLS_KEY"},
	        {CONF_ALL, "YAVIO_TLS=files\nYAVIO_TLS_CERT=/a\nYAVIO_TLS_KEY=/b\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_SPOOL_SEGMENT_BYTES=128M\nYAVIO_SPOOL_MAX_BYTES=64M\n",
	                ERR_INFRA_ENV_CONFLICT,
	                "YAVIO_SPOOL_SEGMENT_BYTES contradicts YAVIO_SPOOL_MAX_BYTES"},
	        {CONF_INGEST, "YAVIO_MAX_BODY_BYTES=1M\n", ERR_INFRA_ENV_CONFLICT,
	                "YAVIO_MAX_BODY_BYTES contradicts YAVIO_MAX_INFLATED_BYTES"},
	        {CONF_ALL, "YAVIO_SESSION_DAYS=200\n", ERR_INFRA_ENV_CONFLICT,
	                "YAVIO_SESSION_DAYS contradicts YAVIO_SESSION_MAX_DAYS"},
	        {CONF_ALL, "YAVIO_HTTP_PORT=3001\n", ERR_INFRA_ENV_CONFLICT, "both name one port"},
	        {CONF_ALL, "YAVIO_HTTP_PORT=0\nYAVIO_INGEST_PORT=0\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_CLOUD=true\n", ERR_INFRA_REQUIRED_ENV_VAR_MISSING,
	                "YAVIO_CLOUD needs STRIPE_WEBHOOK_SECRET too"},
	        {CONF_DASHBOARD, "YAVIO_INTELLIGENCE_URL=https://i.example.com\n",
	                ERR_INFRA_ENV_CONFLICT,
	                "YAVIO_INTELLIGENCE_URL needs YAVIO_INTELLIGENCE_TOKEN too"},
	        {CONF_STORE, "YAVIO_INTELLIGENCE_URL=https://i.example.com\n",
	                ERR_INFRA_REQUIRED_ENV_VAR_MISSING, "CLICKHOUSE_INTELLIGENCE_PASSWORD"},
	        {CONF_INGEST, "JWT_SECRET=" SECRET_B "\n", ERR_INFRA_ENV_CONFLICT,
	                "API_KEY_HASH_SECRET contradicts JWT_SECRET: one secret under two names"},
	        {CONF_INGEST, "NEXTAUTH_SECRET=" SECRET_A "\n", ERR_INFRA_ENV_CONFLICT,
	                "one secret under two names"},
	};

	(void)state;
	run_cases(cases, ARRAY_LEN(cases));
}

static void test_plain_http(void **state)
{
	static const struct rule_case cases[] = {
	        {CONF_DASHBOARD, "NEXTAUTH_URL=http://yavio.example.com\n",
	                ERR_INFRA_INSECURE_CONFIGURATION,
	                "YAVIO-7302 NEXTAUTH_URL is plain HTTP beyond loopback; use https"},
	        {CONF_DASHBOARD, "NEXTAUTH_URL=http://yavio.example.com\nYAVIO_INSECURE_HTTP=1\n",
	                ERR_OK, "NEXTAUTH_URL is plain HTTP beyond loopback"},
	        {CONF_DASHBOARD, "NEXTAUTH_URL=http://127.0.0.1:3000\n", ERR_OK, NULL},
	        {CONF_DASHBOARD, "NEXTAUTH_URL=http://[::1]:3000\n", ERR_OK, NULL},
	        {CONF_DASHBOARD, "APP_URL=https://yavio.example.com\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_BIND=0.0.0.0\n", ERR_INFRA_INSECURE_CONFIGURATION,
	                "YAVIO_BIND opens plain HTTP beyond loopback"},
	        {CONF_ALL, "YAVIO_BIND=127.0.0.1,10.0.0.5\n", ERR_INFRA_INSECURE_CONFIGURATION,
	                "YAVIO_BIND opens plain HTTP beyond loopback"},
	        {CONF_ALL, "YAVIO_BIND=0.0.0.0\nYAVIO_DOMAIN=yavio.example.com\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_BIND=0.0.0.0\nYAVIO_TLS=internal\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_BIND=10.0.0.5\nYAVIO_TRUSTED_PROXIES=10.0.0.1\n", ERR_OK, NULL},
	        {CONF_ALL, "YAVIO_BIND=0.0.0.0\nYAVIO_INSECURE_HTTP=true\n", ERR_OK,
	                "YAVIO_BIND opens plain HTTP beyond loopback"},
	};

	(void)state;
	run_cases(cases, ARRAY_LEN(cases));
}

static void test_remote_services(void **state)
{
	static const struct rule_case cases[] = {
	        {CONF_DASHBOARD, "DATABASE_URL=postgresql://u:p@db.example.com/yavio\n",
	                ERR_INFRA_INSECURE_CONFIGURATION,
	                "DATABASE_URL names another host without sslmode=verify-full"},
	        {CONF_DASHBOARD,
	                "DATABASE_URL=postgresql://u:p@db.example.com/yavio?sslmode=require\n",
	                ERR_INFRA_INSECURE_CONFIGURATION, "sslmode=verify-full"},
	        {CONF_DASHBOARD,
	                "DATABASE_URL=postgresql://u:p@db.example.com/yavio?sslmode=verify-full\n",
	                ERR_OK, NULL},
	        {CONF_DASHBOARD, "DATABASE_URL=postgresql://u:p@localhost,db.example.com/yavio\n",
	                ERR_INFRA_INSECURE_CONFIGURATION, "DATABASE_URL"},
	        {CONF_DASHBOARD, "DATABASE_URL=postgresql:///yavio?host=db.example.com\n",
	                ERR_INFRA_INSECURE_CONFIGURATION, "DATABASE_URL"},
	        {CONF_DASHBOARD, "DATABASE_URL=postgresql:///yavio?host=/run/postgresql\n", ERR_OK,
	                NULL},
	        {CONF_DASHBOARD, "DATABASE_URL=postgresql://u:p@[::1]:5432/yavio\n", ERR_OK, NULL},
	        {CONF_INGEST, "REDIS_URL=redis://:pw@r.example.com\n", ERR_DB_REDIS_INSECURE,
	                "YAVIO-5652 REDIS_URL names another host without TLS or password"},
	        {CONF_INGEST, "REDIS_URL=rediss://r.example.com\n", ERR_DB_REDIS_INSECURE,
	                "REDIS_URL"},
	        {CONF_INGEST, "REDIS_URL=rediss://:pw@r.example.com\n", ERR_OK, NULL},
	        {CONF_INGEST, "REDIS_URL=redis://127.0.0.1\n", ERR_OK, NULL},
	        {CONF_JOBS, "SMTP_HOST=mail.example.com\nSMTP_TLS=none\n",
	                ERR_INFRA_INSECURE_CONFIGURATION, "SMTP_TLS=none sends mail unencrypted"},
	        {CONF_JOBS, "SMTP_HOST=localhost\nSMTP_TLS=none\n", ERR_OK, NULL},
	        {CONF_DASHBOARD, "GITHUB_TOKEN_URL=http://provider.example.com/token\n",
	                ERR_INFRA_INSECURE_CONFIGURATION, "GITHUB_TOKEN_URL is plain HTTP"},
	        {CONF_DASHBOARD, "GITHUB_TOKEN_URL=http://127.0.0.1:9/token\n", ERR_OK, NULL},
	        {CONF_SHIPPER, "CLICKHOUSE_URL=http://clickhouse:8123\n", ERR_OK,
	                "CLICKHOUSE_URL is plain HTTP beyond loopback"},
	};

	(void)state;
	run_cases(cases, ARRAY_LEN(cases));
}

static void test_losses(void **state)
{
	static const struct rule_case cases[] = {
	        {CONF_INGEST, "YAVIO_SPOOL_FSYNC=interval\n", ERR_OK,
	                "YAVIO_SPOOL_FSYNC can lose acknowledged events"},
	        {CONF_INGEST, "YAVIO_ENV=production\nYAVIO_SPOOL_FSYNC=off\n",
	                ERR_INFRA_INSECURE_CONFIGURATION, "YAVIO_SPOOL_FSYNC can lose"},
	        {CONF_INGEST,
	                "YAVIO_ENV=production\nYAVIO_SPOOL_FSYNC=off\nYAVIO_SPOOL_ALLOW_LOSS="
	                "true\n",
	                ERR_OK, "YAVIO_SPOOL_FSYNC can lose"},
	        {CONF_INGEST, "YAVIO_RATE_KEY=0\n", ERR_OK,
	                "YAVIO_RATE_KEY=0 turns that limit off"},
	        {CONF_DASHBOARD, "YAVIO_ARGON2_KIB=8192\n", ERR_OK, NULL},
	        {CONF_DASHBOARD, "YAVIO_ENV=production\nYAVIO_ARGON2_KIB=8192\n",
	                ERR_INFRA_INVALID_ENV_VAR, "YAVIO_ARGON2_KIB is too weak: at least 65536"},
	};

	(void)state;
	run_cases(cases, ARRAY_LEN(cases));
}

/* Each program checks its own names only: ingest starts although a mail setting is wrong. */
static void test_other_columns_do_not_stop(void **state)
{
	(void)state;
	conf_free(load_ok(CONF_INGEST,
	        REQUIRED_OF_INGEST "SMTP_PORT=x\nGITHUB_CLIENT_ID=a\nYAVIO_BIND=0.0.0.0\n"
	                           "NEXTAUTH_URL=http://yavio.example.com\n"));
	load_fails(CONF_JOBS, REQUIRED_OF_ALL "SMTP_PORT=x\n", ERR_INFRA_INVALID_ENV_VAR,
	        "YAVIO-7201 SMTP_PORT is malformed: a port from 1 to 65535");
}

/* Everything at once, a line each, and no value of anything. */
static void test_all_faults_in_one_go(void **state)
{
	struct conf *c = NULL;

	(void)state;
	assert_int_not_equal(
	        load_text(CONF_INGEST,
	                "JWT_SECRET=planted-one\nAPI_KEY_HASH_SECRET=planted-two\n"
	                "YAVIO_MAX_BATCH_EVENTS=planted-three\nLOG_LEVEL=planted-four\n"
	                "REDIS_URL=redis://planted-five.example.com\n",
	                &c),
	        ERR_OK);
	assert_null(c);
	assert_int_equal(found.fatal, 6);
	assert_false(reported("planted"));
	assert_true(reported("YAVIO-7200 POSTGRES_INGEST_PASSWORD is missing"));
	assert_true(
	        reported("YAVIO_MAX_BATCH_EVENTS is malformed: a whole number from 1 to 10000 is "
	                 "needed; correct it or remove it (/tmp/"));
	assert_true(reported(" line 3)"));
}

/* It loads, and the line names both the setting and the number to look up. */
static void test_a_setting_of_a_later_version(void **state)
{
	char text[8192];

	(void)state;
	assert_true(
	        str_format(text, sizeof(text), "%sYAVIO_BACKUP_KEEP=7\n", required_of(CONF_ALL)));
	conf_free(load_ok(CONF_ALL, text));
	assert_true(reported("YAVIO_BACKUP_KEEP is accepted but not used yet"));
	assert_true(reported(err_code(ERR_INFRA_SETTING_INACTIVE)));
	/* its default is nobody's wish */
	conf_free(load_ok(CONF_ALL, required_of(CONF_ALL)));
	assert_false(reported("YAVIO_BACKUP_KEEP"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_contradictions),
	        cmocka_unit_test(test_plain_http),
	        cmocka_unit_test(test_remote_services),
	        cmocka_unit_test(test_losses),
	        cmocka_unit_test(test_other_columns_do_not_stop),
	        cmocka_unit_test(test_all_faults_in_one_go),
	        cmocka_unit_test(test_a_setting_of_a_later_version),
	};

	return cmocka_run_group_tests_name("conf_check", tests, NULL, NULL);
}
