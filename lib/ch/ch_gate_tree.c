/* SPDX-License-Identifier: MIT
 * Third step of the gate: the tables that the statement really reads, from EXPLAIN QUERY TREE. */
#include "ch/ch_gate.h"
#include "ch/ch_internal.h"

static bool skip(const char **p, const char *end, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(end - *p) < len || memcmp(*p, text, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool skip_digits(const char **p, const char *end)
{
	const char *start = *p;

	while (*p < end && **p >= '0' && **p <= '9')
		(*p)++;
	return *p > start;
}

/* "id: 4, alias: __table1, ", the alias as far as it is there. */
static bool skip_fields(const char **p, const char *end)
{
	if (!skip(p, end, "id: ") || !skip_digits(p, end) || !skip(p, end, ", "))
		return false;
	return !skip(p, end, "alias: ") ||
	       (skip(p, end, "__table") && skip_digits(p, end) && skip(p, end, ", "));
}

static bool is_allowed_table(const char *name, size_t len, const char *database)
{
	size_t database_len = strlen(database);

	if (ch_table_is_neutral(name, len))
		return true;
	return len > database_len && memcmp(name, database, database_len) == 0 &&
	       name[database_len] == '.' &&
	       ch_table_find(name + database_len + 1, len - database_len - 1);
}

/* A line without its indentation. */
static bool check_line(const char *p, const char *end, const char *database)
{
	static const char final[] = ", final: 1";

	if (skip(&p, end, "TABLE_FUNCTION ")) {
		if (!skip_fields(&p, end) || !skip(&p, end, "table_function_name: "))
			return false;
		return ch_function_find(p, (size_t)(end - p)) == CH_FUNCTION_TABLE;
	}
	if (!skip(&p, end, "TABLE"))
		return true;
	if (skip(&p, end, " EXPRESSION") || skip(&p, end, " EXPRESSIONS"))
		return p == end;
	if (!skip(&p, end, " ") || !skip_fields(&p, end) || !skip(&p, end, "table_name: "))
		return false;
	/* anything but FINAL behind the name makes it another name */
	if ((size_t)(end - p) > sizeof(final) - 1 &&
	        memcmp(end - (sizeof(final) - 1), final, sizeof(final) - 1) == 0)
		end -= sizeof(final) - 1;
	return is_allowed_table(p, (size_t)(end - p), database);
}

enum err ch_gate_tree(const char *explain, size_t len, const char *database)
{
	const char *p = explain, *end = explain + len;

	if (len > CH_GATE_EXPLAIN_BYTES_MAX || !((len > 9 && memcmp(p, "QUERY id:", 9) == 0) ||
	                                               (len > 9 && memcmp(p, "UNION id:", 9) == 0)))
		return ERR_DB_STORE_STATEMENT_DENIED;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = nl ? nl : end;

		while (p < line_end && *p == ' ')
			p++;
		if (!check_line(p, line_end, database))
			return ERR_DB_STORE_STATEMENT_DENIED;
		p = nl ? nl + 1 : end;
	}
	return ERR_OK;
}
