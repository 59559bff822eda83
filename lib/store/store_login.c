/* SPDX-License-Identifier: MIT
 * Attempts to log in by password, and the accounts that registration makes. */
#include "base/str.h"
#include "crypto/crypto.h"

#include "store/store_internal.h"
#include "store/store_login.h"

/* The column may not be null, and an address that is not known counts as one. */
static const char *known_ip(const char *ip)
{
	return ip != NULL && ip[0] != '\0' ? ip : "0.0.0.0";
}

static enum err lock_err(int tier)
{
	switch (tier) {
	case 1:
		return ERR_DASH_ACCOUNT_LOCKED_BRUTE_FORCE;
	case 2:
		return ERR_DASH_ACCOUNT_LOCKED_ESCALATED;
	default:
		return ERR_DASH_ACCOUNT_LOCKED_MANUAL;
	}
}

static enum err read_login(const struct pg_result *r, struct store_login *out)
{
	if (pg_bool(r, 0, 0))
		return ERR_DASH_SETUP_NOT_DONE;
	out->tier = (int)pg_int(r, 0, 2);
	out->locked_until_ms = pg_time_ms(r, 0, 3);
	if (pg_is_null(r, 0, 1))
		return lock_err(out->tier);
	out->attempt_id = pg_int(r, 0, 1);
	pg_uuid(r, 0, 4, out->user_id);
	/* Nobody's: it can neither log in nor act. */
	if (strcmp(out->user_id, STORE_SYSTEM_ACCOUNT) == 0)
		out->user_id[0] = '\0';
	if (!pg_is_null(r, 0, 5) &&
	        !str_copy(out->password_hash, sizeof(out->password_hash), pg_text(r, 0, 5)))
		return ERR_DASH_INTERNAL_ERROR;
	out->verified = pg_bool(r, 0, 6);
	out->two_factor = pg_bool(r, 0, 7);
	return ERR_OK;
}

enum err store_login_begin(
        struct pg *pg, const char *email, const char *ip, struct store_login *out)
{
	struct pg_result *r;
	enum err e;

	*out = (struct store_login){.attempt_id = 0};
	e = pg_exec(pg, PGQ_LOGIN_BEGIN, PG_PARAMS(PG_TEXT(email), PG_TEXT(known_ip(ip))), &r);
	if (e != ERR_OK)
		return e;
	e = read_login(r, out);
	pg_result_free(r);
	return e;
}

enum err store_login_right(struct pg *pg, int64_t attempt_id)
{
	return pg_exec(pg, PGQ_LOGIN_RIGHT, PG_PARAMS(PG_INT(attempt_id)), NULL);
}

enum err store_login_done(struct pg *pg, const char *user_id, const char *new_hash)
{
	struct pg_result *r;
	enum err e;

	if (new_hash == NULL)
		e = pg_exec(pg, PGQ_LOGIN_DONE, PG_PARAMS(PG_UUID(user_id)), &r);
	else
		e = pg_exec(pg, PGQ_LOGIN_DONE_REHASH,
		        PG_PARAMS(PG_UUID(user_id), PG_TEXT(new_hash)), &r);
	if (e != ERR_OK)
		return e;
	if (pg_affected(r) != 1)
		e = ERR_DASH_SESSION_EXPIRED;
	pg_result_free(r);
	return e;
}

enum err store_login_unlock(struct pg *pg)
{
	return pg_exec(pg, PGQ_LOGIN_ATTEMPTS_CLEAR, PG_NO_PARAMS, NULL);
}

static enum err clear_address(struct pg *pg, const char *email, bool *is_free)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_REGISTER_CLEAR, PG_PARAMS(PG_TEXT(email)), &r);

	if (e != ERR_OK)
		return e;
	*is_free = pg_bool(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

enum err store_account_create(struct pg *pg, const struct store_new_account *a, bool *taken)
{
	struct pg_result *r;
	bool is_free = false;
	enum err e = clear_address(pg, a->email, &is_free);

	*taken = !is_free;
	if (e != ERR_OK || *taken)
		return e;
	e = pg_exec(pg, PGQ_REGISTER_INSERT,
	        PG_PARAMS(PG_UUID(a->id), PG_TEXT(a->email), PG_TEXT(a->name),
	                PG_TEXT(a->password_hash), PG_BOOL(a->active), PG_TEXT(a->proof)),
	        &r);
	if (e != ERR_OK)
		return e;
	*taken = pg_affected(r) == 0;
	pg_result_free(r);
	return ERR_OK;
}

enum err store_login_mail(struct pg *pg, enum store_job_kind kind, const char *email,
        const char *ip, const struct store_mail_limit *limit)
{
	const char *counted = kind == STORE_JOB_MAIL_RESET ? "mail_reset" : "mail_verify";

	return pg_exec(pg, PGQ_LOGIN_MAIL,
	        PG_PARAMS(PG_TEXT(store_job_kind_text(kind)), PG_TEXT(email), PG_TEXT(counted),
	                PG_TEXT(known_ip(ip)), PG_INT(limit->count), PG_INT(limit->seconds)),
	        NULL);
}
