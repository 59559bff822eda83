/* SPDX-License-Identifier: MIT
 * Checks and skips JSON (RFC 8259) without building anything. */
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/str.h"
#include "event/event.h"
#include "event/event_json.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* First byte at or behind p that ends plain ASCII inside a string: quote, backslash, control, or
 * not ASCII. *suspect is set when a digit or "@" stands before it. */
static const char *plain_end(const char *p, const char *end, bool *suspect)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	const __m128i space = _mm_set1_epi8(0x20), at = _mm_set1_epi8('@');
	const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
	__m128i seen = _mm_setzero_si128();

	for (; end - p >= 16; p += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Signed: bytes from 0x80 on are below the space, too. */
		__m128i stop = _mm_or_si128(
		        _mm_cmplt_epi8(bytes, space), _mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
		                                              _mm_cmpeq_epi8(bytes, backslash)));
		__m128i digit = _mm_sub_epi8(bytes, zero);
		__m128i hint = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(digit, nine), digit),
		        _mm_cmpeq_epi8(bytes, at));
		unsigned mask = (unsigned)_mm_movemask_epi8(stop);

		if (mask != 0) {
			unsigned before = mask ^ (mask - 1), hints;

			hints = (unsigned)_mm_movemask_epi8(hint) & before;
			if (hints != 0 || _mm_movemask_epi8(seen) != 0)
				*suspect = true;
			return p + __builtin_ctz(mask);
		}
		seen = _mm_or_si128(seen, hint);
	}
	if (_mm_movemask_epi8(seen) != 0)
		*suspect = true;
#endif
	for (; p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
	        *p != '\\';
	        p++)
		if (is_digit(*p) || *p == '@')
			*suspect = true;
	return p;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Bytes of the escape at p (a backslash), or 0. */
static size_t escape_len(const char *p, const char *end)
{
	if (end - p < 2)
		return 0;
	if (p[1] != 'u')
		return strchr("\"\\/bfnrt", p[1]) != NULL && p[1] != '\0' ? 2 : 0;
	if (end - p < 6 || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]) || !is_hex(p[5]))
		return 0;
	return 6;
}

bool event_json_string(struct event_json *j, struct event_json_value *out)
{
	const char *p = j->p + 1;

	*out = (struct event_json_value){.start = p, .kind = EVENT_JSON_STRING};
	for (;;) {
		size_t n;

		p = plain_end(p, j->end, &out->suspect);
		if (p == j->end)
			return false;
		if (*p == '"')
			break;
		if (*p == '\\') {
			out->escaped = true;
			n = escape_len(p, j->end);
			if (n == 0)
				return false;
			if (n > 2)
				out->suspect = true;
		} else if ((unsigned char)*p < 0x20) {
			return false;
		} else {
			n = str_utf8_len(p, (size_t)(j->end - p));
			if (n == 0) {
				j->bad_utf8 = true;
				n = 1;
			}
		}
		p += n;
	}
	out->len = (size_t)(p - out->start);
	out->compact_len = out->len + 2;
	j->p = p + 1;
	return true;
}

static const char *digits_end(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

static bool skip_number(struct event_json *j)
{
	const char *p = j->p, *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = digits_end(p, j->end);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return false;
	if (p < j->end && *p == '.') {
		digits = p + 1;
		p = digits_end(digits, j->end);
		if (p == digits)
			return false;
	}
	if (p < j->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < j->end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = digits_end(p, j->end);
		if (p == digits)
			return false;
	}
	j->p = p;
	return true;
}

static bool skip_word(struct event_json *j, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(j->end - j->p) < len || memcmp(j->p, word, len) != 0)
		return false;
	j->p += len;
	return true;
}

/* A number, true, false or null. */
static bool skip_scalar(struct event_json *j, uint8_t *kind)
{
	switch (*j->p) {
	case 'n':
		*kind = EVENT_JSON_NULL;
		return skip_word(j, "null");
	case 't':
		*kind = EVENT_JSON_TRUE;
		return skip_word(j, "true");
	case 'f':
		*kind = EVENT_JSON_FALSE;
		return skip_word(j, "false");
	default:
		*kind = EVENT_JSON_NUMBER;
		return skip_number(j);
	}
}

struct nesting {
	uint64_t is_object[EVENT_JSON_DEPTH_MAX / 64 + 1]; /* a bit a level */
	unsigned level, deepest, allowed;
};

static bool nesting_open(struct nesting *n, bool object)
{
	uint64_t bit;

	if (n->level == n->allowed)
		return false;
	bit = UINT64_C(1) << (n->level % 64);
	if (object)
		n->is_object[n->level / 64] |= bit;
	else
		n->is_object[n->level / 64] &= ~bit;
	n->level++;
	if (n->level > n->deepest)
		n->deepest = n->level;
	return true;
}

static bool nesting_in_object(const struct nesting *n)
{
	unsigned top = n->level - 1;

	return (n->is_object[top / 64] >> (top % 64) & 1) != 0;
}

/* What lies between the values of a container. */
struct between {
	size_t spaces; /* bytes of whitespace */
	bool suspect;  /* one of the keys is, or has escapes */
};

/* Key and colon of a member. */
static bool skip_key(struct event_json *j, struct between *b)
{
	struct event_json_value key;
	const char *from;

	if (j->p == j->end || *j->p != '"' || !event_json_string(j, &key))
		return false;
	b->suspect |= key.suspect | key.escaped;
	from = j->p;
	event_json_space(j);
	if (j->p == j->end || *j->p != ':')
		return false;
	b->spaces += (size_t)(j->p - from);
	from = ++j->p;
	event_json_space(j);
	b->spaces += (size_t)(j->p - from);
	return true;
}

static void skip_space(struct event_json *j, struct between *b)
{
	const char *from = j->p;

	event_json_space(j);
	b->spaces += (size_t)(j->p - from);
}

/* Behind a value or an opening bracket: closes what ends here, and stands at the next value.
 * Returns false for a fault; n->level 0 when the whole is done. */
static bool skip_to_next(
        struct event_json *j, struct nesting *n, bool opened, struct between *between)
{
	while (n->level > 0) {
		bool object = nesting_in_object(n);

		skip_space(j, between);
		if (j->p == j->end)
			return false;
		if (*j->p == (object ? '}' : ']')) {
			j->p++;
			n->level--;
			opened = false;
			continue;
		}
		if (!opened) {
			if (*j->p != ',')
				return false;
			j->p++;
			skip_space(j, between);
		}
		return !object || skip_key(j, between);
	}
	return true;
}

/* An array or object; j at its bracket. */
static bool skip_container(struct event_json *j, unsigned depth, struct event_json_value *out)
{
	enum { SHORTEST_NUMBER = 7 /* digits that a key's name can make personal */ };
	struct nesting n;
	struct between between = {0};
	bool suspect = false;

	n.level = n.deepest = 0;
	n.allowed = depth <= EVENT_JSON_DEPTH_MAX ? EVENT_JSON_DEPTH_MAX - depth + 1 : 0;
	*out = (struct event_json_value){.start = j->p};
	out->kind = *j->p == '{' ? EVENT_JSON_OBJECT : EVENT_JSON_ARRAY;
	do {
		struct event_json_value string;
		const char *from = j->p;
		bool opened = false;
		uint8_t kind;

		if (j->p == j->end)
			return false;
		if (*j->p == '"') {
			if (!event_json_string(j, &string))
				return false;
			suspect |= string.suspect | string.escaped;
		} else if (*j->p == '{' || *j->p == '[') {
			if (!nesting_open(&n, *j->p == '{')) {
				j->too_deep = true;
				return false;
			}
			j->p++;
			opened = true;
		} else if (!skip_scalar(j, &kind)) {
			return false;
		} else {
			suspect |= j->p - from >= SHORTEST_NUMBER;
		}
		if (!skip_to_next(j, &n, opened, &between))
			return false;
	} while (n.level > 0);
	out->len = (size_t)(j->p - out->start);
	out->compact_len = out->len - between.spaces;
	out->suspect = suspect || between.suspect || between.spaces > 0;
	out->depth = (uint16_t)n.deepest;
	return true;
}

bool event_json_value(struct event_json *j, unsigned depth, struct event_json_value *out)
{
	if (j->p == j->end)
		return false;
	if (*j->p == '"')
		return event_json_string(j, out);
	if (*j->p == '{' || *j->p == '[')
		return skip_container(j, depth, out);
	*out = (struct event_json_value){.start = j->p};
	if (!skip_scalar(j, &out->kind))
		return false;
	out->len = out->compact_len = (size_t)(j->p - out->start);
	return true;
}
