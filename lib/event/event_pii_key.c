/* SPDX-License-Identifier: MIT
 * Redaction by an object key: what "phone" or "taxId" says about the digits it holds. */
#include "event/event_pii_internal.h"

enum { KEY_BYTES_MAX = 64, KEY_WORDS_MAX = 8 };

struct key_words {
	char text[KEY_BYTES_MAX + KEY_WORDS_MAX +
	          1]; /* lower case, words separated by one space, a space in front */
	size_t len;
};

/* Splits at camelCase, "_", "-" and spaces. */
static bool split(const char *key, size_t len, struct key_words *w)
{
	size_t words = 0;
	bool start = true;

	w->len = 0;
	if (len > KEY_BYTES_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = key[i];
		bool capital = c >= 'A' && c <= 'Z';
		bool after_small = i > 0 && key[i - 1] >= 'a' && key[i - 1] <= 'z';

		if (c == '_' || c == '-' || c == ' ') {
			start = true;
			continue;
		}
		if (start || (capital && after_small)) {
			if (++words > KEY_WORDS_MAX)
				return false;
			w->text[w->len++] = ' ';
		}
		start = false;
		w->text[w->len++] = pii_lower(c);
	}
	w->text[w->len] = '\0';
	return w->len > 0;
}

#define WORDS(text) text, sizeof(text) - 1

/* A key means one of these when it ends with the words, or is them. */
static const struct {
	const char *words;
	size_t len;
	enum event_pii_key key;
	bool whole; /* the key has no other words */
} KEYS[] = {
        {WORDS("phone"), EVENT_PII_KEY_PHONE, false},
        {WORDS("phonenumber"), EVENT_PII_KEY_PHONE, false},
        {WORDS("telephone"), EVENT_PII_KEY_PHONE, false},
        {WORDS("tel"), EVENT_PII_KEY_PHONE, false},
        {WORDS("mobile"), EVENT_PII_KEY_PHONE, false},
        {WORDS("msisdn"), EVENT_PII_KEY_PHONE, false},
        {WORDS("whatsapp"), EVENT_PII_KEY_PHONE, false},
        {WORDS("fax"), EVENT_PII_KEY_PHONE, false},
        {WORDS("cellphone"), EVENT_PII_KEY_PHONE, false},
        {WORDS("ssn"), EVENT_PII_KEY_SSN, false},
        {WORDS("itin"), EVENT_PII_KEY_SSN, false},
        {WORDS("tin"), EVENT_PII_KEY_SSN, false},
        {WORDS("tax id"), EVENT_PII_KEY_SSN, true},
        {WORDS("taxpayer id"), EVENT_PII_KEY_SSN, true},
        {WORDS("social security"), EVENT_PII_KEY_SSN, true},
        {WORDS("social security number"), EVENT_PII_KEY_SSN, true},
        {WORDS("pan"), EVENT_PII_KEY_CARD, false},
        {WORDS("creditcard"), EVENT_PII_KEY_CARD, false},
        {WORDS("cardnumber"), EVENT_PII_KEY_CARD, false},
        {WORDS("ccnumber"), EVENT_PII_KEY_CARD, false},
        {WORDS("card number"), EVENT_PII_KEY_CARD, false},
        {WORDS("cc number"), EVENT_PII_KEY_CARD, false},
        {WORDS("credit card"), EVENT_PII_KEY_CARD, false},
        {WORDS("card no"), EVENT_PII_KEY_CARD, false},
};

/* What "number", "no" and "nr" make a phone number of. */
static const struct {
	const char *words;
	size_t len;
} SUBJECTS[] = {{WORDS("phone")}, {WORDS("mobile")}, {WORDS("telephone")}, {WORDS("cell")},
        {WORDS("fax")}, {WORDS("contact")}},
  ENDINGS[] = {{WORDS(" number")}, {WORDS(" no")}, {WORDS(" nr")}};

/* The words end before end, and a space stands before them. */
static bool words_before(const struct key_words *w, size_t end, const char *words, size_t len)
{
	return end > len && w->text[end - 1] == words[len - 1] && w->text[end - len - 1] == ' ' &&
	       memcmp(w->text + end - len, words, len) == 0;
}

static bool numbered_phone(const struct key_words *w)
{
	for (size_t e = 0; e < ARRAY_LEN(ENDINGS); e++) {
		size_t len = ENDINGS[e].len;

		if (w->len <= len || memcmp(w->text + w->len - len, ENDINGS[e].words, len) != 0)
			continue;
		for (size_t s = 0; s < ARRAY_LEN(SUBJECTS); s++) {
			if (words_before(w, w->len - len, SUBJECTS[s].words, SUBJECTS[s].len))
				return true;
		}
	}
	return false;
}

#define LAST3(a, b, c) ((unsigned)(a) << 16 | (unsigned)(b) << 8 | (unsigned)(c))

static bool is_joint(char c)
{
	return c == '_' || c == '-' || c == ' ';
}

/* Whether the key ends like one of the words above: hardly any key does, so few are split. */
static bool ends_like_one(const char *key, size_t len)
{
	char first, fourth;

	while (len > 0 && is_joint(key[len - 1]))
		len--;
	while (len > 0 && is_joint(*key)) {
		key++;
		len--;
	}
	if (len < 3)
		return false;
	first = pii_lower(key[0]);
	fourth = len > 3 ? pii_lower(key[len - 4]) : '\0';
	switch (LAST3(pii_lower(key[len - 3]), pii_lower(key[len - 2]), pii_lower(key[len - 1]))) {
	case LAST3('o', 'n', 'e'): /* phone, telephone, cellphone */
		return fourth == 'h';
	case LAST3('i', 'l', 'e'): /* mobile */
		return fourth == 'b';
	case LAST3('i', 't', 'y'): /* security */
		return fourth == 'r';
	case LAST3('a', 'r', 'd'): /* card */
		return fourth == 'c';
	case LAST3('b', 'e', 'r'): /* number */
	case LAST3('t', 'e', 'l'):
	case LAST3('s', 'd', 'n'): /* msisdn */
	case LAST3('a', 'p', 'p'): /* whatsapp */
	case LAST3('f', 'a', 'x'):
	case LAST3('s', 's', 'n'):
	case LAST3('t', 'i', 'n'):
	case LAST3('p', 'a', 'n'):
		return true;
	default:
		break;
	}
	switch (LAST3(0, pii_lower(key[len - 2]), pii_lower(key[len - 1]))) {
	case LAST3(0, 'i', 'd'): /* tax id, taxpayer id */
		return first == 't';
	case LAST3(0, 'n', 'o'):
	case LAST3(0, 'n', 'r'):
		return true;
	default:
		return false;
	}
}

enum event_pii_key event_pii_key(const char *key, size_t len)
{
	struct key_words w;

	if (!ends_like_one(key, len) || !split(key, len, &w))
		return EVENT_PII_KEY_NONE;
	for (size_t k = 0; k < ARRAY_LEN(KEYS); k++) {
		if (words_before(&w, w.len, KEYS[k].words, KEYS[k].len) &&
		        (!KEYS[k].whole || w.len == KEYS[k].len + 1))
			return KEYS[k].key;
	}
	return numbered_phone(&w) ? EVENT_PII_KEY_PHONE : EVENT_PII_KEY_NONE;
}

const char *event_pii_keyed(
        enum event_pii_key key, const char *text, size_t len, size_t counts[EVENT_PII_KINDS])
{
	char digits[PII_BACK_MAX];
	size_t n = 0;

	if (len > PII_BACK_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (pii_digit(text[i]))
			digits[n++] = text[i];
		else if (text[i] == '\0' || strchr(" +-./()", text[i]) == NULL)
			return NULL;
	}
	if (key == EVENT_PII_KEY_PHONE && n >= 7 && n <= 15) {
		counts[EVENT_PII_PHONE]++;
		return "[PHONE_REDACTED]";
	}
	if (key == EVENT_PII_KEY_SSN && n == 9) {
		counts[EVENT_PII_SSN]++;
		return "[SSN_REDACTED]";
	}
	if (key == EVENT_PII_KEY_CARD && n >= 13 && n <= 19 && pii_luhn(digits, n)) {
		counts[EVENT_PII_CARD]++;
		return "[CC_REDACTED]";
	}
	return NULL;
}
