/* SPDX-License-Identifier: MIT
 * The closed gate: weak functions that refuse every text, so that yavio-store links and serves its
 * admin user before the real gate is there. Goes away together with the first ch_gate.c. */
#include "ch/ch_gate.h"

#define REFUSES __attribute__((weak))

REFUSES enum err ch_gate_lex(const char *text, size_t len, struct ch_gate_text *out)
{
	(void)text;
	(void)len;
	(void)out;
	return ERR_DB_STORE_STATEMENT_DENIED;
}

REFUSES enum err ch_gate_ast(const char *explain, size_t len)
{
	(void)explain;
	(void)len;
	return ERR_DB_STORE_STATEMENT_DENIED;
}

REFUSES enum err ch_gate_tree(const char *explain, size_t len, const char *database)
{
	(void)explain;
	(void)len;
	(void)database;
	return ERR_DB_STORE_STATEMENT_DENIED;
}

REFUSES enum err ch_gate_insert(const char *text, size_t len, const char *database,
        const struct ch_table **table, struct ch_gate_text *head)
{
	(void)text;
	(void)len;
	(void)database;
	(void)table;
	(void)head;
	return ERR_DB_STORE_STATEMENT_DENIED;
}

REFUSES enum err ch_gate_erase(const char *text, size_t len, const char *database)
{
	(void)text;
	(void)len;
	(void)database;
	return ERR_DB_STORE_STATEMENT_DENIED;
}
