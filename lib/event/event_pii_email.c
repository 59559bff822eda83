/* SPDX-License-Identifier: MIT
 * E-mail addresses, also with a percent-encoded sign as in URLs. */
#include "event/event_pii_internal.h"

enum { LOCAL_MAX = 64, LABEL_MAX = 63, DOMAIN_MAX = 253, LABELS_MAX = 127 };

static size_t latin_at(const struct pii_text *t, size_t i)
{
	return pii_word_at(t, i) && ((unsigned char)t->text[i] & 0x80) != 0 ? 2 : 0;
}

static bool local_byte(char c)
{
	return pii_letter(c) || pii_digit(c) || (c != '\0' && strchr("._%+'-", c) != NULL);
}

/* Start of the local part before the sign; sign itself when there is none. */
static size_t local_start(const struct pii_text *t, size_t sign)
{
	size_t start = sign, chars = 0;

	while (start > t->from && chars < LOCAL_MAX) {
		char c = t->text[start - 1];

		if (local_byte(c))
			start--;
		else if (start >= t->from + 2 && ((unsigned char)c & 0x80) != 0 &&
		         pii_word_before(t, start))
			start -= 2;
		else
			break;
		chars++;
	}
	while (start < sign && (t->text[start] == '.' || t->text[start] == '\''))
		start++;
	return start;
}

struct label {
	size_t start, end;
	bool letters; /* ASCII or Latin letters only */
	size_t chars;
};

static bool read_label(const struct pii_text *t, size_t i, struct label *l)
{
	*l = (struct label){.start = i, .letters = true};
	while (l->chars < LABEL_MAX) {
		size_t latin = latin_at(t, i);
		char c = pii_at(t, i);

		if (latin > 0) {
			i += latin;
		} else if (pii_letter(c) || pii_digit(c) || c == '-') {
			l->letters &= pii_letter(c);
			i++;
		} else {
			break;
		}
		l->chars++;
	}
	/* A hyphen may only stand inside. */
	while (i > l->start && t->text[i - 1] == '-') {
		i--;
		l->chars--;
	}
	l->end = i;
	return l->chars > 0 && t->text[l->start] != '-';
}

static bool top_level(const struct pii_text *t, const struct label *l)
{
	static const char puny[] = "xn--";
	bool is_puny = l->end - l->start > 4;

	for (size_t i = 0; is_puny && i < 4; i++)
		is_puny = pii_lower(t->text[l->start + i]) == puny[i];
	return is_puny || (l->letters && l->chars >= 2 && l->chars <= 24);
}

/* "icon@2x.png": a scale, no host. */
static bool is_scale(const struct pii_text *t, const struct label *l)
{
	char first = t->text[l->start];

	return l->end - l->start == 2 && first >= '1' && first <= '9' &&
	       t->text[l->start + 1] == 'x';
}

bool pii_email(const struct pii_text *t, size_t sign, struct pii_match *m)
{
	size_t start = local_start(t, sign), domain = sign + (t->text[sign] == '@' ? 1 : 3);
	size_t i = domain, labels = 0, end = 0;
	struct label l;

	if (start == sign || t->text[sign - 1] == '.')
		return false;
	while (labels < LABELS_MAX && read_label(t, i, &l) && l.end - domain <= DOMAIN_MAX) {
		if (labels == 0 && is_scale(t, &l))
			return false;
		labels++;
		if (labels >= 2 && top_level(t, &l))
			end = l.end;
		if (pii_at(t, l.end) != '.')
			break;
		i = l.end + 1;
	}
	if (end == 0)
		return false;
	*m = (struct pii_match){start, end, EVENT_PII_EMAIL};
	return true;
}
