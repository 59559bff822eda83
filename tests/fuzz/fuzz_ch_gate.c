/* SPDX-License-Identifier: MIT
 * Fuzzes the tenant gate: no input may crash it, and what the lexer passes keeps the promises that
 * the later steps rely on. The first byte chooses the function. */
#include <stdlib.h>
#include <strings.h>

#include "ch/ch.h"
#include "ch/ch_gate.h"
#include "ch/ch_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* What passed is still one statement when it is lexed again, and has none of the refused words. */
static void check_passed(const struct ch_gate_text *text)
{
	struct ch_gate_text again;
	struct ch_lexer l;
	struct ch_token t;

	must(ch_gate_lex(text->sql, text->len, &again) == ERR_OK);
	must(again.len == text->len && again.format[0] == '\0');
	must(text->format[0] == '\0' || ch_gate_format(text->format, strlen(text->format)) != NULL);
	must(!memchr(text->sql, '\0', text->len));
	ch_lex_init(&l, text->sql, text->len);
	for (t = ch_lex_next(&l); t.kind != CH_TOKEN_END; t = ch_lex_next(&l)) {
		must(t.kind != CH_TOKEN_BAD && t.len > 0);
		must(!ch_token_is_punct(&t, ';') && !ch_token_is_word(&t, "SETTINGS") &&
		        !ch_token_is_word(&t, "INTO"));
	}
}

static void one(uint8_t which, const char *text, size_t len)
{
	const struct ch_gate_text none = {.sql = "WITH c AS (SELECT 1) SELECT 1", .len = 29};
	const struct ch_table *table;
	struct ch_gate_text out;

	switch (which % 5) {
	case 0:
		if (ch_gate_lex(text, len, &out) == ERR_OK)
			check_passed(&out);
		break;
	case 1:
		if (ch_gate_ast(text, len, &none, "yavio") == ERR_OK)
			must(!memmem(text, len, "\n Function file\n", 16) &&
			        !memmem(text, len, "\n Set\n", 6));
		break;
	case 2:
		if (ch_gate_tree(text, len, "yavio") == ERR_OK)
			must(!memmem(
			        text, len, "\n TABLE id: 1, table_name: system.processes", 42));
		break;
	case 3:
		if (ch_gate_insert(text, len, "yavio", &table, &out) == ERR_OK)
			must(table->ingest && out.len <= len);
		break;
	default:
		if (ch_gate_erase(text, len, "yavio") == ERR_OK)
			must(memmem(text, len, "{w:String}", 10) != NULL ||
			        memmem(text, len, "{", 1));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (size == 0)
		return 0;
	/* its own block, so that a read behind the end is seen */
	copy = malloc(size > 1 ? size - 1 : 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	one(data[0], copy, size - 1);
	free(copy);
	return 0;
}
