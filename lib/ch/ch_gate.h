/* SPDX-License-Identifier: MIT
 * The tenant gate: tells whether a ClickHouse text may run for a user who is bound to a tenant or
 * to one kind of statement. Pure functions over text, no I/O; every one refuses what it does not
 * know.
 *
 * A select passes when all three steps pass, in this order:
 *   1. ch_gate_lex   on the text itself, before the engine sees any of it;
 *   2. ch_gate_ast   on the engine's answer to "EXPLAIN AST <sql>", FORMAT TabSeparatedRaw. Before
 *                    step 3, because building the query tree folds constants (file() would run);
 *   3. ch_gate_tree  on its answer to "EXPLAIN QUERY TREE <sql>", FORMAT TabSeparatedRaw.
 * ERR_OK or ERR_DB_STORE_STATEMENT_DENIED; *out is undefined unless ERR_OK. */
#ifndef YAVIO_CH_CH_GATE_H
#define YAVIO_CH_CH_GATE_H

#include "base/base.h"
#include "base/errors.h"
#include "ch/ch_tables.h"

enum {
	CH_GATE_SQL_BYTES_MAX = 64 * 1024,
	CH_GATE_EXPLAIN_BYTES_MAX = 8 * 1024 * 1024,
	CH_GATE_FORMAT_BYTES = 32,
};

struct ch_gate_text {
	const char *sql; /* into the given text */
	size_t len;
	char format[CH_GATE_FORMAT_BYTES]; /* canonical name, "" when the text has none */
};

/* One statement that begins with SELECT or WITH, no SETTINGS, INTO or SET, a FORMAT only as the
 * trailing "FORMAT <name>" of an allowed output format, which *out leaves off together with a last
 * semicolon. */
enum err ch_gate_lex(const char *text, size_t len, struct ch_gate_text *out) MUST_CHECK;

/* explain: all lines of EXPLAIN AST. Known node kinds and functions of clickhouse/functions.allow.
 */
enum err ch_gate_ast(const char *explain, size_t len) MUST_CHECK;

/* explain: all lines of EXPLAIN QUERY TREE. Every table is <database>.<tenant table>, system.one or
 * system.numbers. */
enum err ch_gate_tree(const char *explain, size_t len, const char *database) MUST_CHECK;

/* yavio_ingest: "INSERT INTO [<database>.]<tenant table> [(columns)] FORMAT JSONEachRow" and data.
 * *table is the table, head->sql/len the statement up to and with the format's name; the data is
 * what follows it in text (at least one white space first, unless there is no data). */
enum err ch_gate_insert(const char *text, size_t len, const char *database,
        const struct ch_table **table, struct ch_gate_text *head) MUST_CHECK;

/* yavio_eraser: only "ALTER TABLE [<database>.]<tenant table> DELETE WHERE workspace_id =
 * {w:String} AND project_id = {p:String} [AND <one end user>] SETTINGS mutations_sync = 2", where
 * the part of the end user is what ch_erase_sql writes; and the same as DELETE FROM (clickhouse.md
 * 8). */
enum err ch_gate_erase(const char *text, size_t len, const char *database) MUST_CHECK;

#endif
