/* SPDX-License-Identifier: MIT
 * Tests of sending: a store in a few lines that refuses rows, fails, and drops repeated tokens; in
 * the end each good row is stored once and each bad one is in quarantine. */
#include <pthread.h>

#include "../spool_fixture.h"
#include "daemon/shipper/shipper.h"

#include "tests/unit/log_capture.h"

enum { STORE_ROWS = 4096, STORE_TOKENS = 20000 };

/* What ClickHouse does with tokens and bad rows, and nothing else. */
struct store {
	pthread_mutex_t lock;
	int stored[STORE_ROWS];
	bool bad[STORE_ROWS];
	char (*tokens)[SHIP_TOKEN_BYTES];
	int token_count, calls, rows_refused_alone;
	int fail_every; /* each n-th call fails without an effect */
	int lost_every; /* each n-th call is stored, but its answer is lost */
	int die_at;     /* the shipper stops being asked at this call: a crash */
	volatile sig_atomic_t stop;
};

static enum err answer(struct ch_result *r, enum err cause, enum ch_fault fault)
{
	*r = (struct ch_result){.cause = cause, .fault = fault, .ch_code = cause == 5003 ? 117 : 0};
	strcpy(r->text, "Cannot parse");
	return cause;
}

static int row_number(const char *line)
{
	return atoi(line + 5);
}

static enum err locked_insert(
        struct store *st, const char *token, const char *body, size_t len, struct ch_result *r)
{
	const char *end = body + len;

	st->calls++;
	if (st->die_at > 0 && st->calls >= st->die_at) {
		st->stop = 1;
		return answer(r, ERR_DB_CH_CONNECTION_REFUSED, CH_FAULT_TRANSIENT);
	}
	if (st->fail_every > 0 && st->calls % st->fail_every == 0)
		return answer(r, ERR_DB_STORE_BUSY, CH_FAULT_TRANSIENT);
	for (int i = 0; i < st->token_count; i++)
		if (strcmp(st->tokens[i], token) == 0)
			return answer(r, ERR_OK, CH_FAULT_NONE);
	for (const char *p = body; p < end;
	        p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1)
		if (st->bad[row_number(p)])
			return answer(r, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_DATA);
	for (const char *p = body; p < end;
	        p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1)
		st->stored[row_number(p)]++;
	assert_true(st->token_count < STORE_TOKENS);
	strcpy(st->tokens[st->token_count++], token);
	if (st->lost_every > 0 && st->calls % st->lost_every == 0)
		return answer(r, ERR_DB_CH_QUERY_TIMEOUT, CH_FAULT_TRANSIENT);
	return answer(r, ERR_OK, CH_FAULT_NONE);
}

static enum err store_insert(
        void *arg, unsigned lane, const struct ch_insert *insert, struct ch_result *r)
{
	struct store *st = arg;
	enum err e;

	(void)lane;
	assert_string_equal(insert->table, "events");
	pthread_mutex_lock(&st->lock);
	e = locked_insert(st, insert->token, insert->body, insert->body_len, r);
	pthread_mutex_unlock(&st->lock);
	return e;
}

static bool store_ping(void *arg)
{
	(void)arg;
	return true;
}

static struct store *store_new(void)
{
	struct store *st = calloc(1, sizeof(*st));

	st->tokens = calloc(STORE_TOKENS, sizeof(*st->tokens));
	pthread_mutex_init(&st->lock, NULL);
	return st;
}

static void store_free(struct store *st)
{
	free(st->tokens);
	free(st);
}

static void shipper_begin(struct shipper *s, struct fixture *f, struct store *st, uint32_t rows)
{
	memset(s, 0, sizeof(*s));
	s->options.spool = f->ro;
	s->options.limits = (struct spool_limits){rows, 16 << 20, 14, SHIP_LANES};
	s->stop = &st->stop;
	s->backoff_first_ms = 1;
	s->backoff_last_ms = 2;
	s->sink = (struct sink){store_insert, store_ping, st};
	for (int i = 0; i < SHIP_LANES; i++)
		buf_init(&s->scratch[i], 1 << 20);
	spool_batch_init(&s->batch);
	assert_int_equal(spool_reader_open(&f->ro, &s->reader), ERR_OK);
}

static void shipper_end(struct shipper *s)
{
	spool_reader_close(s->reader);
	spool_batch_release(&s->batch);
	for (int i = 0; i < SHIP_LANES; i++)
		buf_release(&s->scratch[i]);
}

/* Ships until nothing is left, or the store says stop. */
static void ship(struct fixture *f, struct store *st, uint32_t rows)
{
	static struct shipper s;
	enum ship_result result = SHIP_DONE;
	struct spool_backlog backlog;

	shipper_begin(&s, f, st, rows);
	while (result == SHIP_DONE) {
		assert_int_equal(spool_reader_poll(s.reader, &backlog), ERR_OK);
		assert_int_equal(loop_ship(&s, &result), ERR_OK);
	}
	assert_true(result == SHIP_NOTHING || st->stop);
	shipper_end(&s);
}

static void append_rows(struct fixture *f, int count)
{
	struct spool_writer *w;

	f->o.fsync = SPOOL_FSYNC_OFF; /* not what is tested here, and a busy disk makes it slow */
	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	for (int i = 0; i < count; i++)
		assert_int_equal(fixture_append(w, i, 20), ERR_OK);
	spool_writer_close(w);
}

struct quarantined {
	struct fixture *f;
	int times[STORE_ROWS];
};

static bool note_quarantined(const struct spool_quarantine_entry *e, void *arg)
{
	struct quarantined *q = arg;
	struct spool_quarantine_entry got;
	struct buf payload;

	buf_init(&payload, 1000);
	assert_int_equal(spool_quarantine_show(q->f->dir, e->id, &got, &payload), ERR_OK);
	assert_int_equal(got.rows, 1);
	assert_int_equal(got.store_code, 117);
	assert_string_equal(got.reason, "Cannot parse");
	q->times[row_number(payload.data)]++;
	buf_release(&payload);
	return true;
}

static void check_all(struct fixture *f, const struct store *st, int count)
{
	struct quarantined *q = calloc(1, sizeof(*q));

	q->f = f;
	assert_int_equal(spool_quarantine_list(f->dir, note_quarantined, q), ERR_OK);
	for (int i = 0; i < count; i++) {
		assert_int_equal(st->stored[i], st->bad[i] ? 0 : 1);
		assert_int_equal(q->times[i], st->bad[i] ? 1 : 0);
	}
	free(q);
}

static void test_all_good(void **state)
{
	struct fixture *f = *state;
	struct store *st = store_new();

	append_rows(f, 1000);
	ship(f, st, 100);
	check_all(f, st, 1000);
	assert_int_equal(st->calls, 10);
	store_free(st);
}

static void test_bad_rows_alone_are_set_aside(void **state)
{
	static const int bad[] = {0, 17, 18, 255, 256, 511, 999};
	struct fixture *f = *state;
	struct store *st = store_new();

	append_rows(f, 1000);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		st->bad[bad[i]] = true;
	ship(f, st, 500);
	check_all(f, st, 1000);
	assert_in_range(st->calls, 10, 200);
	store_free(st);
}

static void test_every_row_bad(void **state)
{
	struct fixture *f = *state;
	struct store *st = store_new();

	append_rows(f, 40);
	memset(st->bad, true, sizeof(st->bad));
	ship(f, st, 500);
	check_all(f, st, 40);
	store_free(st);
}

/* The shipper dies at each call in turn, while it searches for three bad rows, and another one goes
 * on: nothing lost, nothing twice, nothing in quarantine twice. */
static void test_death_at_every_call(void **state)
{
	struct fixture *f;
	struct store *st;
	bool finished = false;

	for (int die_at = 1; !finished; die_at++) {
		fixture_teardown(state);
		fixture_setup(state);
		f = *state;
		st = store_new();
		append_rows(f, 64);
		st->bad[3] = st->bad[31] = st->bad[32] = true;
		st->lost_every = 3;
		st->die_at = die_at;
		ship(f, st, 16);
		finished = !st->stop;
		st->stop = 0;
		st->die_at = 0;
		st->lost_every = 0;
		ship(f, st, 7); /* other settings: the plan under way keeps its own */
		check_all(f, st, 64);
		store_free(st);
	}
}

static void test_transient_errors_are_repeated(void **state)
{
	struct fixture *f = *state;
	struct store *st = store_new();

	append_rows(f, 300);
	st->bad[150] = true;
	st->fail_every = 12;
	ship(f, st, 100);
	check_all(f, st, 300);
	store_free(st);
}

static void test_falling_behind_is_told_once(void **state)
{
	static const char row[] = "{\"n\":0,\"pad\":\"\"}\n";
	static struct shipper s;
	static struct log_capture log;
	struct fixture *f = *state;
	struct store *st = store_new();
	struct spool_record old = {.accepted_ms = clock_wall_ms() - 120 * 1000,
	        .rows_server = 1,
	        .events = row,
	        .events_len = sizeof(row) - 1};
	struct spool_writer *w;

	assert_int_equal(spool_writer_open(&f->o, &w), ERR_OK);
	/* One row an insert: a first batch goes out before the loop looks around, the second ends
	 * it. */
	for (int i = 0; i < 2 * SHIP_LANES; i++)
		assert_int_equal(spool_append(w, &old), ERR_OK);
	spool_writer_close(w);
	st->die_at = SHIP_LANES + 1;
	shipper_begin(&s, f, st, 1);
	log_capture_begin(&log);
	assert_int_equal(loop_run(&s), ERR_OK);
	log_capture_end(&log);
	shipper_end(&s);
	assert_int_equal(log_captured(&log, ERR_INGEST_SHIPPING_BEHIND), 1);
	store_free(st);
}

#define SEND_TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SEND_TEST(test_all_good),
	        SEND_TEST(test_bad_rows_alone_are_set_aside),
	        SEND_TEST(test_every_row_bad),
	        SEND_TEST(test_death_at_every_call),
	        SEND_TEST(test_transient_errors_are_repeated),
	        SEND_TEST(test_falling_behind_is_told_once),
	};

	return cmocka_run_group_tests_name("shipper_send", tests, NULL, NULL);
}
