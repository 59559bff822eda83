/* SPDX-License-Identifier: MIT
 * The key cache without PostgreSQL: what it says of keys it never saw, and what it forgets. */
#include <setjmp.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/ingest/keys.h"

#include <cmocka.h>

static const char KEY[] = "yav_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const struct ingest_key_policy POLICY = {.fresh_ms = 60000, .stale_ms = 3600000};

static struct ingest_keys *keys;
static struct store_secrets secrets;

static void test_an_unknown_key_is_a_miss(void **state)
{
	struct ingest_key_answer answer;

	(void)state;
	assert_int_equal(ingest_keys_cached(keys, &secrets, &POLICY, KEY, 1000, &answer),
	        ERR_INGEST_API_KEY_CACHE_MISS);
	assert_false(answer.known);
	assert_int_equal(ingest_keys_cached(keys, &secrets, &POLICY, "yav_xyz", 1000, &answer),
	        ERR_INGEST_INVALID_API_KEY);
	assert_false(ingest_keys_usable(keys, &POLICY, 1000));
}

/* Never "invalid" by a failure of ours, and not asked again at once. */
static void test_an_unreachable_database_judges_nobody(void **state)
{
	const struct pg_options options = {
	        .url = "postgresql://yavio_ingest:x@/yavio?host=%2Fnowhere%2Fat%2Fall",
	        .role = PG_INGEST,
	        .application_name = "test",
	        .answer_timeout_ms = 1000};
	struct ingest_key_answer answer;
	struct pg *pg;

	(void)state;
	assert_int_equal(pg_open(&options, &pg), ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ingest_keys_resolve(keys, pg, &secrets, &POLICY, KEY,
		                         clock_wall_ms(), &answer),
		        ERR_INGEST_POSTGRESQL_UNAVAILABLE);
	assert_false(ingest_keys_usable(keys, &POLICY, clock_wall_ms()));
	pg_close(pg);
}

static void test_notices_of_any_form_are_taken(void **state)
{
	char ids[4][ID_UUID_BYTES];

	(void)state;
	ingest_keys_forget(
	        keys, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	ingest_keys_forget(keys, "no hash at all");
	ingest_keys_forget(keys, "");
	ingest_keys_forget_all(keys);
	assert_int_equal(ingest_keys_take_touched(keys, ids, 4), 0);
}

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_FATAL);
	if (store_secrets_parse("h1:unit-secret-of-enough-length-0000000000001", NULL, &secrets) !=
	        ERR_OK)
		return 1;
	return ingest_keys_open(&keys) == ERR_OK ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	ingest_keys_close(keys);
	store_secrets_release(&secrets);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_an_unknown_key_is_a_miss),
	        cmocka_unit_test(test_an_unreachable_database_judges_nobody),
	        cmocka_unit_test(test_notices_of_any_form_are_taken),
	};

	return cmocka_run_group_tests_name("ingest keys", tests, setup, teardown);
}
