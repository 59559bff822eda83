/* SPDX-License-Identifier: MIT
 * Tests of the invented events: as many as said, always the same, and all of them what the contract
 * takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cli/seed.h"
#include "event/event.h"

#include <cmocka.h>

enum { BYTES_MAX = 64 << 20, DAY_MS = 86400000 };

static const int64_t end_ms = 1795000000000; /* 2026-11-18 */

static struct seed_plan plan_of(const char *profile, int64_t events)
{
	struct seed_plan p;

	assert_true(seed_profile(profile, &p));
	assert_true(seed_resize(&p, events, 0));
	p.seed = 1;
	p.end_ms = end_ms;
	return p;
}

static void write_all(const struct seed_plan *p, struct buf *out)
{
	buf_add_str(out, "{\"events\":[");
	for (int64_t s = 0; s < p->sessions; s++) {
		if (s > 0)
			buf_add_char(out, ',');
		assert_true(seed_session(p, s, out));
	}
	buf_add_str(out, "]}");
	assert_false(out->failed);
}

static void scan(const struct buf *body, struct event_batch *b)
{
	const struct event_limits limits = {.batch_events_max = SIZE_MAX,
	        .event_bytes_max = 51200,
	        .age_max_ms = (int64_t)400 * DAY_MS,
	        .lead_max_ms = 0};
	const struct event_origin origin = {.workspace_id = "11111111-1111-4111-8111-111111111111",
	        .project_id = "22222222-2222-4222-8222-222222222222",
	        .widget_events_left = SIZE_MAX,
	        .now_ms = end_ms};

	event_batch_init(b, BYTES_MAX);
	assert_int_equal(
	        event_scan(body->data, body->len, &limits, &origin, NULL, NULL, b), ERR_OK);
}

static size_t lines_with(const struct buf *rows, const char *text)
{
	size_t n = 0;

	for (const char *p = rows->data; p && (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void test_profiles_hold_what_they_say(void **state)
{
	static const char *const names[] = {"minimal", "standard", "pii"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct seed_plan p = plan_of(names[i], 0);
		struct event_batch b;
		struct buf body;

		buf_init(&body, BYTES_MAX);
		write_all(&p, &body);
		scan(&body, &b);
		assert_int_equal(b.accepted, p.events);
		assert_int_equal(b.rejected, 0);
		assert_int_equal(b.warning_entries, 0);
		assert_int_equal(
		        lines_with(&b.events, "\"event_type\":\"connection\""), p.sessions);
		for (int64_t u = 0; u < p.users && p.events / p.sessions >= 10; u++) {
			char user[64];

			(void)snprintf(
			        user, sizeof(user), "\"user_id\":\"user_%05lld\"", (long long)u);
			assert_true(lines_with(&b.events, user) > 0);
		}
		event_batch_release(&b);
		buf_release(&body);
	}
}

static void test_every_event_of_pii_has_some(void **state)
{
	struct seed_plan p = plan_of("pii", 0);
	struct event_batch b;
	struct buf body;
	size_t redacted = 0;

	(void)state;
	buf_init(&body, BYTES_MAX);
	write_all(&p, &body);
	scan(&body, &b);
	for (int i = 0; i < EVENT_PII_KINDS; i++) {
		assert_true(b.redacted[i] > 0);
		redacted += b.redacted[i];
	}
	assert_int_equal(redacted, p.events);
	assert_int_equal(lines_with(&b.events, "_REDACTED]"), p.events);
	event_batch_release(&b);
	buf_release(&body);
}

static void test_the_same_plan_gives_the_same_events(void **state)
{
	struct seed_plan p = plan_of("standard", 2000), other = p;
	struct buf a, b;

	(void)state;
	buf_init(&a, BYTES_MAX);
	buf_init(&b, BYTES_MAX);
	write_all(&p, &a);
	write_all(&p, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_clear(&b);
	other.seed = 2;
	write_all(&other, &b);
	assert_true(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
	buf_release(&a);
	buf_release(&b);
}

static void test_sizes_follow_the_number_of_events(void **state)
{
	struct seed_plan p = plan_of("load", 10000000);
	int64_t sum = 0;

	(void)state;
	assert_int_equal(p.sessions, 500000);
	assert_int_equal(p.users, 100000);
	for (int64_t s = 0; s < p.sessions; s++)
		sum += seed_session_events(&p, s);
	assert_int_equal(sum, 10000000);
	assert_false(seed_resize(&p, -1, 0));
	assert_false(seed_resize(&p, 0, SEED_DAYS_MAX + 1));
	assert_false(seed_profile("huge", &p));
}

static void test_tools_are_registered(void **state)
{
	struct seed_plan p = plan_of("load", 0);
	struct event_batch b;
	struct buf body;

	(void)state;
	buf_init(&body, BYTES_MAX);
	buf_add_str(&body, "{\"events\":[");
	assert_true(seed_tools(&p, &body));
	buf_add_str(&body, "]}");
	scan(&body, &b);
	assert_int_equal(b.tool_rows, p.tools);
	assert_int_equal(b.rejected, 0);
	event_batch_release(&b);
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_profiles_hold_what_they_say),
	        cmocka_unit_test(test_every_event_of_pii_has_some),
	        cmocka_unit_test(test_the_same_plan_gives_the_same_events),
	        cmocka_unit_test(test_sizes_follow_the_number_of_events),
	        cmocka_unit_test(test_tools_are_registered),
	};

	return cmocka_run_group_tests_name("seed", tests, NULL, NULL);
}
