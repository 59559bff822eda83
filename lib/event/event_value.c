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

static void write_text(struct buf *out, const char *text, size_t len)
{
	buf_add_char(out, '"');
	event_json_encode(text, len, out);
	buf_add_char(out, '"');
}

static enum event_outcome write_uuid(const char *text, size_t len, struct buf *out)
{
	char id[38];

	if (len != 36)
		return EVENT_VALUE_BREACH;
	for (size_t i = 0; i < len; i++)
		id[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] | 32) : text[i];
	id[36] = '\0';
	if (!str_is_uuid(id))
		return EVENT_VALUE_BREACH;
	write_text(out, id, len);
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

static enum event_outcome write_timestamp(
        struct event_work *w, const char *text, size_t len, struct buf *out)
{
	char formatted[CLOCK_TEXT_BYTES];
	int64_t ms, age;

	if (!event_time_parse(text, len, &ms))
		return EVENT_VALUE_BREACH;
	age = w->origin->now_ms - ms;
	/* Before 1970 the store's month partitions would be wrong, whatever the age limit. */
	if (ms < 0 || (w->limits->age_max_ms > 0 && age > w->limits->age_max_ms) ||
	        -age > w->limits->lead_max_ms)
		return EVENT_VALUE_RANGE;
	clock_format_ch(ms, formatted);
	buf_addf(out, "\"%s\"", formatted);
	return EVENT_VALUE_OK;
}

static enum event_outcome write_enum(
        const char *words, const char *text, size_t len, struct buf *out)
{
	for (const char *word = words + 1; *word != '\0'; word = strchr(word, '|') + 1) {
		if (strncmp(word, text, len) == 0 && word[len] == '|') {
			write_text(out, text, len);
			return EVENT_VALUE_OK;
		}
	}
	return EVENT_VALUE_BREACH;
}

static enum event_outcome write_letters(size_t count, const char *text, size_t len, struct buf *out)
{
	char upper[4];

	if (len != count || count >= sizeof(upper))
		return EVENT_VALUE_BREACH;
	for (size_t i = 0; i < len; i++) {
		char c = (char)(text[i] & ~32);

		if (c < 'A' || c > 'Z')
			return EVENT_VALUE_BREACH;
		upper[i] = c;
	}
	write_text(out, upper, len);
	return EVENT_VALUE_OK;
}

static enum event_outcome write_limited(struct event_work *w, const struct event_field_rule *rule,
        const char *text, size_t len, struct buf *out)
{
	size_t max = (size_t)rule->max, mark = sizeof(CUT_MARK) - 1;
	bool marked = rule->rule == EVENT_RULE_LONG_TEXT;

	/* Redaction comes first, so that a cut never leaves half of a match. */
	if (rule->scanned)
		(void)event_payload_redact(w, &text, &len);
	if (len <= max) {
		write_text(out, text, len);
		return EVENT_VALUE_OK;
	}
	len = cut_at_character(text, marked ? max - mark : max);
	buf_add_char(out, '"');
	event_json_encode(text, len, out);
	if (marked)
		buf_add_str(out, CUT_MARK);
	buf_add_char(out, '"');
	return EVENT_VALUE_CUT;
}

static enum event_outcome write_string(struct event_work *w, const struct event_field_rule *rule,
        const char *text, size_t len, struct buf *out)
{
	switch (rule->rule) {
	case EVENT_RULE_UUID:
		return write_uuid(text, len, out);
	case EVENT_RULE_TYPE:
		if (!all_lower_word(text, len, 64) || text[0] < 'a')
			return EVENT_VALUE_BREACH;
		break;
	case EVENT_RULE_TIMESTAMP:
		return write_timestamp(w, text, len, out);
	case EVENT_RULE_ENUM:
		return write_enum(rule->words, text, len, out);
	case EVENT_RULE_ID:
		if (memchr(text, '\0', len) != NULL)
			return EVENT_VALUE_BREACH;
		if (len > (size_t)rule->max && code_points(text, len) > (size_t)rule->max)
			return EVENT_VALUE_BREACH;
		break;
	case EVENT_RULE_CHARS:
		if (len > (size_t)rule->max && code_points(text, len) > (size_t)rule->max)
			return EVENT_VALUE_BREACH;
		break;
	case EVENT_RULE_LETTERS:
		return write_letters((size_t)rule->max, text, len, out);
	case EVENT_RULE_WORD:
		if (!all_lower_word(text, len, (size_t)rule->max))
			return EVENT_VALUE_BREACH;
		break;
	default:
		return write_limited(w, rule, text, len, out);
	}
	write_text(out, text, len);
	return EVENT_VALUE_OK;
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
	if (rule->rule == EVENT_RULE_NUMBER) {
		buf_addf(out, "%.17g", value);
		return EVENT_VALUE_OK;
	}
	if (value != (double)(uint64_t)value)
		return EVENT_VALUE_BREACH;
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
	const char *text;
	size_t len;

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
	event_value_text(w, v, &text, &len);
	return write_string(w, rule, text, len, out);
}

static void write_column(struct buf *out, const char *name)
{
	buf_add(out, ",\"", 2);
	buf_add_str(out, name);
	buf_add(out, "\":", 2);
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

	write_column(out, rule->name);
	return settle(out, before, write_value(w, rule, v, out));
}

enum event_outcome event_value_write_text(
        struct event_work *w, enum event_field field, const char *text, size_t len, struct buf *out)
{
	const struct event_field_rule *rule = &event_fields[field];
	size_t before = out->len;

	if (len == 0)
		return EVENT_VALUE_ABSENT;
	write_column(out, rule->name);
	return settle(out, before, write_string(w, rule, text, len, out));
}
