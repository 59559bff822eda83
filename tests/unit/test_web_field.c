/* SPDX-License-Identifier: MIT
 * Tests of fields and cookies: what is taken, what is refused and by which word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "web/web_cookie.h"
#include "web/web_field_internal.h"

#include <cmocka.h>

static const char *const WORDS[] = {"admin", "viewer", NULL};
static const char *const SORT[] = {"name", "createdAt", NULL};

static const char *not_root(const struct request *req, const struct web_value *v)
{
	(void)req;
	return strcmp(v->text, "root") == 0 ? "reserved" : NULL;
}

enum { NAME, SECRET, EMAIL, ID, SLUG, WORD, COUNT, ON, AT, CODE, SPARE };
static const struct web_field BODY[] = {
        [NAME] = {.name = "name",
                .type = WEB_TEXT,
                .min = 2,
                .max = 5,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_WORKSPACE_NAME},
        [SECRET] =
                {.name = "secret", .type = WEB_SECRET, .min = 1, .max = 600, .flags = WEB_OPTIONAL},
        [EMAIL] = {.name = "email", .type = WEB_EMAIL, .flags = WEB_OPTIONAL},
        [ID] = {.name = "id", .type = WEB_UUID, .flags = WEB_OPTIONAL},
        [SLUG] = {.name = "slug",
                .type = WEB_SLUG,
                .min = 3,
                .max = 6,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_SLUG_FORMAT,
                .check = not_root},
        [WORD] = {.name = "word", .type = WEB_WORD, .flags = WEB_OPTIONAL, .words = WORDS},
        [COUNT] = {.name = "count", .type = WEB_INT, .min = 0, .max = 1440, .flags = WEB_OPTIONAL},
        [ON] = {.name = "on", .type = WEB_BOOL, .flags = WEB_OPTIONAL},
        [AT] = {.name = "at", .type = WEB_TIME, .flags = WEB_OPTIONAL | WEB_FUTURE},
        [CODE] = {.name = "code", .type = WEB_TOKEN, .min = 6, .max = 6, .flags = WEB_ONE_OF},
        [SPARE] = {.name = "spare", .type = WEB_TOKEN, .min = 1, .max = 9, .flags = WEB_ONE_OF},
};
static const struct web_fields FIELDS = WEB_FIELDS(BODY);
static const struct web_field QUERY[] = {
        WEB_LIST_FIELDS(SORT), [WEB_LIST_LEN] = {.name = "from",
                                       .type = WEB_TIME,
                                       .flags = WEB_OPTIONAL,
                                       .code = ERR_DASH_INVALID_TIME_RANGE}};
static const struct web_fields LIST = WEB_FIELDS(QUERY);

static const char *even(const struct request *r, const struct web_value *v)
{
	(void)r;
	return v->items % 2 == 0 ? NULL : "odd";
}

enum { TAGS, KINDS, LIMIT };
static const struct web_field MANY[] = {
        [TAGS] = {.name = "tag",
                .type = WEB_TEXT,
                .min = 1,
                .max = 5,
                .flags = WEB_OPTIONAL,
                .items_max = 3},
        [KINDS] = {.name = "kind",
                .type = WEB_TOKEN,
                .min = 1,
                .max = 5,
                .flags = WEB_OPTIONAL | WEB_COMMAS,
                .items_max = 4,
                .code = ERR_DASH_INVALID_PLATFORM_FILTER,
                .check = even},
        [LIMIT] = {.name = "limit",
                .type = WEB_INT,
                .min = 1,
                .max = 9,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_PAGINATION},
};
static const struct web_fields MANY_FIELDS = WEB_STRICT_FIELDS(MANY);
static const struct web_route MANY_ROUTE = {.method = WEB_GET, .fields = &MANY_FIELDS};

static const struct web_program PROGRAM = {
        .err_json = ERR_DASH_MALFORMED_JSON,
        .err_fields = ERR_DASH_VALIDATION_FAILED,
        .err_internal = ERR_DASH_INTERNAL_ERROR,
};
static const struct web_route POST_ROUTE = {.method = WEB_POST, .fields = &FIELDS};
static const struct web_route GET_ROUTE = {.method = WEB_GET, .fields = &LIST};

static struct buf body, texts;
static struct request req;

static enum err read_body(const char *json)
{
	buf_clear(&body);
	buf_clear(&texts);
	buf_add_str(&body, json);
	req = (struct request){.route = &POST_ROUTE, .query = "", .body = &body, .texts = &texts};
	return web_fields_read(&PROGRAM, &req);
}

static enum err read_query(const char *query)
{
	buf_clear(&texts);
	req = (struct request){.route = &GET_ROUTE, .query = query, .texts = &texts};
	return web_fields_read(&PROGRAM, &req);
}

static enum err read_many(const char *query)
{
	buf_clear(&texts);
	req = (struct request){.route = &MANY_ROUTE, .query = query, .texts = &texts};
	return web_fields_read(&PROGRAM, &req);
}

/* The member beside a code that is always good. */
static enum err read_member(const char *member)
{
	char json[2048];

	snprintf(json, sizeof(json), "{\"code\":\"123456\",%s}", member);
	return read_body(json);
}

static void assert_problem(const char *member, const char *field, const char *problem, enum err e)
{
	assert_int_equal(read_member(member), e);
	assert_int_equal(req.faults.len, 1);
	assert_string_equal(req.faults.list[0].field, field);
	assert_string_equal(req.faults.list[0].problem, problem);
}

static void test_good_values(void **state)
{
	(void)state;
	assert_int_equal(read_member("\"name\":\"  Zoë \\u00a0\",\"secret\":\" p \","
	                             "\"email\":\" Ann.B+c@Mail.Example \",\"slug\":\"a-1\","
	                             "\"word\":\"viewer\",\"count\":1440,\"on\":false,"
	                             "\"at\":\"2999-01-01T00:00:00+01:00\""),
	        ERR_OK);
	assert_string_equal(web_text(&req, NAME), "Zoë");
	assert_string_equal(web_text(&req, SECRET), " p ");
	assert_string_equal(web_text(&req, EMAIL), "ann.b+c@mail.example");
	assert_int_equal(web_int(&req, WORD, 9), 1);
	assert_int_equal(web_int(&req, COUNT, 9), 1440);
	assert_true(web_given(&req, ON));
	assert_false(web_bool(&req, ON, true));
	assert_true(web_int(&req, AT, 0) == INT64_C(32472140400000));
	assert_null(web_text(&req, ID));
	assert_int_equal(web_int(&req, SPARE, 9), 9);
}

static void test_each_problem(void **state)
{
	static const struct {
		const char *member, *field, *problem;
	} CASES[] = {
	        {"\"secret\":\"\"", "secret", "too_short"},
	        {"\"email\":\"a@b\"", "email", "bad_format"},
	        {"\"email\":\"a..b@c.example\"", "email", "bad_format"},
	        {"\"email\":\"a\\r\\nBcc: x@c.example\"", "email", "bad_format"},
	        {"\"id\":\"0B1F6B1E-0000-4000-8000-000000000000\"", "id", "bad_format"},
	        {"\"word\":\"owner\"", "word", "unknown_value"},
	        {"\"count\":-1", "count", "too_small"},
	        {"\"count\":1441", "count", "too_large"},
	        {"\"count\":1.5", "count", "wrong_type"},
	        {"\"count\":\"5\"", "count", "wrong_type"},
	        {"\"on\":1", "on", "wrong_type"},
	        {"\"on\":null", "on", "wrong_type"},
	        {"\"at\":\"2999-01-01\"", "at", "bad_format"},
	        {"\"at\":\"2020-01-01T00:00:00Z\"", "at", "not_in_future"},
	        {"\"nope\":1", "nope", "unknown"},
	        {"\"on\":true,\"on\":true", "on", "duplicate"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
		assert_problem(CASES[i].member, CASES[i].field, CASES[i].problem,
		        ERR_DASH_VALIDATION_FAILED);
	assert_problem("\"name\":\"x\"", "name", "too_short", ERR_DASH_INVALID_WORKSPACE_NAME);
	assert_problem("\"name\":\"éééééé\"", "name", "too_long", ERR_DASH_INVALID_WORKSPACE_NAME);
	assert_problem("\"name\":\"a\\u202eb\"", "name", "bad_characters",
	        ERR_DASH_INVALID_WORKSPACE_NAME);
	assert_problem("\"slug\":\"root\"", "slug", "reserved", ERR_DASH_INVALID_SLUG_FORMAT);
	assert_problem("\"slug\":\"a--\"", "slug", "bad_format", ERR_DASH_INVALID_SLUG_FORMAT);
	assert_problem("\"slug\":\"Ä-1\"", "slug", "bad_format", ERR_DASH_INVALID_SLUG_FORMAT);
}

static void test_choices(void **state)
{
	(void)state;
	assert_int_equal(read_body("{}"), ERR_DASH_VALIDATION_FAILED);
	assert_int_equal(req.faults.len, 2);
	assert_string_equal(req.faults.list[0].problem, "required");
	assert_int_equal(read_body("{\"spare\":\"1\"}"), ERR_OK);
	assert_int_equal(read_member("\"spare\":\"1\""), ERR_DASH_VALIDATION_FAILED);
	assert_string_equal(req.faults.list[1].problem, "one_of");
}

static void test_several_faults(void **state)
{
	(void)state;
	assert_int_equal(read_member("\"name\":\"x\",\"slug\":\"-\""), ERR_DASH_VALIDATION_FAILED);
	assert_int_equal(req.faults.len, 2);
	assert_int_equal(read_member("\"a\":1,\"b\":1,\"c\":1"), ERR_DASH_VALIDATION_FAILED);
	assert_int_equal(req.faults.len, 3);
}

/* More than are listed is no harm, and a long name is cut. */
static void test_many_faults(void **state)
{
	struct buf json;

	(void)state;
	buf_init(&json, 65536);
	buf_add_char(&json, '{');
	for (int i = 0; i < 200; i++)
		buf_addf(&json, "%s\"%0100d\":1", i > 0 ? "," : "", i);
	buf_add_char(&json, '}');
	assert_int_equal(read_body(buf_str(&json)), ERR_DASH_VALIDATION_FAILED);
	assert_int_equal(req.faults.len, WEB_FAULTS_MAX);
	assert_int_equal(strlen(req.faults.list[0].field), WEB_FAULT_NAME_BYTES - 1);
	buf_release(&json);
}

static void test_no_object(void **state)
{
	static const char *const BAD[] = {"", "[]", "1", "{", "{} {}", "nul", "{\"a\":NaN}",
	        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}",
	        "{\"name\":\"a\\u0000b\"}", "{\"name\":\"\xff\"}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_int_equal(read_body(BAD[i]), ERR_DASH_MALFORMED_JSON);
}

static void test_query(void **state)
{
	struct web_page page;

	(void)state;
	assert_int_equal(
	        read_query("page=3&pageSize=10&sort=createdAt&order=asc&other=%zz"), ERR_OK);
	web_page(&req, true, &page);
	assert_int_equal(page.offset, 20);
	assert_int_equal(page.size, 10);
	assert_int_equal(page.sort, 1);
	assert_false(page.descending);
	assert_int_equal(read_query(""), ERR_OK);
	web_page(&req, true, &page);
	assert_int_equal(page.number, 1);
	assert_int_equal(page.size, WEB_PAGE_SIZE_DEFAULT);
	assert_true(page.descending);
	assert_int_equal(read_query("page=0"), ERR_DASH_INVALID_PAGINATION);
	assert_int_equal(read_query("page=0&pageSize=x"), ERR_DASH_INVALID_PAGINATION);
	assert_int_equal(read_query("page=1&page=1"), ERR_DASH_INVALID_PAGINATION);
	assert_int_equal(read_query("sort=no"), ERR_DASH_INVALID_SORT_PARAMETER);
	assert_int_equal(read_query("sort=no&page=0"), ERR_DASH_VALIDATION_FAILED);
	assert_int_equal(read_query("from=2026-03-15T10:30:00"), ERR_DASH_INVALID_TIME_RANGE);
	assert_int_equal(read_query("from=2026-03-15T10:30:00%2B01:00"), ERR_OK);
}

static void test_refuse_field(void **state)
{
	(void)state;
	assert_int_equal(read_member("\"name\":\"ab\""), ERR_OK);
	assert_int_equal(web_refuse_field(&req, NAME, "reserved"), ERR_DASH_INVALID_WORKSPACE_NAME);
	assert_int_equal(web_refuse_field(&req, COUNT, "too_large"), ERR_DASH_VALIDATION_FAILED);
	assert_int_equal(req.faults.len, 2);
}

/* ---- cookies --------------------------------------------------------------------------------- */

static void test_cookies(void **state)
{
	static const struct {
		const char *header, *value;
		enum web_cookie_state state;
	} CASES[] = {
	        {NULL, "", WEB_COOKIE_ABSENT},
	        {"", "", WEB_COOKIE_ABSENT},
	        {"a=1", "1", WEB_COOKIE_GIVEN},
	        {"b=2; a=1; c=3", "1", WEB_COOKIE_GIVEN},
	        {"aa=2; a=1 ;", "1", WEB_COOKIE_GIVEN},
	        {"a=1=2", "1=2", WEB_COOKIE_GIVEN},
	        {"A=1", "", WEB_COOKIE_ABSENT},
	        {"a", "", WEB_COOKIE_ABSENT},
	        {"a=", "", WEB_COOKIE_MALFORMED},
	        {"a=1; a=1", "", WEB_COOKIE_MALFORMED},
	        {"a=\"1\"", "", WEB_COOKIE_MALFORMED},
	        {"a=1 2", "", WEB_COOKIE_MALFORMED},
	        {"a=1,b=2", "", WEB_COOKIE_MALFORMED},
	        {"a=\x80", "", WEB_COOKIE_MALFORMED},
	        {"a=123456789", "", WEB_COOKIE_MALFORMED}, /* longer than out */
	        {";;; ; a=1", "1", WEB_COOKIE_GIVEN},
	};
	char out[9];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		assert_int_equal(
		        web_cookie_find(CASES[i].header, "a", out, sizeof(out)), CASES[i].state);
		assert_string_equal(out, CASES[i].value);
	}
}

static void test_set_cookie(void **state)
{
	struct buf headers;
	struct reply rep = {.headers = &headers};
	struct web_cookie_spec spec = {.name = "yavio_session", .secure = true, .max_age_s = 60};

	(void)state;
	buf_init(&headers, 4096);
	assert_true(web_set_cookie(&rep, &spec, "abc"));
	assert_string_equal(buf_str(&headers), "Set-Cookie: __Host-yavio_session=abc; Max-Age=60; "
	                                       "Path=/; HttpOnly; SameSite=Lax; Secure\r\n");
	buf_clear(&headers);
	spec = (struct web_cookie_spec){.name = "yavio_session"};
	assert_true(web_set_cookie(&rep, &spec, "abc"));
	assert_string_equal(buf_str(&headers), "Set-Cookie: yavio_session=; Max-Age=0; Path=/; "
	                                       "HttpOnly; SameSite=Lax\r\n");
	assert_false(web_set_cookie(&rep, &spec, "a\r\nSet-Cookie: b"));
	assert_false(web_set_cookie(&rep, &spec, "a; Domain=evil"));
	buf_release(&headers);
}

static int set_up(void **state)
{
	(void)state;
	buf_init(&body, 65536);
	buf_init(&texts, 70000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_release(&body);
	buf_release(&texts);
	return 0;
}

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(read_many("tag=a%2Cb&kind=x,y&tag=%20c+d&&kind=z&kind=%C3%BC1,w"),
	        ERR_DASH_INVALID_PLATFORM_FILTER);
	assert_string_equal(req.faults.list[0].problem, "bad_characters");
	assert_int_equal(read_many("tag=a%2Cb&kind=x,y&tag=%20c+d&kind=z&kind=w"), ERR_OK);
	assert_int_equal(web_items(&req, TAGS), 2);
	assert_string_equal(web_item(&req, TAGS, 0), "a,b");
	assert_string_equal(web_item(&req, TAGS, 1), "c d");
	assert_int_equal(web_items(&req, KINDS), 4);
	assert_string_equal(web_item(&req, KINDS, 3), "w");
	assert_int_equal(read_many(""), ERR_OK);
	assert_int_equal(web_items(&req, TAGS), 0);
}

static void assert_many(const char *query, const char *field, const char *problem, enum err e)
{
	assert_int_equal(read_many(query), e);
	assert_int_equal(req.faults.len, 1);
	assert_string_equal(req.faults.list[0].field, field);
	assert_string_equal(req.faults.list[0].problem, problem);
}

static void test_strict_queries(void **state)
{
	const enum err kind = ERR_DASH_INVALID_PLATFORM_FILTER, all = ERR_DASH_VALIDATION_FAILED;

	(void)state;
	assert_many("kind=a,b,c", "kind", "odd", kind);
	assert_many("kind=a,b,c,d,e", "kind", "too_many", kind);
	assert_many("kind=a,,b", "kind", "too_short", kind);
	assert_many("tag=a&tag=b&tag=c&tag=d", "tag", "too_many", all);
	assert_many("tag=%zz", "tag", "bad_format", all);
	assert_many("limit=0", "limit", "too_small", ERR_DASH_INVALID_PAGINATION);
	assert_many("limit=1&limit=1", "limit", "duplicate", all);
	assert_many("limits=1", "limits", "unknown", all);
	assert_many("lim&limit=1", "lim", "unknown", all);
	assert_many("=1", "", "unknown", all);
}

static const char *path_value(const char *value, char *out, size_t out_size)
{
	req = (struct request){.params_len = 1, .params = {{.name = "tool"}}};
	snprintf(req.params[0].value, sizeof(req.params[0].value), "%s", value);
	return web_path_text(&req, "tool", out, out_size) ? out : NULL;
}

static void test_path_texts(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(path_value("a%2Fb", out, sizeof(out)), "a/b");
	assert_string_equal(path_value("a%252F", out, sizeof(out)), "a%2F");
	assert_string_equal(path_value("a+b&c=", out, sizeof(out)), "a+b&c=");
	assert_string_equal(path_value("%C3%bc", out, sizeof(out)), "\xc3\xbc");
	assert_null(path_value("%00", out, sizeof(out)));
	assert_null(path_value("%zz", out, sizeof(out)));
	assert_null(path_value("%c3", out, sizeof(out)));
	assert_null(path_value("12345678", out, sizeof(out)));
	assert_false(web_path_text(&req, "other", out, sizeof(out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good_values),
	        cmocka_unit_test(test_lists),
	        cmocka_unit_test(test_strict_queries),
	        cmocka_unit_test(test_path_texts),
	        cmocka_unit_test(test_each_problem),
	        cmocka_unit_test(test_choices),
	        cmocka_unit_test(test_several_faults),
	        cmocka_unit_test(test_many_faults),
	        cmocka_unit_test(test_no_object),
	        cmocka_unit_test(test_query),
	        cmocka_unit_test(test_refuse_field),
	        cmocka_unit_test(test_cookies),
	        cmocka_unit_test(test_set_cookie),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
