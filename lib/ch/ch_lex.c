/* SPDX-License-Identifier: MIT
 * Lexer of ClickHouse SQL: reads what the engine reads, and refuses where the two could differ. */
#include <ctype.h>
#include <strings.h>

#include "base/base.h"
#include "ch/ch_internal.h"

void ch_lex_init(struct ch_lexer *l, const char *text, size_t len)
{
	l->p = text;
	l->end = text + len;
	l->after_dot = false;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* At the second character of a comment's start. False: not closed, or nested. */
static bool skip_block_comment(struct ch_lexer *l)
{
	for (l->p += 2; l->end - l->p >= 2; l->p++) {
		if (l->p[0] == '/' && l->p[1] == '*')
			return false;
		if (l->p[0] == '*' && l->p[1] == '/') {
			l->p += 2;
			return true;
		}
	}
	return false;
}

/* False: a comment that the engine may end elsewhere. */
static bool skip_blank(struct ch_lexer *l)
{
	while (l->p < l->end) {
		if (is_space(*l->p)) {
			l->p++;
		} else if (l->end - l->p >= 2 && l->p[0] == '-' && l->p[1] == '-') {
			const char *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));

			if (memchr(l->p, '\0', (size_t)((nl ? nl : l->end) - l->p)))
				return false;
			l->p = nl ? nl + 1 : l->end;
		} else if (l->end - l->p >= 2 && l->p[0] == '/' && l->p[1] == '*') {
			const char *start = l->p;

			if (!skip_block_comment(l) || memchr(start, '\0', (size_t)(l->p - start)))
				return false;
		} else {
			return true;
		}
	}
	return true;
}

/* 'text' with backslash escapes and doubled quotes. */
static bool lex_string(struct ch_lexer *l)
{
	for (l->p++; l->p < l->end; l->p++) {
		if (*l->p == '\0')
			return false;
		if (*l->p == '\\') {
			if (++l->p == l->end || *l->p == '\0')
				return false;
		} else if (*l->p == '\'') {
			if (++l->p == l->end || *l->p != '\'')
				return true;
		}
	}
	return false;
}

/* A name in quotes: the engine prints it unescaped into EXPLAIN, so nothing that could start a line
 * there, and no escapes. */
static bool lex_quoted_name(struct ch_lexer *l)
{
	char quote = *l->p;

	for (l->p++; l->p < l->end; l->p++) {
		if ((unsigned char)*l->p < 0x20 || *l->p == 0x7F || *l->p == '\\')
			return false;
		if (*l->p == quote && (++l->p == l->end || *l->p != quote))
			return true;
	}
	return false;
}

/* $tag$ … $tag$; the engine takes any bytes as a tag, we take word characters. */
static bool lex_heredoc(struct ch_lexer *l)
{
	const char *tag = l->p;
	const char *close;
	size_t tag_len;

	for (l->p++; l->p < l->end && is_word(*l->p); l->p++)
		;
	if (l->p == l->end || *l->p != '$')
		return false;
	l->p++;
	tag_len = (size_t)(l->p - tag);
	close = memmem(l->p, (size_t)(l->end - l->p), tag, tag_len);
	if (!close || memchr(l->p, '\0', (size_t)(close - l->p)))
		return false;
	l->p = close + tag_len;
	return l->p == l->end || !is_word(*l->p);
}

/* x'41' and b'01' know no escapes: only the digits that leave nothing to interpret. */
static bool lex_hex_string(struct ch_lexer *l)
{
	for (l->p++; l->p < l->end && isxdigit((unsigned char)*l->p); l->p++)
		;
	if (l->p == l->end || *l->p != '\'')
		return false;
	l->p++;
	return l->p == l->end || *l->p != '\'';
}

/* True when the engine may take the sign after this token into an exponent and we would not:
 * "1e--2" is "1e-" and "-2" there, "1e" and a comment here. */
static bool exponent_without_digits(const struct ch_lexer *l)
{
	char last = l->p[-1];

	return strchr("eEpP", last) && l->p < l->end && (*l->p == '-' || *l->p == '+') &&
	       (l->end - l->p < 2 || !isdigit((unsigned char)l->p[1]));
}

static enum ch_token_kind lex_word(struct ch_lexer *l, bool after_dot)
{
	const char *start = l->p;
	bool number = isdigit((unsigned char)*l->p) != 0;

	while (l->p < l->end && is_word(*l->p))
		l->p++;
	if (l->p < l->end && *l->p == '$')
		return CH_TOKEN_BAD;
	if (l->p - start == 1 && strchr("xXbB", *start) && l->p < l->end && *l->p == '\'')
		return lex_hex_string(l) ? CH_TOKEN_STRING : CH_TOKEN_BAD;
	if ((number || after_dot) && exponent_without_digits(l))
		return CH_TOKEN_BAD;
	return number ? CH_TOKEN_NUMBER : CH_TOKEN_WORD;
}

static enum ch_token_kind lex_token(struct ch_lexer *l)
{
	bool after_dot = l->after_dot;
	char c = *l->p;

	l->after_dot = c == '.';
	if (is_word(c))
		return lex_word(l, after_dot);
	switch (c) {
	case '\'':
		return lex_string(l) ? CH_TOKEN_STRING : CH_TOKEN_BAD;
	case '"':
	case '`':
		return lex_quoted_name(l) ? CH_TOKEN_QUOTED : CH_TOKEN_BAD;
	case '$':
		return lex_heredoc(l) ? CH_TOKEN_STRING : CH_TOKEN_BAD;
	case '/':
		l->p++;
		return l->p < l->end && *l->p == '/' ? CH_TOKEN_BAD : CH_TOKEN_PUNCT;
	default:
		l->p++;
		return c > ' ' && c < 0x7F && c != '\\' && c != '#' ? CH_TOKEN_PUNCT : CH_TOKEN_BAD;
	}
}

struct ch_token ch_lex_next(struct ch_lexer *l)
{
	struct ch_token t = {.kind = CH_TOKEN_BAD};
	const char *before = l->p;

	if (!skip_blank(l))
		return t;
	if (l->p != before)
		l->after_dot = false;
	t.text = l->p;
	if (l->p == l->end) {
		t.kind = CH_TOKEN_END;
		return t;
	}
	t.kind = lex_token(l);
	t.len = (size_t)(l->p - t.text);
	return t;
}

bool ch_token_is_word(const struct ch_token *t, const char *word)
{
	return t->kind == CH_TOKEN_WORD && t->len == strlen(word) &&
	       strncasecmp(t->text, word, t->len) == 0;
}

bool ch_token_is_punct(const struct ch_token *t, char c)
{
	return t->kind == CH_TOKEN_PUNCT && *t->text == c;
}

bool ch_token_name(const struct ch_token *t, const char **name, size_t *len)
{
	if (t->kind == CH_TOKEN_WORD) {
		*name = t->text;
		*len = t->len;
		return true;
	}
	if (t->kind != CH_TOKEN_QUOTED || t->len < 3)
		return false;
	*name = t->text + 1;
	*len = t->len - 2;
	return memchr(*name, *t->text, *len) == NULL;
}
