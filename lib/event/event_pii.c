/* SPDX-License-Identifier: MIT
 * The walk of the redaction: stops only where a pattern can begin, and takes the leftmost match. */
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "event/event_pii_internal.h"

enum { SHORTEST_MATCH = 6 /* "a@b.co" */, UUID_BYTES = 36 };

static const char *const MARKERS[EVENT_PII_KINDS] = {
        [EVENT_PII_EMAIL] = "[EMAIL_REDACTED]",
        [EVENT_PII_CARD] = "[CC_REDACTED]",
        [EVENT_PII_SSN] = "[SSN_REDACTED]",
        [EVENT_PII_PHONE] = "[PHONE_REDACTED]",
        [EVENT_PII_ADDRESS] = "[ADDRESS_REDACTED]",
};

/* U+00C0-U+024F are the two-byte sequences C3 80 to C9 8F. */
static bool latin_letter(unsigned char lead, unsigned char next)
{
	return lead >= 0xC3 && lead <= 0xC9 && next >= 0x80 && next <= (lead < 0xC9 ? 0xBF : 0x8F);
}

static bool word_byte(char c)
{
	return pii_letter(c) || pii_digit(c) || c == '_';
}

bool pii_word_before(const struct pii_text *t, size_t i)
{
	if (i == 0)
		return false;
	if (word_byte(t->text[i - 1]))
		return true;
	return i >= 2 && ((unsigned char)t->text[i - 1] & 0xC0) == 0x80 &&
	       latin_letter((unsigned char)t->text[i - 2], (unsigned char)t->text[i - 1]);
}

bool pii_word_at(const struct pii_text *t, size_t i)
{
	if (i >= t->len)
		return false;
	return word_byte(t->text[i]) ||
	       latin_letter((unsigned char)t->text[i], (unsigned char)pii_at(t, i + 1));
}

size_t pii_space_at(const struct pii_text *t, size_t i)
{
	if (pii_at(t, i) == ' ')
		return 1;
	return pii_at(t, i) == '\xC2' && pii_at(t, i + 1) == '\xA0' ? 2 : 0;
}

size_t pii_space_before(const struct pii_text *t, size_t i)
{
	if (i >= 1 && t->text[i - 1] == ' ')
		return 1;
	return i >= 2 && t->text[i - 1] == '\xA0' && t->text[i - 2] == '\xC2' ? 2 : 0;
}

static bool joint(char c)
{
	return c == '.' || c == '-' || c == '/';
}

bool pii_left_edge(const struct pii_text *t, size_t i)
{
	if (pii_word_before(t, i))
		return false;
	return !(i >= 2 && joint(t->text[i - 1]) && pii_digit(t->text[i - 2]));
}

bool pii_right_edge(const struct pii_text *t, size_t i)
{
	if (pii_word_at(t, i))
		return false;
	return !(joint(pii_at(t, i)) && pii_digit(pii_at(t, i + 1)));
}

size_t pii_digits_end(const struct pii_text *t, size_t i)
{
	size_t limit = i + PII_AHEAD_MAX < t->len ? i + PII_AHEAD_MAX : t->len;

	while (i < limit && pii_digit(t->text[i]))
		i++;
	return i;
}

bool pii_label_before(const struct pii_text *t, size_t end, const char *word)
{
	size_t len = strlen(word), start;

	if (end < len)
		return false;
	start = end - len;
	for (size_t i = 0; i < len; i++) {
		if (pii_lower(t->text[start + i]) != word[i])
			return false;
	}
	return start == 0 || (!pii_letter(t->text[start - 1]) && !pii_word_before(t, start)) ||
	       t->text[start - 1] == '_';
}

static bool hex(char c)
{
	return pii_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* A free-standing UUID at i is passed over whole. */
static bool uuid_at(const struct pii_text *t, size_t i)
{
	if (t->len - i < UUID_BYTES || t->text[i + 8] != '-' || pii_word_before(t, i) ||
	        pii_word_at(t, i + UUID_BYTES))
		return false;
	for (size_t k = 0; k < UUID_BYTES; k++) {
		bool dash = k == 8 || k == 13 || k == 18 || k == 23;

		if (dash ? t->text[i + k] != '-' : !hex(t->text[i + k]))
			return false;
	}
	return true;
}

/* Where the next "@" or "%40" is, or len. */
static size_t next_sign(const struct pii_text *t, size_t i)
{
	const char *from = t->text + i, *end = t->text + t->len;
	const char *at = i < t->len ? memchr(from, '@', t->len - i) : NULL;
	const char *percent = at != NULL ? at : end;
	const char *found = percent;

	for (const char *p = from; p < percent; p++) {
		p = memchr(p, '%', (size_t)(percent - p));
		if (p == NULL)
			break;
		if (end - p >= 3 && p[1] == '4' && p[2] == '0') {
			found = p;
			break;
		}
	}
	return (size_t)(found - t->text);
}

struct email_ahead {
	size_t sign; /* looked at last */
	bool found;
	struct pii_match match;
};

/* Keeps the first e-mail address whose sign is at or behind t->from. */
static void email_advance(const struct pii_text *t, struct email_ahead *e)
{
	if (e->found && e->match.start >= t->from)
		return;
	e->found = false;
	if (e->sign < t->from)
		e->sign = next_sign(t, t->from);
	while (e->sign < t->len) {
		if (pii_email(t, e->sign, &e->match)) {
			e->found = true;
			return;
		}
		e->sign = next_sign(t, e->sign + 1);
	}
}

static bool match_at(const struct pii_text *t, size_t i, struct pii_match *m)
{
	return pii_card(t, i, m) || pii_ssn(t, i, m) || pii_phone(t, i, m) || pii_address(t, i, m);
}

/* What a byte can begin: a number's digits, its sign or bracket, or (a hex letter) a UUID. */
enum trigger { TRIGGER_NONE, TRIGGER_DIGIT, TRIGGER_SIGN, TRIGGER_HEX };

static const uint8_t TRIGGERS[256] = {
        ['0'] = TRIGGER_DIGIT,
        ['1'] = TRIGGER_DIGIT,
        ['2'] = TRIGGER_DIGIT,
        ['3'] = TRIGGER_DIGIT,
        ['4'] = TRIGGER_DIGIT,
        ['5'] = TRIGGER_DIGIT,
        ['6'] = TRIGGER_DIGIT,
        ['7'] = TRIGGER_DIGIT,
        ['8'] = TRIGGER_DIGIT,
        ['9'] = TRIGGER_DIGIT,
        ['+'] = TRIGGER_SIGN,
        ['('] = TRIGGER_SIGN,
        ['a'] = TRIGGER_HEX,
        ['b'] = TRIGGER_HEX,
        ['c'] = TRIGGER_HEX,
        ['d'] = TRIGGER_HEX,
        ['e'] = TRIGGER_HEX,
        ['f'] = TRIGGER_HEX,
        ['A'] = TRIGGER_HEX,
        ['B'] = TRIGGER_HEX,
        ['C'] = TRIGGER_HEX,
        ['D'] = TRIGGER_HEX,
        ['E'] = TRIGGER_HEX,
        ['F'] = TRIGGER_HEX,
};

/* The first digit, "+" or "(" in [i, limit), or limit. */
static size_t next_trigger(const struct pii_text *t, size_t i, size_t limit)
{
#if defined(__SSE2__)
	const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
	const __m128i plus = _mm_set1_epi8('+'), bracket = _mm_set1_epi8('(');

	for (; limit - i >= 16; i += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(t->text + i));
		__m128i digit = _mm_sub_epi8(bytes, zero);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(digit, nine), digit),
		        _mm_or_si128(_mm_cmpeq_epi8(bytes, plus), _mm_cmpeq_epi8(bytes, bracket)));
		unsigned mask = (unsigned)_mm_movemask_epi8(hit);

		if (mask != 0)
			return i + (size_t)__builtin_ctz(mask);
	}
#endif
	while (i < limit && TRIGGERS[(unsigned char)t->text[i]] != TRIGGER_DIGIT &&
	        TRIGGERS[(unsigned char)t->text[i]] != TRIGGER_SIGN)
		i++;
	return i;
}

/* Next match that is no e-mail address, starting its search at i and giving up at limit. */
static bool next_number(const struct pii_text *t, size_t i, size_t limit, struct pii_match *m)
{
	size_t number = i;

	while (i < limit) {
		enum trigger trigger = TRIGGERS[(unsigned char)t->text[i]];

		/* Of what stands before the next number only a UUID that reaches into it matters.
		 */
		if (i >= number && (trigger == TRIGGER_NONE || trigger == TRIGGER_HEX)) {
			number = next_trigger(t, i, limit);
			if (number == limit)
				return false;
			if (number - i >= UUID_BYTES) {
				i = number - UUID_BYTES + 1;
				continue;
			}
		}
		if (trigger == TRIGGER_NONE) {
			i++;
			continue;
		}
		if (trigger != TRIGGER_SIGN && t->len - i >= UUID_BYTES && t->text[i + 8] == '-' &&
		        uuid_at(t, i)) {
			i += UUID_BYTES;
			continue;
		}
		if (trigger != TRIGGER_HEX && match_at(t, i, m))
			return true;
		/* Patterns begin at the first digit of a run only: the rest of it is passed. */
		do
			i++;
		while (trigger == TRIGGER_DIGIT && i < t->len && pii_digit(t->text[i]));
	}
	return false;
}

bool event_pii_redact(const char *text, size_t len, struct buf *out, size_t counts[EVENT_PII_KINDS])
{
	struct pii_text t = {.text = text, .len = len};
	struct email_ahead email;
	bool redacted = false;
	struct pii_match m;

	if (len < SHORTEST_MATCH)
		return false;
	email = (struct email_ahead){.sign = next_sign(&t, 0)};
	if (email.sign < len && pii_email(&t, email.sign, &email.match))
		email.found = true;
	else if (email.sign < len)
		email_advance(&t, &email);
	for (;;) {
		size_t limit = email.found ? email.match.start : len;

		if (!next_number(&t, t.from, limit, &m)) {
			if (!email.found)
				break;
			m = email.match;
		}
		/* An address may begin before its digits: never before what is done. */
		buf_add(out, text + t.from, m.start - t.from);
		buf_add_str(out, MARKERS[m.kind]);
		counts[m.kind]++;
		redacted = true;
		t.from = m.end;
		email_advance(&t, &email);
	}
	if (redacted)
		buf_add(out, text + t.from, len - t.from);
	return redacted;
}
