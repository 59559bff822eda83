/* SPDX-License-Identifier: MIT
 * Statements about identities at providers. */
#include <stdlib.h>

#include "base/str.h"
#include "store/store_oauth.h"

enum err store_oauth_find(struct pg *pg, const char *provider, const char *account_id,
        const char *email, struct store_oauth_found *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_OAUTH_FIND,
	        PG_PARAMS(PG_TEXT(provider), PG_TEXT(account_id), PG_TEXT(email)), &r);

	memset(out, 0, sizeof(*out));
	if (e != ERR_OK)
		return e;
	pg_uuid(r, 0, 0, out->owner);
	pg_uuid(r, 0, 1, out->holder);
	out->holder_active = pg_bool(r, 0, 2);
	if (!pg_is_null(r, 0, 3))
		str_copy(out->holder_proof, sizeof(out->holder_proof), pg_text(r, 0, 3));
	out->invited = pg_bool(r, 0, 4);
	pg_result_free(r);
	return ERR_OK;
}

static struct pg_param expiry(const struct store_oauth_link *link)
{
	return link->expires_at_ms != 0 ? PG_TIME_MS(link->expires_at_ms) : PG_NULL();
}

enum err store_oauth_insert(struct pg *pg, const char *user_id, const struct store_oauth_link *link)
{
	enum err e = pg_exec(pg, PGQ_OAUTH_INSERT,
	        PG_PARAMS(PG_UUID(user_id), PG_UUID(link->id), PG_TEXT(link->provider),
	                PG_TEXT(link->account_id), PG_TEXT(link->email), PG_TEXT(link->access_enc),
	                PG_TEXT(link->refresh_enc), expiry(link)),
	        NULL);

	return e == ERR_DB_PG_UNIQUE_CONSTRAINT_VIOLATION ? ERR_DASH_OAUTH_IDENTITY_CONFLICT : e;
}

enum err store_oauth_update(struct pg *pg, const char *user_id, const struct store_oauth_link *link)
{
	return pg_exec(pg, PGQ_OAUTH_UPDATE,
	        PG_PARAMS(PG_UUID(user_id), PG_UUID(link->id), PG_TEXT(link->email),
	                PG_TEXT(link->access_enc), PG_TEXT(link->refresh_enc), expiry(link)),
	        NULL);
}

static enum err read_row(const struct pg_result *r, struct store_oauth_row *out)
{
	const char *sealed = pg_text(r, 0, 2);

	pg_uuid(r, 0, 0, out->id);
	str_copy(out->account_id, sizeof(out->account_id), pg_text(r, 0, 1));
	if (sealed == NULL)
		return ERR_OK;
	out->access_enc = strdup(sealed);
	return out->access_enc != NULL ? ERR_OK : ERR_DB_INTERNAL_ERROR;
}

enum err store_oauth_get(
        struct pg *pg, const char *user_id, const char *provider, struct store_oauth_row *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_OAUTH_GET, PG_PARAMS(PG_UUID(user_id), PG_TEXT(provider)), &r);

	memset(out, 0, sizeof(*out));
	if (e != ERR_OK)
		return e;
	e = pg_rows(r) == 1 ? read_row(r, out) : ERR_DASH_OAUTH_ERROR;
	pg_result_free(r);
	return e;
}

static enum err lock_account(struct pg *pg, const char *user_id, bool *has_password)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_OAUTH_LOCK, PG_PARAMS(PG_UUID(user_id)), &r);

	if (e != ERR_OK)
		return e;
	*has_password = pg_rows(r) == 1 && pg_bool(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

enum err store_oauth_unlink(struct pg *pg, const char *user_id, const char *provider)
{
	struct pg_result *r;
	bool other_way, gone;
	enum err e = lock_account(pg, user_id, &other_way);

	if (e == ERR_OK)
		e = pg_exec(
		        pg, PGQ_OAUTH_DELETE, PG_PARAMS(PG_UUID(user_id), PG_TEXT(provider)), &r);
	if (e != ERR_OK)
		return e;
	gone = pg_affected(r) == 1;
	pg_result_free(r);
	if (!gone)
		return ERR_DASH_OAUTH_ERROR;
	if (other_way)
		return ERR_OK;
	e = pg_exec(pg, PGQ_OAUTH_COUNT, PG_PARAMS(PG_UUID(user_id)), &r);
	if (e != ERR_OK)
		return e;
	e = pg_int(r, 0, 0) > 0 ? ERR_OK : ERR_DASH_LAST_LOGIN_METHOD;
	pg_result_free(r);
	return e;
}

enum err store_oauth_proven(struct pg *pg, const char *user_id, const char *email)
{
	return pg_exec(pg, PGQ_OAUTH_PROVEN, PG_PARAMS(PG_UUID(user_id), PG_TEXT(email)), NULL);
}
