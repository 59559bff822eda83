/* SPDX-License-Identifier: MIT
 * Parameters: from typed values to what libpq sends. Text form, but for bytea. */
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "pg/pg_internal.h"

enum { FORMAT_TEXT, FORMAT_BINARY };

static bool bind_bytes(const struct pg_param *p, struct pg_bound *b, int i)
{
	if (p->len > PG_PARAM_BYTES_MAX)
		return false;
	b->values[i] = p->v.bytes;
	b->lengths[i] = (int)p->len;
	b->formats[i] = FORMAT_BINARY;
	return true;
}

static bool add_hex(struct buf *text, const uint8_t *bytes, size_t len)
{
	char *room = buf_reserve(text, 2 * len + 1);

	if (room == NULL)
		return false;
	str_hex(bytes, len, room);
	text->len += 2 * len;
	return true;
}

/* An array literal: {"…","…"}. */
static bool bind_list(const struct pg_param *p, struct pg_bound *b, int i)
{
	struct buf text;
	bool blobs = p->type == PG_TYPE_BYTES_LIST, fits = true;

	buf_init(&text, PG_PARAM_BYTES_MAX);
	fits = buf_add_char(&text, '{');
	for (size_t k = 0; fits && k < p->count; k++) {
		if (k > 0)
			buf_add_char(&text, ',');
		if (blobs)
			fits = buf_add_str(&text, "\"\\\\x") &&
			       add_hex(&text, p->v.blobs[k], p->len) && buf_add_char(&text, '"');
		else
			fits = str_is_uuid(p->v.texts[k]) && buf_add_str(&text, p->v.texts[k]);
	}
	fits = fits && buf_add_char(&text, '}') && !text.failed;
	if (fits)
		b->values[i] = b->owned[i] = buf_take(&text, NULL);
	buf_release(&text);
	return fits && b->values[i] != NULL;
}

static bool bind_text(const char *text, struct pg_bound *b, int i)
{
	if (text != NULL && strlen(text) > PG_PARAM_BYTES_MAX)
		return false;
	b->values[i] = text;
	return true;
}

static bool bind_one(const struct pg_param *p, struct pg_bound *b, int i)
{
	char *scratch = b->scratch[i];

	switch (p->type) {
	case PG_TYPE_NULL:
		return true;
	case PG_TYPE_TEXT:
		return bind_text(p->v.text, b, i);
	case PG_TYPE_UUID:
		b->values[i] = p->v.text;
		return p->v.text == NULL || str_is_uuid(p->v.text);
	case PG_TYPE_BOOL:
		b->values[i] = p->v.boolean ? "t" : "f";
		return true;
	case PG_TYPE_INT:
		snprintf(scratch, sizeof(b->scratch[i]), "%lld", (long long)p->v.integer);
		b->values[i] = scratch;
		return true;
	case PG_TYPE_TIME_MS:
		clock_format_iso(p->v.integer, scratch);
		b->values[i] = scratch;
		return true;
	case PG_TYPE_BYTES:
		return bind_bytes(p, b, i);
	case PG_TYPE_UUID_LIST:
	case PG_TYPE_BYTES_LIST:
		return bind_list(p, b, i);
	}
	return false;
}

enum err pg_bind(const struct pg_param *params, size_t len, struct pg_bound *out)
{
	*out = (struct pg_bound){.len = (int)len};
	if (len > PG_PARAMS_MAX) {
		out->len = 0;
		return ERR_DB_INTERNAL_ERROR;
	}
	for (int i = 0; i < out->len; i++)
		if (!bind_one(&params[i], out, i))
			return ERR_DB_INTERNAL_ERROR;
	return ERR_OK;
}

void pg_bound_release(struct pg_bound *b)
{
	for (int i = 0; i < b->len; i++)
		free(b->owned[i]);
}
