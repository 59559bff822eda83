/* SPDX-License-Identifier: MIT
 * What a text of each type may be. */
#include "base/clock.h"
#include "base/str.h"
#include "web/web_field_internal.h"

static uint32_t code_point(const char *p, size_t len)
{
	const uint8_t *b = (const uint8_t *)p;

	switch (len) {
	case 1:
		return b[0];
	case 2:
		return (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3fu);
	case 3:
		return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 |
		       (b[2] & 0x3fu);
	default:
		return (uint32_t)(b[0] & 0x07) << 18 | (uint32_t)(b[1] & 0x3f) << 12 |
		       (uint32_t)(b[2] & 0x3f) << 6 | (b[3] & 0x3fu);
	}
}

struct range {
	uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t len, uint32_t c)
{
	for (size_t i = 0; i < len; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* Unicode White_Space. */
static bool is_blank(uint32_t c)
{
	static const struct range BLANKS[] = {{0x09, 0x0d}, {0x20, 0x20}, {0x85, 0x85},
	        {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029},
	        {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

	return is_in(BLANKS, ARRAY_LEN(BLANKS), c);
}

/* Controls, and what turns the direction of a text or hides in it. */
static bool is_refused(uint32_t c)
{
	static const struct range REFUSED[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0x200b, 0x200f},
	        {0x2028, 0x2029}, {0x202a, 0x202e}, {0x2066, 0x2069}};

	return is_in(REFUSED, ARRAY_LEN(REFUSED), c);
}

const char *web_text_trim(const char *text, size_t *len)
{
	const char *end = text + *len;
	size_t n;

	while (text < end && (n = str_utf8_len(text, (size_t)(end - text))) > 0 &&
	        is_blank(code_point(text, n)))
		text += n;
	for (;;) {
		const char *last = end;

		while (last > text && ((uint8_t) * --last & 0xc0) == 0x80)
			;
		n = (size_t)(end - last);
		if (n == 0 || str_utf8_len(last, n) != n || !is_blank(code_point(last, n)))
			break;
		end = last;
	}
	*len = (size_t)(end - text);
	return text;
}

/* Length in code points; SIZE_MAX: no UTF-8. */
static size_t count_points(const char *text, size_t len, bool *refused)
{
	size_t points = 0;

	for (size_t i = 0; i < len; points++) {
		size_t n = str_utf8_len(text + i, len - i);

		if (n == 0)
			return SIZE_MAX;
		*refused = *refused || is_refused(code_point(text + i, n));
		i += n;
	}
	return points;
}

static const char *length_problem(const struct web_field *f, size_t n)
{
	return n < (size_t)f->min ? "too_short" : n > (size_t)f->max ? "too_long" : NULL;
}

static const char *text_problem(const struct web_field *f, const char *text, size_t len)
{
	bool refused = false;
	size_t points = count_points(text, len, &refused);

	if (points == SIZE_MAX)
		return "bad_characters";
	if (f->type == WEB_SECRET)
		return len > WEB_SECRET_BYTES_MAX ? "too_long" : length_problem(f, points);
	return refused ? "bad_characters" : length_problem(f, points);
}

static const char *token_problem(const struct web_field *f, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return "bad_characters";
	}
	return length_problem(f, len);
}

static const char *slug_problem(const struct web_field *f, const char *text, size_t len)
{
	const char *problem = length_problem(f, len);

	if (problem != NULL)
		return problem;
	if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len || text[0] == '-' ||
	        (len > 0 && text[len - 1] == '-'))
		return "bad_format";
	return NULL;
}

static const char *word_problem(const struct web_field *f, const char *text, struct web_value *v)
{
	for (size_t i = 0; f->words[i] != NULL; i++) {
		if (strcmp(f->words[i], text) == 0) {
			v->integer = (int64_t)i;
			return NULL;
		}
	}
	return "unknown_value";
}

static const char *time_problem(
        const struct web_field *f, const char *text, size_t len, struct web_value *v)
{
	if (!clock_parse(text, len, &v->integer))
		return "bad_format";
	if ((f->flags & WEB_FUTURE) != 0 && v->integer <= clock_wall_ms())
		return "not_in_future";
	return NULL;
}

/* ---- addresses ------------------------------------------------------------------------------- */

#define ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"

/* Labels of chars, 1 to label_max long, dots between; at least labels_min of them. */
static bool is_dotted(
        const char *p, const char *end, const char *chars, size_t label_max, int labels_min)
{
	int labels = 0;

	for (;;) {
		size_t len = strspn(p, chars);

		if (len == 0 || len > label_max || p + len > end)
			return false;
		labels++;
		p += len;
		if (p == end)
			return labels >= labels_min;
		if (*p++ != '.')
			return false;
	}
}

static bool has_bad_hyphen(const char *domain)
{
	return domain[0] == '-' || strstr(domain, ".-") != NULL || strstr(domain, "-.") != NULL ||
	       domain[strlen(domain) - 1] == '-';
}

/* Of a text in lower case. */
static bool is_email(const char *text)
{
	const char *at = strchr(text, '@');

	/* atext of RFC 5322, which leaves quotes, brackets and commas to nobody. */
	return at != NULL && at - text <= WEB_EMAIL_LOCAL_BYTES_MAX &&
	       is_dotted(text, at, ALNUM "!#$%&'*+-/=?^_`{|}~", WEB_EMAIL_LOCAL_BYTES_MAX, 1) &&
	       is_dotted(at + 1, at + 1 + strlen(at + 1), ALNUM "-", 63, 2) &&
	       !has_bad_hyphen(at + 1);
}

static const char *email_problem(char *text, size_t len)
{
	if (len > WEB_EMAIL_BYTES_MAX)
		return "too_long";
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	return is_email(text) ? NULL : "bad_format";
}

const char *web_email_problem(const char *text, char *out)
{
	size_t len = strlen(text);

	text = web_text_trim(text, &len);
	if (len > WEB_EMAIL_BYTES_MAX)
		return "too_long";
	memcpy(out, text, len);
	out[len] = '\0';
	return email_problem(out, len);
}

const char *web_name_problem(const char *text, size_t max, char *out, size_t out_size)
{
	const struct web_field f = {.type = WEB_TEXT, .min = 1, .max = (int64_t)max};
	size_t len = strlen(text);
	const char *problem;

	text = web_text_trim(text, &len);
	if (len >= out_size)
		return "too_long";
	problem = text_problem(&f, text, len);
	if (problem != NULL)
		return problem;
	memcpy(out, text, len);
	out[len] = '\0';
	return NULL;
}

const char *web_text_problem(const struct web_field *f, char *text, size_t len, struct web_value *v)
{
	switch (f->type) {
	case WEB_TEXT:
	case WEB_SECRET:
		return text_problem(f, text, len);
	case WEB_TOKEN:
		return token_problem(f, text, len);
	case WEB_EMAIL:
		return email_problem(text, len);
	case WEB_UUID:
		return web_is_id(text) ? NULL : "bad_format";
	case WEB_SLUG:
		return slug_problem(f, text, len);
	case WEB_WORD:
		return word_problem(f, text, v);
	case WEB_TIME:
		return time_problem(f, text, len, v);
	case WEB_INT:
	case WEB_BOOL:
		break;
	}
	return "wrong_type";
}
