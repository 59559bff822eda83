/* SPDX-License-Identifier: MIT
 * What the redaction patterns share. A text is scanned from its lower bound, which is 0 or the end
 * of the last match. */
#ifndef YAVIO_EVENT_EVENT_PII_INTERNAL_H
#define YAVIO_EVENT_EVENT_PII_INTERNAL_H

#include "event/event_pii.h"

enum {
	PII_BACK_MAX = 64,   /* bytes looked at before a position */
	PII_AHEAD_MAX = 256, /* and behind it */
};

struct pii_text {
	const char *text;
	size_t len;
	size_t from; /* lower bound: what lies before is done */
};

struct pii_match {
	size_t start, end;
	enum event_pii_kind kind;
};

static inline bool pii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool pii_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static inline char pii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

/* The byte at i, or NUL outside the text. */
static inline char pii_at(const struct pii_text *t, size_t i)
{
	return i < t->len ? t->text[i] : '\0';
}

/* Word character before i, at i: ASCII letter, digit, "_", U+00C0-U+024F. */
bool pii_word_before(const struct pii_text *t, size_t i);
bool pii_word_at(const struct pii_text *t, size_t i);
/* Bytes of U+0020 or U+00A0 at i, before i; 0: none. */
size_t pii_space_at(const struct pii_text *t, size_t i);
size_t pii_space_before(const struct pii_text *t, size_t i);
/* Before it no word character, nor a "." "-" "/" that follows a digit. */
bool pii_left_edge(const struct pii_text *t, size_t i);
/* Behind it no word character, nor a "." "-" "/" before a digit. */
bool pii_right_edge(const struct pii_text *t, size_t i);
size_t pii_digits_end(const struct pii_text *t, size_t i);
/* word (lower case, ASCII) stands right before end, in any case, with an edge of letters before it.
 */
bool pii_label_before(const struct pii_text *t, size_t end, const char *word);

/* The e-mail address around the sign at i ("@" or "%40"). */
bool pii_email(const struct pii_text *t, size_t sign, struct pii_match *m);
/* At the first digit of a run, or a bracket, or "+": the pattern's match. */
bool pii_card(const struct pii_text *t, size_t i, struct pii_match *m);
bool pii_ssn(const struct pii_text *t, size_t i, struct pii_match *m);
bool pii_phone(const struct pii_text *t, size_t i, struct pii_match *m);
bool pii_address(const struct pii_text *t, size_t i, struct pii_match *m);

bool pii_luhn(const char *digits, size_t len);

#endif
