/* SPDX-License-Identifier: MIT
 * Phone numbers: international, North American, with the area in brackets, with a trunk zero, or
 * behind a label. */
#include "event/event_pii_internal.h"

enum { GROUPS_MAX = 16, LABEL_BACK_MAX = 28 };

static bool found(struct pii_match *m, size_t start, size_t end)
{
	*m = (struct pii_match){start, end, EVENT_PII_PHONE};
	return true;
}

/* P1: "+", country code, groups with one to three signs between them. */
static bool international(const struct pii_text *t, size_t i, struct pii_match *m)
{
	size_t at = i + 1, digits = 0, end = 0;
	bool america = pii_at(t, at) == '1';

	if (t->text[i] != '+' || pii_word_before(t, i) || (i > 0 && t->text[i - 1] == '+') ||
	        pii_at(t, at) < '1' || pii_at(t, at) > '9')
		return false;
	while (digits <= 15) {
		size_t group_end = pii_digits_end(t, at), gap;

		if (group_end == at)
			break;
		digits += group_end - at;
		at = group_end;
		if ((america ? digits == 11 : digits >= 9 && digits <= 15) && !pii_word_at(t, at))
			end = at;
		for (gap = 0; gap < 3; gap++) {
			size_t space = pii_space_at(t, at);
			char c = pii_at(t, at);

			if (space == 0 && (c == '\0' || strchr("-./()", c) == NULL))
				break;
			at += space > 0 ? space : 1;
		}
		if (gap == 0)
			break;
	}
	return end > 0 && found(m, i, end);
}

/* One of "-" "." space; 0: none. */
static size_t separator_at(const struct pii_text *t, size_t i)
{
	size_t space = pii_space_at(t, i);

	if (space > 0)
		return space;
	return pii_at(t, i) == '-' || pii_at(t, i) == '.' ? 1 : 0;
}

static bool digits_exactly(const struct pii_text *t, size_t i, size_t n)
{
	return pii_digits_end(t, i) - i == n;
}

/* Exchange and line number; same is the separator that must stand between, 0: any. Returns the end,
 * or 0. */
static size_t exchange_and_line(const struct pii_text *t, size_t i, char same)
{
	size_t gap;

	if (!digits_exactly(t, i, 3))
		return 0;
	gap = separator_at(t, i + 3);
	if (gap == 0 || (same != '\0' && pii_at(t, i + 3) != same) ||
	        !digits_exactly(t, i + 3 + gap, 4))
		return 0;
	return i + 3 + gap + 4;
}

/* P2: (NPA) xxx-xxxx or NPA-xxx-xxxx, also behind "1" and a separator. */
static bool north_america(const struct pii_text *t, size_t i, struct pii_match *m)
{
	size_t at = i, end = 0;

	if (pii_at(t, at) == '1' && separator_at(t, at + 1) > 0)
		at += 1 + separator_at(t, at + 1);
	if (pii_at(t, at) == '(') {
		if (pii_at(t, at + 1) < '2' || !digits_exactly(t, at + 1, 3) ||
		        pii_at(t, at + 4) != ')')
			return false;
		end = exchange_and_line(t, at + 5 + separator_at(t, at + 5), '\0');
	} else if (pii_at(t, at) >= '2' && digits_exactly(t, at, 3)) {
		size_t gap = separator_at(t, at + 3);

		if (gap > 0)
			end = exchange_and_line(t, at + 3 + gap, t->text[at + 3]);
	}
	return end > 0 && pii_left_edge(t, i) && pii_right_edge(t, end) && found(m, i, end);
}

/* P3: an area code of 2-5 digits in brackets, then 1-3 groups. */
static bool bracketed(const struct pii_text *t, size_t i, struct pii_match *m)
{
	size_t close, at, area, digits = 0, end = 0;

	if (t->text[i] != '(')
		return false;
	close = pii_digits_end(t, i + 1);
	area = close - i - 1;
	if (area < 2 || area > 5 || pii_at(t, close) != ')' || !pii_left_edge(t, i))
		return false;
	if (area == 4 &&
	        (memcmp(t->text + i + 1, "19", 2) == 0 || memcmp(t->text + i + 1, "20", 2) == 0))
		return false;
	at = close + 1;
	for (int group = 0; group < 3; group++) {
		size_t gap = separator_at(t, at), group_end = pii_digits_end(t, at + gap);

		if ((group > 0 && gap == 0) || group_end - at - gap < 2)
			break;
		digits += group_end - at - gap;
		at = group_end;
		if (digits >= 6 && area + digits >= 9 && area + digits <= 12 &&
		        pii_right_edge(t, at))
			end = at;
	}
	return end > 0 && found(m, i, end);
}

struct groups {
	size_t len[GROUPS_MAX], end[GROUPS_MAX], count;
	char gap[GROUPS_MAX]; /* before group n */
};

/* Digit groups of 2-8 with one separator each. */
static void read_groups(const struct pii_text *t, size_t i, struct groups *g)
{
	g->count = 0;
	while (g->count < GROUPS_MAX) {
		size_t end = pii_digits_end(t, i), gap;
		char sign;

		if (end - i < 2 || end - i > 8)
			return;
		g->len[g->count] = end - i;
		g->end[g->count] = end;
		g->count++;
		gap = separator_at(t, end);
		sign = pii_at(t, end);
		if (gap == 0 && sign == '/')
			gap = 1;
		if (gap == 0)
			return;
		if (g->count < GROUPS_MAX)
			g->gap[g->count] = sign;
		i = end + gap;
	}
}

static bool trunk_groups_valid(const struct groups *g, size_t count, size_t digits, bool exit_code)
{
	bool short_dotted = count == 4;

	if (count < 2 || digits < (exit_code ? 11u : 9u) || digits > (exit_code ? 17u : 12u) ||
	        g->len[0] > 6)
		return false;
	/* A date, or an address of four numbers. */
	if (count >= 3 && g->len[0] == 2 && g->len[1] == 2 && g->len[2] == 4)
		return false;
	for (size_t k = 0; k < count; k++)
		short_dotted &= g->len[k] <= 3 && (k == 0 || g->gap[k] == '.');
	if (short_dotted)
		return false;
	for (size_t k = 3; k < count; k++) {
		if (g->gap[k] != g->gap[2])
			return false;
	}
	return true;
}

/* P4: a trunk zero, or 00 and a country. */
static bool trunk(const struct pii_text *t, size_t i, struct pii_match *m)
{
	bool exit_code = pii_at(t, i + 1) == '0';
	size_t digits = 0, end = 0;
	struct groups g;

	if (t->text[i] != '0' || pii_at(t, i + (exit_code ? 2 : 1)) < '1' ||
	        pii_at(t, i + (exit_code ? 2 : 1)) > '9' || !pii_left_edge(t, i) ||
	        (i >= 2 && t->text[i - 1] == '-' && pii_word_before(t, i - 1)))
		return false;
	read_groups(t, i, &g);
	for (size_t count = 1; count <= g.count; count++) {
		size_t at = g.end[count - 1];

		digits += g.len[count - 1];
		if (trunk_groups_valid(&g, count, digits, exit_code) && pii_right_edge(t, at) &&
		        !(pii_at(t, at) == '-' && pii_word_at(t, at + 1)))
			end = at;
	}
	return end > 0 && found(m, i, end);
}

/* Length of the little word that ends at end, 0: none. */
static size_t filler_before(const struct pii_text *t, size_t end, size_t lowest)
{
	static const char *const fillers[] = {"is", "at", "on", "no", "nr", "num", "number"};

	for (size_t f = 0; f < ARRAY_LEN(fillers); f++) {
		size_t len = strlen(fillers[f]);

		if (end >= lowest + len && pii_label_before(t, end, fillers[f]))
			return len;
	}
	return 0;
}

static bool labelled_here(const struct pii_text *t, size_t end, size_t lowest)
{
	static const char *const labels[] = {"phone", "telephone", "mobile", "cell", "tel", "fax",
	        "whatsapp", "sms", "call me", "reach me", "my number"};

	for (size_t l = 0; l < ARRAY_LEN(labels); l++) {
		if (end >= lowest + strlen(labels[l]) && pii_label_before(t, end, labels[l]))
			return true;
	}
	return false;
}

/* Looks back over signs and little words; "my number" ends with such a word, so the label is tried
 * first. */
static bool label_behind(const struct pii_text *t, size_t i, size_t lowest)
{
	size_t at = i, filler;

	do {
		size_t word_end = at;

		while (at > lowest && !pii_letter(t->text[at - 1]) && !pii_digit(t->text[at - 1]))
			at--;
		/* A label and its number do not touch. */
		if (at == word_end && at == i)
			return false;
		if (labelled_here(t, at, lowest))
			return true;
		filler = filler_before(t, at, lowest);
		at -= filler;
	} while (filler > 0);
	return false;
}

/* P5: 7-15 bare digits behind a label. */
static bool labelled(const struct pii_text *t, size_t i, struct pii_match *m)
{
	size_t end = pii_digits_end(t, i), lowest = i > LABEL_BACK_MAX ? i - LABEL_BACK_MAX : 0;

	if (end - i < 7 || end - i > 15 || !pii_left_edge(t, i) || !pii_right_edge(t, end))
		return false;
	return label_behind(t, i, lowest < t->from ? t->from : lowest) && found(m, i, end);
}

bool pii_phone(const struct pii_text *t, size_t i, struct pii_match *m)
{
	if (t->text[i] == '+')
		return international(t, i, m);
	return north_america(t, i, m) || bracketed(t, i, m) ||
	       (t->text[i] == '0' && trunk(t, i, m)) ||
	       (pii_digit(t->text[i]) && labelled(t, i, m));
}
