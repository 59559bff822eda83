/* SPDX-License-Identifier: MIT
 * What each type of setting takes and refuses, and how a refusal reads. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "conf/conf_internal.h"

static enum err parse(enum conf_id id, const char *text, struct conf_value *v)
{
	char why[CONF_WHY_BYTES];

	*v = (struct conf_value){0};
	return conf_value_parse(conf_option(id), text, v, why, sizeof(why));
}

/* Texts up to the first NULL. */
static void takes(enum conf_id id, const char *const texts[])
{
	struct conf_value v;

	for (; *texts != NULL; texts++) {
		if (parse(id, *texts, &v) != ERR_OK)
			fail_msg("%s refuses \"%s\"", conf_option(id)->name, *texts);
	}
}

static void refuses(enum conf_id id, const char *const texts[])
{
	struct conf_value v;

	for (; *texts != NULL; texts++) {
		if (parse(id, *texts, &v) == ERR_OK)
			fail_msg("%s takes \"%s\"", conf_option(id)->name, *texts);
	}
}

#define TAKES(id, ...)   takes(id, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSES(id, ...) refuses(id, (const char *const[]){__VA_ARGS__, NULL})

struct number_case {
	enum conf_id id;
	const char *text;
	int64_t number;
};

static void test_numbers(void **state)
{
	static const struct number_case cases[] = {
	        {CONF_YAVIO_HTTP_PORT, "0", 0},
	        {CONF_YAVIO_HTTP_PORT, "65535", 65535},
	        {CONF_CLICKHOUSE_HTTP_PORT, "0", 0},
	        {CONF_YAVIO_INGEST_WORKERS, "64", 64},
	        {CONF_YAVIO_WORKER_MAX_REQUESTS, "10000000", 10000000},
	        {CONF_YAVIO_RETENTION_DAYS, "0", 0},
	        {CONF_YAVIO_MAX_BODY_BYTES, "512000", 512000},
	        {CONF_YAVIO_MAX_BODY_BYTES, "16M", 16 << 20},
	        {CONF_YAVIO_SPOOL_MAX_BYTES, "64m", 64 << 20},
	        {CONF_YAVIO_SPOOL_MAX_BYTES, "4G", 4LL << 30},
	        {CONF_YAVIO_MAX_EVENT_BYTES, "50K", 50 << 10},
	        {CONF_YAVIO_DRAIN_TIMEOUT, "35s", 35000},
	        {CONF_YAVIO_DRAIN_TIMEOUT, "5m", 300000},
	        {CONF_YAVIO_SPOOL_FSYNC_INTERVAL, "50ms", 50},
	        {CONF_YAVIO_KEY_CACHE_STALE, "1h", 3600000},
	        {CONF_YAVIO_MAX_EVENT_AGE, "400d", 400 * INT64_C(86400000)},
	        {CONF_YAVIO_MAX_EVENT_AGE, "30", 30 * INT64_C(86400000)},
	        {CONF_YAVIO_MAX_EVENT_AGE, "0", 0},
	        {CONF_YAVIO_SPOOL_KEEP, "0", 0},
	        {CONF_YAVIO_CLOUD, "true", 1},
	        {CONF_YAVIO_CLOUD, "YES", 1},
	        {CONF_YAVIO_CLOUD, "on", 1},
	        {CONF_YAVIO_CLOUD, "1", 1},
	        {CONF_YAVIO_CLOUD, "False", 0},
	        {CONF_YAVIO_CLOUD, "0", 0},
	        {CONF_YAVIO_TLS, "internal", 1},
	        {CONF_LOG_LEVEL, "warn", LOG_WARN},
	        {CONF_YAVIO_BACKUP_AT, "03:15", 195},
	        {CONF_YAVIO_BACKUP_AT, "off", -1},
	};
	struct conf_value v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (parse(cases[i].id, cases[i].text, &v) != ERR_OK)
			fail_msg("%s refuses %s", conf_option(cases[i].id)->name, cases[i].text);
		assert_int_equal(v.number[0], cases[i].number);
	}
}

static void test_number_faults(void **state)
{
	(void)state;
	REFUSES(CONF_YAVIO_HTTP_PORT, "-1", "65536", "80a", " 80", "80 ", "+80", "0x50", "8.0");
	REFUSES(CONF_YAVIO_INGEST_WORKERS, "0", "65", "Auto", "two");
	REFUSES(CONF_YAVIO_WORKER_MAX_REQUESTS, "10000001", "1e3", "99999999999999999999");
	REFUSES(CONF_YAVIO_MAX_BODY_BYTES, "17M", "1023", "1.5M", "1T", "12MB", "M", "-1K",
	        "9223372036854775807G");
	REFUSES(CONF_YAVIO_SPOOL_SEGMENT_BYTES, "2G", "512K", "64");
	REFUSES(CONF_YAVIO_DRAIN_TIMEOUT, "35", "0", "999ms", "301s", "1w", "s", "-5s", "5 s");
	REFUSES(CONF_YAVIO_SPOOL_FSYNC_INTERVAL, "4ms", "2s");
	REFUSES(CONF_YAVIO_MAX_EVENT_AGE, "3651d", "1y");
	REFUSES(CONF_YAVIO_CLOUD, "2", "ja", "truee", "");
	REFUSES(CONF_YAVIO_TLS, "Auto", "files|off", "", "int");
	REFUSES(CONF_YAVIO_BACKUP_AT, "3:15", "24:00", "03:60", "0315", "03:15:00", "never");
	REFUSES(CONF_SENTRY_TRACES_SAMPLE_RATE, "1.1", "-0.1", ".", "nan", "1e-1", "0.1.2", "");
}

static void test_decimals_rates_pools(void **state)
{
	struct conf_value v;

	(void)state;
	assert_int_equal(parse(CONF_SENTRY_TRACES_SAMPLE_RATE, "0.25", &v), ERR_OK);
	assert_true(v.decimal > 0.249 && v.decimal < 0.251);
	assert_int_equal(parse(CONF_YAVIO_RL_TOTP, "5/900", &v), ERR_OK);
	assert_int_equal(v.number[0], 5);
	assert_int_equal(v.number[1], 900);
	REFUSES(CONF_YAVIO_RL_TOTP, "0/60", "5/0", "5", "5/", "/5", "5/86401", "5:60", "5/60/1",
	        "1000001/60", "-5/60");
	assert_int_equal(parse(CONF_YAVIO_STORE_CONNECTIONS, "2:61:1", &v), ERR_OK);
	assert_int_equal(v.number[1], 61);
	REFUSES(CONF_YAVIO_STORE_CONNECTIONS, "2:62:1", "0:6:1", "2:6", "2:6:1:1", "2:6:", "a:6:1");
}

static void test_urls_and_hosts(void **state)
{
	(void)state;
	TAKES(CONF_CLICKHOUSE_URL, "http://127.0.0.1:8123", "https://ch.example.com/",
	        "http://[::1]:8123", "https://ch.example.com:8443/path?x=1",
	        "http://click_house:8123");
	REFUSES(CONF_CLICKHOUSE_URL, "ch.example.com", "ftp://a", "http://", "http://:80",
	        "http://a:0", "http://a:65536", "http://a b", "http://user:pw@a", "http://[1]:1",
	        "http://[::1", "http://-a", "http://a..b", "http://a-");
	TAKES(CONF_NEXTAUTH_URL, "https://yavio.example.com", "http://localhost:3000/");
	REFUSES(CONF_NEXTAUTH_URL, "https://yavio.example.com/app", "https://a?b", "https://u@a",
	        "yavio.example.com", "https://a//");
	TAKES(CONF_DATABASE_URL, "postgresql://u:p@h/db", "postgres:///yavio?host=/run/x");
	REFUSES(CONF_DATABASE_URL, "mysql://h/db", "host=h", "postgresql://a b");
	TAKES(CONF_REDIS_URL, "redis://localhost:6379", "rediss://:p%40w@r.example.com/0",
	        "unix:///run/redis.sock");
	REFUSES(CONF_REDIS_URL, "localhost:6379", "unix://relative", "redis://", "http://r");
	TAKES(CONF_YAVIO_DOMAIN, "yavio.example.com", "localhost", "10.0.0.1", "xn--bcher-kva.de");
	REFUSES(CONF_YAVIO_DOMAIN, "https://yavio.example.com", "a/b", "a..b", ".a", "a.", "a b",
	        "-a.b", "a-.b",
	        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b");
	TAKES(CONF_SENTRY_DSN, "https://abc123@o1.ingest.example.com/42");
}

static void test_lists_names_mails(void **state)
{
	(void)state;
	TAKES(CONF_YAVIO_BIND, "127.0.0.1", "127.0.0.1,::1", "0.0.0.0 ::", "10.0.0.1, 10.0.0.2");
	REFUSES(CONF_YAVIO_BIND, "localhost", "127.0.0", "127.0.0.1/8", ",", "127.0.0.1,x", "*");
	TAKES(CONF_YAVIO_TRUSTED_PROXIES, "10.0.0.0/8", "10.0.0.1 fd00::/8", "::1", "0.0.0.0/0");
	REFUSES(CONF_YAVIO_TRUSTED_PROXIES, "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "proxy", "",
	        "10.0.0.0/-1");
	TAKES(CONF_CLICKHOUSE_DATABASE, "yavio", "_x9", "Y");
	REFUSES(CONF_CLICKHOUSE_DATABASE, "9a", "a-b", "a.b", "a b", "a;DROP", "",
	        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	TAKES(CONF_SMTP_FROM, "noreply@localhost", "Yavio <no.reply@example.com>", "a+b@x.org");
	REFUSES(CONF_SMTP_FROM, "noreply", "@x.org", "a@", "a b@x.org", "a@x.org\nBcc: b@x.org",
	        "Yavio <a@x.org", "a@x.org,b@x.org", "<>");
	TAKES(CONF_SMTP_USER, "any text of one line");
	REFUSES(CONF_SMTP_USER, "two\nlines", "tab\there");
	TAKES(CONF_YAVIO_HOME, "/var/lib/yavio", "var");
	REFUSES(CONF_YAVIO_HOME, "", "a\nb");
}

#define BASE64_KEY "qJ4mT0cY8rW2xL6vB1nH5sD9fG3kP7zQeRtUiOpAsDE="
#define HEX_KEY    "00112233445566778899aabbccddeeff0123456789abcdef0123456789ABCDEF"
#define LONG_TEXT  "Zx1Cv2Bn3Mq4We5Rt6Yu7Io8Pa9Sd0Fg1Hj2Kl3Z"

static void test_secrets(void **state)
{
	(void)state;
	TAKES(CONF_JWT_SECRET, BASE64_KEY, LONG_TEXT);
	REFUSES(CONF_JWT_SECRET, "short", "changeme", "secretsecretsecretsecretsecretsecret",
	        "password-password-password-password", "REPLACE_ME_WITH_A_LONG_RANDOM_VALUE_1",
	        "0123456789abcdef0123456789abcdef", "aaaaaaaabbbbbbbbccccccccdddddddd",
	        "my-changeme-value-that-is-quite-long-9");
	TAKES(CONF_POSTGRES_APP_PASSWORD, HEX_KEY, "0f1e2d3c4b5a69788796a5b4");
	REFUSES(CONF_POSTGRES_APP_PASSWORD, "0f1e2d3c4b5a69788796a5b", "postgres", "yavio_dev");

	TAKES(CONF_ENCRYPTION_KEY, BASE64_KEY, HEX_KEY, "k1:" BASE64_KEY,
	        "k2:" HEX_KEY ",k1:" BASE64_KEY);
	REFUSES(CONF_ENCRYPTION_KEY, "k1:" LONG_TEXT, "k1:" BASE64_KEY ",k1:" HEX_KEY,
	        "k1:" BASE64_KEY ",", "k1:" BASE64_KEY "," HEX_KEY, "k1:", "h1:" BASE64_KEY,
	        "k1:qJ4mT0cY8rW2xL6vB1nH5sD9fG3kP7zQeRtUiOpAsDF=", "k12345:" BASE64_KEY,
	        "k1:" BASE64_KEY ",h2:" HEX_KEY);
	TAKES(CONF_API_KEY_HASH_SECRET, LONG_TEXT, "h1:" LONG_TEXT, "h2:" LONG_TEXT ",h1:" HEX_KEY);
	REFUSES(CONF_API_KEY_HASH_SECRET, "h1:short", "h2:" LONG_TEXT ",h1:changeme", "changeme",
	        "h2:" LONG_TEXT ",,h1:" HEX_KEY);
}

static void test_published_needs_no_help(void **state)
{
	(void)state;
	assert_true(conf_value_published("Yavio_Dev"));
	assert_true(conf_value_published("test-test.test"));
	assert_true(conf_value_published("REPLACE_ME"));
	assert_false(conf_value_published(BASE64_KEY));
	/* A word may be part of a strong value. */
	assert_false(conf_value_published("testQ9vB1nH5sD9fG3kP7zQeRtUi"));
}

static void reason(enum conf_id id, const char *text, const char *expected)
{
	struct conf_value v;
	char why[CONF_WHY_BYTES] = "";

	assert_int_not_equal(conf_value_parse(conf_option(id), text, &v, why, sizeof(why)), ERR_OK);
	assert_string_equal(why, expected);
}

static void test_reasons(void **state)
{
	(void)state;
	reason(CONF_YAVIO_HTTP_PORT, "x", "is malformed: a port from 0 to 65535 is needed");
	reason(CONF_YAVIO_INGEST_WORKERS, "x",
	        "is malformed: a whole number from 1 to 64 is needed, or auto");
	reason(CONF_YAVIO_SPOOL_SEGMENT_BYTES, "x",
	        "is malformed: a size from 1M to 1G (units K, M, G) is needed");
	reason(CONF_YAVIO_DRAIN_TIMEOUT, "x",
	        "is malformed: a time from 1s to 5m (units ms, s, m, h, d) is needed");
	reason(CONF_YAVIO_TLS, "x", "is malformed: one of auto|internal|files|off is needed");
	reason(CONF_JWT_SECRET, "dV3kQ9pL2sX7", "is too weak: 12 characters, 32 needed");
	reason(CONF_JWT_SECRET, "changeme", "is a published value");
	reason(CONF_ENCRYPTION_KEY, LONG_TEXT,
	        "is malformed: each key is 32 bytes in base64 (44 characters) or hex (64)");
}

/* A default that its own type refuses would stop every program. */
static void test_defaults_are_valid(void **state)
{
	struct conf_value v;
	char why[CONF_WHY_BYTES];

	(void)state;
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		const struct conf_option *option = conf_option((enum conf_id)i);

		if (option->fallback[0] != '\0' &&
		        conf_value_parse(option, option->fallback, &v, why, sizeof(why)) != ERR_OK)
			fail_msg("%s: its default %s", option->name, why);
		assert_true(option->help[0] != '\0');
		assert_true(option->programs[0] != '\0');
		assert_true((option->flags & CONF_FLAG_REQUIRED) == 0 ||
		            (option->flags & CONF_FLAG_SECRET) != 0);
	}
}

static void test_names(void **state)
{
	enum conf_id id;

	(void)state;
	assert_true(conf_option_find("CLICKHOUSE_PASSWORD", &id));
	assert_int_equal(id, CONF_CLICKHOUSE_ADMIN_PASSWORD);
	assert_false(conf_option_find("YAVIO_", &id));
	assert_true(conf_option_visible(CONF_JWT_SECRET, CONF_INGEST));
	assert_false(conf_option_visible(CONF_JWT_SECRET, CONF_DASHBOARD));
	assert_true(conf_option_visible(CONF_JWT_SECRET, CONF_ALL));
	assert_string_equal(conf_nearest("YAVIO_HTP_PORT"), "YAVIO_HTTP_PORT");
	assert_null(conf_nearest("YAVIO_SOMETHING_ELSE_ALTOGETHER"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_numbers),
	        cmocka_unit_test(test_number_faults),
	        cmocka_unit_test(test_decimals_rates_pools),
	        cmocka_unit_test(test_urls_and_hosts),
	        cmocka_unit_test(test_lists_names_mails),
	        cmocka_unit_test(test_secrets),
	        cmocka_unit_test(test_published_needs_no_help),
	        cmocka_unit_test(test_reasons),
	        cmocka_unit_test(test_defaults_are_valid),
	        cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("conf_value", tests, NULL, NULL);
}
