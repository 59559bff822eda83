/* SPDX-License-Identifier: MIT
 * API keys as the operator handles them: making, listing, revoking. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include "store/store_internal.h"

struct creation {
	const struct store_secrets *secrets;
	struct store_new_key *key;
};

static enum err create(struct pg *pg, void *arg)
{
	struct creation *c = arg;
	enum err e = store_key_make(pg, c->secrets, c->key);

	if (e == ERR_OK)
		e = store_audit_cli(pg, c->key->workspace_id, "key.create", "key", c->key->key_id,
		        c->key->name);
	return e;
}

enum err store_key_create(
        struct pg *pg, const struct store_secrets *secrets, struct store_new_key *key)
{
	struct creation c = {.secrets = secrets, .key = key};
	enum err e = pg_tx_run(pg, NULL, create, &c);

	if (e != ERR_OK)
		crypto_wipe(key->text, sizeof(key->text));
	return e;
}

static void read_row(const struct pg_result *r, size_t i, struct store_key_row *row)
{
	pg_uuid(r, i, 0, row->key_id);
	pg_uuid(r, i, 1, row->project_id);
	pg_uuid(r, i, 2, row->workspace_id);
	str_copy(row->prefix, sizeof(row->prefix), pg_text(r, i, 3));
	str_copy(row->kid, sizeof(row->kid), pg_text(r, i, 4));
	str_copy(row->name, sizeof(row->name), pg_text(r, i, 5));
	str_copy(row->project, sizeof(row->project), pg_text(r, i, 6));
	str_copy(row->workspace, sizeof(row->workspace), pg_text(r, i, 7));
	row->created_at_ms = pg_time_ms(r, i, 8);
	row->expires_at_ms = pg_time_ms(r, i, 9);
	row->revoked_at_ms = pg_time_ms(r, i, 10);
	row->last_used_at_ms = pg_time_ms(r, i, 11);
}

enum err store_key_list(
        struct pg *pg, const char *project_id, struct store_key_row **out, size_t *len)
{
	struct pg_result *r;
	enum err e;

	*out = NULL;
	*len = 0;
	e = pg_exec(pg, PGQ_KEY_LIST, PG_PARAMS(PG_UUID(project_id)), &r);
	if (e != ERR_OK)
		return e;
	*out = calloc(pg_rows(r) + 1, sizeof(**out));
	if (*out == NULL) {
		e = ERR_DB_INTERNAL_ERROR;
	} else {
		*len = pg_rows(r);
		for (size_t i = 0; i < *len; i++)
			read_row(r, i, &(*out)[i]);
	}
	pg_result_free(r);
	return e;
}

struct revocation {
	const char *key;
	int64_t grace_ms;
	char key_id[ID_UUID_BYTES], workspace_id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
};

static enum err pick_key(const struct pg_result *r, struct revocation *v)
{
	size_t rows = pg_rows(r);

	/* Live ones come first: with two of them a prefix does not say which. */
	if (rows == 0 || (rows > 1 && pg_bool(r, 1, 3)))
		return ERR_DASH_API_KEY_NOT_FOUND;
	if (!pg_bool(r, 0, 3))
		return ERR_DASH_API_KEY_ALREADY_REVOKED;
	pg_uuid(r, 0, 0, v->key_id);
	pg_uuid(r, 0, 1, v->workspace_id);
	str_copy(v->name, sizeof(v->name), pg_text(r, 0, 2));
	return ERR_OK;
}

static enum err revoke(struct pg *pg, void *arg)
{
	struct revocation *v = arg;
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_KEY_FIND,
	        PG_PARAMS(PG_UUID(str_is_uuid(v->key) ? v->key : NULL), PG_TEXT(v->key)), &r);

	if (e != ERR_OK)
		return e;
	e = pick_key(r, v);
	pg_result_free(r);
	if (e != ERR_OK)
		return e;
	e = store_change(pg, PGQ_KEY_REVOKE,
	        PG_PARAMS(PG_UUID(v->key_id), PG_UUID(v->workspace_id), PG_INT(v->grace_ms)),
	        ERR_DASH_API_KEY_ALREADY_REVOKED);
	if (e != ERR_OK)
		return e;
	return store_audit_cli(pg, v->workspace_id, "key.revoke", "key", v->key_id, v->name);
}

enum err store_key_revoke(
        struct pg *pg, const char *key, int64_t grace_ms, char key_id[ID_UUID_BYTES])
{
	struct revocation v = {.key = key, .grace_ms = grace_ms};
	enum err e;

	if (grace_ms < 0 || grace_ms > STORE_GRACE_MS_MAX)
		return ERR_DASH_INVALID_GRACE_PERIOD;
	e = pg_tx_run(pg, NULL, revoke, &v);
	if (e == ERR_OK)
		str_copy(key_id, ID_UUID_BYTES, v.key_id);
	return e;
}

static bool has_secret(const struct store_secrets *secrets, const char *kid)
{
	for (size_t i = 0; i < secrets->len; i++)
		/* One without an id may be any of them. */
		if (strcmp(secrets->list[i].kid, kid) == 0 || secrets->list[i].kid[0] == '\0')
			return true;
	return false;
}

enum err store_key_missing_secret(
        struct pg *pg, const struct store_secrets *secrets, char missing[STORE_KID_BYTES])
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_KEY_LIVE_SECRETS, PG_NO_PARAMS, &r);

	missing[0] = '\0';
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r) && missing[0] == '\0'; i++)
		if (!has_secret(secrets, pg_text(r, i, 0)))
			str_copy(missing, STORE_KID_BYTES, pg_text(r, i, 0));
	pg_result_free(r);
	return ERR_OK;
}

enum err store_key_secret_uses(struct pg *pg, const char *kid, int64_t *keys)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_KEY_SECRET_USES, PG_PARAMS(PG_TEXT(kid)), &r);

	*keys = 0;
	if (e != ERR_OK)
		return e;
	*keys = pg_int(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}
