/* SPDX-License-Identifier: MIT
 * Statements of two-factor login. */
#include "base/clock.h"
#include "base/str.h"
#include "store/store_totp.h"

#define NO_ADDRESS "0.0.0.0"

/* Runs a statement that changes one row; otherwise when there is none. */
static enum err change_one(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t len, enum err otherwise)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, len, &r);

	if (e != ERR_OK)
		return e;
	e = pg_affected(r) == 1 ? ERR_OK : otherwise;
	pg_result_free(r);
	return e;
}

enum err store_totp_attempt(struct pg *pg, const char *user_id, const char *ip,
        const struct store_totp_limit *limit, int64_t *wait_s)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_TOTP_ATTEMPT,
	        PG_PARAMS(PG_TEXT(user_id), PG_TEXT(ip[0] != '\0' ? ip : NO_ADDRESS),
	                PG_INT(limit->count), PG_INT(limit->seconds)),
	        &r);

	*wait_s = 0;
	if (e != ERR_OK)
		return e;
	if (pg_is_null(r, 0, 0)) {
		int64_t left_ms = pg_time_ms(r, 0, 1) - clock_wall_ms();

		*wait_s = left_ms > 1000 ? (left_ms + 999) / 1000 : 1;
		e = ERR_DASH_SECOND_FACTOR_LIMIT;
	}
	pg_result_free(r);
	return e;
}

enum err store_totp_right(struct pg *pg)
{
	return pg_exec(pg, PGQ_TOTP_ATTEMPTS_CLEAR, PG_NO_PARAMS, NULL);
}

enum err store_totp_get(struct pg *pg, const char *user_id, struct store_totp *out)
{
	struct pg_result *r;
	enum err e = pg_exec(
	        pg, PGQ_TOTP_GET, PG_PARAMS(PG_UUID(user_id), PG_INT(STORE_TOTP_PENDING_S)), &r);

	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 0)
		e = ERR_DASH_TOTP_NOT_ON;
	else if (!str_copy(out->secret_enc, sizeof(out->secret_enc), pg_text(r, 0, 0)))
		e = ERR_DB_INTERNAL_ERROR;
	if (e == ERR_OK) {
		out->on = pg_bool(r, 0, 1);
		out->last_step = pg_int(r, 0, 2);
	}
	pg_result_free(r);
	return e;
}

enum err store_totp_enrol(struct pg *pg, const char *user_id, const char *secret_enc)
{
	return change_one(pg, PGQ_TOTP_ENROL, PG_PARAMS(PG_UUID(user_id), PG_TEXT(secret_enc)),
	        ERR_DASH_TOTP_ALREADY_ON);
}

enum err store_totp_confirm(
        struct pg *pg, const char *user_id, const char *secret_enc, int64_t step)
{
	return change_one(pg, PGQ_TOTP_CONFIRM,
	        PG_PARAMS(PG_UUID(user_id), PG_TEXT(secret_enc), PG_INT(step)),
	        ERR_DASH_TOTP_NOT_ON);
}

enum err store_totp_step(struct pg *pg, const char *user_id, int64_t step)
{
	return change_one(pg, PGQ_TOTP_STEP, PG_PARAMS(PG_UUID(user_id), PG_INT(step)),
	        ERR_DASH_SECOND_FACTOR_WRONG);
}

enum err store_totp_off(struct pg *pg, const char *user_id)
{
	enum err e =
	        change_one(pg, PGQ_TOTP_DELETE, PG_PARAMS(PG_UUID(user_id)), ERR_DASH_TOTP_NOT_ON);

	return e == ERR_OK ? pg_exec(pg, PGQ_RECOVERY_DELETE, PG_PARAMS(PG_UUID(user_id)), NULL)
	                   : e;
}

enum err store_totp_password(struct pg *pg, const char *user_id, char out[STORE_LOGIN_HASH_BYTES])
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_TOTP_PASSWORD, PG_PARAMS(PG_UUID(user_id)), &r);

	out[0] = '\0';
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1 && !pg_is_null(r, 0, 0) &&
	        !str_copy(out, STORE_LOGIN_HASH_BYTES, pg_text(r, 0, 0)))
		e = ERR_DB_INTERNAL_ERROR;
	pg_result_free(r);
	return e;
}

enum err store_recovery_replace(struct pg *pg, const char *user_id,
        uint8_t hashes[STORE_RECOVERY_CODES][STORE_RECOVERY_HASH_BYTES])
{
	enum err e = pg_exec(pg, PGQ_RECOVERY_DELETE, PG_PARAMS(PG_UUID(user_id)), NULL);

	for (size_t i = 0; e == ERR_OK && i < STORE_RECOVERY_CODES; i++) {
		char id[ID_UUID_BYTES];

		id_uuid4(id);
		e = pg_exec(pg, PGQ_RECOVERY_INSERT,
		        PG_PARAMS(PG_UUID(user_id), PG_UUID(id),
		                PG_BYTES(hashes[i], STORE_RECOVERY_HASH_BYTES)),
		        NULL);
	}
	return e;
}

enum err store_recovery_use(
        struct pg *pg, const char *user_id, const uint8_t *const *hashes, size_t len)
{
	return change_one(pg, PGQ_RECOVERY_USE,
	        PG_PARAMS(PG_UUID(user_id), PG_BLOBS(hashes, STORE_RECOVERY_HASH_BYTES, len)),
	        ERR_DASH_SECOND_FACTOR_WRONG);
}

enum err store_totp_stage_end(
        struct pg *pg, const char *user_id, const char *session_id, char method[STORE_METHOD_BYTES])
{
	struct pg_result *r;
	enum err e = pg_exec(
	        pg, PGQ_TOTP_STAGE_END, PG_PARAMS(PG_UUID(user_id), PG_UUID(session_id)), &r);

	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1)
		str_copy(method, STORE_METHOD_BYTES, pg_text(r, 0, 0));
	else
		e = ERR_DASH_SESSION_EXPIRED;
	pg_result_free(r);
	return e;
}
