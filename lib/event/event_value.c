/* SPDX-License-Identifier: MIT
 * Field rules: each checks one value and writes it as the column wants it. */
#include "base/clock.h"
#include "base/str.h"
#include "event/event_internal.h"

static const char CUT_MARK[] = "... [truncated]";

void event_value_text(
        struct event_work *w, const struct event_json_value *v, const char **text, size_t *len)
{
	if (!v->escaped) {
		*text = v->start;
		*len = v->len;
		return;
	}
	buf_clear(w->text);
	event_json_decode(v->start, v->len, w->text);
	*text = buf_str(w->text);
	*len = w->text->len;
}

static size_t code_points(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xC0) != 0x80;
	return n;
}

/* Largest length ≤ max that ends between characters. */
static size_t cut_at_character(const char *text, size_t max)
{
	while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
		max--;
	return max;
}

/* A string to be judged. clean: it needs no escapes, since it stood in the body without any. */
struct text {
	const char *p;
	size_t len;
	bool clean;
	bool suspect; /* may hold something personal */
};

static void write_part(struct buf *out, const struct text *t, size_t len)
{
	if (t->clean)
		buf_add(out, t->p, len);
	else
		event_json_encode(t->p, len, out);
}

static void write_text(struct buf *out, const struct text *t)
{
	char *to = t->clean ? buf_reserve(out, t->len + 2) : NULL;

	if (to != NULL) {
		to[0] = '"';
		memcpy(to + 1, t->p, t->len);
		to[t->len + 1] = '"';
		to[t->len + 2] = '\0';
		out->len += t->len + 2;
		return;
	}
	buf_add(out, "\"", 1);
	write_part(out, t, t->len);
	buf_add(out, "\"", 1);
}

enum { UUID_CHARS = 36 };

/* What a character of a UUID is in lower case; 0: it cannot be in one, or is the dash. */
static const char UUID_LOWER[256] = {
        ['0'] = '0',
        ['1'] = '1',
        ['2'] = '2',
        ['3'] = '3',
        ['4'] = '4',
        ['5'] = '5',
        ['6'] = '6',
        ['7'] = '7',
        ['8'] = '8',
        ['9'] = '9',
        ['a'] = 'a',
        ['b'] = 'b',
        ['c'] = 'c',
        ['d'] = 'd',
        ['e'] = 'e',
        ['f'] = 'f',
        ['A'] = 'a',
        ['B'] = 'b',
        ['C'] = 'c',
        ['D'] = 'd',
        ['E'] = 'e',
        ['F'] = 'f',
};

static enum event_outcome write_uuid(const struct text *t, struct buf *out)
{
	static const uint8_t groups[][2] = {{0, 8}, {9, 13}, {14, 18}, {19, 23}, {24, UUID_CHARS}};
	char id[UUID_CHARS];
	bool bad = false;

	if (t->len != UUID_CHARS)
		return EVENT_VALUE_BREACH;
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		for (size_t i = groups[g][0]; i < groups[g][1]; i++) {
			id[i] = UUID_LOWER[(unsigned char)t->p[i]];
			bad |= id[i] == 0;
		}
		if (groups[g][1] < UUID_CHARS) {
			id[groups[g][1]] = '-';
			bad |= t->p[groups[g][1]] != '-';
		}
	}
	if (bad)
		return EVENT_VALUE_BREACH;
	write_text(out, &(struct text){.p = id, .len = UUID_CHARS, .clean = true});
	return EVENT_VALUE_OK;
}

static bool is_lower_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool all_lower_word(const char *text, size_t len, size_t max)
{
	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_lower_word(text[i]))
			return false;
	}
	return true;
}

/* The usual timestamp, "2026-03-15T10:30:00.123Z" or with fewer or more digits, is copied rather
 * than made anew. */
static void write_utc(struct buf *out, const char *text, size_t len, int64_t ms)
{
	char formatted[CLOCK_TEXT_BYTES + 1] = "\"";

	if (text[len - 1] != 'Z') {
		char plain[CLOCK_TEXT_BYTES];

		clock_format_ch(ms, plain);
		buf_addf(out, "\"%s\"", plain);
		return;
	}
	memcpy(formatted + 1, text, 19);
	formatted[11] = ' ';
	formatted[20] = '.';
	formatted[21] = (char)('0' + ms % 1000 / 100);
	formatted[22] = (char)('0' + ms % 100 / 10);
	formatted[23] = (char)('0' + ms % 10);
	formatted[24] = '"';
	buf_add(out, formatted, 25);
}

static enum event_outcome write_timestamp(
        struct event_work *w, const struct text *t, struct buf *out)
{
	int64_t ms, age;

	if (!clock_parse(t->p, t->len, &ms))
		return EVENT_VALUE_BREACH;
	age = w->origin->now_ms - ms;
	/* Before 1970 the store's partitions would be wrong, whatever the age limit. */
	if (ms < 0 || (w->limits->age_max_ms > 0 && age > w->limits->age_max_ms) ||
	        -age > w->limits->lead_max_ms)
		return EVENT_VALUE_RANGE;
	write_utc(out, t->p, t->len, ms);
	return EVENT_VALUE_OK;
}

static enum event_outcome write_enum(const char *words, const struct text *t, struct buf *out)
{
	for (const char *word = words + 1; *word != '\0'; word = strchr(word, '|') + 1) {
		if (strncmp(word, t->p, t->len) == 0 && word[t->len] == '|') {
			write_text(out, t);
			return EVENT_VALUE_OK;
		}
	}
	return EVENT_VALUE_BREACH;
}

static enum event_outcome write_letters(size_t count, const struct text *t, struct buf *out)
{
	char upper[4];

	if (t->len != count || count >= sizeof(upper))
		return EVENT_VALUE_BREACH;
	for (size_t i = 0; i < count; i++) {
		char c = (char)(t->p[i] & ~32);

		if (c < 'A' || c > 'Z')
			return EVENT_VALUE_BREACH;
		upper[i] = c;
	}
	write_text(out, &(struct text){.p = upper, .len = count, .clean = true});
	return EVENT_VALUE_OK;
}

static enum event_outcome write_limited(struct event_work *w, const struct event_field_rule *rule,
        const struct text *given, struct buf *out)
{
	size_t max = (size_t)rule->max, mark = sizeof(CUT_MARK) - 1, len;
	bool marked = rule->rule == EVENT_RULE_LONG_TEXT;
	struct text t = *given;

	/* Redaction comes first, so that a cut never leaves half of a match. Markers need no
	 * escapes. */
	if (rule->scanned && t.suspect)
		(void)event_payload_redact(w, &t.p, &t.len);
	if (t.len <= max) {
		write_text(out, &t);
		return EVENT_VALUE_OK;
	}
	len = cut_at_character(t.p, marked ? max - mark : max);
	buf_add_char(out, '"');
	write_part(out, &t, len);
	if (marked)
		buf_add_str(out, CUT_MARK);
	buf_add_char(out, '"');
	return EVENT_VALUE_CUT;
}

static bool too_many_characters(const struct text *t, size_t max)
{
	return t->len > max && code_points(t->p, t->len) > max;
}

static enum event_outcome write_string(struct event_work *w, const struct event_field_rule *rule,
        const struct text *t, struct buf *out)
{
	size_t max = (size_t)rule->max;
	bool breach = false;

	switch (rule->rule) {
	case EVENT_RULE_UUID:
		return write_uuid(t, out);
	case EVENT_RULE_TIMESTAMP:
		return write_timestamp(w, t, out);
	case EVENT_RULE_ENUM:
		return write_enum(rule->words, t, out);
	case EVENT_RULE_LETTERS:
		return write_letters(max, t, out);
	case EVENT_RULE_TYPE:
		breach = !all_lower_word(t->p, t->len, 64) || t->p[0] < 'a';
		break;
	case EVENT_RULE_ID:
		breach = too_many_characters(t, max) ||
		         (!t->clean && memchr(t->p, '\0', t->len) != NULL);
		break;
	case EVENT_RULE_CHARS:
		breach = too_many_characters(t, max);
		break;
	case EVENT_RULE_WORD:
		breach = !all_lower_word(t->p, t->len, max);
		break;
	default:
		return write_limited(w, rule, t, out);
	}
	if (breach)
		return EVENT_VALUE_BREACH;
	write_text(out, t);
	return EVENT_VALUE_OK;
}

/* Digits and at most a point: text that every number parser reads alike, so it is copied. */
static bool plain_decimal(const char *text, size_t len)
{
	if (len > 20)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((text[i] < '0' || text[i] > '9') && text[i] != '.')
			return false;
	}
	return true;
}

static enum event_outcome write_number(
        const struct event_field_rule *rule, const struct event_json_value *v, struct buf *out)
{
	double value;

	if (v->kind != EVENT_JSON_NUMBER)
		return EVENT_VALUE_TYPE;
	if (rule->rule == EVENT_RULE_MONEY)
		return event_number_money(v->start, v->len, out) ? EVENT_VALUE_OK
		                                                 : EVENT_VALUE_BREACH;
	if (!event_number_parse(v->start, v->len, &value) || !(value >= 0 && value <= rule->max))
		return EVENT_VALUE_BREACH;
	if (rule->rule == EVENT_RULE_INT && value != (double)(uint64_t)value)
		return EVENT_VALUE_BREACH;
	if (plain_decimal(v->start, v->len) &&
	        (rule->rule == EVENT_RULE_NUMBER || memchr(v->start, '.', v->len) == NULL))
		buf_add(out, v->start, v->len);
	else if (rule->rule == EVENT_RULE_NUMBER)
		buf_addf(out, "%.17g", value);
	else
		buf_addf(out, "%llu", (unsigned long long)value);
	return EVENT_VALUE_OK;
}

static enum event_outcome write_flag(const struct event_json_value *v, struct buf *out)
{
	double value;

	if (v->kind == EVENT_JSON_TRUE || v->kind == EVENT_JSON_FALSE) {
		buf_add_char(out, v->kind == EVENT_JSON_TRUE ? '1' : '0');
		return EVENT_VALUE_OK;
	}
	if (v->kind != EVENT_JSON_NUMBER)
		return EVENT_VALUE_TYPE;
	if (!event_number_parse(v->start, v->len, &value) || (value != 0 && value != 1))
		return EVENT_VALUE_BREACH;
	buf_add_char(out, value == 1 ? '1' : '0');
	return EVENT_VALUE_OK;
}

static enum event_outcome write_object(struct event_work *w, const struct event_field_rule *rule,
        const struct event_json_value *v, struct buf *out)
{
	if (v->kind != EVENT_JSON_OBJECT)
		return EVENT_VALUE_TYPE;
	if (v->compact_len > (size_t)rule->max || v->depth > EVENT_PAYLOAD_DEPTH_MAX) {
		buf_addf(out, "{\"_truncated\":true,\"_original_size\":%zu}", v->compact_len);
		return EVENT_VALUE_CUT;
	}
	event_payload_write(w, v, out);
	return EVENT_VALUE_OK;
}

static enum event_outcome write_value(struct event_work *w, const struct event_field_rule *rule,
        const struct event_json_value *v, struct buf *out)
{
	struct text t = {.clean = !v->escaped, .suspect = v->suspect};

	switch (rule->rule) {
	case EVENT_RULE_NUMBER:
	case EVENT_RULE_INT:
	case EVENT_RULE_MONEY:
		return write_number(rule, v, out);
	case EVENT_RULE_FLAG:
		return write_flag(v, out);
	case EVENT_RULE_OBJECT:
		return write_object(w, rule, v, out);
	default:
		break;
	}
	if (v->kind != EVENT_JSON_STRING)
		return EVENT_VALUE_TYPE;
	if (v->len == 0)
		return EVENT_VALUE_ABSENT;
	event_value_text(w, v, &t.p, &t.len);
	return write_string(w, rule, &t, out);
}

/* Takes the column's name back when no value followed it. */
static enum event_outcome settle(struct buf *out, size_t before, enum event_outcome outcome)
{
	if (outcome != EVENT_VALUE_OK && outcome != EVENT_VALUE_CUT && !out->failed)
		out->len = before;
	return outcome;
}

enum event_outcome event_value_write(struct event_work *w, enum event_field field,
        const struct event_json_value *v, struct buf *out)
{
	const struct event_field_rule *rule = &event_fields[field];
	size_t before = out->len;

	buf_add(out, rule->column, rule->column_len);
	return settle(out, before, write_value(w, rule, v, out));
}

enum event_outcome event_value_write_text(
        struct event_work *w, enum event_field field, const char *text, size_t len, struct buf *out)
{
	const struct event_field_rule *rule = &event_fields[field];
	size_t before = out->len;

	if (len == 0)
		return EVENT_VALUE_ABSENT;
	buf_add(out, rule->column, rule->column_len);
	return settle(out, before,
	        write_string(w, rule, &(struct text){.p = text, .len = len, .suspect = true}, out));
}
