/* SPDX-License-Identifier: MIT
 * Tests of lib/store that need no server: form of keys, secrets, slugs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "store/store.h"
#include "store/store_internal.h"

#include <cmocka.h>

#define S32 "0123456789abcdef0123456789ABCDEF"
#define T32 "zyxwvutsrqponmlkjihgfedcba-_9876"

static void test_key_form(void **state)
{
	char key[4 + 129 + 1] = "yav_";

	(void)state;
	memset(key + 4, 'a', 129);
	for (size_t hex = 0; hex <= 129; hex++) {
		key[4 + hex] = '\0';
		assert_int_equal(store_key_is_wellformed(key), hex >= 32 && hex <= 128);
		key[4 + hex] = 'a';
	}
	assert_false(store_key_is_wellformed("yav_" S32)); /* upper case */
	assert_false(store_key_is_wellformed("yav_zz"));
	assert_false(store_key_is_wellformed(""));
	assert_false(store_key_is_wellformed("YAV_0123456789abcdef0123456789abcdef"));
	assert_false(store_key_is_wellformed("yav_0123456789abcdef0123456789abcde "));
}

static void test_key_hash(void **state)
{
	struct store_secrets s;
	uint8_t a[STORE_KEY_HASH_BYTES], b[STORE_KEY_HASH_BYTES];
	char hex[2 * STORE_KEY_HASH_BYTES + 1];

	(void)state;
	assert_int_equal(store_secrets_parse("h2:" S32 ",h1:" T32, NULL, &s), ERR_OK);
	assert_int_equal(store_key_hash(&s.list[0], "yav_00", a), ERR_OK);
	assert_int_equal(store_key_hash(&s.list[1], "yav_00", b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	/* printf yav_00 | openssl dgst -sha256 -hmac S32 */
	str_hex(a, sizeof(a), hex);
	assert_string_equal(
	        hex, "7a8507bb9fcfd5db64153f595e2d50835653d05e17a4829dfaa5704a75607c16");
	store_secrets_release(&s);
	assert_int_equal(s.len, 0);
	assert_int_equal(s.list[0].value[0], 0);
}

static void test_secrets(void **state)
{
	struct store_secrets s;

	(void)state;
	assert_int_equal(store_secrets_parse(S32, NULL, &s), ERR_OK);
	assert_int_equal(s.len, 1);
	assert_string_equal(s.list[0].kid, "h1");
	assert_string_equal(s.list[0].value, S32);

	assert_int_equal(store_secrets_parse("h12:" S32 ",h1:" T32, "h3:" S32, &s), ERR_OK);
	assert_int_equal(s.len, 3);
	assert_string_equal(s.list[0].kid, "h12");
	assert_string_equal(s.list[1].value, T32);
	assert_string_equal(s.list[2].kid, "h3");

	assert_int_equal(store_secrets_parse(S32 "," T32, "", &s), ERR_OK);
	assert_int_equal(s.len, 1); /* a bare value may hold a comma */
	assert_int_equal(store_secrets_parse(S32, T32, &s), ERR_OK);
	assert_int_equal(s.len, 2);
	assert_string_equal(s.list[1].kid, "");
}

static void test_secrets_refused(void **state)
{
	static const char *const bad[] = {"", "short", "h1:short", "h1:" S32 ",h1:" T32,
	        "h2:" S32 ",", "h2:" S32 "," T32, "h2:" S32 ",h1:",
	        "h1:" S32 ",h2:" S32 ",h3:" S32 ",h4:" S32 ",h5:" S32 ",h6:" S32 ",h7:" S32
	        ",h8:" S32 ",h9:" S32};
	struct store_secrets s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(store_secrets_parse(bad[i], NULL, &s), ERR_INFRA_INVALID_ENV_VAR);
		assert_int_equal(s.len, 0);
	}
	assert_int_equal(store_secrets_parse(S32, "short", &s), ERR_INFRA_INVALID_ENV_VAR);
	assert_int_equal(store_secrets_parse("h1:" S32, "h1:" T32, &s), ERR_INFRA_INVALID_ENV_VAR);
}

static void test_key_check(void **state)
{
	struct store_key k = {.expires_at_ms = 0, .revoked_at_ms = 0};

	(void)state;
	assert_int_equal(store_key_check(&k, 1000), ERR_OK);
	k.expires_at_ms = 1000;
	assert_int_equal(store_key_check(&k, 999), ERR_OK);
	assert_int_equal(store_key_check(&k, 1000), ERR_INGEST_API_KEY_EXPIRED);
	k.revoked_at_ms = 2000; /* grace */
	assert_int_equal(store_key_check(&k, 999), ERR_OK);
	assert_int_equal(store_key_check(&k, 2000), ERR_INGEST_API_KEY_REVOKED);
}

static void test_slug(void **state)
{
	static const struct {
		const char *name, *slug;
	} cases[] = {
	        {"My Workspace", "my-workspace"},
	        {"  --A  b__c!! ", "a-b-c"},
	        {"\xc3\x84pfel", "pfel"},
	        {"\xc3\x84", ""},
	        {"x", ""},
	        {"", ""},
	        {"0123456789012345678901234567890123456789tail",
	                "0123456789012345678901234567890123456789"},
	        {"012345678901234567890123456789012345678 tail",
	                "012345678901234567890123456789012345678"},
	};
	char slug[STORE_SLUG_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		store_slug_from_name(cases[i].name, slug);
		assert_string_equal(slug, cases[i].slug);
	}
	assert_true(store_slug_is_reserved("api", false));
	assert_false(store_slug_is_reserved("api", true));
	assert_true(store_slug_is_reserved("billing", true));
	assert_true(store_slug_is_reserved("new", false));
	assert_false(store_slug_is_reserved("apis", false));
}

static void test_slug_valid(void **state)
{
	static const struct {
		const char *slug;
		bool workspace, project;
	} cases[] = {
	        {"abc", true, true},
	        {"ab", false, true},
	        {"a", false, false},
	        {"", false, false},
	        {"a-b", true, true},
	        {"0--9", true, true},
	        {"-ab", false, false},
	        {"ab-", false, false},
	        {"aBc", false, false},
	        {"a_b", false, false},
	        {"\xc3\x84pfel", false, false},
	        {"new", false, false},
	        {"login", false, true},
	        {"members", true, false},
	        {"012345678901234567890123456789012345678901234567", true, true},
	        {"0123456789012345678901234567890123456789012345678", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(store_slug_is_valid(cases[i].slug, false), cases[i].workspace);
		assert_int_equal(store_slug_is_valid(cases[i].slug, true), cases[i].project);
	}
}

static void test_slug_candidate(void **state)
{
	static const char *const names[] = {"Settings", "\xc3\x84", "ab", "New",
	        "0123456789012345678901234567890123456789tail"};
	char slug[STORE_SLUG_BYTES], other[STORE_SLUG_BYTES];

	(void)state;
	store_slug_candidate("My Team", false, 0, slug);
	assert_string_equal(slug, "my-team");
	store_slug_candidate("ab", true, 0, slug);
	assert_string_equal(slug, "ab");
	/* Too short, reserved or empty: with a tail from the first. */
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (int attempt = 0; attempt < 3; attempt++) {
			store_slug_candidate(names[i], false, attempt, slug);
			assert_true(store_slug_is_valid(slug, false));
			store_slug_candidate(names[i], true, attempt, slug);
			assert_true(store_slug_is_valid(slug, true));
		}
	store_slug_candidate("My Team", false, 1, slug);
	store_slug_candidate("My Team", false, 1, other);
	assert_int_equal(strlen(slug), strlen("my-team-0123"));
	assert_memory_equal(slug, "my-team-", 8);
	assert_string_not_equal(slug, other);
}

static void test_name(void **state)
{
	char text[404];

	(void)state;
	assert_true(store_name_is_valid("ab", 2, 100));
	assert_false(store_name_is_valid("a", 2, 100));
	assert_true(store_name_is_valid("\xc3\x84\xc3\x84", 2, 2));
	assert_false(store_name_is_valid("\xc3", 1, 2));   /* cut */
	assert_false(store_name_is_valid("a\nb", 1, 100)); /* control */
	assert_false(store_name_is_valid("a\xc2\x85"
	                                 "b",
	        1, 100)); /* C1 */
	assert_false(store_name_is_valid("   ", 1, 100));
	for (size_t i = 0; i < 400; i += 4)
		memcpy(text + i, "\xf0\x9f\x98\x80", 4);
	text[400] = '\0';
	assert_true(store_name_is_valid(text, 2, 100));
	memcpy(text + 400, "x", 2);
	assert_false(store_name_is_valid(text, 2, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_key_form),
	        cmocka_unit_test(test_key_hash),
	        cmocka_unit_test(test_secrets),
	        cmocka_unit_test(test_secrets_refused),
	        cmocka_unit_test(test_key_check),
	        cmocka_unit_test(test_slug),
	        cmocka_unit_test(test_slug_valid),
	        cmocka_unit_test(test_slug_candidate),
	        cmocka_unit_test(test_name),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
