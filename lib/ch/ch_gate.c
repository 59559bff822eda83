/* SPDX-License-Identifier: MIT
 * First step of the gate: what a text may be made of, before the engine sees it. */
#include <strings.h>

#include "base/str.h"
#include "ch/ch_internal.h"
#include "ch/ch_gate.h"

/* Output formats that only write what the result holds: none reads a schema file or a template. */
static const char *const formats[] = {"JSON", "JSONCompact", "JSONStrings", "JSONCompactStrings",
        "JSONColumns", "JSONCompactColumns", "JSONColumnsWithMetadata", "JSONEachRow",
        "JSONCompactEachRow", "JSONCompactEachRowWithNames", "JSONCompactEachRowWithNamesAndTypes",
        "JSONStringsEachRow", "JSONCompactStringsEachRow", "JSONCompactStringsEachRowWithNames",
        "JSONCompactStringsEachRowWithNamesAndTypes", "JSONObjectEachRow",
        "JSONEachRowWithProgress", "JSONStringsEachRowWithProgress", "NDJSON", "JSONLines", "CSV",
        "CSVWithNames", "CSVWithNamesAndTypes", "TSV", "TSVRaw", "TSVWithNames",
        "TSVWithNamesAndTypes", "TabSeparated", "TabSeparatedRaw", "TabSeparatedWithNames",
        "TabSeparatedWithNamesAndTypes", "TabSeparatedRawWithNames", "Pretty", "PrettyCompact",
        "PrettySpace", "PrettyNoEscapes", "PrettyCompactMonoBlock", "Vertical", "Markdown", "XML",
        "Values", "RowBinary", "RowBinaryWithNames", "RowBinaryWithNamesAndTypes", "Native",
        "Null"};

const char *ch_gate_format(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strlen(formats[i]) == len && strncasecmp(formats[i], name, len) == 0)
			return formats[i];
	return NULL;
}

/* Words that a select of a tenant never holds outside quotes. PREWHERE: its condition would see
 * rows before the tenant filter does, and an error in it would tell about them. */
static bool is_refused_word(const struct ch_token *t)
{
	static const char *const words[] = {"SETTINGS", "SET", "INTO", "OUTFILE", "PREWHERE",
	        "EXPLAIN", "PARALLEL", "RECURSIVE"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (ch_token_is_word(t, words[i]))
			return true;
	return false;
}

/* After "{": "name : Type … }". A type Identifier would let a parameter name the table, and the
 * verdict about a text is remembered for all values of its parameters. */
static bool lex_parameter(struct ch_lexer *l)
{
	struct ch_token t = ch_lex_next(l);

	if (t.kind != CH_TOKEN_WORD)
		return false;
	t = ch_lex_next(l);
	if (!ch_token_is_punct(&t, ':'))
		return false;
	t = ch_lex_next(l);
	if (t.kind != CH_TOKEN_WORD)
		return false;
	for (; !ch_token_is_punct(&t, '}'); t = ch_lex_next(l)) {
		bool plain = t.kind == CH_TOKEN_WORD || t.kind == CH_TOKEN_NUMBER ||
		             t.kind == CH_TOKEN_STRING || ch_token_is_punct(&t, '(') ||
		             ch_token_is_punct(&t, ')') || ch_token_is_punct(&t, ',') ||
		             ch_token_is_punct(&t, '=');

		if (!plain || is_refused_word(&t) || ch_token_is_word(&t, "Identifier"))
			return false;
	}
	return true;
}

/* After FORMAT: a call "format(" goes on; else an allowed name, perhaps ";", and the end. */
static bool lex_format(
        struct ch_lexer *l, const struct ch_token *word, const char *text, struct ch_gate_text *out)
{
	struct ch_lexer ahead = *l;
	struct ch_token t = ch_lex_next(&ahead);
	const char *name;

	if (ch_token_is_punct(&t, '('))
		return true;
	name = t.kind == CH_TOKEN_WORD ? ch_gate_format(t.text, t.len) : NULL;
	if (!name || !str_copy(out->format, sizeof(out->format), name))
		return false;
	t = ch_lex_next(&ahead);
	if (ch_token_is_punct(&t, ';'))
		t = ch_lex_next(&ahead);
	if (t.kind != CH_TOKEN_END)
		return false;
	out->len = (size_t)(word->text - text);
	l->p = l->end;
	return true;
}

static bool is_cast(const struct ch_token *t)
{
	const char *name;
	size_t len;

	return ch_token_name(t, &name, &len) &&
	       ((len == 4 && strncasecmp(name, "CAST", 4) == 0) ||
	               (len == 5 && strncasecmp(name, "_CAST", 5) == 0));
}

static bool lex_select(const char *text, size_t len, struct ch_gate_text *out)
{
	bool casts = false, parameters = false;
	struct ch_lexer l;
	struct ch_token t;

	ch_lex_init(&l, text, len);
	t = ch_lex_next(&l);
	if (!ch_token_is_word(&t, "SELECT") && !ch_token_is_word(&t, "WITH"))
		return false;
	for (t = ch_lex_next(&l); t.kind != CH_TOKEN_END; t = ch_lex_next(&l)) {
		if (t.kind == CH_TOKEN_BAD || is_refused_word(&t))
			return false;
		if (ch_token_is_punct(&t, '{')) {
			if (!lex_parameter(&l))
				return false;
			parameters = true;
		}
		casts |= is_cast(&t);
		out->depends_on_values = casts && parameters;
		if (ch_token_is_word(&t, "FORMAT") && !lex_format(&l, &t, text, out))
			return false;
		if (ch_token_is_punct(&t, ';')) {
			out->len = (size_t)(t.text - text);
			t = ch_lex_next(&l);
			return t.kind == CH_TOKEN_END;
		}
	}
	return true;
}

enum err ch_gate_lex(const char *text, size_t len, struct ch_gate_text *out)
{
	*out = (struct ch_gate_text){.sql = text, .len = len};
	if (len > CH_GATE_SQL_BYTES_MAX || !lex_select(text, len, out))
		return ERR_DB_STORE_STATEMENT_DENIED;
	return ERR_OK;
}

bool ch_gate_defines(const struct ch_gate_text *text, const char *name, size_t len)
{
	struct ch_lexer l;
	struct ch_token t[3] = {{.kind = CH_TOKEN_END}};

	ch_lex_init(&l, text->sql, text->len);
	do {
		const char *defined;
		size_t defined_len;

		t[0] = t[1];
		t[1] = t[2];
		t[2] = ch_lex_next(&l);
		if (ch_token_is_word(&t[1], "AS") && ch_token_is_punct(&t[2], '(') &&
		        ch_token_name(&t[0], &defined, &defined_len) && defined_len == len &&
		        memcmp(defined, name, len) == 0)
			return true;
	} while (t[2].kind != CH_TOKEN_END && t[2].kind != CH_TOKEN_BAD);
	return false;
}
