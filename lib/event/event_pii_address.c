/* SPDX-License-Identifier: MIT
 * Street addresses as written in North America and in German, and post boxes. */
#include "event/event_pii_internal.h"

enum { WORD_MAX = 24, NAME_WORDS_MAX = 4 };

static const char *const SUFFIXES[] = {"Street", "Avenue", "Boulevard", "Drive", "Lane", "Road",
        "Court", "Place", "Way", "Circle", "Terrace", "Trail", "Parkway", "Highway", "Square", "St",
        "Ave", "Blvd", "Dr", "Ln", "Rd", "Ct", "Pl", "Cir", "Ter", "Trl", "Pkwy", "Hwy", "Sq"};

/* First words that make it a quantity: "3 Day Inca Trail". */
static const char *const QUANTITIES[] = {"Day", "Days", "Hour", "Hours", "Week", "Weeks", "Month",
        "Months", "Year", "Years", "Minute", "Minutes", "Min", "Star", "Stars", "Mile", "Miles",
        "Night", "Nights", "Person", "People", "Step", "Steps"};

static const char *const COMPASS[] = {"NE", "NW", "SE", "SW", "N", "S", "E", "W"};
static const char *const UNITS[] = {"Apartment", "Apt", "Suite", "Ste", "Unit", "Floor", "Fl", "#"};

/* word as written, or all in capitals, standing whole at i; its length or 0. */
static size_t word_is(const struct pii_text *t, size_t i, const char *word)
{
	size_t len = strlen(word);
	bool same = true, capitals = true;

	if (i + len > t->len)
		return 0;
	for (size_t k = 0; k < len; k++) {
		same &= t->text[i + k] == word[k];
		capitals &= t->text[i + k] ==
		            (word[k] >= 'a' && word[k] <= 'z' ? word[k] - 32 : word[k]);
	}
	return (same || capitals) && !pii_word_at(t, i + len) ? len : 0;
}

static size_t any_word(const struct pii_text *t, size_t i, const char *const *words, size_t count)
{
	for (size_t w = 0; w < count; w++) {
		size_t len = word_is(t, i, words[w]);

		if (len > 0)
			return len;
	}
	return 0;
}

/* A capital letter, ASCII or U+00C0-U+00DE. */
static bool capital_at(const struct pii_text *t, size_t i)
{
	char c = pii_at(t, i);

	return (c >= 'A' && c <= 'Z') || (c == '\xC3' && (unsigned char)pii_at(t, i + 1) <= 0x9E);
}

static size_t word_end(const struct pii_text *t, size_t i)
{
	size_t limit = i + WORD_MAX;

	while (i < limit && (pii_word_at(t, i) || pii_at(t, i) == '\'' || pii_at(t, i) == '-'))
		i += ((unsigned char)t->text[i] & 0x80) != 0 ? 2 : 1;
	return i;
}

/* A capitalised word (its dot included) or an ordinal such as 5th; the end, or 0. */
static size_t name_word(const struct pii_text *t, size_t i)
{
	size_t digits = pii_digits_end(t, i), end;
	static const char *const ordinals[] = {"st", "nd", "rd", "th"};

	if (digits > i)
		return digits - i <= 3 && any_word(t, digits, ordinals, ARRAY_LEN(ordinals)) > 0
		               ? digits + 2
		               : 0;
	if (!capital_at(t, i))
		return 0;
	end = word_end(t, i);
	return pii_at(t, end) == '.' ? end + 1 : end;
}

/* Behind the suffix: compass point, then apartment or the like. */
static size_t address_tail(const struct pii_text *t, size_t end)
{
	size_t space = pii_space_at(t, end), len, at;

	if (space > 0) {
		len = any_word(t, end + space, COMPASS, ARRAY_LEN(COMPASS));
		if (len > 0)
			end += space + len;
	}
	at = end + (pii_at(t, end) == ',' ? 1 : 0);
	space = pii_space_at(t, at);
	if (space == 0)
		return end;
	at += space;
	len = pii_at(t, at) == '#' ? 1 : any_word(t, at, UNITS, ARRAY_LEN(UNITS) - 1);
	if (len == 0)
		return end;
	at += len;
	at += pii_at(t, at) == '.' ? 1 : 0;
	at += pii_space_at(t, at);
	for (len = 0;
	        len < 6 && (pii_letter(pii_at(t, at + len)) || pii_digit(pii_at(t, at + len)));)
		len++;
	return len > 0 && !pii_word_at(t, at + len) ? at + len : end;
}

static bool after_currency(const struct pii_text *t, size_t i)
{
	static const char *const signs[] = {"$", "\xC2\xA3", "\xC2\xA5", "\xE2\x82\xAC"};

	i -= pii_space_before(t, i);
	for (size_t s = 0; s < ARRAY_LEN(signs); s++) {
		size_t len = strlen(signs[s]);

		if (i >= len && memcmp(t->text + i - len, signs[s], len) == 0)
			return true;
	}
	return false;
}

/* "100 Pine Ave Apt 4B" */
static bool north_american(const struct pii_text *t, size_t i, struct pii_match *m)
{
	size_t at = pii_digits_end(t, i), end = 0;

	if (at - i > 6 || !pii_left_edge(t, i) || after_currency(t, i))
		return false;
	if (pii_letter(pii_at(t, at)))
		at++;
	if (pii_space_at(t, at) == 0 ||
	        any_word(t, at + pii_space_at(t, at), QUANTITIES, ARRAY_LEN(QUANTITIES)) > 0)
		return false;
	for (size_t words = 0; words <= NAME_WORDS_MAX; words++) {
		size_t space = pii_space_at(t, at), len;

		if (space == 0)
			break;
		at += space;
		len = words > 0 ? any_word(t, at, SUFFIXES, ARRAY_LEN(SUFFIXES)) : 0;
		if (len > 0)
			end = at + len + (pii_at(t, at + len) == '.' ? 1 : 0);
		at = name_word(t, at);
		if (at == 0)
			break;
	}
	if (end == 0)
		return false;
	*m = (struct pii_match){i, address_tail(t, end), EVENT_PII_ADDRESS};
	return true;
}

/* Bytes of the word of letters that ends at end, not before lowest. */
static size_t letters_back(const struct pii_text *t, size_t end, size_t lowest)
{
	size_t at = end;

	while (at > lowest && (pii_letter(t->text[at - 1]) || t->text[at - 1] == '-' ||
	                              ((unsigned char)t->text[at - 1] & 0x80) != 0)) {
		/* A no-break space ends the word. */
		if (pii_space_before(t, at) == 2)
			break;
		at--;
	}
	return at;
}

static bool ends_with(const struct pii_text *t, size_t end, size_t lowest, const char *word)
{
	size_t len = strlen(word);

	return end >= lowest + len && memcmp(t->text + end - len, word, len) == 0;
}

/* Start of the German street name that ends at end (before the space); end when there is none. */
static size_t german_street(const struct pii_text *t, size_t end, size_t lowest)
{
	static const char *const joined[] = {"stra\u00dfe", "strasse", "str."};
	static const char *const apart[] = {"Stra\u00dfe", "Strasse", "Str."};

	for (size_t s = 0; s < ARRAY_LEN(joined); s++) {
		size_t word = strlen(joined[s]), start, space;

		if (ends_with(t, end, lowest, joined[s])) {
			start = letters_back(t, end - word, lowest);
			if (start < end - word)
				return start;
		}
		if (!ends_with(t, end, lowest, apart[s]))
			continue;
		/* "Berliner Straße", "Karl-Marx-Straße" */
		space = pii_space_before(t, end - word);
		if (space == 0 && end - word > lowest && t->text[end - word - 1] == '-')
			space = 1;
		start = space > 0 ? letters_back(t, end - word - space, lowest) : end;
		if (space > 0 && start < end - word - space && capital_at(t, start))
			return start;
	}
	return end;
}

static bool german(const struct pii_text *t, size_t i, struct pii_match *m)
{
	size_t digits = pii_digits_end(t, i), space = pii_space_before(t, i), lowest, start, end;

	if (space == 0 || digits - i > 4)
		return false;
	lowest = i > PII_BACK_MAX ? i - PII_BACK_MAX : 0;
	lowest = lowest < t->from ? t->from : lowest;
	if (i - space < lowest)
		return false;
	start = german_street(t, i - space, lowest);
	end = digits + (pii_letter(pii_at(t, digits)) && !pii_word_at(t, digits + 1) ? 1 : 0);
	if (start == i - space || pii_word_before(t, start) || pii_word_at(t, end))
		return false;
	*m = (struct pii_match){start, end, EVENT_PII_ADDRESS};
	return true;
}

/* "P.O. Box 1234" */
static bool post_box(const struct pii_text *t, size_t i, struct pii_match *m)
{
	static const char *const forms[] = {"p.o. box", "po box", "p.o.box"};
	size_t space = pii_space_before(t, i), end = pii_digits_end(t, i);

	if (space == 0 || !pii_right_edge(t, end))
		return false;
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		size_t len = strlen(forms[f]);

		if (i - space >= t->from + len && pii_label_before(t, i - space, forms[f])) {
			*m = (struct pii_match){i - space - len, end, EVENT_PII_ADDRESS};
			return true;
		}
	}
	return false;
}

bool pii_address(const struct pii_text *t, size_t i, struct pii_match *m)
{
	return pii_digit(t->text[i]) &&
	       (north_american(t, i, m) || german(t, i, m) || post_box(t, i, m));
}
