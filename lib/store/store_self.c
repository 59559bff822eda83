/* SPDX-License-Identifier: MIT
 * One's own account: reading, changing, deleting it. */
#include <stdlib.h>

#include "base/str.h"

#include "store/store_self.h"

enum err store_self_activate(struct pg *pg, const char *user_id, bool by_mail)
{
	return pg_exec(pg, PGQ_SELF_ACTIVATE, PG_PARAMS(PG_UUID(user_id), PG_BOOL(by_mail)), NULL);
}

/* A statement about the account's own row, of which there is none when it went meanwhile. */
static enum err on_row(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, len, &r);

	if (e != ERR_OK)
		return e;
	if (pg_affected(r) != 1)
		e = ERR_DASH_SESSION_EXPIRED;
	pg_result_free(r);
	return e;
}

enum err store_self_rename(struct pg *pg, const char *user_id, const char *name)
{
	return on_row(pg, PGQ_SELF_RENAME, PG_PARAMS(PG_UUID(user_id), PG_TEXT(name)));
}

enum err store_self_set_password(struct pg *pg, const char *user_id, const char *hash)
{
	return on_row(pg, PGQ_SELF_SET_PASSWORD, PG_PARAMS(PG_UUID(user_id), PG_TEXT(hash)));
}

enum err store_self_lock(struct pg *pg, const char *user_id)
{
	return on_row(pg, PGQ_SELF_LOCK, PG_PARAMS(PG_UUID(user_id)));
}

enum err store_self_identities(
        struct pg *pg, const char *user_id, struct store_identity *out, size_t *len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SELF_IDENTITIES, PG_PARAMS(PG_UUID(user_id)), &r);

	*len = 0;
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r) && i < STORE_PROVIDERS_MAX; i++, (*len)++) {
		str_copy(out[i].provider, sizeof(out[i].provider), pg_text(r, i, 0));
		str_copy(out[i].email, sizeof(out[i].email),
		        pg_is_null(r, i, 1) ? "" : pg_text(r, i, 1));
		out[i].linked_ms = pg_time_ms(r, i, 2);
	}
	pg_result_free(r);
	return ERR_OK;
}

enum err store_self_owned(struct pg *pg, const char *user_id, struct store_owned **out, size_t *len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SELF_OWNED, PG_PARAMS(PG_UUID(user_id)), &r);

	*out = NULL;
	*len = 0;
	if (e != ERR_OK)
		return e;
	*out = calloc(pg_rows(r) + 1, sizeof(**out));
	if (*out == NULL)
		e = ERR_DB_INTERNAL_ERROR;
	for (size_t i = 0; *out != NULL && i < pg_rows(r); i++, (*len)++) {
		pg_uuid(r, i, 0, (*out)[i].id);
		str_copy((*out)[i].name, sizeof((*out)[i].name), pg_text(r, i, 1));
		(*out)[i].shared = pg_bool(r, i, 2);
	}
	pg_result_free(r);
	return e;
}

enum err store_self_delete(struct pg *pg, const char *user_id)
{
	return pg_exec(pg, PGQ_SELF_DELETE, PG_PARAMS(PG_UUID(user_id)), NULL);
}

enum err store_self_audit(struct pg *pg, const char *user_id, const struct store_page *page,
        struct store_audit_list *out)
{
	enum err e;

	*out = (struct store_audit_list){.result = NULL};
	e = pg_exec(pg, PGQ_SELF_AUDIT,
	        PG_PARAMS(PG_UUID(user_id), PG_INT(page->limit), PG_INT(page->offset),
	                PG_BOOL(page->descending)),
	        &out->result);
	if (e == ERR_OK)
		out->total = pg_int(out->result, 0, 0);
	return e;
}
