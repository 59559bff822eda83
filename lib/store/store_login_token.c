/* SPDX-License-Identifier: MIT
 * Mailed links, and the token of the first user's set-up. */
#include "base/str.h"

#include "store/store_login.h"

static const struct {
	const char *type;
	enum err unusable;
} TOKENS[] = {
        [STORE_TOKEN_VERIFY] = {"email_verification", ERR_DASH_INVALID_EMAIL_VERIFICATION_TOKEN},
        [STORE_TOKEN_RESET] = {"password_reset", ERR_DASH_INVALID_PASSWORD_RESET_TOKEN},
        [STORE_TOKEN_UNLOCK] = {"account_unlock", ERR_DASH_UNLOCK_TOKEN_INVALID},
};

enum err store_token_err(enum store_token type)
{
	return TOKENS[type].unusable;
}

enum err store_token_find(struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES],
        enum store_token type, struct store_token_user *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_TOKEN_USER,
	        PG_PARAMS(PG_BYTES(hash, STORE_LOGIN_TOKEN_HASH_BYTES), PG_TEXT(TOKENS[type].type)),
	        &r);

	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		pg_uuid(r, 0, 0, out->user_id);
		str_copy(out->email, sizeof(out->email), pg_text(r, 0, 1));
		out->verified = pg_bool(r, 0, 2);
	} else {
		e = TOKENS[type].unusable;
	}
	pg_result_free(r);
	return e;
}

enum err store_token_use(
        struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES], enum store_token type)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_TOKEN_USE,
	        PG_PARAMS(PG_BYTES(hash, STORE_LOGIN_TOKEN_HASH_BYTES), PG_TEXT(TOKENS[type].type)),
	        &r);

	if (e != ERR_OK)
		return e;
	if (pg_is_null(r, 0, 0))
		e = TOKENS[type].unusable;
	pg_result_free(r);
	return e;
}

enum err store_setup_claim(struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES])
{
	struct pg_result *r;
	enum err e = pg_exec(
	        pg, PGQ_SETUP_CLAIM, PG_PARAMS(PG_BYTES(hash, STORE_LOGIN_TOKEN_HASH_BYTES)), &r);

	if (e != ERR_OK)
		return e;
	if (strcmp(pg_text(r, 0, 0), "ok") != 0)
		e = strcmp(pg_text(r, 0, 0), "done") == 0 ? ERR_DASH_SETUP_ALREADY_DONE
		                                          : ERR_DASH_SETUP_TOKEN_WRONG;
	pg_result_free(r);
	return e;
}

enum err store_setup_adopt(struct pg *pg, int64_t *workspaces)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SETUP_ADOPT, PG_NO_PARAMS, &r);

	if (e != ERR_OK)
		return e;
	*workspaces = pg_int(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

static enum err check_setup_needed(struct pg *pg)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SETUP_NEEDED_SERVICE, PG_NO_PARAMS, &r);

	if (e != ERR_OK)
		return e;
	if (!pg_bool(r, 0, 0))
		e = ERR_DASH_SETUP_ALREADY_DONE;
	pg_result_free(r);
	return e;
}

enum err store_setup_token(
        struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES], bool replace, bool *stored)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SETUP_TOKEN_SET,
	        PG_PARAMS(PG_BYTES(hash, STORE_LOGIN_TOKEN_HASH_BYTES), PG_BOOL(replace)), &r);

	*stored = false;
	if (e != ERR_OK)
		return e;
	*stored = pg_affected(r) == 1;
	pg_result_free(r);
	return *stored ? ERR_OK : check_setup_needed(pg);
}
