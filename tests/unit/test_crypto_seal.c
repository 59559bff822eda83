/* SPDX-License-Identifier: MIT
 * Tests of encryption at rest: what is sealed opens in its own row under its own key, and nowhere
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto_seal.h"

#include <cmocka.h>

#define HEX_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define B64_2 "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="

static const struct crypto_place HERE = {"t.secret", "11111111-1111-4111-8111-111111111111"};

static struct crypto_keyring ring_of(const char *first, const char *second)
{
	struct crypto_keyring ring = {.len = 0};

	assert_int_equal(crypto_keyring_add(&ring, first, HEX_1), ERR_OK);
	if (second != NULL)
		assert_int_equal(crypto_keyring_add(&ring, second, B64_2), ERR_OK);
	return ring;
}

static void test_ring(void **state)
{
	struct crypto_keyring ring = ring_of("k2", "k1");
	static const char *const BAD[][2] = {{"k2", HEX_1}, {"h3", HEX_1}, {"k", HEX_1},
	        {"k12345678", HEX_1}, {"k3x", HEX_1}, {"", HEX_1}, {"k3", ""}, {"k3", "AAAA"},
	        {"k3", "g" HEX_1}, {"k3", B64_2 "AAAA"}};
	char id[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_int_equal(
		        crypto_keyring_add(&ring, BAD[i][0], BAD[i][1]), ERR_INFRA_INVALID_ENV_VAR);
	assert_int_equal(ring.len, 2);
	assert_true(crypto_keyring_has(&ring, "k1"));
	assert_false(crypto_keyring_has(&ring, "k3"));
	for (int i = 3; i <= CRYPTO_KEYS_MAX; i++) {
		snprintf(id, sizeof(id), "k%d", i);
		assert_int_equal(crypto_keyring_add(&ring, id, HEX_1), ERR_OK);
	}
	assert_int_equal(crypto_keyring_add(&ring, "k99", HEX_1), ERR_INFRA_INVALID_ENV_VAR);
	crypto_keyring_release(&ring);
	assert_int_equal(ring.len, 0);
	for (size_t i = 0; i < sizeof(ring); i++)
		assert_int_equal(((const uint8_t *)&ring)[i], 0);
	crypto_keyring_release(NULL);
}

static void test_round_trip(void **state)
{
	static const size_t LENGTHS[] = {0, 1, 20, 1000, CRYPTO_SEAL_PLAIN_BYTES_MAX};
	static uint8_t plain[CRYPTO_SEAL_PLAIN_BYTES_MAX + 1], opened[CRYPTO_SEAL_PLAIN_BYTES_MAX];
	struct crypto_keyring ring = ring_of("k7", NULL);
	struct buf a, b;
	size_t len;

	(void)state;
	buf_init(&a, CRYPTO_SEAL_TEXT_BYTES_MAX);
	buf_init(&b, CRYPTO_SEAL_TEXT_BYTES_MAX);
	crypto_random(plain, sizeof(plain));
	for (size_t i = 0; i < ARRAY_LEN(LENGTHS); i++) {
		buf_clear(&a);
		buf_clear(&b);
		assert_int_equal(crypto_seal(&ring, &HERE, plain, LENGTHS[i], &a), ERR_OK);
		assert_true(str_starts_with(buf_str(&a), "v1:k7:"));
		assert_int_equal(crypto_seal(&ring, &HERE, plain, LENGTHS[i], &b), ERR_OK);
		assert_string_not_equal(buf_str(&a), buf_str(&b)); /* a nonce of its own */
		assert_int_equal(
		        crypto_unseal(&ring, &HERE, buf_str(&a), opened, sizeof(opened), &len),
		        ERR_OK);
		assert_int_equal(len, LENGTHS[i]);
		assert_memory_equal(opened, plain, len);
	}
	assert_int_equal(crypto_unseal(&ring, &HERE, buf_str(&a), opened, sizeof(opened) - 1, &len),
	        ERR_DB_INTERNAL_ERROR);
	assert_int_equal(
	        crypto_seal(&ring, &HERE, plain, sizeof(plain), &b), ERR_INFRA_INTERNAL_ERROR);
	buf_release(&a);
	buf_release(&b);
}

static enum err open_at(
        const struct crypto_keyring *ring, const struct crypto_place *place, const char *text)
{
	uint8_t opened[64];
	size_t len;

	return crypto_unseal(ring, place, text, opened, sizeof(opened), &len);
}

static void test_what_does_not_open(void **state)
{
	const struct crypto_place row = {"t.secret", "22222222-2222-4222-8222-222222222222"},
	                          column = {"t.other", HERE.row_id},
	                          wide = {"t.secret", HEX_1 HEX_1};
	static const char *const FORMS[] = {"", "v1", "v1:", "v1:k1", "v1:k1:", "v1:k1:AAAA",
	        "v2:k1:AAAA", "v1:x1:AAAA", "v1:k:AAAA", "v1:k123456789:AAAA", "v1:k1:A",
	        "v1:k1:=", "v1:k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	struct crypto_keyring ring = ring_of("k1", NULL), other = {.len = 0},
	                      renamed = ring_of("k2", NULL);
	struct buf text;

	(void)state;
	buf_init(&text, 1024);
	assert_int_equal(crypto_keyring_add(&other, "k1", B64_2), ERR_OK);
	assert_int_equal(crypto_seal(&ring, &HERE, "secret", 6, &text), ERR_OK);
	assert_int_equal(open_at(&ring, &HERE, buf_str(&text)), ERR_OK);
	assert_int_equal(open_at(&ring, &row, buf_str(&text)), ERR_DB_INTERNAL_ERROR);
	assert_int_equal(open_at(&ring, &column, buf_str(&text)), ERR_DB_INTERNAL_ERROR);
	assert_int_equal(open_at(&ring, &wide, buf_str(&text)), ERR_DB_INTERNAL_ERROR);
	assert_int_equal(open_at(&other, &HERE, buf_str(&text)), ERR_DB_INTERNAL_ERROR);
	assert_int_equal(open_at(&renamed, &HERE, buf_str(&text)), ERR_INFRA_ENV_CONFLICT);
	for (size_t i = 6; i < text.len; i++) {
		text.data[i] ^= 1;
		assert_int_equal(open_at(&ring, &HERE, buf_str(&text)), ERR_DB_INTERNAL_ERROR);
		text.data[i] ^= 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(FORMS); i++)
		assert_int_equal(open_at(&ring, &HERE, FORMS[i]), ERR_DB_INTERNAL_ERROR);
	buf_release(&text);
	buf_init(&text, 30);
	assert_int_equal(crypto_seal(&ring, &HERE, "secret", 6, &text), ERR_INFRA_INTERNAL_ERROR);
	ring.len = 0;
	assert_int_equal(crypto_seal(&ring, &HERE, "secret", 6, &text), ERR_INFRA_INTERNAL_ERROR);
	buf_release(&text);
}

static void test_rotation(void **state)
{
	struct crypto_keyring old = {.len = 0}, both = ring_of("k2", "k1"),
	                      fresh = ring_of("k2", NULL);
	char id[CRYPTO_KEY_ID_BYTES];
	struct buf a, b, c;

	(void)state;
	buf_init(&a, 1024);
	buf_init(&b, 1024);
	buf_init(&c, 1024);
	assert_int_equal(crypto_keyring_add(&old, "k1", B64_2), ERR_OK);
	assert_int_equal(crypto_seal(&old, &HERE, "secret", 6, &a), ERR_OK);
	assert_int_equal(crypto_reseal(&both, &HERE, buf_str(&a), &b), ERR_OK);
	assert_true(crypto_sealed_key_id(buf_str(&b), id));
	assert_string_equal(id, "k2");
	assert_int_equal(open_at(&fresh, &HERE, buf_str(&b)), ERR_OK);
	assert_int_equal(crypto_reseal(&both, &HERE, buf_str(&b), &c), ERR_OK);
	assert_string_equal(buf_str(&b), buf_str(&c)); /* once is enough */
	assert_int_equal(crypto_reseal(&fresh, &HERE, buf_str(&a), &c), ERR_INFRA_ENV_CONFLICT);
	assert_int_equal(crypto_reseal(&both, &HERE, "v1:k1:AAAA", &c), ERR_DB_INTERNAL_ERROR);
	buf_release(&a);
	buf_release(&b);
	buf_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_ring),
	        cmocka_unit_test(test_round_trip),
	        cmocka_unit_test(test_what_does_not_open),
	        cmocka_unit_test(test_rotation),
	};

	return cmocka_run_group_tests_name("crypto_seal", tests, NULL, NULL);
}
