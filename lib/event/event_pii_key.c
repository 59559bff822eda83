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

static bool ends_with_words(const struct key_words *w, const char *words)
{
	size_t len = strlen(words);

	return w->len > len && w->text[w->len - len - 1] == ' ' &&
	       memcmp(w->text + w->len - len, words, len) == 0;
}

static const struct {
	const char *words;
	enum event_pii_key key;
	bool whole; /* the key has no other words */
} KEYS[] = {
        {"phone", EVENT_PII_KEY_PHONE, false},
        {"phonenumber", EVENT_PII_KEY_PHONE, false},
        {"telephone", EVENT_PII_KEY_PHONE, false},
        {"tel", EVENT_PII_KEY_PHONE, false},
        {"mobile", EVENT_PII_KEY_PHONE, false},
        {"msisdn", EVENT_PII_KEY_PHONE, false},
        {"whatsapp", EVENT_PII_KEY_PHONE, false},
        {"fax", EVENT_PII_KEY_PHONE, false},
        {"cellphone", EVENT_PII_KEY_PHONE, false},
        {"ssn", EVENT_PII_KEY_SSN, false},
        {"itin", EVENT_PII_KEY_SSN, false},
        {"tin", EVENT_PII_KEY_SSN, false},
        {"tax id", EVENT_PII_KEY_SSN, true},
        {"taxpayer id", EVENT_PII_KEY_SSN, true},
        {"social security", EVENT_PII_KEY_SSN, true},
        {"social security number", EVENT_PII_KEY_SSN, true},
        {"pan", EVENT_PII_KEY_CARD, false},
        {"creditcard", EVENT_PII_KEY_CARD, false},
        {"cardnumber", EVENT_PII_KEY_CARD, false},
        {"ccnumber", EVENT_PII_KEY_CARD, false},
        {"card number", EVENT_PII_KEY_CARD, false},
        {"cc number", EVENT_PII_KEY_CARD, false},
        {"credit card", EVENT_PII_KEY_CARD, false},
        {"card no", EVENT_PII_KEY_CARD, false},
};

static bool numbered_phone(const struct key_words *w)
{
	static const char *const subjects[] = {
	        "phone", "mobile", "telephone", "cell", "fax", "contact"};
	static const char *const endings[] = {"number", "no", "nr"};
	char words[32];

	for (size_t s = 0; s < ARRAY_LEN(subjects); s++) {
		for (size_t e = 0; e < ARRAY_LEN(endings); e++) {
			snprintf(words, sizeof(words), "%s %s", subjects[s], endings[e]);
			if (ends_with_words(w, words))
				return true;
		}
	}
	return false;
}

enum event_pii_key event_pii_key(const char *key, size_t len)
{
	struct key_words w;

	if (!split(key, len, &w))
		return EVENT_PII_KEY_NONE;
	for (size_t k = 0; k < ARRAY_LEN(KEYS); k++) {
		if (KEYS[k].whole ? strcmp(w.text + 1, KEYS[k].words) == 0
		                  : ends_with_words(&w, KEYS[k].words))
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
