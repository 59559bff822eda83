/* SPDX-License-Identifier: MIT
 * Tests of tokens, of keys made from the server's secrets, and of the CSRF token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "auth/auth_csrf.h"
#include "auth/auth_token.h"

#include <cmocka.h>

enum { NOW_S = 1800000000 };

static void test_tokens(void **state)
{
	struct auth_token a, b;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];

	(void)state;
	assert_int_equal(auth_token_new(&a), ERR_OK);
	assert_int_equal(auth_token_new(&b), ERR_OK);
	assert_int_equal(strlen(a.text), AUTH_TOKEN_BYTES - 1);
	assert_string_not_equal(a.text, b.text);
	assert_true(auth_token_hash(a.text, hash));
	assert_memory_equal(hash, a.hash, sizeof(hash));
	assert_false(auth_token_hash("", hash));
	assert_false(auth_token_hash("short", hash));
	a.text[3] = '=';
	assert_false(auth_token_hash(a.text, hash));
}

static void test_keys(void **state)
{
	uint8_t a[AUTH_KEY_BYTES], b[AUTH_KEY_BYTES];

	(void)state;
	assert_int_equal(auth_key_derive("secret", "key", "csrf", a), ERR_OK);
	assert_int_equal(auth_key_derive("secret", "key", "csrf", b), ERR_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(auth_key_derive("secret", "key", "oauth cookie", b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(auth_key_derive("secret", "key2", "csrf", b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	/* where one ends and the other begins counts */
	assert_int_equal(auth_key_derive("secretk", "ey", "csrf", b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void test_csrf(void **state)
{
	static const char *const STRANGE[] = {"", ".", "1.", "x.00112233445566778899aabbccddeeff",
	        "-1.00112233445566778899aabbccddeeff", "1800000000.00112233445566778899aabbccddeef",
	        "1800000000.00112233445566778899aabbccddeeffxx", "1800000000"};
	const uint8_t key[AUTH_KEY_BYTES] = {1}, other[AUTH_KEY_BYTES] = {2};
	char cookie[AUTH_CSRF_COOKIE_BYTES], token[AUTH_CSRF_TOKEN_BYTES];

	(void)state;
	assert_int_equal(auth_csrf_cookie(NOW_S, cookie), ERR_OK);
	assert_true(auth_csrf_token(key, cookie, NOW_S, 0, token));
	assert_true(auth_csrf_check(key, cookie, token, NOW_S + AUTH_CSRF_LIFE_S - 1));
	assert_false(auth_csrf_check(key, cookie, token, NOW_S + AUTH_CSRF_LIFE_S));
	assert_false(auth_csrf_check(other, cookie, token, NOW_S));
	assert_false(auth_csrf_check(key, cookie, "", NOW_S));
	assert_false(auth_csrf_token(key, cookie, NOW_S + 3600, AUTH_CSRF_LIFE_S - 3600, token));
	/* from the future: more than clocks differ */
	assert_false(auth_csrf_token(key, cookie, NOW_S - 3600, 0, token));
	for (size_t i = 0; i < ARRAY_LEN(STRANGE); i++)
		assert_false(auth_csrf_token(key, STRANGE[i], NOW_S, 0, token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_tokens),
	        cmocka_unit_test(test_keys),
	        cmocka_unit_test(test_csrf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
