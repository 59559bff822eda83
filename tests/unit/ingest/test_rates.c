/* SPDX-License-Identifier: MIT
 * Which bucket a request draws from, and what it is told when that is empty. */
#include <setjmp.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/str.h"
#include "fcgi/ingest/ingest.h"

#include <cmocka.h>

static struct ingest ingest;
static struct app app;
static struct reply rep;
static struct request req;

static void as_key(const char *key_id)
{
	app.who = INGEST_WHO_KEY;
	assert_true(str_copy(app.key.key_id, sizeof(app.key.key_id), key_id));
}

static void as_widget(const char *trace_id, int64_t life_s)
{
	app.who = INGEST_WHO_WIDGET;
	app.reserved = 0;
	assert_true(str_copy(app.widget.trace_id, sizeof(app.widget.trace_id), trace_id));
	app.widget.expires_at_s = clock_wall_ms() / 1000 + life_s;
}

static void from(const char *addr)
{
	assert_true(str_copy(req.addr, sizeof(req.addr), addr));
}

static void test_keys_pay_all_or_nothing(void **state)
{
	(void)state;
	as_key("key-a");
	assert_int_equal(ingest_rate_charge(&rep, &app, 90), ERR_OK);
	assert_int_equal(ingest_rate_charge(&rep, &app, 40), ERR_INGEST_API_KEY_RATE_LIMIT);
	assert_int_equal(rep.retry_after_s, 30); /* 30 are missing, 1 a second */
	assert_int_equal(ingest_rate_peek(&rep, &app), ERR_OK);
	assert_int_equal(ingest_rate_charge(&rep, &app, 10), ERR_OK);
	assert_int_equal(ingest_rate_peek(&rep, &app), ERR_INGEST_API_KEY_RATE_LIMIT);
	assert_int_equal(rep.retry_after_s, 1);
	as_key("key-b");
	/* Above the burst it costs the burst. */
	assert_int_equal(ingest_rate_charge(&rep, &app, 1000), ERR_OK);
	assert_int_equal(ingest_rate_charge(&rep, &app, 2), ERR_INGEST_API_KEY_RATE_LIMIT);
}

static void test_traces_get_what_fits(void **state)
{
	(void)state;
	as_widget("trace-a", 600);
	assert_int_equal(ingest_rate_charge(&rep, &app, 30), ERR_OK);
	assert_int_equal(app.origin.widget_events_left, 30);
	/* Ten of them were refused for another reason. */
	ingest_rate_settle(&app, 20);
	assert_int_equal(ingest_rate_charge(&rep, &app, 40), ERR_OK);
	assert_int_equal(app.origin.widget_events_left, 30);
	ingest_rate_settle(&app, 30);
	assert_int_equal(ingest_rate_peek(&rep, &app), ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT);
	assert_in_range(rep.retry_after_s, 598, 600);
	assert_int_equal(ingest_rate_charge(&rep, &app, 1), ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT);
	as_widget("trace-b", -3);
	assert_int_equal(ingest_rate_charge(&rep, &app, 50), ERR_OK);
	assert_int_equal(ingest_rate_peek(&rep, &app), ERR_INGEST_WIDGET_TOKEN_RATE_LIMIT);
	assert_int_equal(rep.retry_after_s, 1); /* never 0 */
	/* The append failed: nothing was used. */
	ingest_rate_settle(&app, 0);
	assert_int_equal(ingest_rate_peek(&rep, &app), ERR_OK);
}

static void test_addresses_fail_only_so_often(void **state)
{
	(void)state;
	from("192.0.2.1");
	for (int i = 0; i < INGEST_RATE_IP_BURST; i++) {
		assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_OK);
		assert_int_equal(ingest_rate_failure(&req, &rep, &app, ERR_INGEST_INVALID_API_KEY),
		        ERR_INGEST_INVALID_API_KEY);
	}
	assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_INGEST_IP_RATE_LIMIT);
	assert_int_equal(ingest_rate_failure(&req, &rep, &app, ERR_INGEST_ROUTE_NOT_FOUND),
	        ERR_INGEST_IP_RATE_LIMIT);
	assert_true(rep.retry_after_s >= 1);
	from("192.0.2.2");
	assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_OK);
	/* The same address written as IPv6; a whole /64 is one. */
	from("::ffff:192.0.2.1");
	assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_INGEST_IP_RATE_LIMIT);
	for (int i = 0; i < INGEST_RATE_IP_BURST; i++) {
		from(i % 2 == 0 ? "2001:db8::1" : "2001:db8::ffff:2");
		assert_int_equal(ingest_rate_failure(&req, &rep, &app, ERR_INGEST_INVALID_API_KEY),
		        ERR_INGEST_INVALID_API_KEY);
	}
	from("2001:db8::3");
	assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_INGEST_IP_RATE_LIMIT);
	from("2001:db8:0:1::3");
	assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_OK);
	/* Who has no address shares one bucket. */
	from("");
	assert_int_equal(ingest_rate_stranger(&req, &rep, &app), ERR_OK);
}

static void test_minting_is_apart(void **state)
{
	(void)state;
	as_key("key-mint");
	for (int i = 0; i < INGEST_RATE_MINT_BURST; i++)
		assert_int_equal(ingest_rate_mint(&rep, &app, false), ERR_OK);
	assert_int_equal(ingest_rate_mint(&rep, &app, true), ERR_INGEST_WIDGET_TOKEN_RATE_LIMITED);
	assert_int_equal(ingest_rate_peek(&rep, &app), ERR_OK);
}

/* Slow rates: nothing comes back while a test runs. */
static int setup(void **state)
{
	(void)state;
	app.ingest = &ingest;
	ingest.settings.rate_key = (struct shm_rate_limit){.rate = 1, .burst = 100};
	ingest.settings.rate_ip =
	        (struct shm_rate_limit){.rate = 0.001, .burst = INGEST_RATE_IP_BURST};
	ingest.settings.rate_mint =
	        (struct shm_rate_limit){.rate = 0.001, .burst = INGEST_RATE_MINT_BURST};
	ingest.settings.rate_widget =
	        (struct shm_rate_limit){.rate = 50, .burst = 50, .window_ms = 3600000};
	return shm_rate_open(NULL, 100, &ingest.rates.buckets) == ERR_OK &&
	                       shm_rate_open(NULL, 100, &ingest.rates.addrs) == ERR_OK
	               ? 0
	               : 1;
}

static int teardown(void **state)
{
	(void)state;
	ingest_rates_close(&ingest.rates);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_keys_pay_all_or_nothing),
	        cmocka_unit_test(test_traces_get_what_fits),
	        cmocka_unit_test(test_addresses_fail_only_so_often),
	        cmocka_unit_test(test_minting_is_apart),
	};

	return cmocka_run_group_tests_name("ingest rates", tests, setup, teardown);
}
