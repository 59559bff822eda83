/* SPDX-License-Identifier: MIT
 * A light reading of a statement's text. */
#include <ctype.h>
#include <strings.h>

#include "daemon/store/scan.h"

struct token {
	enum { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN } type;
	const char *at;
	size_t len;
};

struct cursor {
	const char *at, *end;
	bool broken;
};

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *past_line(const char *p, const char *end)
{
	const char *stop = memchr(p, '\n', (size_t)(end - p));
	return stop ? stop + 1 : end;
}

/* False: nothing to skip here. */
static bool skip_blank(struct cursor *c)
{
	size_t left = (size_t)(c->end - c->at);
	if (left == 0)
		return false;
	if (isspace((unsigned char)*c->at)) {
		c->at++;
		return true;
	}
	if (left >= 2 && (memcmp(c->at, "--", 2) == 0 || memcmp(c->at, "#!", 2) == 0 ||
	                         memcmp(c->at, "# ", 2) == 0)) {
		c->at = past_line(c->at, c->end);
		return true;
	}
	if (left >= 2 && memcmp(c->at, "/*", 2) == 0) {
		const char *stop = memmem(c->at + 2, left - 2, "*/", 2);
		c->broken |= !stop;
		c->at = stop ? stop + 2 : c->end;
		return true;
	}
	return false;
}

static void past_quoted(struct cursor *c)
{
	char quote = *c->at++;
	while (c->at < c->end) {
		char now = *c->at++;
		if (now == '\\' && c->at < c->end) {
			c->at++;
		} else if (now == quote) {
			if (c->at < c->end && *c->at == quote)
				c->at++;
			else
				return;
		}
	}
	c->broken = true;
}

/* $tag$ ... $tag$; false: the dollar is no heredoc. */
static bool past_heredoc(struct cursor *c)
{
	const char *tag = c->at + 1;
	while (tag < c->end && word_char(*tag))
		tag++;
	if (tag >= c->end || *tag != '$')
		return false;
	size_t mark = (size_t)(tag + 1 - c->at);
	const char *stop = memmem(tag + 1, (size_t)(c->end - tag - 1), c->at, mark);
	c->broken |= !stop;
	c->at = stop ? stop + mark : c->end;
	return true;
}

static struct token next_token(struct cursor *c)
{
	while (skip_blank(c)) {
	}
	struct token t = {.at = c->at};
	if (c->at >= c->end)
		return t;
	char first = *c->at;
	if (first == '\'' || first == '"' || first == '`') {
		past_quoted(c);
		t.type = TOKEN_QUOTED;
	} else if (first == '$' && past_heredoc(c)) {
		t.type = TOKEN_QUOTED;
	} else if (word_char(first)) {
		while (c->at < c->end && word_char(*c->at))
			c->at++;
		t.type = TOKEN_WORD;
	} else {
		c->at++;
		t.type = TOKEN_SIGN;
	}
	t.len = (size_t)(c->at - t.at);
	return t;
}

static bool is_word(struct token t, const char *word)
{
	return t.type == TOKEN_WORD && t.len == strlen(word) && strncasecmp(t.at, word, t.len) == 0;
}

static bool is_sign(struct token t, char sign)
{
	return t.type == TOKEN_SIGN && *t.at == sign;
}

static bool is_one_of(struct token t, const char *const *words)
{
	for (; *words; words++)
		if (is_word(t, *words))
			return true;
	return false;
}

static enum scan_kind kind_of(struct token first)
{
	static const char *const reads[] = {"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN",
	        "EXISTS", "CHECK", "VALUES", "FROM", NULL};
	if (first.type == TOKEN_END)
		return SCAN_EMPTY;
	return is_one_of(first, reads) || is_sign(first, '(') ? SCAN_READ : SCAN_OTHER;
}

static bool format_take(struct token name, struct scan *out)
{
	if (name.type != TOKEN_WORD || name.len >= sizeof(out->format))
		return false;
	memcpy(out->format, name.at, name.len);
	out->format[name.len] = '\0';
	return true;
}

/* Blanks and one line end after the format's name are not data. */
static size_t data_begin(const char *text, size_t len, size_t at)
{
	while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\f'))
		at++;
	if (at < len && text[at] == '\r')
		at++;
	if (at < len && text[at] == '\n')
		at++;
	return at;
}

/* The head of an INSERT: up to FORMAT, or to what makes it an ordinary statement. */
static void scan_insert(struct cursor *c, const char *text, size_t len, struct scan *out)
{
	static const char *const not_body[] = {"SELECT", "WITH", "VALUES", "FROM", "WATCH", NULL};
	int depth = 0;
	for (struct token t = next_token(c); t.type != TOKEN_END; t = next_token(c)) {
		if (is_sign(t, '('))
			depth++;
		else if (is_sign(t, ')'))
			depth--;
		if (depth > 0)
			continue;
		if (is_one_of(t, not_body) || is_sign(t, ';'))
			return;
		if (is_word(t, "SETTINGS") && out->settings_at == 0)
			out->settings_at = (size_t)(t.at - text);
		if (!is_word(t, "FORMAT"))
			continue;
		struct token name = next_token(c);
		if (!format_take(name, out))
			return;
		out->kind = SCAN_INSERT;
		out->format_at = (size_t)(t.at - text);
		out->data_at = data_begin(text, len, (size_t)(c->at - text));
		return;
	}
}

static bool contains_word(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, word, n) == 0)
			return true;
	return false;
}

/* Looks for a second statement and for the FORMAT clause, which only SETTINGS may follow. */
static void scan_rest(struct cursor *c, struct token t, const char *text, struct scan *out)
{
	bool ended = false;
	struct token before = {0}, earlier = {0};
	for (;; earlier = before, before = t, t = next_token(c)) {
		bool last = t.type == TOKEN_END || is_sign(t, ';') || is_word(t, "SETTINGS");
		if (last && is_word(earlier, "FORMAT") && format_take(before, out))
			out->format_at = (size_t)(earlier.at - text);
		if (t.type == TOKEN_END)
			return;
		if (is_sign(t, ';'))
			ended = true;
		else if (ended)
			out->several = true;
	}
}

void scan_text(const char *text, size_t len, struct scan *out)
{
	*out = (struct scan){0};
	struct cursor c = {.at = text, .end = text + len};
	struct token t = next_token(&c);
	while (is_sign(t, ';'))
		t = next_token(&c);
	out->kind = kind_of(t);
	out->insert = is_word(t, "INSERT");
	if (out->insert)
		scan_insert(&c, text, len, out);
	if (out->kind != SCAN_INSERT)
		scan_rest(&c, t, text, out);
	out->broken = c.broken;
	out->buffered = out->kind == SCAN_READ && (contains_word(text, len, "totals") ||
	                                                  contains_word(text, len, "extremes"));
}
