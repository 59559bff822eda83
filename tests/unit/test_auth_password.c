/* SPDX-License-Identifier: MIT
 * Tests of the password rule (YAVIO-3703), of hashing under its cap, and of random tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/auth_password.h"
#include "auth/auth_token.h"

#include <cmocka.h>

#define EMAIL "marie.curie@example.org"

static void test_rule(void **state)
{
	static const struct {
		const char *password, *problem;
	} cases[] = {
	        {"", "too_short"},
	        {"sieben7", "too_short"},
	        {"acht8888", NULL},
	        {"a b c d ", NULL},
	        {"\xf0\x9f\x90\x88\xf0\x9f\x90\x88\xf0\x9f\x90\x88\xf0\x9f\x90\x88", "too_short"},
	        {"schl\xc3\xbcssel", NULL},
	        {"schl\xc3\xbcs", "too_short"},
	        {"broken\xff\xff\xff", "bad_characters"},
	        {EMAIL, "same_as_email"},
	        {"Marie.Curie@Example.Org", "same_as_email"},
	        {"MARIE.curie", "same_as_email"},
	        {"marie.curie.", NULL},
	        {"password", "common"},
	        {"PassWord", "common"},
	        {"p@ssw0rd", "common"},
	        {"P4$$w0rd!", "common"},
	        {"password2026!", "common"},
	        {"Liverpool1", "common"},
	        {"sunshine#123", "common"},
	        {"1q2w3e4r5t", "common"},
	        {"correcthorsebatterystaple", "common"},
	        {"password-plumage-7", NULL},
	        {"grape liver moss", NULL},
	        {"12345678901234567890", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *problem = auth_password_problem(cases[i].password, EMAIL);

		assert_string_equal(problem != NULL ? problem : "taken",
		        cases[i].problem != NULL ? cases[i].problem : "taken");
	}
}

/* A password of n times one character. */
static const char *problem_of(size_t n, const char *character)
{
	char text[AUTH_PASSWORD_CHARS_MAX * 4 + 8] = "";
	size_t len = strlen(character);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, character, len + 1);
	return auth_password_problem(text, EMAIL);
}

static void test_lengths(void **state)
{
	static const char *const characters[] = {"Q", "\xe2\x82\xac", "\xf0\x9f\x90\x88"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(characters); i++) {
		assert_null(problem_of(AUTH_PASSWORD_CHARS_MAX, characters[i]));
		assert_string_equal(
		        problem_of(AUTH_PASSWORD_CHARS_MAX + 1, characters[i]), "too_long");
	}
}

enum { WAIT_METRIC };
static const struct shm_metric METRICS[] = {
        {"test_wait_seconds", SHM_HISTOGRAM, "Waited.", {NULL}, 0, &shm_buckets_d}};

static void hasher_init(struct auth_hasher *h, size_t slots, size_t waiters)
{
	*h = (struct auth_hasher){.cost = {64, 1, 1}, .wait_metric = WAIT_METRIC};
	assert_int_equal(shm_slots_open(slots, waiters, &h->slots), ERR_OK);
	assert_int_equal(shm_open_map(NULL, "test", METRICS, 1, &h->shm), ERR_OK);
	assert_int_equal(auth_hasher_init(h), ERR_OK);
}

static void hasher_release(struct auth_hasher *h)
{
	shm_close(h->shm);
	shm_slots_close(h->slots);
}

static void test_verify(void **state)
{
	struct auth_hasher h, dear;
	char stored[CRYPTO_PASSWORD_HASH_BYTES];
	bool right = false, outdated = true;

	(void)state;
	hasher_init(&h, 2, 0);
	assert_int_equal(auth_password_hash(&h, "grape liver moss", stored), ERR_OK);
	assert_int_equal(
	        auth_password_verify(&h, "grape liver moss", stored, &right, &outdated), ERR_OK);
	assert_true(right && !outdated);
	assert_int_equal(
	        auth_password_verify(&h, "grape liver mosS", stored, &right, &outdated), ERR_OK);
	assert_true(!right && !outdated);
	dear = h;
	dear.cost.memory_kib *= 2;
	assert_int_equal(
	        auth_password_verify(&dear, "grape liver moss", stored, &right, &outdated), ERR_OK);
	assert_true(right && outdated);
	hasher_release(&h);
}

/* An address that nobody has costs the same work and is never right. */
static void test_dummy(void **state)
{
	struct auth_hasher h;
	bool right = true, outdated = true;

	(void)state;
	hasher_init(&h, 1, 0);
	assert_int_equal(
	        auth_password_verify(&h, "grape liver moss", NULL, &right, &outdated), ERR_OK);
	assert_true(!right && !outdated);
	assert_true(shm_get(h.shm, WAIT_METRIC, NULL) == 1);
	assert_string_not_equal(h.dummy, "");
	hasher_release(&h);
}

static void test_busy(void **state)
{
	struct auth_hasher h;
	char out[CRYPTO_PASSWORD_HASH_BYTES];
	bool right = true;
	size_t slot;

	(void)state;
	hasher_init(&h, 1, 0);
	assert_true(shm_slots_take(h.slots, 0, &slot));
	assert_int_equal(auth_password_hash(&h, "grape liver moss", out), ERR_DASH_HASHING_BUSY);
	assert_int_equal(auth_password_verify(&h, "grape liver moss", NULL, &right, NULL),
	        ERR_DASH_HASHING_BUSY);
	assert_false(right);
	assert_true(shm_get(h.shm, WAIT_METRIC, NULL) == 0);
	shm_slots_give(h.slots, slot);
	assert_int_equal(auth_password_hash(&h, "grape liver moss", out), ERR_OK);
	hasher_release(&h);
}

static void test_token(void **state)
{
	struct auth_token token, other;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];

	(void)state;
	assert_int_equal(auth_token_new(&token), ERR_OK);
	assert_int_equal(strlen(token.text), AUTH_TOKEN_BYTES - 1);
	assert_true(auth_token_hash(token.text, hash));
	assert_memory_equal(hash, token.hash, sizeof(hash));
	assert_int_equal(auth_token_new(&other), ERR_OK);
	assert_string_not_equal(token.text, other.text);
	assert_memory_not_equal(token.hash, other.hash, sizeof(hash));
	token.text[7] = '+';
	assert_false(auth_token_hash(token.text, hash));
	other.text[AUTH_TOKEN_BYTES - 2] = '\0';
	assert_false(auth_token_hash(other.text, hash));
	assert_false(auth_token_hash("", hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rule),
	        cmocka_unit_test(test_lengths),
	        cmocka_unit_test(test_verify),
	        cmocka_unit_test(test_dummy),
	        cmocka_unit_test(test_busy),
	        cmocka_unit_test(test_token),
	};

	return cmocka_run_group_tests_name("auth_password", tests, NULL, NULL);
}
