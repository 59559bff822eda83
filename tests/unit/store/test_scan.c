/* SPDX-License-Identifier: MIT
 * Tests of the store's reading of statements: kind, FORMAT, where the rows of an INSERT begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/store/format.h"
#include "daemon/store/scan.h"

static struct scan scan(const char *text)
{
	struct scan s;
	scan_text(text, strlen(text), &s);
	return s;
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		enum scan_kind kind;
	} cases[] = {
	        {"", SCAN_EMPTY},
	        {" \n\t-- x\n/* y */", SCAN_EMPTY},
	        {"select 1", SCAN_READ},
	        {"/* a */ WITH 1 AS x SELECT x", SCAN_READ},
	        {"(SELECT 1) UNION ALL (SELECT 2)", SCAN_READ},
	        {"SHOW TABLES", SCAN_READ},
	        {"explain select 1", SCAN_READ},
	        {"CREATE TABLE t (a UInt8) ENGINE = Memory", SCAN_OTHER},
	        {"SELECTED", SCAN_OTHER},
	        {"INSERT INTO t VALUES (1)", SCAN_OTHER},
	        {"INSERT INTO t SELECT 1 FORMAT CSV", SCAN_OTHER},
	        {"INSERT INTO t FROM INFILE 'x' FORMAT CSV", SCAN_OTHER},
	        {"INSERT INTO t (format, a) FORMAT CSV 1", SCAN_INSERT},
	        {"INSERT INTO `select` FORMAT CSV", SCAN_INSERT},
	        {"insert /* FORMAT */ into t -- FORMAT x\n format JSONEachRow {}", SCAN_INSERT},
	        {"INSERT INTO FUNCTION file('FORMAT') FORMAT CSV", SCAN_INSERT},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scan s = scan(cases[i].text);
		if (s.kind != cases[i].kind)
			print_message("%s\n", cases[i].text);
		assert_int_equal(s.kind, cases[i].kind);
	}
}

static void test_rows_begin(void **state)
{
	static const struct {
		const char *text, *rows;
	} cases[] = {
	        {"INSERT INTO t FORMAT CSV", ""},
	        {"INSERT INTO t FORMAT CSV\n1", "1"},
	        {"INSERT INTO t FORMAT CSV  \t 1", "1"},
	        {"INSERT INTO t FORMAT CSV\r\n1\n2", "1\n2"},
	        {"INSERT INTO t FORMAT CSV\n\n1", "\n1"},
	        {"INSERT INTO t FORMAT JSONEachRow{\"a\":1}", "{\"a\":1}"},
	        {"INSERT INTO t (a) SETTINGS x = 'FORMAT y' FORMAT TSV\n'unbalanced",
	                "'unbalanced"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scan s = scan(cases[i].text);
		assert_int_equal(s.kind, SCAN_INSERT);
		assert_string_equal(cases[i].text + s.data_at, cases[i].rows);
		assert_false(s.several);
	}
	struct scan s = scan("INSERT INTO t (a) SETTINGS x = 1 FORMAT TSV 2");
	assert_int_equal(s.settings_at, strlen("INSERT INTO t (a) "));
	assert_int_equal(s.format_at, strlen("INSERT INTO t (a) SETTINGS x = 1 "));
	assert_string_equal(s.format, "TSV");
}

static void test_format(void **state)
{
	static const struct {
		const char *text, *format;
	} cases[] = {
	        {"SELECT 1 FORMAT JSON", "JSON"},
	        {"SELECT 1 format csv;", "csv"},
	        {"SELECT 1 FORMAT TSV SETTINGS max_threads = 1", "TSV"},
	        {"SELECT 1 FORMAT /* x */ TSV -- y", "TSV"},
	        {"SELECT format FROM t", ""},
	        {"SELECT 'FORMAT JSON'", ""},
	        {"SELECT 1 -- FORMAT JSON", ""},
	        {"SELECT format('{}', 1)", ""},
	        {"SELECT $$ FORMAT JSON $$", ""},
	        {"SELECT 1 FORMAT JSON FORMAT CSV", "CSV"},
	        {"SELECT 1 FORMAT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(scan(cases[i].text).format, cases[i].format);
}

static void test_several_and_broken(void **state)
{
	(void)state;
	assert_true(scan("SELECT 1; SELECT 2").several);
	assert_true(scan("INSERT INTO t SELECT 1; DROP TABLE t").several);
	assert_true(scan("SELECT 1;;x").several);
	assert_false(scan("SELECT 1;").several);
	assert_false(scan("SELECT 1; -- x\n ;").several);
	assert_false(scan("SELECT ';', 1 AS `;`").several);
	assert_false(scan("INSERT INTO t FORMAT CSV 1; 2").several);
	assert_true(scan("SELECT 'x").broken);
	assert_true(scan("SELECT 1 /* x").broken);
	assert_false(scan("SELECT 'a''b\\'c'").broken);
	assert_true(scan("SELECT count() FROM t GROUP BY a WITH/**/Totals").buffered);
	assert_true(scan("SELECT 1 SETTINGS EXTREMES = 1").buffered);
	assert_false(scan("SELECT 1").buffered);
}

/* Every prefix of a text with all kinds of tokens must be read without a fault. */
static void test_every_prefix(void **state)
{
	static const char text[] =
	        "INSERT /* c */ INTO `a``b` (x, \"y\") SETTINGS s = '\\'', h = $q$ "
	        "x $q$ -- z\n FORMAT JSONEachRow {\"a\": \"\\u00e9\xc3\xa9\"}\n";
	struct scan s;
	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		scan_text(text, len, &s);
		assert_true(s.data_at <= len && s.format_at <= len && s.settings_at <= len);
	}
	assert_int_equal(s.kind, SCAN_INSERT);
}

static void test_headers(void **state)
{
	(void)state;
	assert_true(format_streams("jsoneachrow"));
	assert_false(format_streams("JSON"));
	assert_false(format_streams("Pretty"));
	assert_int_equal(format_header_len("TSV", "a\n1\n", 4), 0);
	assert_int_equal(format_header_len("TSVWithNames", "a\n1\n", 4), 2);
	assert_int_equal(format_header_len("TSVWithNamesAndTypes", "a\nUInt8\n1\n", 10), 8);
	assert_int_equal(format_header_len("CSVWithNames", "\"a\nb\"\"c\"\n1\n", 11), 9);
	assert_int_equal(format_header_len("CSVWithNames", "\"a\n", 3), 3);
	assert_int_equal(format_header_len("CSVWithNames", "", 0), 0);
	assert_string_equal(format_content_type("Nosuch"), "text/plain; charset=UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_kinds),
	        cmocka_unit_test(test_rows_begin),
	        cmocka_unit_test(test_format),
	        cmocka_unit_test(test_several_and_broken),
	        cmocka_unit_test(test_every_prefix),
	        cmocka_unit_test(test_headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
