/* SPDX-License-Identifier: MIT
 * The gate for the two users that write: inserts of ingest, deletes of the eraser. */
#include "base/str.h"
#include "ch/ch.h"
#include "ch/ch_gate.h"
#include "ch/ch_internal.h"

/* "[<database>.]<tenant table>"; *t is the token after it. NULL: another table. */
static const struct ch_table *lex_table(
        struct ch_lexer *l, struct ch_token *t, const char *database)
{
	const char *name;
	size_t len;

	if (!ch_token_name(t, &name, &len))
		return NULL;
	*t = ch_lex_next(l);
	if (ch_token_is_punct(t, '.')) {
		if (len != strlen(database) || memcmp(name, database, len) != 0)
			return NULL;
		*t = ch_lex_next(l);
		if (!ch_token_name(t, &name, &len))
			return NULL;
		*t = ch_lex_next(l);
	}
	return ch_table_find(name, len);
}

/* After "(": "a, b, c )". */
static bool lex_columns(struct ch_lexer *l)
{
	struct ch_token t;
	const char *name;
	size_t len;

	do {
		t = ch_lex_next(l);
		if (!ch_token_name(&t, &name, &len))
			return false;
		t = ch_lex_next(l);
	} while (ch_token_is_punct(&t, ','));
	return ch_token_is_punct(&t, ')');
}

/* What follows the format's name: nothing, or white space and then a JSON object or list. */
static bool is_json_body(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p == end || (p > start && (*p == '{' || *p == '['));
}

static bool is_exactly(const struct ch_token *t, const char *word)
{
	return t->kind == CH_TOKEN_WORD && t->len == strlen(word) &&
	       memcmp(t->text, word, t->len) == 0;
}

/* *format: its name. */
static const struct ch_table *lex_insert(
        struct ch_lexer *l, const char *database, const char **format)
{
	const struct ch_table *table;
	struct ch_token t = ch_lex_next(l);

	if (!ch_token_is_word(&t, "INSERT"))
		return NULL;
	t = ch_lex_next(l);
	if (!ch_token_is_word(&t, "INTO"))
		return NULL;
	t = ch_lex_next(l);
	table = lex_table(l, &t, database);
	if (!table || !table->ingest)
		return NULL;
	if (ch_token_is_punct(&t, '(')) {
		if (!lex_columns(l))
			return NULL;
		t = ch_lex_next(l);
	}
	if (!ch_token_is_word(&t, "FORMAT"))
		return NULL;
	t = ch_lex_next(l);
	*format = is_exactly(&t, "Native") ? "Native" : "JSONEachRow";
	return is_exactly(&t, *format) ? table : NULL;
}

enum err ch_gate_insert(const char *text, size_t len, const char *database,
        const struct ch_table **table, struct ch_gate_text *head)
{
	const char *format = NULL;
	struct ch_lexer l;
	bool data;

	/* The head is short; the data is not SQL and is not looked at. */
	ch_lex_init(&l, text, len);
	*table = lex_insert(&l, database, &format);
	if (!*table)
		return ERR_DB_STORE_STATEMENT_DENIED;
	data = *format == 'N' ? l.p == text + len : is_json_body(l.p, text + len);
	if (!data || (size_t)(l.p - text) > CH_GATE_SQL_BYTES_MAX)
		return ERR_DB_STORE_STATEMENT_DENIED;
	*head = (struct ch_gate_text){.sql = text, .len = (size_t)(l.p - text)};
	return str_copy(head->format, sizeof(head->format), format) ? ERR_OK
	                                                            : ERR_DB_STORE_STATEMENT_DENIED;
}

/* The two texts made of the same tokens; words in any case, quotes and blanks apart. */
static bool same_tokens(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct ch_lexer la, lb;
	struct ch_token ta, tb;

	ch_lex_init(&la, a, a_len);
	ch_lex_init(&lb, b, b_len);
	do {
		ta = ch_lex_next(&la);
		tb = ch_lex_next(&lb);
		if (ta.kind == CH_TOKEN_BAD || ta.kind != tb.kind || ta.len != tb.len ||
		        memcmp(ta.text, tb.text, ta.len) != 0)
			return false;
	} while (ta.kind != CH_TOKEN_END);
	return true;
}

enum err ch_gate_erase(const char *text, size_t len, const char *database)
{
	char expected[CH_ERASE_SQL_BYTES];

	if (len > CH_GATE_SQL_BYTES_MAX)
		return ERR_DB_STORE_STATEMENT_DENIED;
	for (size_t i = 0; i < ch_tenant_tables_len; i++)
		for (unsigned form = 0; form < 8; form++) {
			const struct ch_erase_form f = {
			        .table = &ch_tenant_tables[i],
			        .database = form & 1 ? database : NULL,
			        .end_user = (form & 2) != 0,
			        .lightweight = (form & 4) != 0,
			};

			if (ch_erase_sql(expected, sizeof(expected), &f) &&
			        same_tokens(text, len, expected, strlen(expected)))
				return ERR_OK;
		}
	return ERR_DB_STORE_STATEMENT_DENIED;
}
