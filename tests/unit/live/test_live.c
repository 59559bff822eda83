/* SPDX-License-Identifier: MIT
 * The parts of yavio-live that ask nobody: positions, filters, ids that were seen, rows, messages,
 * seats, and a viewer's connection at the pace of a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "fcgi/live/job.h"
#include "fcgi/live/seats.h"
#include "fcgi/live/seen.h"
#include "fcgi/live/stream.h"

#include <cmocka.h>

static const char ID[] = "0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b";

/* ---- positions ------------------------------------------------------------------------------- */

static void test_a_position_is_read_as_it_was_written(void **state)
{
	struct live_position p, again;
	char text[LIVE_POSITION_BYTES];

	(void)state;
	assert_true(live_position_parse("1772000000123-0191D2A4-7b1c-4e5f-8a9b-0c1d2e3f4a5b", &p));
	assert_int_equal(p.stored_ms, INT64_C(1772000000123));
	live_position_text(p.stored_ms, p.id, text);
	assert_string_equal(text, "1772000000123-0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b");
	assert_true(live_position_parse(text, &again));
	assert_memory_equal(&p, &again, sizeof(p));
	live_position_text(5, NULL, text);
	assert_string_equal(text, "5-");
	assert_true(live_position_parse("5-", &p));
	assert_int_equal(p.stored_ms, 5);
	assert_true(live_position_parse("253402300799999-", &p));
}

static void test_what_is_no_position_is_refused(void **state)
{
	static const char *const BAD[] = {"", "-", "5", "x-", "-5-", "5 -", "253402300800000-",
	        "99999999999999999999-", "5-x", "5-0191d2a4",
	        "5-0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5", "5-0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b0",
	        "5-0191d2a4x7b1c-4e5f-8a9b-0c1d2e3f4a5b", "5--0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b",
	        "5-g191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b"};
	struct live_position p = {.stored_ms = 77};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		if (live_position_parse(BAD[i], &p))
			fail_msg("taken: %s", BAD[i]);
	assert_int_equal(p.stored_ms, 77);
}

/* ---- filters --------------------------------------------------------------------------------- */

static struct live_values values(const char *a, const char *b)
{
	return (struct live_values){.len = b != NULL ? 2 : 1, .item = {(char *)a, (char *)b}};
}

static void test_filters_look_at_own_fields(void **state)
{
	const struct live_traits call = {"tool_call", "search", "", "error"};
	const struct live_traits step = {"step", "search", "claude", ""};
	struct live_filter f = {.errors = false};

	(void)state;
	assert_true(live_filter_passes(&f, &call) && live_filter_passes(&f, &step));
	f.errors = true;
	assert_true(live_filter_passes(&f, &call) && !live_filter_passes(&f, &step));
	f = (struct live_filter){.types = values("step", "track")};
	assert_true(!live_filter_passes(&f, &call) && live_filter_passes(&f, &step));
	f = (struct live_filter){.tools = values("search", NULL)};
	assert_true(live_filter_passes(&f, &call) && !live_filter_passes(&f, &step));
	f = (struct live_filter){.platforms = values("unknown", NULL)};
	assert_true(live_filter_passes(&f, &call) && !live_filter_passes(&f, &step));
	f = (struct live_filter){.platforms = values("claude", "chatgpt")};
	assert_true(!live_filter_passes(&f, &call) && live_filter_passes(&f, &step));
}

static void test_filters_are_sets(void **state)
{
	const struct live_filter a = {.types = values("x", "y"), .errors = true};
	const struct live_filter b = {.types = values("y", "x"), .errors = true};
	const struct live_filter c = {.types = values("y", "z"), .errors = true};
	const struct live_filter d = {.tools = values("x", "y"), .errors = true};
	struct live_filter copy;

	(void)state;
	assert_true(live_filter_equal(&a, &b));
	assert_false(live_filter_equal(&a, &c));
	assert_false(live_filter_equal(&a, &d));
	assert_true(live_filter_copy(&a, &copy));
	assert_true(live_filter_equal(&a, &copy));
	assert_ptr_not_equal(copy.types.item[0], a.types.item[0]);
	live_filter_release(&copy);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static struct live_position numbered(uint32_t n, int64_t ms)
{
	struct live_position p = {.stored_ms = ms};

	memcpy(p.id + 8, &n, sizeof(n));
	return p;
}

static void test_ids_are_new_once(void **state)
{
	struct live_seen seen = {.table = NULL};
	struct live_position p;

	(void)state;
	p = numbered(1, 1);
	assert_false(live_seen_has(&seen, p.id));
	for (uint32_t n = 0; n < 10000; n++) {
		p = numbered(n, n);
		assert_true(live_seen_add(&seen, &p));
		assert_false(live_seen_add(&seen, &p));
	}
	live_seen_expire(&seen, 9000);
	p = numbered(8999, 8999);
	assert_false(live_seen_has(&seen, p.id));
	p = numbered(9000, 9000);
	assert_true(live_seen_has(&seen, p.id));
	assert_int_equal(seen.used, 1000);
	live_seen_release(&seen);
}

static void test_so_many_ids_and_no_more(void **state)
{
	struct live_seen seen = {.table = NULL};
	struct live_position p;

	(void)state;
	for (uint32_t n = 0; n < LIVE_SEEN_MAX + 10; n++) {
		p = numbered(n, 1 + n);
		assert_true(live_seen_add(&seen, &p));
	}
	assert_int_equal(seen.used, LIVE_SEEN_MAX);
	assert_true(live_seen_add(&seen, &p)); /* not remembered */
	p = numbered(5, 6);
	assert_false(live_seen_add(&seen, &p));
	live_seen_release(&seen);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void test_rows_as_the_store_writes_them(void **state)
{
	struct live_job *job = live_job_new(LIVE_WATCH);
	char text[512];

	(void)state;
	assert_true(str_format(text, sizeof(text),
	        "1000\t999\t%s\ttool_call\ta\\tb\\\\c\\'d\\n\tclaude\terror\n"
	        "1001\t998\t%s\tstep\t\t\t\n",
	        ID, ID));
	assert_true(live_rows_read(job, strdup(text)));
	assert_int_equal(job->rows_len, 2);
	assert_int_equal(job->now_ms, 1001);
	assert_int_equal(job->rows[0].at.stored_ms, 999);
	assert_string_equal(job->rows[0].traits.name, "a\tb\\c'd\n");
	assert_string_equal(job->rows[0].traits.status, "error");
	assert_string_equal(job->rows[1].traits.name, "");
	live_job_free(job);
}

static void test_rows_that_are_none(void **state)
{
	static const char *const BAD[] = {"1\t2\t3\n", "\n", "x\t1\tid\ta\tb\tc\td\n",
	        "1\t2\tno-id\ta\tb\tc\td\n",
	        "1\t2\t0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b\ta\tb\tc\td",
	        "1\t2\t0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b\ta\tb\tc\td\te\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		struct live_job *job = live_job_new(LIVE_WATCH);

		if (live_rows_read(job, strdup(BAD[i])))
			fail_msg("taken: %s", BAD[i]);
		live_job_free(job);
	}
}

/* ---- messages -------------------------------------------------------------------------------- */

static void is_text(struct live_message *m, const char *text)
{
	assert_non_null(m);
	assert_int_equal(m->len, strlen(text));
	assert_string_equal(m->text, text);
	live_message_drop(m);
}

static void test_messages_on_the_wire(void **state)
{
	struct live_position at = {.stored_ms = 1772000000123};

	(void)state;
	assert_true(live_id_parse(ID, at.id));
	is_text(live_message_event(&at, "{\"a\":1}", 7),
	        "id: 1772000000123-0191d2a4-7b1c-4e5f-8a9b-0c1d2e3f4a5b\nevent: event\n"
	        "data: {\"a\":1}\n\n");
	is_text(live_message_heartbeat(5, 1772000000123, 7),
	        "id: 5-\nevent: heartbeat\n"
	        "data: {\"time\":\"2026-02-25T06:13:20.123Z\",\"dropped\":7}\n\n");
	is_text(live_message_heartbeat(-1, 0, 0),
	        "event: heartbeat\ndata: "
	        "{\"time\":\"1970-01-01T00:00:00.000Z\",\"dropped\":0}\n\n");
	is_text(live_message_gap(0, 1000),
	        "event: gap\ndata: {\"from\":\"1970-01-01T00:00:00.000Z\","
	        "\"to\":\"1970-01-01T00:00:01.000Z\"}\n\n");
	is_text(live_message_status(ERR_DASH_LIVE_FEED_UNAVAILABLE),
	        "event: status\ndata: {\"store\":\"away\",\"code\":\"YAVIO-3501\"}\n\n");
	is_text(live_message_status(ERR_OK),
	        "event: status\ndata: {\"store\":\"ok\",\"code\":null}\n\n");
	is_text(live_message_end(9, ERR_DASH_LIVE_LOGIN_ENDED),
	        "id: 9-\nevent: end\ndata: {\"code\":\"YAVIO-3503\"}\n\n");
	is_text(live_message_retry(3000), "retry: 3000\n\n");
	assert_int_equal(live_message_bytes(), 0);
}

static void test_a_queue_keeps_order_and_bounds(void **state)
{
	struct live_queue q = {.ring = NULL};
	struct live_message *m = live_message_retry(1), *other = live_message_retry(2);

	(void)state;
	assert_null(live_queue_pop(&q));
	for (int i = 0; i < LIVE_QUEUE_MAX; i++)
		assert_true(live_queue_push(&q, i % 2 == 0 ? m : other));
	assert_false(live_queue_push(&q, m));
	assert_int_equal(m->refs, 1 + LIVE_QUEUE_MAX / 2);
	for (int i = 0; i < 100; i++) {
		struct live_message *first = live_queue_pop(&q);

		assert_ptr_equal(first, i % 2 == 0 ? m : other);
		live_message_drop(first);
	}
	assert_true(live_queue_push(&q, m));
	live_queue_release(&q);
	assert_int_equal(m->refs, 1);
	live_message_drop(m);
	live_message_drop(other);
	assert_int_equal(live_message_bytes(), 0);
}

/* ---- seats ----------------------------------------------------------------------------------- */

static void test_seats_of_a_user_and_of_all(void **state)
{
	struct live_seats *s = live_seats_new(2, 3);

	(void)state;
	assert_int_equal(live_seats_take(s, "a"), ERR_OK);
	assert_int_equal(live_seats_take(s, "a"), ERR_OK);
	assert_int_equal(live_seats_take(s, "a"), ERR_DASH_SSE_CONNECTION_LIMIT);
	assert_int_equal(live_seats_take(s, "b"), ERR_OK);
	assert_int_equal(live_seats_take(s, "c"), ERR_DASH_LIVE_FEED_UNAVAILABLE);
	live_seats_give(s, "a");
	live_seats_give(s, "nobody");
	assert_int_equal(live_seats_used(s), 2);
	assert_int_equal(live_seats_take(s, "c"), ERR_OK);
	live_seats_give(s, "a");
	assert_int_equal(live_seats_take(s, "a"), ERR_OK);
	assert_int_equal(live_seats_take(s, "b"), ERR_DASH_LIVE_FEED_UNAVAILABLE);
	live_seats_free(s);
}

/* ---- a viewer -------------------------------------------------------------------------------- */

struct one {
	struct live_seats *seats;
	struct live_stream *stream;
	int peer;
	int64_t now;
};

static struct one begin(void)
{
	static const int SMALL = 4096;
	const struct live_viewer who = {.user_id = "u", .project_id = "p"};
	struct live_query query = {.backlog = 0};
	struct one one = {.seats = live_seats_new(5, 5), .now = clock_mono_ms()};
	int pair[2];

	assert_int_equal(live_seats_take(one.seats, "u"), ERR_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &SMALL, sizeof(SMALL)), 0);
	one.peer = pair[0];
	one.stream = live_stream_new(NULL, one.seats, &who, &query);
	one.stream->conn = (struct fcgi_stream){.fd = pair[1], .request_id = 1};
	one.stream->state = LIVE_RUNNING;
	return one;
}

static void end(struct one *one)
{
	live_stream_free(one->stream);
	assert_int_equal(live_seats_used(one->seats), 0);
	live_seats_free(one->seats);
	close(one->peer);
	assert_int_equal(live_message_bytes(), 0);
}

static struct live_message *event_of(size_t bytes)
{
	const struct live_position at = {.stored_ms = 1};
	char *json = calloc(1, bytes + 1);
	struct live_message *m;

	memset(json, 'x', bytes);
	m = live_message_event(&at, json, bytes);
	free(json);
	return m;
}

static void test_a_viewer_gets_a_hundred_a_second(void **state)
{
	struct one one = begin();
	struct live_stream *s = one.stream;

	(void)state;
	assert_int_equal(live_stream_allow(s, 1000, s->tokens_ms), LIVE_BURST);
	assert_int_equal(s->dropped, 1000 - LIVE_BURST);
	assert_int_equal(live_stream_allow(s, 10, s->tokens_ms), 0);
	assert_int_equal(live_stream_allow(s, 1000, s->tokens_ms + 1000), LIVE_EVENTS_PER_S);
	assert_int_equal(live_stream_allow(s, 7, s->tokens_ms + 60000), 7);
	assert_int_equal(live_stream_allow(s, 1000, s->tokens_ms), LIVE_BURST - 7);
	end(&one);
}

static void test_heartbeats_carry_what_was_left_out(void **state)
{
	struct one one = begin();
	struct live_stream *s = one.stream;
	char bytes[1024] = "";
	ssize_t n;

	(void)state;
	live_stream_leave_out(s, 3);
	live_stream_tick(s, 42, one.now + 1);
	assert_int_equal(s->queue.len, 0);
	live_stream_tick(s, 42, one.now + LIVE_HEARTBEAT_MS + 10);
	live_stream_write(s, one.now + LIVE_HEARTBEAT_MS + 10);
	n = read(one.peer, bytes, sizeof(bytes) - 1);
	assert_true(n > 8);
	assert_true(str_starts_with(bytes + 8, "id: 42-\nevent: heartbeat\n"));
	assert_non_null(strstr(bytes + 8, "\"dropped\":3}"));
	assert_int_equal(s->dropped, 0);
	end(&one);
}

static void test_a_reader_that_takes_nothing_is_ended(void **state)
{
	struct one one = begin();
	struct live_stream *s = one.stream;
	struct live_message *m = event_of(10000);

	(void)state;
	while (s->dropped == 0) {
		live_stream_event(s, m);
		live_stream_write(s, one.now);
	}
	live_message_drop(m);
	assert_true(s->blocked && s->queue.bytes <= LIVE_WAITING_BYTES_MAX);
	live_stream_tick(s, 1, one.now + LIVE_SLOW_MS - 1000);
	assert_int_equal(s->state, LIVE_RUNNING);
	live_stream_tick(s, 1, one.now + LIVE_SLOW_MS + 1000); /* YAVIO-3502 */
	assert_int_equal(s->state, LIVE_ENDING);
	live_stream_tick(s, 1, clock_mono_ms() + LIVE_ENDING_MS + 1);
	assert_int_equal(s->state, LIVE_GONE);
	end(&one);
}

static void test_the_end_is_the_last_that_is_sent(void **state)
{
	struct one one = begin();
	struct live_stream *s = one.stream;
	struct live_message *m = event_of(100000);
	size_t got = 0;
	char bytes[200000];

	(void)state;
	live_stream_event(s, m);
	live_message_drop(m);
	live_stream_end(s, 7, ERR_DASH_LIVE_LOGIN_ENDED);
	m = event_of(10);
	live_stream_event(s, m); /* too late */
	live_message_drop(m);
	for (ssize_t n = 1; n > 0 || s->state != LIVE_GONE; got += n > 0 ? (size_t)n : 0) {
		if (s->state != LIVE_GONE)
			live_stream_write(s, one.now);
		n = recv(one.peer, bytes + got, sizeof(bytes) - got, MSG_DONTWAIT);
		assert_true(n > 0 || s->state == LIVE_GONE);
	}
	assert_true(got > 100000 && got < 101000);
	assert_memory_equal(bytes + got - 16, "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0", 16);
	end(&one);
}

static void test_a_peer_that_left_is_noticed(void **state)
{
	struct one one = begin();

	(void)state;
	close(one.peer);
	live_stream_say(one.stream, live_message_retry(1));
	live_stream_write(one.stream, one.now);
	assert_int_equal(one.stream->state, LIVE_GONE);
	one.peer = dup(0);
	end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_position_is_read_as_it_was_written),
	        cmocka_unit_test(test_what_is_no_position_is_refused),
	        cmocka_unit_test(test_filters_look_at_own_fields),
	        cmocka_unit_test(test_filters_are_sets),
	        cmocka_unit_test(test_ids_are_new_once),
	        cmocka_unit_test(test_so_many_ids_and_no_more),
	        cmocka_unit_test(test_rows_as_the_store_writes_them),
	        cmocka_unit_test(test_rows_that_are_none),
	        cmocka_unit_test(test_messages_on_the_wire),
	        cmocka_unit_test(test_a_queue_keeps_order_and_bounds),
	        cmocka_unit_test(test_seats_of_a_user_and_of_all),
	        cmocka_unit_test(test_a_viewer_gets_a_hundred_a_second),
	        cmocka_unit_test(test_heartbeats_carry_what_was_left_out),
	        cmocka_unit_test(test_a_reader_that_takes_nothing_is_ended),
	        cmocka_unit_test(test_the_end_is_the_last_that_is_sent),
	        cmocka_unit_test(test_a_peer_that_left_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
