/* SPDX-License-Identifier: MIT
 * Tests of lib/shm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "shm/shm_internal.h"

#include <cmocka.h>

enum { EVENTS, DEPTH, LATENCY, FEW };

static const struct shm_metric TABLE[] = {
        [EVENTS] = {"yavio_x_total", SHM_COUNTER, "Events", {"source", "kind"}, 0, NULL},
        [DEPTH] = {"yavio_depth", SHM_GAUGE, "Depth", {NULL}, 0, NULL},
        [LATENCY] = {"yavio_latency_seconds", SHM_HISTOGRAM, "Latency", {"route"}, 0,
                &shm_buckets_w},
        [FEW] = {"yavio_few_total", SHM_COUNTER, "Few", {"n"}, 2, NULL},
};

static char *dir_of_test(char *template)
{
	assert_non_null(mkdtemp(template));
	return template;
}

static void remove_map(const char *dir, const char *name)
{
	char path[256];

	assert_true(str_format(path, sizeof(path), "%s/%s", dir, name));
	unlink(path);
}

static char *rendered(const struct shm *s, struct buf *b)
{
	buf_init(b, SHM_RENDER_BYTES_MAX);
	assert_int_equal(shm_render(s, b), ERR_OK);
	return b->data;
}

static void test_processes_count_together(void **state)
{
	struct shm *s;

	(void)state;
	assert_int_equal(shm_open_map(NULL, "x", TABLE, ARRAY_LEN(TABLE), &s), ERR_OK);
	for (int i = 0; i < 4; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < 10000; k++) {
			shm_add(s, EVENTS, SHM_LABELS("server", k % 2 ? "a" : "b"), 1);
			shm_observe(s, LATENCY, SHM_LABELS("/r"), 0.25);
		}
		_exit(0);
	}
	while (wait(NULL) > 0) {
	}
	assert_true(shm_get(s, EVENTS, SHM_LABELS("server", "a")) == 20000);
	assert_true(shm_get(s, EVENTS, SHM_LABELS("server", "b")) == 20000);
	assert_true(shm_get(s, LATENCY, SHM_LABELS("/r")) == 40000);
	shm_close(s);
}

static void test_text_has_the_prometheus_form(void **state)
{
	struct shm *s;
	struct buf b;
	char *text;

	(void)state;
	assert_int_equal(shm_open_map(NULL, "x", TABLE, ARRAY_LEN(TABLE), &s), ERR_OK);
	shm_add(s, EVENTS, SHM_LABELS("a\"b\\c\nd", "k"), 3);
	shm_set(s, DEPTH, NULL, -1.5);
	shm_observe(s, LATENCY, SHM_LABELS("/r"), 0.001);
	shm_observe(s, LATENCY, SHM_LABELS("/r"), 0.3);
	shm_observe(s, LATENCY, SHM_LABELS("/r"), 7);
	text = rendered(s, &b);
	assert_non_null(strstr(text, "# HELP yavio_x_total Events\n# TYPE yavio_x_total counter\n"
	                             "yavio_x_total{source=\"a\\\"b\\\\c\\nd\",kind=\"k\"} 3\n"));
	assert_non_null(strstr(text, "# TYPE yavio_depth gauge\nyavio_depth -1.5\n"));
	assert_non_null(
	        strstr(text, "yavio_latency_seconds_bucket{route=\"/r\",le=\"0.001\"} 1\n"));
	assert_non_null(strstr(text, "yavio_latency_seconds_bucket{route=\"/r\",le=\"0.25\"} 1\n"));
	assert_non_null(strstr(text, "yavio_latency_seconds_bucket{route=\"/r\",le=\"0.5\"} 2\n"));
	assert_non_null(strstr(text, "yavio_latency_seconds_bucket{route=\"/r\",le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(text, "yavio_latency_seconds_sum{route=\"/r\"} 7.301\n"));
	assert_non_null(strstr(text, "yavio_latency_seconds_count{route=\"/r\"} 3\n"));
	buf_release(&b);
	shm_close(s);
}

static void test_a_full_metric_says_so(void **state)
{
	struct shm *s;
	struct buf b;
	char longest[400];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(shm_open_map(NULL, "x", TABLE, ARRAY_LEN(TABLE), &s), ERR_OK);
	shm_add(s, FEW, SHM_LABELS("1"), 1);
	shm_add(s, FEW, SHM_LABELS("2"), 1);
	shm_add(s, FEW, SHM_LABELS("3"), 1);
	shm_add(s, FEW, SHM_LABELS(longest), 1);
	shm_add(s, FEW, SHM_LABELS("1"), 1);
	shm_add(s, 99, NULL, 1);
	assert_true(shm_get(s, FEW, SHM_LABELS("1")) == 2);
	assert_true(shm_get(s, FEW, SHM_LABELS("3")) == 0);
	assert_non_null(strstr(rendered(s, &b), "yavio_metrics_series_dropped_total 2\n"));
	buf_release(&b);
	shm_close(s);
}

/* A process that dies while it makes a series leaves the lock to the next one. */
static void test_a_dead_holder_blocks_nobody(void **state)
{
	struct shm *s;
	int status;

	(void)state;
	assert_int_equal(shm_open_map(NULL, "x", TABLE, ARRAY_LEN(TABLE), &s), ERR_OK);
	if (fork() == 0) {
		pthread_mutex_lock(&s->head->growing);
		shm_series_at(s->head, &shm_descs(s->head)[EVENTS], 0)->labels[0] = 'h';
		kill(getpid(), SIGKILL);
	}
	wait(&status);
	assert_true(WIFSIGNALED(status));
	shm_add(s, EVENTS, SHM_LABELS("server", "a"), 5);
	assert_true(shm_get(s, EVENTS, SHM_LABELS("server", "a")) == 5);
	shm_close(s);
}

static void test_one_text_of_several_programs(void **state)
{
	static const struct shm_metric OTHER[] = {
	        {"yavio_other", SHM_GAUGE, "Other", {NULL}, 0, NULL},
	        {"yavio_x_total", SHM_COUNTER, "Events", {"source", "kind"}, 0, NULL},
	};
	char template[] = "/tmp/yavio-shm-XXXXXX", path[256];
	const char *dir = dir_of_test(template);
	static const char *const ONLY[] = {"b", NULL};
	struct shm *a, *b;
	struct buf out;
	const char *first;

	(void)state;
	assert_true(str_format(path, sizeof(path), "%s/a.map", dir));
	assert_int_equal(shm_open_map(path, "a", TABLE, ARRAY_LEN(TABLE), &a), ERR_OK);
	assert_true(str_format(path, sizeof(path), "%s/b.map", dir));
	assert_int_equal(shm_open_map(path, "b", OTHER, ARRAY_LEN(OTHER), &b), ERR_OK);
	shm_add(a, EVENTS, SHM_LABELS("one", "k"), 1);
	shm_add(b, 1, SHM_LABELS("two", "k"), 2);
	shm_set(b, 0, NULL, 4);
	buf_init(&out, SHM_RENDER_BYTES_MAX);
	assert_int_equal(shm_render_dir(dir, NULL, &out), ERR_OK);
	assert_non_null(strstr(out.data, "yavio_x_total{source=\"one\",kind=\"k\"} "
	                                 "1\nyavio_x_total{source=\"two\",kind=\"k\"} 2\n"));
	first = strstr(out.data, "# TYPE yavio_x_total");
	assert_non_null(first);
	assert_null(strstr(first + 1, "# TYPE yavio_x_total"));
	assert_non_null(strstr(out.data, "yavio_metrics_files_skipped 0\n"));
	buf_clear(&out);
	assert_int_equal(shm_render_dir(dir, ONLY, &out), ERR_OK);
	assert_non_null(strstr(out.data, "yavio_other 4\n"));
	assert_null(strstr(out.data, "source=\"one\""));
	buf_release(&out);
	shm_close(a);
	shm_close(b);
	remove_map(dir, "a.map");
	remove_map(dir, "b.map");
	rmdir(dir);
}

/* Every way in which a file can be wrong: it is skipped, nothing else happens. */
static void test_a_damaged_file_is_skipped(void **state)
{
	char template[] = "/tmp/yavio-shm-XXXXXX", path[256];
	const char *dir = dir_of_test(template);
	struct shm *s;
	struct shm_desc *d;
	struct buf out;

	(void)state;
	assert_true(str_format(path, sizeof(path), "%s/a.map", dir));
	assert_int_equal(shm_open_map(path, "a", TABLE, ARRAY_LEN(TABLE), &s), ERR_OK);
	d = (struct shm_desc *)shm_descs(s->head);
	buf_init(&out, SHM_RENDER_BYTES_MAX);
#define DAMAGED(field, value)                                                                      \
	do {                                                                                       \
		__typeof__(field) kept = (field);                                                  \
		(field) = (value);                                                                 \
		buf_clear(&out);                                                                   \
		assert_int_equal(shm_render_dir(dir, NULL, &out), ERR_OK);                         \
		assert_non_null(strstr(out.data, "yavio_metrics_files_skipped 1\n"));              \
		(field) = kept;                                                                    \
	} while (0)
	DAMAGED(s->head->layout_version, 2);
	DAMAGED(s->head->magic[0], 'X');
	DAMAGED(s->head->size, s->head->size + 1);
	DAMAGED(s->head->sections[0].count, 4000000);
	DAMAGED(s->head->sections[0].offset, UINT64_MAX - 7);
	DAMAGED(d[0].series_offset, UINT64_MAX - 7);
	DAMAGED(d[1].series_max, 5000);
	DAMAGED(d[2].bounds_len, 17);
	DAMAGED(d[2].series_bytes, 8);
	DAMAGED(d[3].type, 9);
	assert_int_equal(truncate(path, 100), 0);
	buf_clear(&out);
	assert_int_equal(shm_render_dir(dir, NULL, &out), ERR_OK);
	assert_non_null(strstr(out.data, "yavio_metrics_files_skipped 1\n"));
	buf_release(&out);
	remove_map(dir, "a.map");
	rmdir(dir);
	/* The map itself is gone behind its pages: only unmap it. */
	shm_close(s);
}

static void test_a_bad_directory_is_an_error(void **state)
{
	struct shm *s;
	struct buf out;

	(void)state;
	assert_int_equal(shm_open_map("/nonexistent/a.map", "a", TABLE, ARRAY_LEN(TABLE), &s),
	        ERR_INFRA_HOME_UNUSABLE);
	assert_null(s);
	buf_init(&out, 1000);
	assert_int_equal(shm_render_dir("/nonexistent", NULL, &out), ERR_INFRA_HOME_UNUSABLE);
	buf_release(&out);
	shm_add(NULL, 0, NULL, 1);
	shm_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_processes_count_together),
	        cmocka_unit_test(test_text_has_the_prometheus_form),
	        cmocka_unit_test(test_a_full_metric_says_so),
	        cmocka_unit_test(test_a_dead_holder_blocks_nobody),
	        cmocka_unit_test(test_one_text_of_several_programs),
	        cmocka_unit_test(test_a_damaged_file_is_skipped),
	        cmocka_unit_test(test_a_bad_directory_is_an_error),
	};

	return cmocka_run_group_tests_name("shm", tests, NULL, NULL);
}
