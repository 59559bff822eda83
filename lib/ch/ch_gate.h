/* SPDX-License-Identifier: MIT
 * The tenant gate: tells whether a ClickHouse text may run for a user who is bound to a tenant or
 * to one kind of statement. Pure functions over text, no I/O; every one refuses what it does not
 * know.
 *
 * A select passes when all three steps pass, in this order:
 *   1. ch_gate_lex   on the text itself, before the engine sees any of it;
 *   2. ch_gate_ast   on the engine's answer to "EXPLAIN AST <sql>", FORMAT TabSeparatedRaw. Before
 *                    step 3, because building the query tree folds constants (file() would run) and
 *                    runs scalar subqueries;
 *   3. ch_gate_tree  on its answer to "EXPLAIN QUERY TREE <sql>", FORMAT TabSeparatedRaw.
 * And it must run under CH_GATE_SETTINGS: without them the engine may evaluate a user's condition
 * on rows that the tenant filter has not removed yet, and an error in it (a division by zero that
 * only another tenant's row causes) tells about them.
 *
 * ERR_OK or ERR_DB_STORE_STATEMENT_DENIED; *out is undefined unless ERR_OK. */
#ifndef YAVIO_CH_CH_GATE_H
#define YAVIO_CH_CH_GATE_H

#include "base/base.h"
#include "base/errors.h"
#include "ch/ch_tables.h"

enum {
	CH_GATE_SQL_BYTES_MAX = 64 * 1024,
	CH_GATE_EXPLAIN_BYTES_MAX = 8 * 1024 * 1024,
	CH_GATE_FORMAT_BYTES = 64,
};

/* For SET, besides additional_table_filters and the limits, with every statement of a tenant. */
#define CH_GATE_SETTINGS                                                                           \
	"optimize_move_to_prewhere = 0, optimize_move_to_prewhere_if_final = 0, "                  \
	"query_plan_merge_filters = 0, allow_experimental_analyzer = 1"

struct ch_gate_text {
	const char *sql; /* into the given text */
	size_t len;
	char format[CH_GATE_FORMAT_BYTES]; /* canonical name, "" when the text has none */
	/* a CAST and parameters: a parameter may be the type, so a verdict holds for its values
	 * only and must not be remembered for the text */
	bool depends_on_values;
};

/* One statement that begins with SELECT or WITH, no SETTINGS, INTO, SET or PREWHERE, a FORMAT only
 * as the trailing "FORMAT <name>" of an allowed output format, which *out leaves off together with
 * a last semicolon. */
enum err ch_gate_lex(const char *text, size_t len, struct ch_gate_text *out) MUST_CHECK;

/* The canonical name of an allowed output format (any case), or NULL: for default_format too. */
const char *ch_gate_format(const char *name, size_t len);

/* True when the text holds "<name> AS (": a common table expression of that name. */
bool ch_gate_defines(const struct ch_gate_text *text, const char *name, size_t len);

/* explain: all lines of EXPLAIN AST of the text that ch_gate_lex passed. Known node kinds,
 * functions of clickhouse/functions.allow, tables of ours or of the text itself. */
enum err ch_gate_ast(const char *explain, size_t len, const struct ch_gate_text *text,
        const char *database) MUST_CHECK;

/* explain: all lines of EXPLAIN QUERY TREE. Every table is <database>.<tenant table>, or of
 * ch_table_is_neutral. */
enum err ch_gate_tree(const char *explain, size_t len, const char *database) MUST_CHECK;

/* yavio_ingest: "INSERT INTO [<database>.]<tenant table> [(columns)] FORMAT JSONEachRow" and data,
 * or "FORMAT Native" and no data in the same text: the rows come beside it.
 * *table is the table, head->sql/len the statement up to and with the format's name; the data is
 * what follows it in text (at least one white space first, unless there is no data). */
enum err ch_gate_insert(const char *text, size_t len, const char *database,
        const struct ch_table **table, struct ch_gate_text *head) MUST_CHECK;

/* yavio_eraser: only what ch_erase_sql writes, blanks apart. */
enum err ch_gate_erase(const char *text, size_t len, const char *database) MUST_CHECK;

#endif
