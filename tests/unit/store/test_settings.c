/* SPDX-License-Identifier: MIT
 * Tests of users and settings: who logs in, what each may set, which limits hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/store/settings.h"
#include "daemon/store/users.h"

static const char WORKSPACE[] = "11111111-1111-4111-8111-111111111111";
static const char PROJECT[] = "22222222-2222-4222-8222-222222222222";
static const char TOKEN[] = "33333333-3333-4333-8333-333333333333";

static const struct options options = {
        .database = "yavio",
        .admin_name = "default",
        .admin_password = "admin-password",
        .ingest_password = "ingest-password",
        .dashboard_password = "dashboard-password",
        .eraser_password = "eraser-password",
        .intelligence_password = "",
        .memory_bytes = 1024LL * 1024 * 1024,
        .query_timeout_ms = 30000,
        .query_memory_bytes = 256LL * 1024 * 1024,
        .query_rows_max = 100000,
        .query_threads = 2,
};

static struct users users;
static struct settings_limits limits;

static int set_up(void **state)
{
	(void)state;
	users_init(&users, &options);
	settings_limits_init(&limits, &options);
	return 0;
}

static const struct user *user(const char *name)
{
	for (size_t i = 0; i < USERS_COUNT; i++)
		if (strcmp(users.user[i].name, name) == 0)
			return &users.user[i];
	return NULL;
}

static void test_login(void **state)
{
	(void)state;
	assert_ptr_equal(users_login(&users, "default", "admin-password"), user("default"));
	assert_ptr_equal(
	        users_login(&users, "yavio_eraser", "eraser-password"), user("yavio_eraser"));
	assert_null(users_login(&users, "default", "eraser-password"));
	assert_null(users_login(&users, "default", ""));
	assert_null(users_login(&users, "", "admin-password"));
	assert_null(users_login(&users, "DEFAULT", "admin-password"));
	assert_null(users_login(&users, "yavio_intelligence", ""));
}

/* Sets up, adds one setting, returns what became of it; the SET text goes to out. */
static enum err add_one(const char *name, enum settings_class class, const char *setting,
        const char *value, char *out, size_t out_size)
{
	struct settings s;
	settings_init(&s, user(name), class);
	enum err err = settings_add(&s, setting, value);
	if (err == ERR_OK)
		assert_true(
		        settings_finish(&s, &limits, TOKEN, "yavio", WORKSPACE, PROJECT, false));
	snprintf(out, out_size, "%s", buf_str(&s.text));
	settings_release(&s);
	return err;
}

static void expect(const char *name, const char *setting, const char *value, const char *in_set)
{
	char text[4096];
	enum settings_class class = strcmp(name, "yavio_dashboard") == 0 ? SETTINGS_SELECT
	                            : strcmp(name, "yavio_ingest") == 0  ? SETTINGS_INSERT
	                                                                 : SETTINGS_ADMIN;
	enum err err = add_one(name, class, setting, value, text, sizeof(text));
	if (!in_set) {
		assert_int_equal(err, ERR_DB_STORE_STATEMENT_DENIED);
		return;
	}
	assert_int_equal(err, ERR_OK);
	if (!strstr(text, in_set))
		print_message("no %s in %s\n", in_set, text);
	assert_non_null(strstr(text, in_set));
}

static void test_limits_are_capped(void **state)
{
	static const char who[] = "yavio_dashboard";
	(void)state;
	expect(who, "log_comment", "x", "max_execution_time = '30'");
	expect(who, "log_comment", "x", "max_memory_usage = '268435456'");
	expect(who, "log_comment", "x", "max_result_rows = '100000'");
	expect(who, "log_comment", "x", "max_threads = '2'");
	expect(who, "max_execution_time", "5", "max_execution_time = '5'");
	expect(who, "max_execution_time", "0.5", "max_execution_time = '1'");
	expect(who, "max_execution_time", "0", "max_execution_time = '300'");
	expect(who, "max_execution_time", "9999999", "max_execution_time = '300'");
	expect(who, "max_result_rows", "0", "max_result_rows = '1000000'");
	expect(who, "max_result_rows", "10", "max_result_rows = '10'");
	expect(who, "max_threads", "64", "max_threads = '2'");
	expect(who, "max_threads", "1", "max_threads = '1'");
	expect(who, "max_memory_usage", "999999999999", "max_memory_usage = '268435456'");
	expect("default", "max_execution_time", "0", "max_execution_time = '0'");
	expect("default", "max_threads", "64", "max_threads = '64'");
	expect("default", "log_comment", "x", "max_execution_time = '3600'");
	expect("yavio_ingest", "log_comment", "x", "max_execution_time = '30'");
}

static void test_bad_numbers(void **state)
{
	static const char *const bad[] = {"-1", "", " 5", "5 ", "1e3", "0x10", "1.", ".5", "5.x",
	        "'5'", "99999999999999999999", "5, readonly = 0"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		expect("yavio_dashboard", "max_execution_time", bad[i], NULL);
		if (strcmp(bad[i], "99999999999999999999") != 0)
			expect("yavio_dashboard", "max_rows_to_read", bad[i], NULL);
	}
}

static void test_lists(void **state)
{
	static const char *const never[] = {"readonly", "additional_table_filters", "allow_ddl",
	        "profile", "max_memory_usage_for_user", "format_schema", "SQL_workspace_id", "",
	        "a b", "a=1", "1a", "max_threads = 1, readonly"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		expect("yavio_dashboard", never[i], "1", NULL);
		expect("yavio_ingest", never[i], "1", NULL);
		expect("yavio_eraser", never[i], "1", NULL);
	}
	expect("default", "allow_ddl", "1", "allow_ddl = '1'");
	expect("default", "a b", "1", NULL);
	expect("yavio_dashboard", "insert_deduplication_token", "x", NULL);
	expect("yavio_ingest", "output_format_x", "1", NULL);
	expect("yavio_dashboard", "output_format_json_quote_64bit_integers", "0",
	        "output_format_json_quote_64bit_integers = '0'");
	expect("yavio_dashboard", "timeout_overflow_mode", "break", NULL);
	expect("yavio_dashboard", "timeout_overflow_mode", "throw",
	        "timeout_overflow_mode = 'throw'");
	expect("yavio_dashboard", "send_progress_in_http_headers", "1", "SET ");
	expect("yavio_dashboard", "param_x", "a'b", "param_x = 'a\\'b'");
	expect("yavio_dashboard", "param_", "", "param_ = ''");
}

static void test_insert_token(void **state)
{
	static const struct {
		const char *token;
		unsigned life;
		const char *text;
	} cases[] = {{"it's", 0, "SET insert_deduplication_token = 'it\\'s'"},
	        {"a", 3, "SET insert_deduplication_token = 'a~3'"}, {"", 3, ""}, {NULL, 3, ""}};
	struct settings s;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		settings_init(&s, user("yavio_ingest"), SETTINGS_INSERT);
		if (cases[i].token)
			assert_int_equal(
			        settings_add(&s, "insert_deduplication_token", cases[i].token),
			        ERR_OK);
		settings_insert_token(&s, cases[i].life);
		assert_string_equal(buf_str(&s.text), cases[i].text);
		settings_release(&s);
	}
}

static void test_tenant_filter_comes_last(void **state)
{
	char text[4096];
	(void)state;
	assert_int_equal(
	        add_one("yavio_dashboard", SETTINGS_SELECT, "max_threads", "1", text, sizeof(text)),
	        ERR_OK);
	const char *filter =
	        strstr(text, "additional_table_filters = {'yavio.events': 'workspace_id = "
	                     "\\'11111111-1111-4111-8111-111111111111\\' AND project_id = "
	                     "\\'22222222-2222-4222-8222-222222222222\\''");
	const char *sessions = strstr(text, "'yavio.visits': ");
	const char *second = strstr(text, "'yavio.tool_registry': ");
	const char *last = strstr(text, "readonly = '1'");
	assert_non_null(filter);
	assert_true(sessions && second && sessions > filter && second > sessions);
	assert_non_null(last);
	assert_string_equal(last, "readonly = '1'");
	assert_non_null(strstr(text, TOKEN));
	assert_int_equal(
	        add_one("default", SETTINGS_ADMIN, "max_threads", "1", text, sizeof(text)), ERR_OK);
	assert_null(strstr(text, "additional_table_filters"));
	assert_null(strstr(text, "readonly"));
}

static void test_tenant_must_be_uuids(void **state)
{
	static const char *const bad[] = {NULL, "", "x", "11111111-1111-4111-8111-11111111111",
	        "11111111-1111-4111-8111-111111111111'"};
	struct settings s;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		settings_init(&s, user("yavio_dashboard"), SETTINGS_SELECT);
		assert_false(settings_finish(&s, &limits, TOKEN, "yavio", bad[i], PROJECT, true));
		assert_false(settings_finish(&s, &limits, TOKEN, "yavio", WORKSPACE, bad[i], true));
		settings_release(&s);
	}
}

static void test_too_much_text(void **state)
{
	static char value[60 * 1024];
	struct settings s;
	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	settings_init(&s, user("yavio_dashboard"), SETTINGS_SELECT);
	for (int i = 0; i < 10; i++)
		assert_int_equal(settings_add(&s, "param_x", value), ERR_OK);
	assert_false(settings_finish(&s, &limits, TOKEN, "yavio", WORKSPACE, PROJECT, true));
	settings_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_login),
	        cmocka_unit_test(test_limits_are_capped),
	        cmocka_unit_test(test_bad_numbers),
	        cmocka_unit_test(test_lists),
	        cmocka_unit_test(test_insert_token),
	        cmocka_unit_test(test_tenant_filter_comes_last),
	        cmocka_unit_test(test_tenant_must_be_uuids),
	        cmocka_unit_test(test_too_much_text),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
