/* SPDX-License-Identifier: MIT
 * Tests of signing in with a provider without one: the state cookie, the return path, the address
 * at the provider, and what is read from its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "auth/auth_oauth.h"
#include "auth/auth_provider.h"
#include "base/str.h"

#include <cmocka.h>

enum { NOW = 1795219200 };

static const uint8_t KEY[AUTH_OAUTH_KEY_BYTES] = {1, 2, 3}, OTHER[AUTH_OAUTH_KEY_BYTES] = {1, 2, 4};

static void test_providers(void **state)
{
	enum auth_provider p;

	(void)state;
	assert_true(auth_provider_find("github", &p));
	assert_int_equal(p, AUTH_GITHUB);
	assert_true(auth_provider_find("google", &p));
	assert_string_equal(auth_provider_name(p), "google");
	assert_false(auth_provider_find("GitHub", &p));
	assert_false(auth_provider_find("", &p));
}

static void test_return_to(void **state)
{
	static const char *const GOOD[] = {"/", "/a", "/a/b?c=d&e=%2F#f", "/a//b", "/a\\b"};
	static const char *const BAD[] = {"", "a", "//evil.example", "/\\evil.example", "\\/evil",
	        "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil",
	        "/a b", "/\xC3\xA4", " /a", "/\x7F"};
	char out[AUTH_OAUTH_RETURN_BYTES], longest[AUTH_OAUTH_RETURN_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
		auth_oauth_return_to(GOOD[i], out);
		assert_string_equal(out, GOOD[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		auth_oauth_return_to(BAD[i], out);
		assert_string_equal(out, "/");
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[0] = '/';
	longest[AUTH_OAUTH_RETURN_BYTES] = '\0';
	auth_oauth_return_to(longest, out);
	assert_string_equal(out, "/");
	longest[AUTH_OAUTH_RETURN_BYTES - 1] = '\0';
	auth_oauth_return_to(longest, out);
	assert_string_equal(out, longest);
}

static struct auth_oauth_flow flow_of(const char *return_to)
{
	struct auth_oauth_flow flow = {.provider = AUTH_GOOGLE,
	        .purpose = AUTH_OAUTH_LINK,
	        .user_id = "11111111-1111-4111-8111-111111111111"};

	str_copy(flow.return_to, sizeof(flow.return_to), return_to);
	assert_int_equal(auth_oauth_begin(&flow, NOW), ERR_OK);
	return flow;
}

static void test_cookie(void **state)
{
	struct auth_oauth_flow a = flow_of("/x"), b = flow_of("/x"), out;
	char longest[AUTH_OAUTH_RETURN_BYTES];
	struct buf text;

	(void)state;
	assert_int_equal(strlen(a.state), AUTH_OAUTH_RANDOM_CHARS);
	assert_string_not_equal(a.state, b.state);
	assert_string_not_equal(a.state, a.verifier);
	buf_init(&text, AUTH_OAUTH_COOKIE_BYTES_MAX);
	assert_int_equal(auth_oauth_seal(KEY, &a, &text), ERR_OK);
	assert_null(strstr(buf_str(&text), a.state));
	assert_true(auth_oauth_open(KEY, buf_str(&text), NOW, &out));
	assert_string_equal(out.state, a.state);
	assert_string_equal(out.verifier, a.verifier);
	assert_string_equal(out.return_to, "/x");
	assert_string_equal(out.user_id, a.user_id);
	assert_int_equal(out.provider, AUTH_GOOGLE);
	assert_int_equal(out.purpose, AUTH_OAUTH_LINK);
	assert_false(auth_oauth_open(OTHER, buf_str(&text), NOW, &out));
	assert_true(auth_oauth_open(KEY, buf_str(&text), NOW + AUTH_OAUTH_LIFE_S - 1, &out));
	assert_false(auth_oauth_open(KEY, buf_str(&text), NOW + AUTH_OAUTH_LIFE_S, &out));
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		assert_false(auth_oauth_open(KEY, buf_str(&text), NOW, &out));
		text.data[i] ^= 1;
	}
	assert_false(auth_oauth_open(KEY, "", NOW, &out));
	assert_false(auth_oauth_open(KEY, "AAAA", NOW, &out));
	/* the widest that can be */
	memset(longest, '"', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	a = flow_of(longest);
	buf_clear(&text);
	assert_int_equal(auth_oauth_seal(KEY, &a, &text), ERR_OK);
	assert_true(auth_oauth_open(KEY, buf_str(&text), NOW, &out));
	assert_string_equal(out.return_to, longest);
	buf_release(&text);
	buf_init(&text, 10);
	assert_int_equal(auth_oauth_seal(KEY, &a, &text), ERR_DASH_INTERNAL_ERROR);
	buf_release(&text);
}

static void test_url(void **state)
{
	struct auth_oauth_ask ask = {.authorize_url = "https://p.example/auth",
	        .client_id = "a b&c",
	        .redirect_uri = "https://y.example/api/auth/callback/google"};
	struct auth_oauth_flow flow = {.provider = AUTH_GITHUB, .state = "S"};
	struct buf url;

	(void)state;
	/* RFC 7636, appendix B */
	str_copy(flow.verifier, sizeof(flow.verifier),
	        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	buf_init(&url, AUTH_OAUTH_URL_BYTES_MAX);
	assert_true(auth_oauth_url(&ask, &flow, &url));
	assert_string_equal(buf_str(&url),
	        "https://p.example/auth?response_type=code&client_id=a%20b%26c"
	        "&redirect_uri=https%3A%2F%2Fy.example%2Fapi%2Fauth%2Fcallback%2Fgoogle"
	        "&scope=read%3Auser%20user%3Aemail&state=S"
	        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	        "&code_challenge_method=S256");
	buf_clear(&url);
	ask.authorize_url = "https://p.example/auth?x=1";
	assert_true(auth_oauth_url(&ask, &flow, &url));
	assert_true(
	        str_starts_with(buf_str(&url), "https://p.example/auth?x=1&response_type=code"));
	buf_release(&url);
	buf_init(&url, 40);
	assert_false(auth_oauth_url(&ask, &flow, &url));
	buf_release(&url);
}

static void test_tokens(void **state)
{
	static const char *const BAD[] = {"", "{}", "[]", "{\"access_token\":\"\"}",
	        "{\"access_token\":5}", "{\"access_token\":\"a b\"}",
	        "{\"access_token\":\"a\\r\\nX: y\"}", "{\"error\":\"bad_verification_code\"}",
	        "access_token=x&scope="};
	static const char good[] =
	        "{\"access_token\":\"t\",\"refresh_token\":\"r\",\"expires_in\":60}",
	                  plain[] =
	                          "{\"access_token\":\"t\",\"expires_in\":-1,\"refresh_token\":7}";
	struct auth_provider_tokens out;
	char wide[AUTH_PROVIDER_TOKEN_BYTES + 64];
	int len;

	(void)state;
	assert_true(auth_provider_read_tokens(good, strlen(good), 1000, &out));
	assert_string_equal(out.access, "t");
	assert_string_equal(out.refresh, "r");
	assert_int_equal(out.expires_at_ms, 61000);
	assert_true(auth_provider_read_tokens(plain, strlen(plain), 1000, &out));
	assert_string_equal(out.refresh, "");
	assert_int_equal(out.expires_at_ms, 0);
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_false(auth_provider_read_tokens(BAD[i], strlen(BAD[i]), 0, &out));
	len = snprintf(
	        wide, sizeof(wide), "{\"access_token\":\"%0*d\"}", AUTH_PROVIDER_TOKEN_BYTES, 1);
	assert_false(auth_provider_read_tokens(wide, (size_t)len, 0, &out));
}

static bool google(const char *json, struct auth_identity *out)
{
	return auth_provider_read_google(json, strlen(json), out);
}

static void test_google(void **state)
{
	struct auth_identity id;

	(void)state;
	assert_true(google("{\"sub\":\"1\",\"email\":\"A@b.example\",\"email_verified\":true,"
	                   "\"name\":\"N\"}",
	        &id));
	assert_string_equal(id.account_id, "1");
	assert_string_equal(id.email, "A@b.example");
	assert_string_equal(id.name, "N");
	assert_true(
	        google("{\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":false}", &id));
	assert_string_equal(id.email, "");
	assert_true(google("{\"sub\":\"1\",\"email\":\"a@b.example\"}", &id));
	assert_string_equal(id.email, "");
	assert_true(google(
	        "{\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":\"true\"}", &id));
	assert_string_equal(id.email, "");
	assert_false(google("{\"sub\":1}", &id));
	assert_false(google("{\"sub\":\"\"}", &id));
	assert_false(google("{\"email\":\"a@b.example\",\"email_verified\":true}", &id));
	assert_false(google("<html>", &id));
}

static bool github(const char *user, const char *emails, struct auth_identity *out)
{
	return auth_provider_read_github(user, strlen(user), emails, strlen(emails), out);
}

static void test_github(void **state)
{
	static const char emails[] =
	        "[{\"email\":\"x@b.example\",\"primary\":false,\"verified\":true},"
	        "{\"email\":\"p@b.example\",\"primary\":true,\"verified\":true}]";
	static const char unproven[] =
	        "[{\"email\":\"x@b.example\",\"primary\":false,\"verified\":true},"
	        "{\"email\":\"p@b.example\",\"primary\":true,\"verified\":false}]";
	struct auth_identity id;

	(void)state;
	assert_true(github("{\"id\":583231,\"login\":\"octocat\",\"name\":null}", emails, &id));
	assert_string_equal(id.account_id, "583231");
	assert_string_equal(id.email, "p@b.example");
	assert_string_equal(id.name, "octocat");
	assert_true(github("{\"id\":1,\"login\":\"o\",\"name\":\"The Cat\"}", unproven, &id));
	assert_string_equal(id.email, "");
	assert_string_equal(id.name, "The Cat");
	assert_true(github("{\"id\":1}", "[]", &id));
	assert_true(github("{\"id\":1}", "[1,null,{}]", &id));
	assert_false(github("{\"id\":1}", "{\"message\":\"Not Found\"}", &id));
	assert_false(github("{\"id\":\"1\"}", "[]", &id));
	assert_false(github("{\"id\":0}", "[]", &id));
	assert_false(github("", "[]", &id));
	assert_false(github("{\"id\":1}", "", &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_providers),
	        cmocka_unit_test(test_return_to),
	        cmocka_unit_test(test_cookie),
	        cmocka_unit_test(test_url),
	        cmocka_unit_test(test_tokens),
	        cmocka_unit_test(test_google),
	        cmocka_unit_test(test_github),
	};

	return cmocka_run_group_tests_name("auth_oauth", tests, NULL, NULL);
}
