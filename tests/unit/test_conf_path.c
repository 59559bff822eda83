/* SPDX-License-Identifier: MIT
 * What is made from settings: home, sockets, the PostgreSQL URL and the ClickHouse endpoint. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "conf/conf_pg.h"
#include "tests/unit/conf_fixture.h"

static char home[64];

static int make_home(void **state)
{
	(void)state;
	str_copy(home, sizeof(home), "/tmp/yavio-home-XXXXXX");
	return mkdtemp(home) != NULL ? 0 : 1;
}

static int remove_home(void **state)
{
	char run[80];

	(void)state;
	assert_true(str_format(run, sizeof(run), "%s/run", home));
	rmdir(run);
	return rmdir(home);
}

static struct conf *load_home(enum conf_program program, const char *text)
{
	char all[8192];

	assert_true(str_format(all, sizeof(all), "%sYAVIO_HOME=%s\n%s",
	        program == CONF_INGEST ? REQUIRED_OF_INGEST : REQUIRED_OF_ALL, home, text));
	return load_ok(program, all);
}

static void test_home(void **state)
{
	struct conf *c = load_home(CONF_INGEST, "");
	char path[256], root[256];

	(void)state;
	assert_true(conf_home_path(c, "spool", path, sizeof(path)));
	assert_string_equal(path, conf_str(c, CONF_YAVIO_SPOOL_DIR));
	assert_false(conf_home_path(c, "spool", path, 8));
	conf_free(c);

	/* The default is in the checkout that holds this test. */
	assert_true(conf_checkout_root(root, sizeof(root)));
	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST);
	assert_true(str_format(path, sizeof(path), "%s/var", root));
	assert_string_equal(conf_str(c, CONF_YAVIO_HOME), path);
	conf_free(c);

	c = load_ok(CONF_INGEST, REQUIRED_OF_INGEST "YAVIO_HOME=some/where/\n");
	assert_true(str_format(path, sizeof(path), "%s/some/where", root));
	assert_string_equal(conf_str(c, CONF_YAVIO_HOME), path);
	assert_int_equal(conf_origin(c, CONF_YAVIO_HOME), CONF_FROM_ENV_FILE);
	conf_free(c);
}

static void test_sockets(void **state)
{
	struct conf *c = load_home(CONF_INGEST, "");
	char path[256], expected[256];
	struct stat status;

	(void)state;
	assert_true(conf_socket_path(c, "ingest.sock", path, sizeof(path)));
	assert_true(str_format(expected, sizeof(expected), "%s/run/ingest.sock", home));
	assert_string_equal(path, expected);
	assert_true(conf_socket_dir(c, path, sizeof(path)));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	conf_free(c);
}

static void test_long_home(void **state)
{
	static const char long_name[] = "a-directory-with-a-name-that-is-far-too-long-for-the-"
	                                "path-of-a-unix-socket-on-linux";
	char text[2048], path[256], again[256];
	struct stat status;
	struct conf *c;

	(void)state;
	setenv("XDG_RUNTIME_DIR", home, 1);
	assert_true(str_format(
	        text, sizeof(text), REQUIRED_OF_INGEST "YAVIO_HOME=%s/%s\n", home, long_name));
	c = load_ok(CONF_INGEST, text);
	assert_true(conf_socket_dir(c, path, sizeof(path)));
	assert_true(strlen(path) <= 80);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_true(conf_socket_dir(c, again, sizeof(again)));
	assert_string_equal(path, again);
	conf_free(c);
	unsetenv("XDG_RUNTIME_DIR");
	rmdir(path);
}

static void pg_url_is(enum conf_program program, const char *text, const char *expected)
{
	struct conf *c = load_home(program, text);
	char url[2048];

	assert_true(conf_pg_url(c, url, sizeof(url)));
	assert_string_equal(url, expected);
	assert_false(conf_pg_url(c, url, 16));
	conf_free(c);
}

static void test_pg_url(void **state)
{
	char expected[512];

	(void)state;
	assert_true(str_format(expected, sizeof(expected),
	        "postgresql://yavio_ingest:p%%40ss%%2Fw%%3Ard%%20with%%25signs-1234@/"
	        "yavio?host=%%2Ftmp%%2F%s%%2Frun&port=5432",
	        home + strlen("/tmp/")));
	pg_url_is(CONF_INGEST, "POSTGRES_INGEST_PASSWORD=p@ss/w:rd with%signs-1234\n", expected);

	/* One URL serves all three, each with its own login. */
	pg_url_is(CONF_INGEST,
	        "POSTGRES_INGEST_PASSWORD=abcdefgh0123456789-ijklm\n"
	        "DATABASE_URL=postgresql://yavio_app:x@127.0.0.1:5433/yavio?connect_timeout=3\n",
	        "postgresql://yavio_ingest:abcdefgh0123456789-ijklm@127.0.0.1:5433/"
	        "yavio?connect_timeout=3");
	pg_url_is(CONF_DASHBOARD, "DATABASE_URL=postgresql://someone:x@127.0.0.1/yavio\n",
	        "postgresql://someone:x@127.0.0.1/yavio");
	pg_url_is(CONF_JOBS,
	        "DATABASE_URL=postgresql://a:x@127.0.0.1/yavio\n"
	        "DATABASE_SERVICE_URL=postgresql://own:y@127.0.0.1/yavio\n",
	        "postgresql://own:y@127.0.0.1/yavio");
}

static void test_pg_url_text(void **state)
{
	(void)state;
	assert_true(conf_pgurl_local("postgresql:///yavio"));
	assert_true(conf_pgurl_local("postgresql://u:p@%2Frun%2Fpg/yavio"));
	assert_true(conf_pgurl_local("postgresql://u:p%40x@localhost:1,127.0.0.1/yavio"));
	assert_false(conf_pgurl_local("postgresql://u:p@10.0.0.1/yavio"));
	assert_false(conf_pgurl_local("postgresql://localhost/yavio?hostaddr=10.0.0.1"));
	assert_true(conf_pgurl_has(
	        "postgresql:///x?a=1&sslmode=verify-full", "sslmode", "verify-full"));
	assert_false(
	        conf_pgurl_has("postgresql:///x?sslmode=verify-fully", "sslmode", "verify-full"));
	assert_false(conf_pgurl_has("postgresql:///x?xsslmode=a", "sslmode", "a"));
}

static void test_ch_endpoint(void **state)
{
	struct conf *c = load_home(CONF_SHIPPER, "CLICKHOUSE_HTTP_PORT=0\n");
	struct conf_ch_endpoint endpoint;
	char socket[256];

	(void)state;
	assert_true(conf_ch_endpoint(c, &endpoint));
	assert_true(str_format(socket, sizeof(socket), "%s/run/store.sock", home));
	assert_string_equal(endpoint.url, "http://localhost");
	assert_string_equal(endpoint.unix_socket, socket);
	assert_string_equal(endpoint.user, "yavio_ingest");
	assert_string_equal(endpoint.password, "5" SECRET_A);
	assert_string_equal(endpoint.database, "yavio");
	conf_free(c);

	c = load_home(CONF_CLI, "CLICKHOUSE_URL=https://ch.example.com\nCLICKHOUSE_USER=root\n"
	                        "CLICKHOUSE_DATABASE=events\n");
	assert_true(conf_ch_endpoint(c, &endpoint));
	assert_string_equal(endpoint.url, "https://ch.example.com");
	assert_string_equal(endpoint.unix_socket, "");
	assert_string_equal(endpoint.user, "root");
	assert_string_equal(endpoint.password, "4" SECRET_A);
	assert_string_equal(endpoint.database, "events");
	conf_free(c);

	c = load_home(CONF_LIVE, "");
	assert_true(conf_ch_endpoint(c, &endpoint));
	assert_string_equal(endpoint.url, "http://127.0.0.1:8123");
	assert_string_equal(endpoint.user, "yavio_dashboard");
	conf_free(c);
}

static void test_origin_of_the_dashboard(void **state)
{
	static const struct {
		const char *text, *origin;
	} cases[] = {
	        {"", "http://localhost:3000"},
	        {"YAVIO_DOMAIN=yavio.example.com\n", "https://yavio.example.com"},
	        {"YAVIO_HTTP_PORT=0\n", "http://localhost"},
	        {"NEXTAUTH_URL=https://a.example.com/\n", "https://a.example.com"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf *c = load_home(CONF_DASHBOARD, cases[i].text);

		assert_string_equal(conf_str(c, CONF_NEXTAUTH_URL), cases[i].origin);
		conf_free(c);
	}
}

static void test_lists_and_numbers(void **state)
{
	struct conf *c = load_home(CONF_ALL, "YAVIO_BIND=127.0.0.1, ::1\nYAVIO_RL_TOTP=7/70\n");
	const char *cursor = conf_str(c, CONF_YAVIO_BIND);
	struct conf_rate rate = conf_rate(c, CONF_YAVIO_RL_TOTP);
	struct conf_pools pools = conf_pools(c, CONF_YAVIO_STORE_CONNECTIONS);
	char entry[64];

	(void)state;
	assert_true(conf_list_next(&cursor, entry, sizeof(entry)));
	assert_string_equal(entry, "127.0.0.1");
	assert_true(conf_list_next(&cursor, entry, sizeof(entry)));
	assert_string_equal(entry, "::1");
	assert_false(conf_list_next(&cursor, entry, sizeof(entry)));
	assert_int_equal(rate.count, 7);
	assert_int_equal(rate.seconds, 70);
	assert_int_equal(pools.insert + pools.select + pools.admin, 9);
	assert_int_equal(
	        conf_int(c, CONF_YAVIO_QUERY_MEMORY), conf_int(c, CONF_YAVIO_STORE_MEMORY) / 4);
	assert_true(conf_int(c, CONF_YAVIO_STORE_MEMORY) >= 256 << 20);
	assert_true(conf_decimal(c, CONF_SENTRY_TRACES_SAMPLE_RATE) > 0.09);
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_home, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(test_sockets, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(test_long_home, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(test_pg_url, make_home, remove_home),
	        cmocka_unit_test(test_pg_url_text),
	        cmocka_unit_test_setup_teardown(test_ch_endpoint, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(
	                test_origin_of_the_dashboard, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(test_lists_and_numbers, make_home, remove_home),
	};

	return cmocka_run_group_tests_name("conf_path", tests, NULL, NULL);
}
