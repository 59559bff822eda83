/* SPDX-License-Identifier: MIT
 * Header lines of a mail: what may stand in one, and RFC 2047 for what is not ASCII. */
#include "base/str.h"
#include "httpc/httpc_mail.h"

#define WORD_BEGIN "=?UTF-8?Q?"
#define WORD_END   "?="

enum { WORD_MARK_BYTES = sizeof(WORD_BEGIN) - 1 + sizeof(WORD_END) - 1 };

static bool is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_atom(unsigned char c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

bool httpc_mail_address_ok(const char *text)
{
	const char *at = strchr(text, '@');
	size_t len = strlen(text);

	if (!at || at == text || at[1] == '\0' || len > HTTPC_MAIL_ADDRESS_BYTES_MAX ||
	        strchr(at + 1, '@'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text + i != at && !is_atom((unsigned char)text[i]))
			return false;
	return true;
}

/* UTF-8 without control characters; *plain: ASCII that needs no encoding. */
static bool check_value(const char *value, bool *plain)
{
	size_t len = strlen(value);

	*plain = !strstr(value, "=?");
	if (len > HTTPC_MAIL_HEADER_BYTES_MAX)
		return false;
	for (size_t i = 0, n; i < len; i += n) {
		unsigned char c = (unsigned char)value[i];

		n = str_utf8_len(value + i, len - i);
		/* C1 controls are two bytes: C2 80 … C2 9F */
		if (n == 0 || c < 0x20 || c == 0x7F ||
		        (c == 0xC2 && (unsigned char)value[i + 1] < 0xA0))
			return false;
		if (n > 1)
			*plain = false;
	}
	return true;
}

/* A character as the Q encoding has it (RFC 2047 §4.2), at most 12 bytes; only what may stand in
 * every kind of header stays as it is. */
static size_t encode_character(const char *at, size_t n, char out[16])
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char first = (unsigned char)*at;
	size_t len = 0;

	if (n == 1 && first == ' ') {
		out[len++] = '_';
	} else if (n == 1 && (is_alnum(first) || strchr("!*+-/", first))) {
		out[len++] = (char)first;
	} else {
		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)at[i];

			out[len++] = '=';
			out[len++] = hex[c >> 4];
			out[len++] = hex[c & 15];
		}
	}
	return len;
}

static void add_words(struct buf *out, size_t column, const char *value)
{
	size_t len = strlen(value);

	buf_add_str(out, WORD_BEGIN);
	column += WORD_MARK_BYTES;
	for (size_t i = 0, n; i < len; i += n) {
		char piece[16];
		size_t piece_len;

		n = str_utf8_len(value + i, len - i);
		piece_len = encode_character(value + i, n, piece);
		if (column + piece_len > HTTPC_MAIL_LINE_MAX) {
			buf_add_str(out, WORD_END "\r\n " WORD_BEGIN);
			column = 1 + WORD_MARK_BYTES;
		}
		buf_add(out, piece, piece_len);
		column += piece_len;
	}
	buf_add_str(out, WORD_END);
}

/* Folds at blanks; a word that is longer than a line stays whole. */
static void add_folded(struct buf *out, size_t column, const char *value)
{
	while (*value) {
		size_t blanks = strspn(value, " "), word = strcspn(value + blanks, " ");

		if (blanks > 0 && word > 0 && column + blanks + word > HTTPC_MAIL_LINE_MAX) {
			buf_add_str(out, "\r\n");
			column = 0;
		}
		buf_add(out, value, blanks + word);
		column += blanks + word;
		value += blanks + word;
	}
}

bool httpc_mail_header(struct buf *out, const char *name, const char *value)
{
	size_t before = out->len;
	bool plain;

	if (!check_value(value, &plain))
		return false;
	buf_addf(out, "%s: ", name);
	if (plain)
		add_folded(out, out->len - before, value);
	else
		add_words(out, out->len - before, value);
	if (!out->failed)
		return true;
	out->len = before;
	return false;
}
