/* SPDX-License-Identifier: MIT
 * What the spool's tests share: a private spool directory, records that can be told apart, a reader
 * that takes everything. */
#ifndef TESTS_UNIT_SPOOL_FIXTURE_H
#define TESTS_UNIT_SPOOL_FIXTURE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "spool/spool.h"
#include "spool/spool_internal.h"
#include "spool/spool_reader.h"

#include <cmocka.h>

struct fixture {
	char home[64], dir[128];
	struct spool_options o;
	struct spool_reader_options ro;
	struct spool_limits limits;
};

static inline int fixture_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	log_set_level(LOG_FATAL);
	strcpy(f->home, "/var/tmp/yavio-spool-XXXXXX");
	if (mkdtemp(f->home) == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "%s/spool", f->home);
	f->o = (struct spool_options){
	        .dir = f->dir,
	        .max_bytes = 64 << 20,
	        .segment_bytes = 1 << 20,
	        .reserve_bytes = 1 << 20,
	        .fsync_interval_ms = 5,
	        .allow_any_fs = true,
	};
	f->ro = (struct spool_reader_options){
	        .dir = f->dir,
	        .allow_any_fs = true,
	        .max_bytes = 64 << 20,
	        .reserve_bytes = 1 << 20,
	        .quarantine_max_bytes = 1 << 30,
	};
	f->limits = (struct spool_limits){.rows = 10000, .bytes = 16 << 20, .days = 14, .units = 1};
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	nftw(f->home, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* One event row "{"n":<number>,"pad":"…"}\n", pad bytes long. */
static inline enum err fixture_append(struct spool_writer *w, int number, size_t pad)
{
	char *row = malloc(pad + 64);
	int n = snprintf(row, 64, "{\"n\":%d,\"pad\":\"", number);
	struct spool_record r = {.accepted_ms = clock_wall_ms(), .rows_server = 1, .events = row};
	enum err e;

	memset(row + n, 'x', pad);
	memcpy(row + n + pad, "\"}\n", 3);
	r.events_len = (size_t)n + pad + 3;
	e = spool_append(w, &r);
	free(row);
	return e;
}

/* Numbers of the rows of a batch in their order, at most max; count. */
static inline int fixture_numbers(const struct spool_batch *b, int *out, int max)
{
	const char *at = b->events.data;
	const char *end = at + b->events.len;
	int count = 0;

	while (b->events.len > 0 && at < end && count < max) {
		out[count++] = atoi(at + 5);
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	}
	return count;
}

/* Ships all there is and returns how often each number below max came. */
static inline int fixture_drain(struct fixture *f, int *seen, int max)
{
	struct spool_reader *r;
	struct spool_batch b;
	struct spool_backlog backlog;
	int *numbers = calloc((size_t)max + 1, sizeof(int)), total = 0;

	memset(seen, 0, (size_t)max * sizeof(int));
	assert_int_equal(spool_reader_open(&f->ro, &r), ERR_OK);
	spool_batch_init(&b);
	for (;;) {
		int count;

		assert_int_equal(spool_reader_poll(r, &backlog), ERR_OK);
		assert_int_equal(spool_reader_plan(r, &f->limits, &b), ERR_OK);
		if (b.number == 0)
			break;
		count = fixture_numbers(&b, numbers, max + 1);
		for (int i = 0; i < count; i++) {
			assert_in_range(numbers[i], 0, max - 1);
			seen[numbers[i]]++;
		}
		total += count;
		assert_int_equal(spool_reader_ack(r), ERR_OK);
	}
	spool_batch_release(&b);
	spool_reader_close(r);
	free(numbers);
	return total;
}

#endif
