/* SPDX-License-Identifier: MIT
 * Shared by the files of lib/ch only: the lexer, the function list, the parts of the client. */
#ifndef YAVIO_CH_CH_INTERNAL_H
#define YAVIO_CH_CH_INTERNAL_H

#include "base/base.h"
#include "ch/ch.h"
#include "httpc/httpc.h"

/* Tokens of ClickHouse SQL. White space and comments are skipped. What the engine's lexer might
 * read in another way than ours (heredocs apart) is BAD: non-ASCII outside quotes, nested comments,
 * // and # comments, backslashes outside strings and inside quoted names, NUL. */
enum ch_token_kind {
	CH_TOKEN_END,
	CH_TOKEN_WORD,
	CH_TOKEN_NUMBER,
	CH_TOKEN_STRING,
	CH_TOKEN_QUOTED, /* "name" or `name` */
	CH_TOKEN_PUNCT,  /* one character */
	CH_TOKEN_BAD,
};

struct ch_token {
	enum ch_token_kind kind;
	const char *text; /* with its quotes */
	size_t len;
};

struct ch_lexer {
	const char *p, *end;
	bool after_dot;
};

void ch_lex_init(struct ch_lexer *l, const char *text, size_t len);
struct ch_token ch_lex_next(struct ch_lexer *l);
bool ch_token_is_word(const struct ch_token *t, const char *word); /* any case */
bool ch_token_is_punct(const struct ch_token *t, char c);
/* A word or a quoted name: its bytes without quotes; false for another token or an empty name. A
 * doubled quote inside makes it false too: no name of ours has one. */
bool ch_token_name(const struct ch_token *t, const char **name, size_t *len);

enum ch_function_kind {
	CH_FUNCTION_NONE = 0,
	CH_FUNCTION_SCALAR,
	CH_FUNCTION_AGGREGATE,
	CH_FUNCTION_TABLE
};
/* Kind of an allowed function under the engine's case rules, NONE: not allowed. */
enum ch_function_kind ch_function_find(const char *name, size_t len);

#endif
