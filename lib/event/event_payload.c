/* SPDX-License-Identifier: MIT
 * Payloads: JSON is copied compactly, and every string and key in it is redacted on the way. What
 * stays as it is goes out in pieces as long as possible: usually the whole payload at once. */
#include "event/event_internal.h"

enum { NESTED_TEXT_MAX = 4 /* JSON text inside a string inside JSON text ... */ };

struct level {
	bool object;
	uint8_t key; /* enum event_pii_key of the member being read, or that holds this array */
};

struct copy {
	struct event_work *w;
	struct buf *out;
	struct event_json j;
	const char *from; /* read, to stay as it is, and not yet in out */
	unsigned depth;
	unsigned nested; /* how many strings deep this text lies */
	bool keep_space;
	bool changed; /* something was redacted */
	struct level levels[EVENT_PAYLOAD_DEPTH_MAX + 1];
};

static bool copy_text(struct copy *c);

static void copy_init(
        struct copy *c, struct event_work *w, const char *text, size_t len, struct buf *out)
{
	c->w = w;
	c->out = out;
	c->j = (struct event_json){.p = text, .end = text + len};
	c->from = text;
	c->depth = c->nested = 0;
	c->keep_space = c->changed = false;
	c->levels[0] = (struct level){false, EVENT_PII_KEY_NONE};
}

/* What was read up to here goes out as it stands. */
static void copy_pending(struct copy *c, const char *upto)
{
	buf_add(c->out, c->from, (size_t)(upto - c->from));
	c->from = upto;
}

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
	struct copy inner;
	struct event_json check = {.p = text, .end = text + len};
	struct event_json_value whole;

	event_json_space(&check);
	if (!event_json_value(&check, 1, &whole) || whole.depth > EVENT_PAYLOAD_DEPTH_MAX)
		return false;
	event_json_space(&check);
	if (check.p != check.end)
		return false;
	copy_init(&inner, outer->w, text, len, out);
	inner.nested = outer->nested + 1;
	inner.keep_space = true;
	*changed = copy_text(&inner);
	if (*changed)
		copy_pending(&inner, text + len);
	return true;
}

/* A decoded string that itself holds JSON. false: it does not; nothing done. */
static bool string_as_json(
        struct copy *c, const struct event_json_value *v, const char *text, size_t len)
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

		copy_pending(c, v->start);
		event_json_encode(buf_str(result), result->len, c->out);
		c->changed |= changed;
	} else {
		is_json = false;
	}
	buf_release(&own);
	buf_release(&redone);
	return is_json;
}

/* What stands in place of the string's text, when it has to be written anew. */
static void rewrite_string(struct copy *c, const struct event_json_value *v, enum event_pii_key key)
{
	const char *text, *marker = NULL;
	size_t len;

	event_value_text(c->w, v, &text, &len);
	if (v->suspect && key != EVENT_PII_KEY_NONE)
		marker = event_pii_keyed(key, text, len, c->w->b->redacted);
	if (marker != NULL) {
		copy_pending(c, v->start);
		buf_add_str(c->out, marker);
		c->changed = true;
	} else if (v->suspect && c->nested < NESTED_TEXT_MAX && looks_like_json(text, len) &&
	           string_as_json(c, v, text, len)) {
		/* copied by string_as_json */
	} else if (v->suspect && event_payload_redact(c->w, &text, &len)) {
		copy_pending(c, v->start);
		event_json_encode(text, len, c->out);
		c->changed = true;
	} else if (v->escaped) {
		copy_pending(c, v->start);
		event_json_encode(text, len, c->out);
	} else {
		return;
	}
	c->from = v->start + v->len;
}

static inline void copy_string(
        struct copy *c, const struct event_json_value *v, enum event_pii_key key)
{
	if (v->suspect || v->escaped)
		rewrite_string(c, v, key);
}

static void copy_key(struct copy *c, const struct event_json_value *v)
{
	const char *text;
	size_t len;

	event_value_text(c->w, v, &text, &len);
	c->levels[c->depth].key = (uint8_t)event_pii_key(text, len);
	copy_string(c, v, EVENT_PII_KEY_NONE);
}

static void skip_space(struct copy *c)
{
	const char *space = c->j.p;

	if (space == c->j.end || (unsigned char)*space > ' ')
		return;
	event_json_space(&c->j);
	if (!c->keep_space) {
		copy_pending(c, space);
		c->from = c->j.p;
	}
}

static bool ends_scalar(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void copy_scalar(struct copy *c, enum event_pii_key key)
{
	const char *start = c->j.p, *marker;

	while (c->j.p < c->j.end && !ends_scalar(*c->j.p))
		c->j.p++;
	if (key == EVENT_PII_KEY_NONE)
		return;
	marker = event_pii_keyed(key, start, (size_t)(c->j.p - start), c->w->b->redacted);
	if (marker == NULL)
		return;
	copy_pending(c, start);
	buf_addf(c->out, "\"%s\"", marker);
	c->from = c->j.p;
	c->changed = true;
}

static void open_level(struct copy *c, bool object)
{
	/* Elements of an array belong to the array's key; a nested array's do not. */
	uint8_t key = EVENT_PII_KEY_NONE;

	if (!object && c->depth > 0 && c->levels[c->depth].object)
		key = c->levels[c->depth].key;
	c->depth++;
	c->levels[c->depth] = (struct level){.object = object, .key = key};
}

/* Walks over checked JSON, whose syntax and depth it trusts; the end of it stays pending. Returns
 * whether anything was redacted. */
static bool copy_text(struct copy *c)
{
	bool key_next = false;

	for (skip_space(c); c->j.p < c->j.end; skip_space(c)) {
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
		c->j.p++;
	}
	return c->changed;
}

void event_payload_write(struct event_work *w, const struct event_json_value *v, struct buf *out)
{
	struct copy c;

	if (!v->suspect) {
		buf_add(out, v->start, v->len);
		return;
	}
	copy_init(&c, w, v->start, v->len, out);
	(void)copy_text(&c);
	copy_pending(&c, c.j.end);
}
