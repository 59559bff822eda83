/* SPDX-License-Identifier: MIT
 * Tests of lib/crypto against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto.h"

#include <cmocka.h>

static void test_sha256_vector(void **state)
{
	char hex[CRYPTO_SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(crypto_sha256_hex("abc", 3, hex), ERR_OK);
	assert_string_equal(
	        hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_hmac_vector(void **state)
{
	/* RFC 4231, case 2 */
	uint8_t mac[CRYPTO_SHA256_BYTES];
	char hex[CRYPTO_SHA256_HEX_BYTES];

	(void)state;
	assert_int_equal(
	        crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac), ERR_OK);
	str_hex(mac, sizeof(mac), hex);
	assert_string_equal(
	        hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_hkdf_labels_differ(void **state)
{
	/* RFC 5869, case 3: empty salt and info */
	uint8_t secret[22], out[42], other[42];
	char hex[85];

	(void)state;
	memset(secret, 0x0b, sizeof(secret));
	assert_int_equal(crypto_hkdf_sha256(secret, sizeof(secret), "", out, sizeof(out)), ERR_OK);
	str_hex(out, sizeof(out), hex);
	assert_string_equal(hex, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	                         "9d201395faa4b61a96c8");
	assert_int_equal(
	        crypto_hkdf_sha256(secret, sizeof(secret), "csrf", other, sizeof(other)), ERR_OK);
	assert_memory_not_equal(out, other, sizeof(out));
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(crypto_equal("abc", "abc", 3));
	assert_false(crypto_equal("abc", "abd", 3));
	assert_true(crypto_equal_text("secret", "secret"));
	assert_false(crypto_equal_text("secret", "secre"));
	assert_false(crypto_equal_text("secret", ""));
}

static void test_gcm_round_trip_and_tampering(void **state)
{
	uint8_t key[CRYPTO_GCM_KEY_BYTES] = {1}, nonce[CRYPTO_GCM_NONCE_BYTES] = {2};
	uint8_t sealed[5 + CRYPTO_GCM_TAG_BYTES], opened[5];

	(void)state;
	assert_int_equal(crypto_gcm_seal(key, nonce, "t.c:1", "hello", 5, sealed), ERR_OK);
	assert_int_equal(
	        crypto_gcm_open(key, nonce, "t.c:1", sealed, sizeof(sealed), opened), ERR_OK);
	assert_memory_equal(opened, "hello", 5);
	assert_int_not_equal(
	        crypto_gcm_open(key, nonce, "t.c:2", sealed, sizeof(sealed), opened), ERR_OK);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_int_not_equal(
		        crypto_gcm_open(key, nonce, "t.c:1", sealed, sizeof(sealed), opened),
		        ERR_OK);
		sealed[i] ^= 1;
	}
	assert_int_not_equal(crypto_gcm_open(key, nonce, "t.c:1", sealed, 15, opened), ERR_OK);
}

static void test_base64(void **state)
{
	static const struct {
		const char *plain, *standard, *url;
	} cases[] = {{"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"},
	        {"foo", "Zm9v", "Zm9v"}, {"\xfb\xff", "+/8=", "-_8"}};
	char text[16];
	uint8_t back[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = strlen(cases[i].plain);

		assert_true(crypto_base64_encode(
		        (const uint8_t *)cases[i].plain, n, text, sizeof(text)));
		assert_string_equal(text, cases[i].standard);
		assert_true(crypto_base64_decode(text, back, sizeof(back), &len));
		assert_int_equal(len, n);
		assert_memory_equal(back, cases[i].plain, n);
		assert_true(crypto_base64url_encode(
		        (const uint8_t *)cases[i].plain, n, text, sizeof(text)));
		assert_string_equal(text, cases[i].url);
		assert_true(crypto_base64url_decode(text, strlen(text), back, sizeof(back), &len));
		assert_int_equal(len, n);
	}
	assert_false(crypto_base64_decode("Z", back, sizeof(back), &len));
	assert_false(crypto_base64_decode("Zh==", back, sizeof(back), &len));
	assert_false(crypto_base64_decode("Zg=", back, sizeof(back), &len));
	assert_false(crypto_base64_decode("Zm 9", back, sizeof(back), &len));
	assert_false(crypto_base64_decode("Zm9v", back, 2, &len));
	assert_false(crypto_base64url_decode("+/8", 3, back, sizeof(back), &len));
	assert_false(crypto_base64_encode((const uint8_t *)"foo", 3, text, 4));
}

static void test_password(void **state)
{
	const struct crypto_argon2 cheap = {64, 1, 1}, dear = {128, 1, 1};
	char hash[CRYPTO_PASSWORD_HASH_BYTES], again[CRYPTO_PASSWORD_HASH_BYTES];
	bool outdated = true;

	(void)state;
	assert_int_equal(crypto_password_hash("correct horse", &cheap, hash), ERR_OK);
	assert_int_equal(crypto_password_hash("correct horse", &cheap, again), ERR_OK);
	assert_string_not_equal(hash, again);
	assert_true(str_starts_with(hash, "$argon2id$v=19$m=64,t=1,p=1$"));
	assert_true(crypto_password_verify("correct horse", hash, &cheap, &outdated));
	assert_false(outdated);
	assert_true(crypto_password_verify("correct horse", hash, &dear, &outdated));
	assert_true(outdated);
	assert_false(crypto_password_verify("correct horsf", hash, &cheap, NULL));
	assert_false(crypto_password_verify("correct horse", "$2y$10$abc", &cheap, NULL));
}

static void test_password_that_cannot_be_hashed(void **state)
{
	const struct crypto_argon2 cheap = {64, 1, 1}, impossible = {1, 1, 1};
	char hash[CRYPTO_PASSWORD_HASH_BYTES], longest[CRYPTO_PASSWORD_BYTES_MAX + 2];

	(void)state;
	memset(longest, 'p', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(crypto_password_hash(longest, &cheap, hash), ERR_DASH_PASSWORD_TOO_WEAK);
	longest[CRYPTO_PASSWORD_BYTES_MAX] = '\0';
	assert_int_equal(crypto_password_hash(longest, &cheap, hash), ERR_OK);
	/* less memory than argon2 can work with */
	assert_int_equal(
	        crypto_password_hash("correct horse", &impossible, hash), ERR_DASH_INTERNAL_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_sha256_vector),
	        cmocka_unit_test(test_hmac_vector),
	        cmocka_unit_test(test_hkdf_labels_differ),
	        cmocka_unit_test(test_equal),
	        cmocka_unit_test(test_gcm_round_trip_and_tampering),
	        cmocka_unit_test(test_base64),
	        cmocka_unit_test(test_password),
	        cmocka_unit_test(test_password_that_cannot_be_hashed),
	};

	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
