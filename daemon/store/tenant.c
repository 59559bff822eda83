/* SPDX-License-Identifier: MIT
 * The gate of a select within one project. */
#include "base/buf.h"
#include "base/str.h"
#include "daemon/store/tenant.h"

enum err tenant_check_text(
        struct request *r, const char *sql, size_t len, struct ch_gate_text *text)
{
	if (!r->workspace[0] || !r->project[0])
		return ERR_DB_STORE_TENANT_MISSING;
	enum err err = ch_gate_lex(sql, len, text);
	if (err != ERR_OK || text->format[0])
		return err;
	const char *asked = r->default_format[0] ? r->default_format : "TabSeparated";
	const char *name = ch_gate_format(asked, strlen(asked));
	return name && str_copy(text->format, sizeof(text->format), name)
	               ? ERR_OK
	               : ERR_DB_STORE_STATEMENT_DENIED;
}

static bool explain(struct engine_conn *conn, const char *what, const struct ch_gate_text *text,
        struct engine_answer *answer)
{
	struct buf sql;
	buf_init(&sql, CH_GATE_SQL_BYTES_MAX + 64);
	buf_addf(&sql, "EXPLAIN %s ", what);
	buf_add(&sql, text->sql, text->len);
	bool ok = !sql.failed && engine_query(conn, sql.data, sql.len, "TabSeparatedRaw", answer) &&
	          answer->len <= CH_GATE_EXPLAIN_BYTES_MAX;
	buf_release(&sql);
	return ok;
}

enum err tenant_check_tree(struct request *r, struct engine_conn *conn,
        const struct ch_gate_text *text, struct engine_answer *answer)
{
	*answer = (struct engine_answer){0};
	if (!text->depends_on_values && verdicts_has(r->store->verdicts, text->sql, text->len))
		return ERR_OK;
	if (!explain(conn, "AST", text, answer))
		return ERR_DB_STORE_STATEMENT_DENIED;
	enum err err = ch_gate_ast(answer->data, answer->len, text, r->store->options.database);
	engine_answer_release(answer);
	if (err != ERR_OK)
		return err;
	if (!explain(conn, "QUERY TREE", text, answer))
		return ERR_DB_STORE_STATEMENT_DENIED;
	err = ch_gate_tree(answer->data, answer->len, r->store->options.database);
	engine_answer_release(answer);
	if (err == ERR_OK && !text->depends_on_values)
		verdicts_add(r->store->verdicts, text->sql, text->len);
	return err;
}
