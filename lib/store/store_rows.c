/* SPDX-License-Identifier: MIT
 * From results to rows: what every list, look-up and change of lib/store does alike. */
#include <stdlib.h>

#include "base/str.h"
#include "store/store_internal.h"

void store_read_text(const struct pg_result *r, size_t row, size_t col, char *out, size_t out_size)
{
	str_copy(out, out_size, pg_is_null(r, row, col) ? "" : pg_text(r, row, col));
}

void store_read_place(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_place *place = out;

	pg_uuid(r, row, col, place->id);
	store_read_text(r, row, col + 1, place->name, sizeof(place->name));
	store_read_text(r, row, col + 2, place->slug, sizeof(place->slug));
	place->created = false;
}

enum err store_one(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t params_len,
        enum err missing, store_read *read, void *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, params_len, &r);

	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 0)
		e = missing;
	else
		read(r, 0, 0, out);
	pg_result_free(r);
	return e;
}

static void read_number(const struct pg_result *r, size_t row, size_t col, void *out)
{
	*(int64_t *)out = pg_int(r, row, col);
}

enum err store_number(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t params_len, int64_t *out)
{
	return store_one(pg, q, params, params_len, ERR_DB_INTERNAL_ERROR, read_number, out);
}

enum err store_change(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t params_len, enum err missing)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, params_len, &r);

	if (e != ERR_OK)
		return e;
	if (pg_affected(r) != 1)
		e = missing;
	pg_result_free(r);
	return e;
}

enum err store_list(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t params_len, size_t row_bytes, store_read *read, struct store_rows *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, params_len, &r);

	*out = (struct store_rows){.list = NULL};
	if (e != ERR_OK)
		return e;
	/* An empty page is one row with nothing but the total. */
	if (!pg_is_null(r, 0, 1))
		out->len = pg_rows(r);
	out->total = pg_int(r, 0, 0);
	out->list = calloc(out->len + 1, row_bytes);
	if (out->list == NULL)
		e = ERR_DB_INTERNAL_ERROR;
	for (size_t i = 0; e == ERR_OK && i < out->len; i++)
		read(r, i, 1, (char *)out->list + i * row_bytes);
	pg_result_free(r);
	return e;
}
