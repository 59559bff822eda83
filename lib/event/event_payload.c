/* SPDX-License-Identifier: MIT
 * Payloads: JSON is copied compactly, and every string and key in it is redacted on the way. */
#include "event/event_internal.h"

enum { NESTED_TEXT_MAX = 4 /* JSON text inside a string inside JSON text ... */ };

struct level {
	bool object;
	enum event_pii_key key; /* of the member being read, or that holds this array */
};

struct copy {
	struct event_work *w;
	struct buf *out;
	struct event_json j;
	struct level levels[EVENT_PAYLOAD_DEPTH_MAX + 1];
	unsigned depth;
	unsigned nested; /* how many strings deep this text lies */
	bool keep_space;
	bool changed;
};

static bool copy_text(struct copy *c);

bool event_payload_redact(struct event_work *w, const char **text, size_t *len)
{
	buf_clear(w->redacted);
	if (!event_pii_redact(*text, *len, w->redacted, w->b->redacted))
		return false;
	*text = buf_str(w->redacted);
	*len = w->redacted->len;
	return true;
}

static bool looks_like_json(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t'))
		i++;
	return len - i >= 2 && (text[i] == '{' || text[i] == '[');
}

/* text as JSON of its own: true when it is, and then *changed tells whether out now holds a
 * redacted form. */
static bool copy_nested(
        struct copy *outer, const char *text, size_t len, struct buf *out, bool *changed)
{
	struct copy inner = {.w = outer->w,
	        .out = out,
	        .nested = outer->nested + 1,
	        .keep_space = true,
	        .j = {.p = text, .end = text + len}};
	struct event_json check = inner.j;
	struct event_json_value whole;

	event_json_space(&check);
	if (!event_json_value(&check, 1, &whole) || whole.depth > EVENT_PAYLOAD_DEPTH_MAX)
		return false;
	event_json_space(&check);
	if (check.p != check.end)
		return false;
	*changed = copy_text(&inner);
	return true;
}

/* A decoded string that itself holds JSON. false: it does not; nothing done. */
static bool string_as_json(struct copy *c, const char *text, size_t len)
{
	struct buf own, redone;
	bool is_json, changed = false;

	/* The scratch buffers are needed again inside, so this string moves into one of its own. */
	buf_init(&own, len);
	buf_init(&redone, 8 * len + 64);
	is_json = buf_add(&own, text, len) &&
	          copy_nested(c, buf_str(&own), own.len, &redone, &changed);
	if (is_json && !redone.failed) {
		const struct buf *result = changed ? &redone : &own;

		event_json_encode(buf_str(result), result->len, c->out);
		c->changed |= changed;
	} else {
		is_json = false;
	}
	buf_release(&own);
	buf_release(&redone);
	return is_json;
}

static void copy_string(struct copy *c, const struct event_json_value *v, enum event_pii_key key)
{
	const char *text, *marker;
	size_t len;

	buf_add_char(c->out, '"');
	event_value_text(c->w, v, &text, &len);
	marker = key != EVENT_PII_KEY_NONE ? event_pii_keyed(key, text, len, c->w->b->redacted)
	                                   : NULL;
	if (marker != NULL) {
		buf_add_str(c->out, marker);
		c->changed = true;
	} else if (c->nested < NESTED_TEXT_MAX && looks_like_json(text, len) &&
	           string_as_json(c, text, len)) {
		/* copied by string_as_json */
	} else if (event_payload_redact(c->w, &text, &len)) {
		event_json_encode(text, len, c->out);
		c->changed = true;
	} else if (v->escaped) {
		event_json_encode(text, len, c->out);
	} else {
		buf_add(c->out, v->start, v->len);
	}
	buf_add_char(c->out, '"');
}

static void copy_key(struct copy *c, const struct event_json_value *v)
{
	const char *text;
	size_t len;

	event_value_text(c->w, v, &text, &len);
	c->levels[c->depth].key = event_pii_key(text, len);
	copy_string(c, v, EVENT_PII_KEY_NONE);
}

static void copy_space(struct copy *c)
{
	const char *from = c->j.p;

	event_json_space(&c->j);
	if (c->keep_space)
		buf_add(c->out, from, (size_t)(c->j.p - from));
}

static void copy_scalar(struct copy *c, enum event_pii_key key)
{
	const char *from = c->j.p, *marker = NULL;

	while (c->j.p < c->j.end && strchr(",]} \n\r\t", *c->j.p) == NULL)
		c->j.p++;
	if (key != EVENT_PII_KEY_NONE)
		marker = event_pii_keyed(key, from, (size_t)(c->j.p - from), c->w->b->redacted);
	if (marker == NULL) {
		buf_add(c->out, from, (size_t)(c->j.p - from));
		return;
	}
	buf_addf(c->out, "\"%s\"", marker);
	c->changed = true;
}

static void open_level(struct copy *c, bool object)
{
	/* Elements of an array belong to the array's key; a nested array's do not. */
	enum event_pii_key key = EVENT_PII_KEY_NONE;

	if (!object && c->depth > 0 && c->levels[c->depth].object)
		key = c->levels[c->depth].key;
	c->depth++;
	c->levels[c->depth] = (struct level){.object = object, .key = key};
}

/* Copies checked JSON; the walk trusts its syntax and depth. Returns whether anything was redacted.
 */
static bool copy_text(struct copy *c)
{
	bool key_next = false;

	for (copy_space(c); c->j.p < c->j.end; copy_space(c)) {
		struct event_json_value v;
		char ch = *c->j.p;

		switch (ch) {
		case '{':
		case '[':
			open_level(c, ch == '{');
			key_next = ch == '{';
			break;
		case '}':
		case ']':
			c->depth--;
			key_next = false;
			break;
		case ',':
			key_next = c->levels[c->depth].object;
			break;
		case ':':
			key_next = false;
			break;
		case '"':
			if (!event_json_string(&c->j, &v))
				return c->changed;
			if (key_next)
				copy_key(c, &v);
			else
				copy_string(c, &v, c->levels[c->depth].key);
			continue;
		default:
			copy_scalar(c, c->levels[c->depth].key);
			continue;
		}
		buf_add_char(c->out, ch);
		c->j.p++;
	}
	return c->changed;
}

void event_payload_write(struct event_work *w, const struct event_json_value *v, struct buf *out)
{
	struct copy c = {.w = w, .out = out, .j = {.p = v->start, .end = v->start + v->len}};

	(void)copy_text(&c);
}
