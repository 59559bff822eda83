/* SPDX-License-Identifier: MIT
 * Card and social security numbers. */
#include "event/event_pii_internal.h"

enum { CARD_DIGITS_MAX = 19, LABEL_BACK_MAX = 32 };

bool pii_luhn(const char *digits, size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned d = (unsigned)(digits[len - 1 - i] - '0');

		if (i % 2 == 1)
			d = d > 4 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return sum % 10 == 0;
}

static const struct issuer {
	unsigned from, to; /* first digits, as many as width */
	size_t width;
	size_t lengths[2];
} ISSUERS[] = {
        {34, 34, 2, {15, 15}},
        {37, 37, 2, {15, 15}},
        {30, 30, 2, {14, 14}},
        {36, 36, 2, {14, 14}},
        {38, 39, 2, {14, 14}},
        {35, 35, 2, {16, 19}},
        {4, 4, 1, {16, 19}},
        {51, 55, 2, {16, 16}},
        {2221, 2720, 4, {16, 16}},
        {50, 50, 2, {16, 19}},
        {56, 69, 2, {16, 19}},
        {2200, 2204, 4, {16, 19}},
};

static bool issued(const char *digits, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(ISSUERS); i++) {
		const struct issuer *s = &ISSUERS[i];
		unsigned prefix = 0;

		for (size_t k = 0; k < s->width; k++)
			prefix = prefix * 10 + (unsigned)(digits[k] - '0');
		if (prefix >= s->from && prefix <= s->to &&
		        (len == s->lengths[0] || len == s->lengths[1]))
			return true;
	}
	return false;
}

/* Reads digit groups of the given sizes (0 ends) with one and the same separator; returns the end,
 * or 0. */
static size_t grouped(
        const struct pii_text *t, size_t i, const uint8_t *sizes, char *digits, size_t *count)
{
	size_t separator = 0;
	bool hyphen = false;

	*count = 0;
	for (size_t g = 0; sizes[g] != 0; g++) {
		size_t end;

		if (g > 0) {
			bool is_hyphen = pii_at(t, i) == '-';
			size_t n = is_hyphen ? 1 : pii_space_at(t, i);

			if (n == 0 || (g > 1 && (is_hyphen != hyphen || n != separator)))
				return 0;
			hyphen = is_hyphen;
			separator = n;
			i += n;
		}
		end = pii_digits_end(t, i);
		if (end - i != sizes[g])
			return 0;
		memcpy(digits + *count, t->text + i, sizes[g]);
		*count += sizes[g];
		i = end;
	}
	return i;
}

bool pii_card(const struct pii_text *t, size_t i, struct pii_match *m)
{
	/* Longest first. */
	static const uint8_t forms[][6] = {{4, 4, 4, 4, 3, 0}, {6, 13, 0}, {19, 0}, {16, 0},
	        {15, 0}, {14, 0}, {4, 4, 4, 4, 0}, {4, 6, 5, 0}, {4, 6, 4, 0}};
	char digits[CARD_DIGITS_MAX];
	size_t count;

	/* No form has a first group of less than four digits. */
	if (!pii_digit(t->text[i]) || !pii_digit(pii_at(t, i + 3)) || !pii_left_edge(t, i))
		return false;
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		size_t end = grouped(t, i, forms[f], digits, &count);

		if (end > 0 && pii_right_edge(t, end) && issued(digits, count) &&
		        pii_luhn(digits, count)) {
			*m = (struct pii_match){i, end, EVENT_PII_CARD};
			return true;
		}
	}
	return false;
}

static bool ssn_issued(const char *d)
{
	int area = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
	int group = (d[3] - '0') * 10 + (d[4] - '0');

	if (area == 0 || area == 666 || group == 0 || memcmp(d + 5, "0000", 4) == 0)
		return false;
	if (area < 900)
		return true;
	return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || group >= 90;
}

/* Between a label and its number: signs, spaces and little words. */
static size_t skip_filler_back(const struct pii_text *t, size_t i, size_t lowest)
{
	static const char *const fillers[] = {"number", "no", "is", "was"};

	for (;;) {
		size_t before = i, space = pii_space_before(t, i);

		if (space > 0 && i - space >= lowest)
			i -= space;
		else if (i > lowest && strchr(":#=.-", t->text[i - 1]) != NULL)
			i--;
		for (size_t f = 0; f < ARRAY_LEN(fillers) && i == before; f++) {
			size_t len = strlen(fillers[f]);

			if (i >= lowest + len && pii_label_before(t, i, fillers[f]))
				i -= len;
		}
		if (i == before)
			return i;
	}
}

static bool ssn_labelled(const struct pii_text *t, size_t i)
{
	static const char *const labels[] = {
	        "ssn", "itin", "tin", "social security", "tax id", "taxpayer id"};
	size_t lowest = i > LABEL_BACK_MAX ? i - LABEL_BACK_MAX : 0;
	size_t end;

	if (lowest < t->from)
		lowest = t->from;
	end = skip_filler_back(t, i, lowest);
	for (size_t l = 0; l < ARRAY_LEN(labels) && end < i; l++) {
		if (end >= lowest + strlen(labels[l]) && pii_label_before(t, end, labels[l]))
			return true;
	}
	return false;
}

bool pii_ssn(const struct pii_text *t, size_t i, struct pii_match *m)
{
	static const uint8_t separated[] = {3, 2, 4, 0}, bare[] = {9, 0};
	char digits[CARD_DIGITS_MAX];
	size_t count, end;

	if (!pii_digit(t->text[i]) || !pii_left_edge(t, i))
		return false;
	end = grouped(t, i, separated, digits, &count);
	if (end == 0) {
		end = grouped(t, i, bare, digits, &count);
		if (end > 0 && !ssn_labelled(t, i))
			return false;
	}
	if (end == 0 || !pii_right_edge(t, end) || !ssn_issued(digits))
		return false;
	*m = (struct pii_match){i, end, EVENT_PII_SSN};
	return true;
}
