/* SPDX-License-Identifier: MIT
 * Tests of the tenant gate: what each step lets through and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "ch/ch.h"
#include "ch/ch_gate.h"
#include "ch/ch_internal.h"

#include <cmocka.h>

struct lex_case {
	const char *text, *sql, *format;
};

static const struct lex_case accepted[] = {
        {"SELECT 1", "SELECT 1", ""},
        {"select 1;", "select 1", ""},
        {"  \n\tSELECT 1 ; \n", "  \n\tSELECT 1 ", ""},
        {"WITH 1 AS a SELECT a", "WITH 1 AS a SELECT a", ""},
        {"-- why\nSELECT 1", "-- why\nSELECT 1", ""},
        {"/* why; */ SELECT 1", "/* why; */ SELECT 1", ""},
        {"SELECT 1 FORMAT JSON", "SELECT 1 ", "JSON"},
        {"SELECT 1\nformat jsoncompact;\n", "SELECT 1\n", "JSONCompact"},
        {"SELECT 1 FORMAT TSV -- end", "SELECT 1 ", "TSV"},
        {"SELECT 1 FORMAT CSVWithNames /* end; */ ;", "SELECT 1 ", "CSVWithNames"},
        {"SELECT format('{}', a) FROM events", NULL, ""},
        {"SELECT format ('{}', a) FORMAT JSONEachRow", "SELECT format ('{}', a) ", "JSONEachRow"},
        {"SELECT 'a;b'", NULL, ""},
        {"SELECT 'it''s; SETTINGS x=1'", NULL, ""},
        {"SELECT 'it\\'s; INTO OUTFILE'", NULL, ""},
        {"SELECT '\\\\'", NULL, ""},
        {"SELECT 'FORMAT Template'", NULL, ""},
        {"SELECT \"settings\", `into`, `set` FROM events", NULL, ""},
        {"SELECT `a``b`, \"a\"\"b\"", NULL, ""},
        {"SELECT $$a;b$$, $x$ ; SETTINGS $$ $x$", NULL, ""},
        {"SELECT {w:String}, {t:DateTime64(3, 'UTC')}, {a:Array(Nullable(String))}", NULL, ""},
        {"SELECT {e:Enum8('a' = 1, 'b' = 2)}", NULL, ""},
        {"SELECT a.1, 1.5e-3, 0xFF, 1_000, .5, 1e10, a.b.c", NULL, ""},
        {"SELECT x'41', b'0101', X'ff'", NULL, ""},
        {"SELECT 1 - 1, 1*/**/2, a->b, a::Date, a ? b : c, [1][1], (1, 2).1", NULL, ""},
        {"SELECT '\xe2\x80\x98\xe6\x97\xa5'", NULL, ""},
        {"SELECT 1 -- \xe2\x80\x99;\n + 2", NULL, ""},
        {"SELECT count() FROM events FINAL WHERE a IN (SELECT 1) LIMIT 1 BY b", NULL, ""},
        {"SELECT 1 UNION ALL SELECT 2", NULL, ""},
        {"SELECT sum(x) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
                NULL, ""},
        {"SELECT reset, intox, settingsx, offset1 FROM events", NULL, ""},
};

static const char *const refused[] = {
        "",
        " ",
        ";",
        "-- only a comment",
        "SHOW TABLES",
        "DESCRIBE events",
        "EXPLAIN SELECT 1",
        "INSERT INTO events SELECT 1",
        "DROP TABLE events",
        "SET readonly = 0",
        "SYSTEM FLUSH LOGS",
        "ALTER TABLE events DELETE WHERE 1",
        "(SELECT 1)",
        "FROM events SELECT 1",
        "SELECTx 1",
        "KILL QUERY WHERE 1",
        "USE system",
        "OPTIMIZE TABLE events",
        "EXISTS TABLE events",
        "CREATE TABLE t (x Int8) ENGINE = Memory",
        "BACKUP TABLE events TO Disk('d', 'x')",
        /* more than one statement */
        "SELECT 1; SELECT 2",
        "SELECT 1;;",
        "SELECT 1; -- a\n SELECT 2",
        "SELECT 1;\nDROP TABLE events",
        "SELECT 1 FORMAT JSON; SELECT 2",
        "SELECT 1 /* ; */; SELECT 2",
        "SELECT 1; {",
        /* settings, in any case, wherever */
        "SELECT 1 SETTINGS max_threads = 1",
        "SELECT 1 settings x = 1",
        "SELECT 1 SeTTinGs\nx=1",
        "SELECT * FROM (SELECT * FROM events SETTINGS additional_table_filters = {})",
        "SELECT 1 WHERE 1 IN (SELECT 1 SETTINGS additional_table_filters = {})",
        "SELECT 1/**/SETTINGS/**/x=1",
        "SELECT 1 FORMAT JSON SETTINGS x = 1",
        "SELECT 1 SETTINGS SQL_project_id = 'x'",
        "SELECT 1 SET x = 1",
        "SELECT * FROM view(SELECT 1 SETTINGS x = 1)",
        /* files */
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 into outfile '/tmp/x' FORMAT CSV",
        "SELECT 1 INTO/**/OUTFILE '/tmp/x'",
        /* formats that are not allowed, or not at the end */
        "SELECT 1 FORMAT Template",
        "SELECT 1 FORMAT Protobuf",
        "SELECT 1 FORMAT",
        "SELECT 1 FORMAT 'JSON'",
        "SELECT 1 FORMAT JSON JSON",
        "SELECT 1 FORMAT JSON, 2",
        "SELECT 1 FORMAT `JSON`",
        "SELECT 1 FORMAT JSON;;",
        "SELECT 1 FORMAT JSON FORMAT CSV",
        "SELECT (SELECT 1 FORMAT JSON)",
        "SELECT 1 FORMAT MySQLWire",
        "SELECT 1 FORMAT Npy",
        "SELECT 1 FORMAT CapnProto",
        "SELECT 1 FORMAT JSON UNION ALL SELECT 2",
        /* rows before the filter; other executions */
        "SELECT count() FROM events PREWHERE throwIf(user_id = 'x') = 0",
        "SELECT 1 prewhere 1",
        "SELECT 1 PARALLEL WITH DROP TABLE events",
        "SELECT * FROM (EXPLAIN SELECT 1)",
        "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT * FROM r) SELECT * FROM r",
        /* parameters that are not values */
        "SELECT * FROM {t:Identifier}",
        "SELECT * FROM { t : identifier }",
        "SELECT {t:`Identifier`}",
        "SELECT {t:Nullable(Identifier)}",
        "SELECT {t:String INTO}",
        "SELECT {'a': 1}",
        "SELECT {t}",
        "SELECT {t:}",
        "SELECT {t:String",
        "SELECT {1:String}",
        "SELECT {t:\"Identifier\"}",
        "SELECT {t:String; DROP TABLE x}",
        /* quotes that do not close, or could close elsewhere */
        "SELECT 'a",
        "SELECT \"a",
        "SELECT `a",
        "SELECT 'a\\'",
        "SELECT 'a''",
        "SELECT $$a",
        "SELECT $x$a$y$",
        "SELECT `a\\`b`",
        "SELECT \"a\\\"b\"",
        "SELECT `a\nb`",
        "SELECT \"a\tb\"",
        "SELECT `a\x7f`",
        "SELECT x'41\\'",
        "SELECT x'4z'",
        "SELECT b'01''1'",
        "SELECT $a b$ ; $a b$",
        "SELECT a$b$ ; $b$",
        "SELECT 1$$;$$",
        "SELECT $1",
        "SELECT $$a$$b",
        /* comments that the engine reads in its own way */
        "SELECT 1 // a",
        "SELECT 1 # a",
        "SELECT 1 #!a",
        "SELECT 1 #a",
        "SELECT /* a /* b */ 1 */ 2",
        "SELECT 1 /* a",
        "SELECT 1 /*/",
        "/*/**/SELECT 1",
        "SELECT 1e--1\n",
        "SELECT 1.e--1\n",
        "SELECT 0x1p--1\n",
        "SELECT .5e--1\n",
        "SELECT 1e+-1\n",
        /* bytes outside quotes that the engine takes for blanks, quotes or a minus */
        "SELECT\xc2\xa0\x31",
        "SELECT \xe3\x80\x80 1",
        "SELECT \xe2\x80\x98x\xe2\x80\x99",
        "SELECT \xe2\x80\x9cx\xe2\x80\x9d",
        "SELECT 1 \xe2\x88\x92 1",
        "\xef\xbb\xbfSELECT 1",
        "SELECT 1\\G",
        "SELECT \x01",
        "SELECT \xff",
        "SELECT 1\x1b",
        "SELECT \x7f",
};

static void test_lexer_accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
		const struct lex_case *c = &accepted[i];
		const char *sql = c->sql ? c->sql : c->text;
		struct ch_gate_text out;

		if (ch_gate_lex(c->text, strlen(c->text), &out) != ERR_OK)
			fail_msg("refused: %s", c->text);
		assert_ptr_equal(out.sql, c->text);
		assert_int_equal(out.len, strlen(sql));
		assert_memory_equal(out.sql, sql, out.len);
		assert_string_equal(out.format, c->format);
	}
}

static void test_lexer_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct ch_gate_text out;

		if (ch_gate_lex(refused[i], strlen(refused[i]), &out) !=
		        ERR_DB_STORE_STATEMENT_DENIED)
			fail_msg("let through: %s", refused[i]);
	}
}

/* Every refused word, put between any two tokens of a good text, is refused. */
static void test_refused_words_anywhere(void **state)
{
	static const char *const words[] = {"SETTINGS", "set", "INTO", "Outfile", "PREWHERE", ";",
	        "FORMAT x", "PARALLEL", "#", "\\", "{", "$", "//"};
	static const char base[] = "SELECT a , b FROM ( SELECT 1 ) AS x WHERE a = 'x' ORDER BY b";
	char text[256];

	(void)state;
	for (size_t w = 0; w < ARRAY_LEN(words); w++)
		for (size_t at = 1; at < sizeof(base) - 1; at++) {
			struct ch_gate_text out;

			if (base[at] != ' ')
				continue;
			assert_true(str_format(text, sizeof(text), "%.*s %s %s", (int)at, base,
			        words[w], base + at));
			if (ch_gate_lex(text, strlen(text), &out) == ERR_OK)
				fail_msg("let through: %s", text);
		}
}

static void test_verdict_of_a_cast_by_parameter(void **state)
{
	static const struct {
		const char *text;
		bool depends;
	} cases[] = {
	        {"SELECT CAST(event_name, {t:String}) FROM events", true},
	        {"SELECT `cast`(event_name, {t:String}) FROM events", true},
	        {"SELECT {t:String} AS t, _CAST(event_name, t) FROM events", true},
	        {"SELECT CAST(event_name, 'String') FROM events", false},
	        {"SELECT event_name FROM events WHERE user_id = {u:String}", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ch_gate_text out;

		assert_int_equal(ch_gate_lex(cases[i].text, strlen(cases[i].text), &out), ERR_OK);
		assert_int_equal(out.depends_on_values, cases[i].depends);
	}
}

static void test_lexer_nul_and_length(void **state)
{
	static const char nul_in_string[] = "SELECT 'a\0b'", nul_in_comment[] = "SELECT 1 -- \0\n";
	struct ch_gate_text out;
	char *big = malloc(CH_GATE_SQL_BYTES_MAX + 2);

	(void)state;
	assert_int_not_equal(ch_gate_lex(nul_in_string, sizeof(nul_in_string) - 1, &out), ERR_OK);
	assert_int_not_equal(ch_gate_lex(nul_in_comment, sizeof(nul_in_comment) - 1, &out), ERR_OK);
	assert_int_not_equal(ch_gate_lex("SELECT 1\0", 9, &out), ERR_OK);
	assert_non_null(big);
	memset(big, ' ', CH_GATE_SQL_BYTES_MAX + 1);
	memcpy(big, "SELECT 1", 8);
	assert_int_equal(ch_gate_lex(big, CH_GATE_SQL_BYTES_MAX, &out), ERR_OK);
	assert_int_not_equal(ch_gate_lex(big, CH_GATE_SQL_BYTES_MAX + 1, &out), ERR_OK);
	free(big);
}

/* Nothing is read behind the end: each prefix of each text lies at the end of its own block. */
static void test_lexer_stays_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted); i++)
		for (size_t len = 0; len <= strlen(accepted[i].text); len++) {
			struct ch_gate_text out;
			char *copy = malloc(len ? len : 1);
			enum err e;

			assert_non_null(copy);
			memcpy(copy, accepted[i].text, len);
			e = ch_gate_lex(copy, len, &out);
			assert_true(e == ERR_OK || e == ERR_DB_STORE_STATEMENT_DENIED);
			free(copy);
		}
}

static void test_functions(void **state)
{
	static const char *const allowed[] = {"count", "COUNT", "Sum", "sumIf", "countIf",
	        "uniqExactIf", "quantileIf", "quantilesTDigest", "argMaxIf", "sumDistinct",
	        "countDistinct", "groupArrayDistinctIf", "avgOrNullIf", "anyLast", "lambda",
	        "tuple", "JSONExtractString", "toStartOfInterval", "CAST", "cast", "in", "if", "IF",
	        "lower", "LOWER", "windowFunnel", "retention", "sumMap", "maxMap", "array",
	        "substring", "SUBSTRING"};
	static const char *const denied[] = {"file", "FILE", "File", "url", "remote", "executable",
	        "merge", "mergeTreeIndex", "mergeTreeAnalyzeIndexes", "cluster",
	        "clusterAllReplicas", "s3", "mysql", "postgresql", "jdbc", "odbc", "hdfs", "input",
	        "dictionary", "dictGet", "dictGetString", "dictHas", "joinGet", "getSetting",
	        "getSettingOrDefault", "getMacro", "getServerSetting", "currentDatabase",
	        "currentUser", "hostName", "fqdn", "FQDN", "version", "uptime", "sleep",
	        "sleepEachRow", "throwIf", "viewExplain", "view", "viewIfPermitted", "evalMLMethod",
	        "catboostEvaluate", "chdb", "globalVariable", "lowCardinalityKeys",
	        "lowCardinalityIndices", "dumpColumnStructure", "blockSize", "rowNumberInAllBlocks",
	        "neighbor", "hasColumnInTable", "showCertificate", "logTrace", "addressToLine",
	        "demangle", "filesystemAvailable", "tcpPort", "serverUUID", "fuzzQuery",
	        "estimateCompressionRatio", "generateRandom", "zeros", "loop", "null",
	        "parseDateTime", "base64Decode", "IPv4StringToNum", "aiGenerate", "getSubcolumn",
	        "structureToProtobufSchema", "generateSerialID", "indexHint", "fileIf", "sleepIf",
	        "countif", "sumX", "If", "lowerIf", "", "sum sum", "sum(", "jsonextractstring",
	        "sumIfIfIfIf", "__getScalar", "__applyFilter", "nothing", "aggThrow", "flameGraph",
	        "connectionId", "transactionID", "initializeAggregation", "partitionId"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (ch_function_find(allowed[i], strlen(allowed[i])) == CH_FUNCTION_NONE)
			fail_msg("not allowed: %s", allowed[i]);
	for (size_t i = 0; i < ARRAY_LEN(denied); i++)
		if (ch_function_find(denied[i], strlen(denied[i])) != CH_FUNCTION_NONE &&
		        strcmp(denied[i], "If") != 0)
			fail_msg("allowed: %s", denied[i]);
	assert_int_equal(ch_function_find("numbers", 7), CH_FUNCTION_TABLE);
	assert_int_equal(ch_function_find("values", 6), CH_FUNCTION_TABLE);
}

#define ROOT "SelectWithUnionQuery (children 1)\n"

/* Lines are joined under a root; the text is what ch_gate_defines looks into. */
struct ast_case {
	const char *explain, *text;
};

static enum err check_ast(const struct ast_case *c)
{
	struct ch_gate_text text = {.sql = c->text ? c->text : ""};

	text.len = strlen(text.sql);
	return ch_gate_ast(c->explain, strlen(c->explain), &text, "yavio");
}

static void test_ast_accepts(void **state)
{
	static const struct ast_case cases[] = {
	        {ROOT " ExpressionList (children 1)\n  SelectQuery (children 1)\n"
	              "   ExpressionList (children 1)\n    Literal UInt64_1\n",
	                NULL},
	        {ROOT " TableIdentifier events (alias e)\n", NULL},
	        {ROOT " TableIdentifier yavio.tool_registry", NULL},
	        {ROOT " TableIdentifier system.one\n", NULL},
	        {ROOT " TableIdentifier system.numbers\n", NULL},
	        {ROOT " TableIdentifier s\n", "WITH s AS (SELECT 1) SELECT * FROM s"},
	        {ROOT " TableIdentifier s\n", "WITH `s` as /* a */ ( SELECT 1) SELECT * FROM s"},
	        {ROOT " Function sumIf (alias x) (children 1)\n  ExpressionList (children 1)\n",
	                NULL},
	        {ROOT " TableExpression (children 1)\n  Function numbers (children 1)\n", NULL},
	        {ROOT " Function in (children 1)\n  ExpressionList (children 2)\n   Identifier "
	              "a.b\n"
	              "   Identifier yavio.events\n",
	                NULL},
	        {ROOT " Function in (children 1)\n  ExpressionList (children 2)\n   Identifier x\n"
	              "   Identifier ids\n",
	                NULL},
	        {ROOT " Function in (children 1)\n  ExpressionList (children 2)\n"
	              "   Function tuple (children 1)\n    ExpressionList (children 2)\n"
	              "     Identifier e.a\n     Identifier e.b\n   Identifier ids\n",
	                NULL},
	        {ROOT " Function equals (children 1)\n  ExpressionList (children 2)\n   Identifier "
	              "a\n"
	              "   Identifier system.processes\n",
	                NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (check_ast(&cases[i]) != ERR_OK)
			fail_msg("refused: %s", cases[i].explain);
}

static void test_ast_refuses(void **state)
{
	static const struct ast_case cases[] = {
	        {"", NULL},
	        {"SelectWithUnionQuery (children 1)", NULL},
	        {"SelectWithUnionQuery (children 2)\n ExpressionList\n Identifier JSON\n", NULL},
	        {"InsertQuery   (children 2)\n", NULL},
	        {"ParallelWithQuery 2 SelectWithUnionQuery (children 2)\n", NULL},
	        {ROOT ROOT, NULL},
	        {ROOT "Set\n", NULL},
	        {ROOT " Set\n", NULL},
	        {ROOT " SampleRatio 1 / 10\n", NULL},
	        {ROOT " WindowListElement\n", NULL},
	        {ROOT " ColumnsRegexpMatcher\n", NULL},
	        {ROOT " ColumnsTransformerList (children 1)\n", NULL},
	        {ROOT " SelectIntersectExceptQuery (children 2)\n", NULL},
	        {ROOT " Function file (children 1)\n", NULL},
	        {ROOT " Function file\n", NULL},
	        {ROOT " Function  count\n", NULL},
	        {ROOT " Function\n", NULL},
	        {ROOT " Function numbers (children 1)\n", NULL},
	        {ROOT " TableExpression (children 1)\n  Function file (children 1)\n", NULL},
	        {ROOT " TableExpression (children 1)\n  Function count (children 1)\n", NULL},
	        {ROOT " TableExpression (children 1)\n  Function mergeTreeIndex (children 1)\n",
	                NULL},
	        {ROOT " TableExpression (children 1)\n  Function merge (children 1)\n", NULL},
	        {ROOT "\n", NULL},
	        {ROOT " functions count\n", NULL},
	        {ROOT "\tLiteral 1\n", NULL},
	        {ROOT " TableIdentifier system.processes\n", NULL},
	        {ROOT " TableIdentifier system.one.x\n", NULL},
	        {ROOT " TableIdentifier other.events\n", NULL},
	        {ROOT " TableIdentifier yavio.schema_migrations\n", NULL},
	        {ROOT " TableIdentifier schema_migrations\n", NULL},
	        {ROOT " TableIdentifier Events\n", NULL},
	        {ROOT " TableIdentifier s\n", "WITH 's AS (' AS t SELECT * FROM s"},
	        {ROOT " Identifier _part\n", NULL},
	        {ROOT " Identifier e._part_offset (alias x)\n", NULL},
	        {ROOT " Identifier _block_number\n", NULL},
	        {ROOT " Function in (children 1)\n  ExpressionList (children 2)\n   Literal "
	              "UInt64_1\n"
	              "   Identifier system.processes\n",
	                NULL},
	        {ROOT " Function notIn (children 1)\n  ExpressionList (children 2)\n   Identifier "
	              "a\n"
	              "   Identifier other.events\n",
	                NULL},
	        {ROOT " Function in (children 1)\n  ExpressionList (children 2)\n"
	              "   Function tuple (children 1)\n    ExpressionList (children 2)\n"
	              "     Identifier e.a\n     Identifier e.b\n   Identifier system.x\n",
	                NULL},
	        {ROOT " Function in (children 1)\n  ExpressionList (children 2)\n   Literal "
	              "UInt64_1\n"
	              "   Identifier schema_migrations\n",
	                NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (check_ast(&cases[i]) != ERR_DB_STORE_STATEMENT_DENIED)
			fail_msg("let through: %s", cases[i].explain);
}

#define CAST_OF(name, what, type)                                                                  \
	ROOT " Function " name " (children 1)\n  ExpressionList (children 2)\n   " what "\n" type  \
	     "\n"

static void test_ast_casts(void **state)
{
	static const struct ast_case good[] = {
	        {CAST_OF("CAST", "Literal '1'", "   Literal 'UInt8'"), NULL},
	        {CAST_OF("cast", "Identifier a", "   Literal 'String' (alias x)"), NULL},
	        {CAST_OF("_CAST", "Literal UInt64_1", "   Literal 'UInt32'"), NULL},
	        {CAST_OF("CAST",
	                 "Function countIf (children 1)\n    ExpressionList (children 1)\n     "
	                 "Identifier a",
	                 "   Literal 'Float64'"),
	                NULL},
	};
	static const struct ast_case bad[] = {
	        {CAST_OF("CAST", "Identifier a", "   Literal 'UInt8'"), NULL},
	        {CAST_OF("Cast", "Identifier a", "   Literal 'Nullable(UInt8)'"), NULL},
	        {CAST_OF("CAST",
	                 "Function lower (children 1)\n    ExpressionList (children 1)\n     "
	                 "Literal 'a'",
	                 "   Literal 'UInt8'"),
	                NULL},
	        {CAST_OF("CAST", "Identifier a", "   Identifier String"), NULL},
	        {CAST_OF("_CAST", "Subquery (children 1)", "   Literal 'UInt8'"), NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (check_ast(&good[i]) != ERR_OK)
			fail_msg("refused: %s", good[i].explain);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (check_ast(&bad[i]) == ERR_OK)
			fail_msg("let through: %s", bad[i].explain);
}

static void test_ast_depth(void **state)
{
	char text[4096] = ROOT;
	struct ch_gate_text none = {.sql = ""};
	size_t len = strlen(text);

	(void)state;
	memset(text + len, ' ', 600);
	memcpy(text + len + 600, "Literal 1\n", 11);
	assert_int_equal(
	        ch_gate_ast(text, strlen(text), &none, "yavio"), ERR_DB_STORE_STATEMENT_DENIED);
}

static void test_tree(void **state)
{
	static const char *const good[] = {
	        "QUERY id: 0\n  JOIN TREE\n    TABLE id: 4, alias: __table1, table_name: "
	        "yavio.events\n",
	        "QUERY id: 0\n    TABLE id: 4, table_name: yavio.events, final: 1\n",
	        "QUERY id: 0, is_recursive_with: 0\n  TABLE id: 2, alias: __table12, table_name: "
	        "system.one",
	        "UNION id: 0, union_mode: UNION_ALL\n  TABLE id: 2, table_name: "
	        "yavio.tool_registry\n",
	        "QUERY id: 0\n  TABLE_FUNCTION id: 3, alias: __table1, table_function_name: "
	        "numbers\n",
	        "QUERY id: 0\n      TABLE EXPRESSION\n      LEFT TABLE EXPRESSION\n",
	};
	static const char *const bad[] = {
	        "",
	        "QUERY",
	        "TABLE id: 0, table_name: yavio.events\n",
	        "QUERY id: 0\n TABLE id: 4, alias: __table1, table_name: system.processes\n",
	        "QUERY id: 0\n TABLE id: 4, alias: x, table_name: yavio.events\n",
	        "QUERY id: 0\n TABLE id: 4, alias: x, table_name: yavio.events, table_name: o.t\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: o.t, table_name: yavio.events\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: yavio.events2\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: other.events\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: events\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: yavio.schema_migrations, final: 1\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: _t.x, temporary_table_name: events\n",
	        "QUERY id: 0\n TABLE id: 4, table_name: yavio.events, temporary_table_name: r\n",
	        "QUERY id: 0\n TABLE id: foo String\n",
	        "QUERY id: 0\n TABLE\n",
	        "QUERY id: 0\n TABLEX\n",
	        "QUERY id: 0\n TABLE_FUNCTION id: 3, alias: __table1, table_function_name: file\n",
	        "QUERY id: 0\n TABLE_FUNCTION id: 3, table_function_name: merge\n",
	        "QUERY id: 0\n TABLE_FUNCTION id: 3, table_function_name: count\n",
	        "QUERY id: 0\n TABLE EXPRESSION id: 1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (ch_gate_tree(good[i], strlen(good[i]), "yavio") != ERR_OK)
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (ch_gate_tree(bad[i], strlen(bad[i]), "yavio") == ERR_OK)
			fail_msg("let through: %s", bad[i]);
}

static void test_insert(void **state)
{
	static const struct {
		const char *text, *head, *table;
	} good[] = {
	        {"INSERT INTO events FORMAT Native", "INSERT INTO events FORMAT Native", "events"},
	        {"INSERT INTO events FORMAT JSONEachRow\n{}",
	                "INSERT INTO events FORMAT JSONEachRow", "events"},
	        {"insert into yavio.events format JSONEachRow {}",
	                "insert into yavio.events format JSONEachRow", "events"},
	        {"INSERT INTO `yavio`.\"tool_registry\" (a, `b`, \"c\") FORMAT JSONEachRow\n\n[{}]",
	                "INSERT INTO `yavio`.\"tool_registry\" (a, `b`, \"c\") FORMAT JSONEachRow",
	                "tool_registry"},
	        {"INSERT INTO events FORMAT JSONEachRow", "INSERT INTO events FORMAT JSONEachRow",
	                "events"},
	        {"INSERT INTO events FORMAT JSONEachRow \n",
	                "INSERT INTO events FORMAT JSONEachRow", "events"},
	};
	static const char *const bad[] = {"", "INSERT",
	        "INSERT INTO schema_migrations FORMAT JSONEachRow\n{}",
	        "INSERT INTO events VALUES (1)", "INSERT INTO events SELECT * FROM events",
	        "INSERT INTO events FORMAT CSV\n1",
	        "INSERT INTO events FORMAT JSONEachRow; SELECT 1",
	        "INSERT INTO events FORMAT JSONEachRow\n; SELECT 1",
	        "INSERT INTO events FORMAT jsoneachrow\n{}",
	        "INSERT INTO other.events FORMAT JSONEachRow\n{}",
	        "INSERT INTO yavio.x.events FORMAT JSONEachRow\n{}",
	        "INSERT INTO events SETTINGS async_insert=1 FORMAT JSONEachRow\n{}",
	        "INSERT INTO events (* EXCEPT a) FORMAT JSONEachRow\n{}",
	        "INSERT INTO FUNCTION file('/tmp/x') FORMAT JSONEachRow\n{}",
	        "INSERT INTO TABLE FUNCTION file('x') FORMAT JSONEachRow\n{}",
	        "INSERT INTO events FROM INFILE '/etc/passwd' FORMAT JSONEachRow",
	        "INSERT INTO events (a FORMAT JSONEachRow\n{}",
	        "INSERT INTO events () FORMAT JSONEachRow\n{}",
	        "INSERT INTO events FORMAT JSONEachRow{}",
	        "INSERT INTO events FORMAT JSONEachRow\nx", "SELECT 1",
	        "INSERT INTO Events FORMAT JSONEachRow\n{}",
	        "WITH 1 AS a INSERT INTO events SELECT a",
	        "INSERT INTO events PARTITION BY a FORMAT JSONEachRow\n{}",
	        "INSERT INTO events FORMAT Native\n", "INSERT INTO events FORMAT Native {}",
	        "INSERT INTO events FORMAT native", "INSERT INTO schema_migrations FORMAT Native"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const struct ch_table *table;
		struct ch_gate_text head;

		if (ch_gate_insert(good[i].text, strlen(good[i].text), "yavio", &table, &head) !=
		        ERR_OK)
			fail_msg("refused: %s", good[i].text);
		assert_string_equal(table->name, good[i].table);
		assert_int_equal(head.len, strlen(good[i].head));
		assert_memory_equal(head.sql, good[i].head, head.len);
		assert_string_equal(head.format, i == 0 ? "Native" : "JSONEachRow");
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct ch_table *table;
		struct ch_gate_text head;

		if (ch_gate_insert(bad[i], strlen(bad[i]), "yavio", &table, &head) == ERR_OK)
			fail_msg("let through: %s", bad[i]);
	}
}

static void test_erase(void **state)
{
	static const char *const bad[] = {"", "ALTER TABLE events DELETE WHERE 1",
	        "ALTER TABLE events DELETE WHERE workspace_id = {w:String}",
	        "ALTER TABLE events DELETE WHERE workspace_id = {w:String} OR project_id = "
	        "{p:String} SETTINGS mutations_sync = 2",
	        "ALTER TABLE events DELETE WHERE workspace_id = {w:String} AND project_id = "
	        "{p:String} SETTINGS mutations_sync = 2; DROP TABLE events",
	        "ALTER TABLE events DELETE WHERE workspace_id = {w:String} AND project_id = "
	        "{p:String} SETTINGS mutations_sync = 2, max_threads = 9",
	        "ALTER TABLE schema_migrations DELETE WHERE workspace_id = {w:String} AND "
	        "project_id = {p:String} SETTINGS mutations_sync = 2",
	        "ALTER TABLE other.events DELETE WHERE workspace_id = {w:String} AND project_id = "
	        "{p:String} SETTINGS mutations_sync = 2",
	        "ALTER TABLE events UPDATE user_id = '' WHERE workspace_id = {w:String} AND "
	        "project_id = {p:String} SETTINGS mutations_sync = 2",
	        "DROP TABLE events", "SELECT 1", "DELETE FROM events WHERE 1"};
	static const char spaced[] =
	        "ALTER TABLE tool_registry\n DELETE WHERE workspace_id={w:String} AND "
	        "project_id={p:String} SETTINGS mutations_sync=2";
	char sql[CH_ERASE_SQL_BYTES];
	struct ch_erase_form form = {.table = &ch_tenant_tables[0], .end_user = true};

	(void)state;
	assert_true(ch_erase_sql(sql, sizeof(sql), &form));
	assert_string_equal(sql,
	        "ALTER TABLE events DELETE WHERE workspace_id = {w:String} AND project_id = "
	        "{p:String} AND (user_id = {u:String} OR (user_id = '' AND session_id IN "
	        "{s:Array(String)})) SETTINGS mutations_sync = 2");
	assert_int_equal(ch_gate_erase(sql, strlen(sql), "yavio"), ERR_OK);
	form.end_user = false;
	form.database = "yavio";
	form.lightweight = true;
	assert_true(ch_erase_sql(sql, sizeof(sql), &form));
	assert_string_equal(sql, "DELETE FROM yavio.events WHERE workspace_id = {w:String} AND "
	                         "project_id = {p:String}");
	assert_int_equal(ch_gate_erase(sql, strlen(sql), "yavio"), ERR_OK);
	assert_int_not_equal(ch_gate_erase(sql, strlen(sql), "other"), ERR_OK);
	form = (struct ch_erase_form){
	        .table = ch_table_find("tool_registry", 13), .end_user = true};
	assert_false(ch_erase_sql(sql, sizeof(sql), &form));
	assert_int_equal(ch_gate_erase(spaced, strlen(spaced), "yavio"), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (ch_gate_erase(bad[i], strlen(bad[i]), "yavio") == ERR_OK)
			fail_msg("let through: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_lexer_accepts),
	        cmocka_unit_test(test_lexer_refuses),
	        cmocka_unit_test(test_refused_words_anywhere),
	        cmocka_unit_test(test_verdict_of_a_cast_by_parameter),
	        cmocka_unit_test(test_lexer_nul_and_length),
	        cmocka_unit_test(test_lexer_stays_inside),
	        cmocka_unit_test(test_functions),
	        cmocka_unit_test(test_ast_accepts),
	        cmocka_unit_test(test_ast_refuses),
	        cmocka_unit_test(test_ast_casts),
	        cmocka_unit_test(test_ast_depth),
	        cmocka_unit_test(test_tree),
	        cmocka_unit_test(test_insert),
	        cmocka_unit_test(test_erase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
