/* SPDX-License-Identifier: MIT
 * Loading of settings: precedence, faults, derived defaults, what a program may see. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"
#include "tests/unit/conf_fixture.h"

static void test_defaults(void **state)
{
	struct conf *c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST);

	(void)state;
	assert_int_equal(conf_int(c, CONF_YAVIO_MAX_BODY_BYTES), 512000);
	assert_int_equal(conf_int(c, CONF_YAVIO_SPOOL_MAX_BYTES), 4LL << 30);
	assert_int_equal(conf_int(c, CONF_YAVIO_DRAIN_TIMEOUT), 35000);
	assert_int_equal(conf_int(c, CONF_YAVIO_MAX_EVENT_AGE), 400LL * 86400000);
	assert_true(conf_int(c, CONF_YAVIO_INGEST_WORKERS) >= 2);
	assert_true(conf_int(c, CONF_YAVIO_DISK_RESERVE) >= 512 << 20);
	assert_string_equal(conf_str(c, CONF_YAVIO_ENV), "development");
	assert_string_equal(conf_str(c, CONF_LOG_LEVEL), "debug");
	assert_false(conf_is_set(c, CONF_YAVIO_MAX_BODY_BYTES));
	assert_int_equal(conf_origin(c, CONF_YAVIO_MAX_BODY_BYTES), CONF_FROM_DEFAULT);
	assert_int_equal(conf_origin(c, CONF_JWT_SECRET), CONF_FROM_ENV_FILE);
	assert_string_equal(conf_show(c, CONF_JWT_SECRET), "set");
	assert_int_equal(found.count, 0);
	conf_free(c);
}

static void test_precedence(void **state)
{
	struct conf *c;

	(void)state;
	setenv("YAVIO_MAX_BATCH_EVENTS", "20", 1);
	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST "YAVIO_MAX_BATCH_EVENTS=10\n");
	assert_int_equal(conf_int(c, CONF_YAVIO_MAX_BATCH_EVENTS), 20);
	assert_int_equal(conf_origin(c, CONF_YAVIO_MAX_BATCH_EVENTS), CONF_FROM_ENVIRONMENT);
	conf_free(c);

	/* Set to empty is not set. */
	setenv("YAVIO_MAX_BATCH_EVENTS", "", 1);
	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST "YAVIO_MAX_BATCH_EVENTS=10\n");
	assert_int_equal(conf_int(c, CONF_YAVIO_MAX_BATCH_EVENTS), 10);
	conf_free(c);
	unsetenv("YAVIO_MAX_BATCH_EVENTS");

	c = load_ok(CONF_INGEST,
	        REQUIRED_OF_INGEST "YAVIO_MAX_BATCH_EVENTS=10\nYAVIO_MAX_BATCH_EVENTS=11\n");
	assert_int_equal(conf_int(c, CONF_YAVIO_MAX_BATCH_EVENTS), 11);
	conf_free(c);
}

static void test_secret_file(void **state)
{
	char path[] = "/tmp/yavio-conf-XXXXXX";
	int fd = mkstemp(path);
	struct conf *c;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, SECRET_D "\n", strlen(SECRET_D) + 1), strlen(SECRET_D) + 1);
	close(fd);
	setenv("JWT_SECRET_FILE", path, 1);
	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST);
	assert_string_equal(conf_str(c, CONF_JWT_SECRET), SECRET_D);
	assert_int_equal(conf_origin(c, CONF_JWT_SECRET), CONF_FROM_SECRET_FILE);
	conf_free(c);

	/* The environment's own value is stronger than its file. */
	setenv("JWT_SECRET", SECRET_E, 1);
	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST);
	assert_string_equal(conf_str(c, CONF_JWT_SECRET), SECRET_E);
	conf_free(c);
	unsetenv("JWT_SECRET");

	unlink(path);
	load_fails(CONF_INGEST, REQUIRED_OF_INGEST, ERR_INFRA_INVALID_ENV_VAR, "JWT_SECRET_FILE");
	unsetenv("JWT_SECRET_FILE");
}

static void test_aliases(void **state)
{
	struct conf *c = load_ok(CONF_CLI, REQUIRED_OF_ALL "DASHBOARD_PORT=4000\n");

	(void)state;
	assert_int_equal(conf_int(c, CONF_YAVIO_HTTP_PORT), 4000);
	assert_string_equal(conf_str(c, CONF_NEXTAUTH_URL), "http://localhost:4000");
	conf_free(c);
	c = load_ok(CONF_CLI, REQUIRED_OF_ALL "DASHBOARD_PORT=4000\nYAVIO_HTTP_PORT=4000\n");
	conf_free(c);
	load_fails(CONF_CLI, REQUIRED_OF_ALL "DASHBOARD_PORT=4000\nYAVIO_HTTP_PORT=4001\n",
	        ERR_INFRA_ENV_CONFLICT, "DASHBOARD_PORT contradicts YAVIO_HTTP_PORT");
}

static void test_missing(void **state)
{
	(void)state;
	load_fails(CONF_INGEST, "", ERR_INFRA_REQUIRED_ENV_VAR_MISSING,
	        "YAVIO-7200 JWT_SECRET is missing; run scripts/setup-env.sh");
	/* All of them, a line each. */
	assert_int_equal(found.fatal, 3);
	assert_true(reported("API_KEY_HASH_SECRET is missing"));
	assert_true(reported("POSTGRES_INGEST_PASSWORD is missing"));
	/* A URL of its own carries the password. */
	conf_free(load_ok(CONF_INGEST, "JWT_SECRET=" SECRET_A "\nAPI_KEY_HASH_SECRET=" SECRET_B
	                               "\nDATABASE_INGEST_URL=postgresql://u:p@127.0.0.1/yavio\n"));
}

static void test_weak_and_published(void **state)
{
	(void)state;
	load_fails(CONF_INGEST, REQUIRED_OF_INGEST "JWT_SECRET=twelve-chars\n",
	        ERR_INFRA_INVALID_ENV_VAR,
	        "YAVIO-7201 JWT_SECRET is too weak: 12 characters, 32 needed; run "
	        "scripts/setup-env.sh --rotate JWT_SECRET");
	assert_int_equal(found.fatal, 1);
	assert_false(reported("twelve-chars"));
	load_fails(CONF_INGEST,
	        REQUIRED_OF_INGEST "JWT_SECRET=changeme-changeme-changeme-changeme\n",
	        ERR_INFRA_INVALID_ENV_VAR, "JWT_SECRET is a published value");
	load_fails(CONF_INGEST, REQUIRED_OF_INGEST "POSTGRES_INGEST_PASSWORD=yavio_dev\n",
	        ERR_INFRA_INVALID_ENV_VAR, "POSTGRES_INGEST_PASSWORD is a published value");
	load_fails(CONF_INGEST,
	        REQUIRED_OF_INGEST "JWT_SECRET=REPLACE_with_your_own_long_secret_value_42\n",
	        ERR_INFRA_INVALID_ENV_VAR, "JWT_SECRET is a published value");
	load_fails(CONF_INGEST,
	        REQUIRED_OF_INGEST "JWT_SECRET=aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbb\n",
	        ERR_INFRA_INVALID_ENV_VAR, "fewer than 8 different characters");
}

static void test_log_level(void **state)
{
	(void)state;
	load_fails(CONF_INGEST, REQUIRED_OF_INGEST "LOG_LEVEL=loud\n", ERR_INFRA_LOG_LEVEL_INVALID,
	        "YAVIO-7104 LOG_LEVEL is malformed: one of trace|debug|info|warn|error|fatal");
}

static void test_unknown_name(void **state)
{
	struct conf *c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST
	        "YAVIO_INGEST_WORKER=3\nPORT=3\nBETTER_AUTH_SECRET=x\nOTHER=1\n");

	(void)state;
	assert_int_equal(found.count, 3);
	assert_true(reported("YAVIO-7207 YAVIO_INGEST_WORKER in line 4 is no setting; did you "
	                     "mean YAVIO_INGEST_WORKERS?"));
	assert_true(reported("PORT in line 5 is ignored"));
	assert_true(reported("BETTER_AUTH_SECRET in line 6 is ignored; use NEXTAUTH_SECRET"));
	conf_free(c);
}

static void test_environment_is_cut_down(void **state)
{
	struct conf *c;

	(void)state;
	setenv("ENCRYPTION_KEY", SECRET_A, 1);
	setenv("ENCRYPTION_KEY_FILE", "/nonexistent", 1);
	setenv("SMTP_PASS", "mail", 1);
	setenv("JWT_SECRET", SECRET_E, 1);
	setenv("PATH_OF_SOMEBODY_ELSE", "kept", 1);
	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST);
	assert_null(getenv("ENCRYPTION_KEY"));
	assert_null(getenv("ENCRYPTION_KEY_FILE"));
	assert_null(getenv("SMTP_PASS"));
	assert_non_null(getenv("JWT_SECRET"));
	assert_non_null(getenv("PATH_OF_SOMEBODY_ELSE"));
	conf_free(c);

	setenv("ENCRYPTION_KEY", SECRET_A, 1);
	c = load_ok(CONF_CLI, REQUIRED_OF_ALL);
	assert_non_null(getenv("ENCRYPTION_KEY"));
	conf_free(c);
	unsetenv("ENCRYPTION_KEY");
	unsetenv("JWT_SECRET");
	unsetenv("PATH_OF_SOMEBODY_ELSE");
}

/* The names that a value was made from are gone at a reload; the value must be the same. */
static void test_reload_finds_the_same(void **state)
{
	struct conf *c;

	(void)state;
	setenv("DATABASE_URL", "postgresql://yavio_app:x@127.0.0.1/yavio", 1);
	setenv("YAVIO_DOMAIN", "yavio.example.com", 1);
	for (int i = 0; i < 2; i++) {
		c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST);
		assert_true(str_starts_with(
		        conf_str(c, CONF_DATABASE_INGEST_URL), "postgresql://yavio_ingest:"));
		assert_string_equal(conf_str(c, CONF_YAVIO_ENV), "production");
		assert_null(getenv("DATABASE_URL"));
		conf_free(c);
	}
	unsetenv("DATABASE_INGEST_URL");
	unsetenv("YAVIO_DOMAIN");
}

static void test_env_file_faults(void **state)
{
	struct conf *c;

	(void)state;
	load_fails(CONF_INGEST, REQUIRED_OF_INGEST "JWT SECRET=planted\n",
	        ERR_INFRA_INVALID_ENV_VAR, "line 4: NAME=VALUE is needed");
	assert_false(reported("planted"));
	found.count = 0;
	assert_int_equal(conf_load_request(
	                         &(struct conf_request){
	                                 .program = CONF_INGEST,
	                                 .env_file = "/nonexistent/env",
	                                 .report = collect,
	                         },
	                         &c),
	        ERR_CLI_ENV_FILE_MISSING);
	assert_null(c);
}

/* Whatever stops a load is not cured by a restart. */
static void test_faults_are_not_restarted(void **state)
{
	static const enum err faults[] = {ERR_INFRA_REQUIRED_ENV_VAR_MISSING,
	        ERR_INFRA_INVALID_ENV_VAR, ERR_INFRA_ENV_CONFLICT, ERR_INFRA_LOG_LEVEL_INVALID,
	        ERR_INFRA_INSECURE_CONFIGURATION, ERR_DB_REDIS_INSECURE, ERR_CLI_ENV_FILE_MISSING};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		assert_int_equal(err_exit_code(faults[i]), 78);
}

static void test_tolerated_faults(void **state)
{
	struct conf *c = NULL;

	(void)state;
	found.count = 0;
	assert_int_equal(conf_load_request(&(struct conf_request){.program = CONF_CLI,
	                                           .env_file = "/dev/null",
	                                           .tolerate = true,
	                                           .report = collect},
	                         &c),
	        ERR_OK);
	assert_true(reported("ENCRYPTION_KEY is missing"));
	assert_string_equal(conf_str(c, CONF_ENCRYPTION_KEY), "");
	conf_free(c);
}

static void test_key_ring(void **state)
{
	struct conf *c = load_ok(CONF_INGEST,
	        REQUIRED_OF_INGEST "API_KEY_HASH_SECRET=h12:" SECRET_D ",h3:" SECRET_E "\n");
	struct conf_key key;

	(void)state;
	assert_true(conf_key_at(c, CONF_API_KEY_HASH_SECRET, 0, &key));
	assert_string_equal(key.id, "h12");
	assert_string_equal(key.text, SECRET_D);
	assert_true(conf_key_at(c, CONF_API_KEY_HASH_SECRET, 1, &key));
	assert_string_equal(key.id, "h3");
	assert_false(conf_key_at(c, CONF_API_KEY_HASH_SECRET, 2, &key));
	conf_free(c);

	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST "API_KEY_HASH_SECRET=" SECRET_D "\n");
	assert_true(conf_key_at(c, CONF_API_KEY_HASH_SECRET, 0, &key));
	assert_string_equal(key.id, "h1");
	assert_string_equal(key.text, SECRET_D);
	assert_false(conf_key_at(c, CONF_API_KEY_HASH_SECRET, 1, &key));
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_defaults),
	        cmocka_unit_test(test_precedence),
	        cmocka_unit_test(test_secret_file),
	        cmocka_unit_test(test_aliases),
	        cmocka_unit_test(test_missing),
	        cmocka_unit_test(test_weak_and_published),
	        cmocka_unit_test(test_log_level),
	        cmocka_unit_test(test_unknown_name),
	        cmocka_unit_test(test_environment_is_cut_down),
	        cmocka_unit_test(test_reload_finds_the_same),
	        cmocka_unit_test(test_env_file_faults),
	        cmocka_unit_test(test_faults_are_not_restarted),
	        cmocka_unit_test(test_tolerated_faults),
	        cmocka_unit_test(test_key_ring),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
