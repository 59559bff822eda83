/* SPDX-License-Identifier: MIT
 * Tests of the second factor: vectors of RFC 6238, the window, used steps, recovery codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "auth/auth_totp.h"
#include "base/str.h"
#include "crypto/crypto.h"

#include <cmocka.h>

#define USER   "11111111-1111-4111-8111-111111111111"
#define OTHER  "22222222-2222-4222-8222-222222222222"
#define SERVER "unit-test-secret-of-enough-length-000001"

/* RFC 6238, appendix B; the last six of its eight digits. */
static const uint8_t SECRET[AUTH_TOTP_SECRET_BYTES + 1] = "12345678901234567890";
static const struct vector {
	int64_t time;
	const char *code;
} VECTORS[] = {{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};

static bool check(const char *code, int64_t now, int64_t last, int64_t *step)
{
	return auth_totp_check(SECRET, code, now, last, step);
}

static void test_vectors(void **state)
{
	int64_t step = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(VECTORS); i++) {
		const struct vector *v = &VECTORS[i];

		assert_true(check(v->code, v->time, 0, &step));
		assert_int_equal(step, v->time / 30);
		assert_false(check("000000", v->time, 0, &step));
	}
}

static void test_window_and_used_steps(void **state)
{
	const int64_t at = 1234567890, its = at / 30;
	const char *code = "005924";
	int64_t step = -1;

	(void)state;
	assert_true(check(code, (its + 1) * 30, 0, &step));
	assert_int_equal(step, its);
	assert_true(check(code, (its + 2) * 30 - 1, 0, &step));
	assert_true(check(code, (its - 1) * 30, 0, &step));
	step = -1;
	assert_false(check(code, (its + 2) * 30, 0, &step));
	assert_false(check(code, (its - 1) * 30 - 1, 0, &step));
	assert_true(check(code, at, its - 1, &step));
	step = -1;
	assert_false(check(code, at, its, &step));
	assert_false(check(code, at, its + 1, &step));
	assert_int_equal(step, -1);
}

static void test_form_of_codes(void **state)
{
	static const char *const BAD[] = {"", "00592", "0059244", "00592a", "-05924", " 05924",
	        "005924 ", "\xD9\xA0\xD9\xA0\xD9\xA0"};
	int64_t step;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_false(check(BAD[i], 1234567890, 0, &step));
	assert_false(check("755224", 0, 0, &step)); /* before the first window */
}

static void test_secret_and_url(void **state)
{
	char text[AUTH_TOTP_SECRET_TEXT_BYTES];
	struct buf url;

	(void)state;
	assert_int_equal(auth_totp_secret_text(SECRET, text), ERR_OK);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	buf_init(&url, AUTH_TOTP_URL_BYTES_MAX);
	assert_true(auth_totp_url(text, "a+b@example.com", &url));
	assert_string_equal(buf_str(&url),
	        "otpauth://totp/Yavio:a%2Bb%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	        "&issuer=Yavio&algorithm=SHA1&digits=6&period=30");
	buf_release(&url);
	buf_init(&url, 20);
	assert_false(auth_totp_url(text, "a@example.com", &url));
	buf_release(&url);
}

static void test_recovery_codes(void **state)
{
	static const char *const BAD[] = {"", "abcd-efgh-ijkl-mno", "abcd-efgh-ijkl-mnopq",
	        "abcd-efgh-ijkl-mn01", "abcd_efgh_ijkl_mnop"};
	uint8_t a[AUTH_RECOVERY_HASH_BYTES], b[AUTH_RECOVERY_HASH_BYTES];
	char one[AUTH_RECOVERY_BYTES], two[AUTH_RECOVERY_BYTES];

	(void)state;
	assert_int_equal(auth_recovery_make(one), ERR_OK);
	assert_int_equal(auth_recovery_make(two), ERR_OK);
	assert_int_equal(strlen(one), AUTH_RECOVERY_BYTES - 1);
	assert_true(one[4] == '-' && one[9] == '-' && one[14] == '-');
	assert_string_not_equal(one, two);
	assert_int_equal(auth_recovery_hash(SERVER, USER, "abcd-efgh-ijkl-mnop", a), ERR_OK);
	assert_int_equal(auth_recovery_hash(SERVER, USER, " ABCDefgh IJKL-mnop", b), ERR_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(auth_recovery_hash(SERVER, OTHER, "abcd-efgh-ijkl-mnop", b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(auth_recovery_hash("x" SERVER, USER, "abcd-efgh-ijkl-mnop", b), ERR_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_int_equal(
		        auth_recovery_hash(SERVER, USER, BAD[i], b), ERR_DASH_SECOND_FACTOR_WRONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_vectors),
	        cmocka_unit_test(test_window_and_used_steps),
	        cmocka_unit_test(test_form_of_codes),
	        cmocka_unit_test(test_secret_and_url),
	        cmocka_unit_test(test_recovery_codes),
	};

	return cmocka_run_group_tests_name("auth_totp", tests, NULL, NULL);
}
