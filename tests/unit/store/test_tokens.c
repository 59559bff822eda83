/* SPDX-License-Identifier: MIT
 * Tests of forgetting inserts that the engine noted and did not finish: names of parts, what covers
 * what, the notes, and the files of a data directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/str.h"
#include "daemon/store/scrub.h"
#include "daemon/store/tokens.h"
#include "tests/unit/log_capture.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		int64_t min, max; /* max < 0: no part */
	} cases[] = {
	        {"202601_5_9_2", 5, 9},
	        {"all_1_1_0", 1, 1},
	        {"202601_1_7_3_12", 1, 7},
	        {"patch-0a1b-202601_3_3_0", 3, 3},
	        {"202601_-1_2_0", -1, 2},
	        {"", 0, -1},
	        {"_1_1_0", 0, -1},
	        {"202601", 0, -1},
	        {"202601_1", 0, -1},
	        {"202601_1_1", 0, -1},
	        {"202601_1_1_", 0, -1},
	        {"202601_1_1_0_", 0, -1},
	        {"202601_1_1_0_1_1", 0, -1},
	        {"202601_2_1_0", 0, -1},
	        {"202601_1__0", 0, -1},
	        {"202601_x_1_0", 0, -1},
	        {"202601_1_1_0x", 0, -1},
	        {"202601_+1_1_0", 0, -1},
	        {"202601_1_99999999999999999999_0", 0, -1},
	        {"tmp_insert_202601_5_5_1", 0, -1},
	        {"tmp_merge_202601_5_9_2", 0, -1},
	        {"delete_tmp_202601_5_5_1", 0, -1},
	        {"detached", 0, -1},
	        {"deduplication_logs", 0, -1},
	        {"format_version.txt", 0, -1},
	};
	struct tokens_part p;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *name = cases[i].name;
		assert_int_equal(tokens_part_read(name, strlen(name), &p), cases[i].max >= 0);
		if (cases[i].max < 0)
			continue;
		assert_int_equal(p.min, cases[i].min);
		assert_int_equal(p.max, cases[i].max);
		assert_int_equal(p.len, strchr(name, '_') - name);
	}
}

static void test_cover(void **state)
{
	static const char *const names[] = {"202601_4_4_0", "202602_1_3_1", "202601_1_3_1_9",
	        "202601_6_20_4", "202601_7_7_0", "20260_5_5_0", "tmp_merge_202601_5_5_1",
	        "202603_1_1_0", "202603_2_2_0"};
	static const struct {
		const char *name;
		bool covered;
	} cases[] = {
	        {"202601_4_4_0", true},
	        {"202601_2_2_1", true},  /* merged, changed by a mutation */
	        {"202601_5_5_0", false}, /* between two, and of another partition */
	        {"202601_7_7_0", true},
	        {"202601_20_20_0", true}, /* not in the last that begins before it */
	        {"202601_21_21_0", false},
	        {"202601_3_4_1", false}, /* half here, half there */
	        {"202602_3_3_0", true},
	        {"202602_4_4_0", false},
	        {"202603_1_2_1", false},
	        {"2026_1_1_0", false},
	        {"202604_1_1_0", false},
	        {"20260_5_5_0", true},
	};
	struct tokens_parts parts = {0};
	struct tokens_part p;
	(void)state;
	assert_true(tokens_part_read("all_1_1_0", 9, &p));
	assert_false(tokens_parts_cover(&parts, &p));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_true(tokens_parts_add(&parts, names[i]));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(tokens_part_read(cases[i].name, strlen(cases[i].name), &p));
		if (tokens_parts_cover(&parts, &p) != cases[i].covered)
			fail_msg("%s", cases[i].name);
	}
	tokens_parts_release(&parts);
}

/* Judges the files, with parts all_1_3_1 and all_5_5_0 there, and compares what is kept of each. */
static void expect_kept(const char *const *texts, const char *const *kept, size_t count,
        size_t orphans, size_t unknown)
{
	struct tokens_log logs[4] = {0};
	struct tokens_parts parts = {0};
	struct buf out;
	size_t found_orphans = 0, found_unknown = 0;
	assert_true(tokens_parts_add(&parts, "all_1_3_1") && tokens_parts_add(&parts, "all_5_5_0"));
	for (size_t i = 0; i < count; i++) {
		buf_init(&logs[i].text, 4096);
		buf_add_str(&logs[i].text, texts[i]);
		assert_true(tokens_read(&logs[i]));
	}
	assert_true(tokens_judge(logs, count, &parts));
	for (size_t i = 0; i < count; i++) {
		buf_init(&out, 4096);
		assert_true(tokens_kept(&logs[i], &out));
		assert_string_equal(buf_str(&out), kept[i]);
		buf_release(&out);
		found_orphans += logs[i].orphans;
		found_unknown += logs[i].unknown;
		tokens_log_release(&logs[i]);
	}
	assert_int_equal(found_orphans, orphans);
	assert_int_equal(found_unknown, unknown);
	tokens_parts_release(&parts);
}

static void expect_one(const char *text, const char *kept, size_t orphans, size_t unknown)
{
	expect_kept(&text, &kept, 1, orphans, unknown);
}

static void test_orphans(void **state)
{
	(void)state;
	expect_one("", "", 0, 0);
	expect_one(
	        "1\tall_2_2_0\ta\n1\tall_2_2_0\tb\n", "1\tall_2_2_0\ta\n1\tall_2_2_0\tb\n", 0, 0);
	expect_one("1\tall_1_1_0\ta\n1\tall_4_4_0\tb\n1\tall_4_4_0\tc\n1\tall_5_5_0\td\n",
	        "1\tall_1_1_0\ta\n1\tall_5_5_0\td\n", 2, 0);
	/* the engine itself took it back */
	expect_one(
	        "1\tall_4_4_0\ta\n2\tall_4_4_0\ta\n", "1\tall_4_4_0\ta\n2\tall_4_4_0\ta\n", 0, 0);
	/* and then began it anew */
	expect_one("1\tall_4_4_0\ta\n2\tall_4_4_0\ta\n1\tall_6_6_0\ta\n",
	        "1\tall_4_4_0\ta\n2\tall_4_4_0\ta\n", 1, 0);
	expect_one("1\tall_4_4_0\ta\n2\tall_4_4_0\ta\n1\tall_5_5_0\ta\n",
	        "1\tall_4_4_0\ta\n2\tall_4_4_0\ta\n1\tall_5_5_0\ta\n", 0, 0);
	/* a drop of another token whose name begins alike */
	expect_one("1\tall_4_4_0\tab\n2\tall_4_4_0\ta\n", "2\tall_4_4_0\ta\n", 1, 0);
	/* a drop counts whatever its part is called */
	expect_one("1\tall_4_4_0\ta\n2\t?\ta\n", "1\tall_4_4_0\ta\n2\t?\ta\n", 0, 0);
}

static void test_files(void **state)
{
	static const char *const texts[] = {"1\tall_4_4_0\ta\n1\tall_1_1_0\tb\n1\tall_7_7_0\tc\n",
	        "2\tall_4_4_0\ta\n1\tall_8_8_0\td\n", "1\tall_7_7_0\tc\n1\tall_5_5_0\te\n"};
	static const char *const kept[] = {
	        "1\tall_4_4_0\ta\n1\tall_1_1_0\tb\n", "2\tall_4_4_0\ta\n", "1\tall_5_5_0\te\n"};
	(void)state;
	expect_kept(texts, kept, 3, 3, 0);
}

static void test_unknown(void **state)
{
	static const char *const bad[] = {"\n", "1\n", "1\t\n", "1\tall_1_1_0\n",
	        "1\tall_1_1_0\t\n", "1\tall_1_1_0\ta\tb\n", "3\tall_1_1_0\ta\n",
	        " 1\tall_1_1_0\ta\n", "1 all_1_1_0\ta\n", "1\tall_1_1\ta\n", "11\tall_1_1_0\ta\n",
	        "2\tall_1_1_0\n", "x\n"};
	char text[128];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_true(str_format(
		        text, sizeof(text), "1\tall_1_1_0\ty\n%s1\tall_5_5_0\tz\n", bad[i]));
		expect_one(text, "1\tall_1_1_0\ty\n1\tall_5_5_0\tz\n", 0, 1);
	}
	expect_one("1\tall_1_1_0\ty\n1\tall_1_1_0\tz", "1\tall_1_1_0\ty\n", 0, 1);
}

/* ---- files ---- */

struct place {
	char dir[64], table[128], logs[160];
};

static void place_make(struct place *p)
{
	char path[128];
	assert_true(str_format(p->dir, sizeof(p->dir), "/tmp/yavio-tokens-XXXXXX"));
	assert_non_null(mkdtemp(p->dir));
	static const char *const dirs[] = {"store", "store/abc", "store/abc/uuid",
	        "store/abc/uuid/deduplication_logs", "store/abc/uuid/all_1_1_0",
	        "store/abc/uuid/detached", "store/abc/uuid/detached/all_2_2_0", "data", "data/db"};
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		assert_true(str_format(path, sizeof(path), "%s/%s", p->dir, dirs[i]));
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_true(str_format(p->table, sizeof(p->table), "%s/store/abc/uuid", p->dir));
	assert_true(str_format(p->logs, sizeof(p->logs), "%s/deduplication_logs", p->table));
	assert_true(str_format(path, sizeof(path), "%s/data/db/events", p->dir));
	assert_int_equal(symlink("../../store/abc/uuid", path), 0);
	assert_true(str_format(path, sizeof(path), "%s/data/db/gone", p->dir));
	assert_int_equal(symlink("../../store/abc/none", path), 0);
}

static void place_remove(const struct place *p)
{
	char command[96];
	assert_true(str_format(command, sizeof(command), "rm -rf %s", p->dir));
	assert_int_equal(system(command), 0);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];
	assert_true(str_format(path, sizeof(path), "%s/%s", dir, name));
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *got(const char *dir, const char *name)
{
	static char text[4096];
	char path[256];
	assert_true(str_format(path, sizeof(path), "%s/%s", dir, name));
	FILE *f = fopen(path, "r");
	if (!f)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static struct stat status(const char *dir, const char *name)
{
	struct stat st;
	char path[256];
	assert_true(str_format(path, sizeof(path), "%s/%s", dir, name));
	assert_int_equal(stat(path, &st), 0);
	return st;
}

#define LOG(n) "deduplication_log_" #n ".txt"

/* What runs, and how often it logs the number. */
static enum err closed(const struct place *p, enum err number, int lines)
{
	struct log_capture c;
	log_capture_begin(&c);
	enum err err = scrub_closed(p->dir);
	log_capture_end(&c);
	assert_int_equal(log_captured(&c, number), lines);
	return err;
}

static void test_closed(void **state)
{
	struct place p;
	(void)state;
	place_make(&p);
	put(p.logs, LOG(9), "1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tall_3_3_0\tc\n");
	put(p.logs, LOG(10), "2\tall_3_3_0\tc\n");
	put(p.logs, "deduplication_log_011.txt", "x");
	put(p.table, "all_2_2_0", "a file is no part");
	put(p.table, "tmp_deduplication_log", "of one that was killed here");
	char path[256];
	assert_true(str_format(path, sizeof(path), "%s/%s", p.logs, LOG(9)));
	assert_int_equal(chmod(path, 0640), 0);
	struct stat before = status(p.logs, LOG(10));
	assert_int_equal(closed(&p, ERR_DB_STORE_INSERT_UNFINISHED, 1), ERR_OK);
	assert_string_equal(got(p.logs, LOG(9)), "1\tall_1_1_0\ta\n1\tall_3_3_0\tc\n");
	assert_int_equal(status(p.logs, LOG(9)).st_mode & 07777, 0640);
	assert_int_equal(status(p.logs, LOG(10)).st_ino, before.st_ino);
	assert_null(got(p.table, "tmp_deduplication_log"));
	before = status(p.logs, LOG(9));
	assert_int_equal(closed(&p, ERR_DB_STORE_INSERT_UNFINISHED, 0), ERR_OK);
	assert_int_equal(status(p.logs, LOG(9)).st_ino, before.st_ino);
	place_remove(&p);
}

/* A database of the old kind has its tables in data/ themselves. */
static void test_data(void **state)
{
	struct place p;
	char path[256], logs[256];
	(void)state;
	place_make(&p);
	assert_true(str_format(path, sizeof(path), "%s/data/db/old", p.dir));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(str_format(logs, sizeof(logs), "%s/deduplication_logs", path));
	assert_int_equal(mkdir(logs, 0700), 0);
	put(logs, LOG(1), "1\tall_2_2_0\tb\n");
	assert_int_equal(closed(&p, ERR_DB_STORE_INSERT_UNFINISHED, 1), ERR_OK);
	assert_string_equal(got(logs, LOG(1)), "");
	place_remove(&p);
}

static void test_nothing_there(void **state)
{
	struct place p;
	(void)state;
	place_make(&p);
	place_remove(&p);
	assert_int_equal(closed(&p, ERR_DB_STORE_OPEN_FAILED, 0), ERR_OK);
}

/* What cannot be read or written keeps the store from starting. */
static void test_refused(void **state)
{
	struct place p;
	char path[256];
	(void)state;
	place_make(&p);
	put(p.logs, LOG(1), "1\tall_2_2_0\tb\n");
	assert_true(str_format(path, sizeof(path), "%s/tmp_deduplication_log", p.table));
	assert_int_equal(mkdir(path, 0700), 0); /* in the way, for root too */
	assert_int_equal(closed(&p, ERR_DB_STORE_OPEN_FAILED, 2), ERR_DB_STORE_OPEN_FAILED);
	assert_string_equal(got(p.logs, LOG(1)), "1\tall_2_2_0\tb\n");
	assert_int_equal(rmdir(path), 0);
	assert_true(str_format(path, sizeof(path), "%s/%s", p.logs, LOG(2)));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(closed(&p, ERR_DB_STORE_OPEN_FAILED, 2), ERR_DB_STORE_OPEN_FAILED);
	place_remove(&p);
}

static bool opened(const struct place *p, bool *found, int lines)
{
	struct log_capture c;
	log_capture_begin(&c);
	bool ok = scrub_open(p->dir, found);
	log_capture_end(&c);
	assert_int_equal(log_captured(&c, ERR_DB_STORE_INSERT_UNFINISHED), lines);
	return ok;
}

/* While the engine runs its files stay as they are; the next start knows, though another part seems
 * to hold the missing one by then. */
static void test_open(void **state)
{
	static const char notes[] = "1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tall_2_2_0\tc\n1\tall_3";
	struct place p;
	char path[256];
	bool found = true;
	(void)state;
	place_make(&p);
	put(p.logs, LOG(1), "1\tall_1_1_0\ta\n");
	assert_true(opened(&p, &found, 0));
	assert_false(found);
	assert_null(got(p.dir, "yavio-store.unfinished"));
	put(p.logs, LOG(1), notes);
	assert_true(opened(&p, &found, 1));
	assert_true(found);
	assert_true(opened(&p, &found, 0));
	assert_false(found); /* nothing new */
	assert_string_equal(got(p.logs, LOG(1)), notes);
	assert_string_equal(
	        got(p.dir, "yavio-store.unfinished"), "1\tall_2_2_0\tb\n1\tall_2_2_0\tc\n");
	assert_true(str_format(path, sizeof(path), "%s/all_1_3_1", p.table));
	assert_int_equal(mkdir(path, 0700), 0);
	put(p.logs, LOG(1), "1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tall_2_2_0\tc\n1\tall_3_3_0\td\n");
	assert_int_equal(closed(&p, ERR_DB_STORE_INSERT_UNFINISHED, 1), ERR_OK);
	assert_string_equal(got(p.logs, LOG(1)), "1\tall_1_1_0\ta\n1\tall_3_3_0\td\n");
	assert_null(got(p.dir, "yavio-store.unfinished"));
	place_remove(&p);
}

/* 40,000 notes and 4,000 parts in less CPU than a start takes; a quadratic search takes seconds. */
static void test_many(void **state)
{
	struct place p;
	char path[256], name[256];
	(void)state;
	place_make(&p);
	for (int i = 2; i <= 4000; i++) {
		assert_true(str_format(path, sizeof(path), "%s/all_%d_%d_0", p.table, i, i));
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (int file = 0; file < 2; file++) {
		assert_true(str_format(
		        name, sizeof(name), "%s/deduplication_log_%d.txt", p.logs, file));
		FILE *f = fopen(name, "w");
		assert_non_null(f);
		for (int i = 0; i < 20000; i++)
			fprintf(f, "1\tall_%d_%d_0\tall_%d_%d\n", i % 4000 + 1, i % 4000 + 1, file,
			        i * 7919);
		fprintf(f, "1\tall_%d_%d_0\tlast\n", 5000 + file, 5000 + file);
		assert_int_equal(fclose(f), 0);
	}
	clock_t began = clock();
	assert_int_equal(closed(&p, ERR_DB_STORE_INSERT_UNFINISHED, 1), ERR_OK);
	print_message("%ld ms\n", (long)((clock() - began) * 1000 / CLOCKS_PER_SEC));
	place_remove(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_names),
	        cmocka_unit_test(test_cover),
	        cmocka_unit_test(test_orphans),
	        cmocka_unit_test(test_files),
	        cmocka_unit_test(test_unknown),
	        cmocka_unit_test(test_closed),
	        cmocka_unit_test(test_data),
	        cmocka_unit_test(test_nothing_there),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_open),
	        cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
