/* SPDX-License-Identifier: MIT
 * Recipients and tokens of mails. */
#include "base/str.h"
#include "store/store_mail.h"

enum err store_mail_user_find(
        struct pg *pg, const char *email, const char *user_id, struct store_mail_user *out)
{
	struct pg_result *r;
	enum err e;

	*out = (struct store_mail_user){0};
	e = pg_exec(pg, PGQ_MAIL_USER, PG_PARAMS(PG_TEXT(email), PG_UUID(user_id)), &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		pg_uuid(r, 0, 0, out->id);
		str_copy(out->email, sizeof(out->email), pg_text(r, 0, 1));
		str_copy(out->name, sizeof(out->name), pg_text(r, 0, 2));
		out->verified = pg_bool(r, 0, 3);
	}
	pg_result_free(r);
	return ERR_OK;
}

struct put {
	const struct store_mail_token *token;
	bool live;
};

/* *found: the statement returned a row; its first column into *yes. */
static enum err ask(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len,
        bool *found, bool *yes)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, len, &r);

	*found = *yes = false;
	if (e != ERR_OK)
		return e;
	*found = pg_rows(r) == 1;
	if (*found)
		*yes = pg_bool(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

static enum err insert(struct pg *pg, const struct store_mail_token *t)
{
	char id[ID_UUID_BYTES];
	enum err e = pg_exec(
	        pg, PGQ_MAIL_TOKEN_VOID, PG_PARAMS(PG_UUID(t->user_id), PG_TEXT(t->type)), NULL);

	id_uuid4(id);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_MAIL_TOKEN_INSERT,
		        PG_PARAMS(PG_UUID(id), PG_UUID(t->user_id),
		                PG_BYTES(t->hash, sizeof(t->hash)), PG_TEXT(t->type),
		                PG_INT(t->life_ms), PG_TIME_MS(t->requested_ms)),
		        NULL);
	return e;
}

static enum err put(struct pg *pg, void *arg)
{
	struct put *p = arg;
	const struct store_mail_token *t = p->token;
	bool found, newer;
	enum err e = pg_exec(pg, PGQ_MAIL_TOKEN_LOCK, PG_PARAMS(PG_UUID(t->user_id)), NULL);

	if (e == ERR_OK)
		e = ask(pg, PGQ_MAIL_TOKEN_AGAIN,
		        PG_PARAMS(PG_BYTES(t->hash, sizeof(t->hash)), PG_INT(t->life_ms)), &found,
		        &p->live);
	if (e != ERR_OK || found)
		return e;
	e = ask(pg, PGQ_MAIL_TOKEN_NEWER,
	        PG_PARAMS(PG_UUID(t->user_id), PG_TEXT(t->type), PG_TIME_MS(t->requested_ms)),
	        &found, &newer);
	p->live = !newer;
	return e == ERR_OK && p->live ? insert(pg, t) : e;
}

enum err store_mail_token_put(struct pg *pg, const struct store_mail_token *token, bool *live)
{
	struct put p = {.token = token};
	enum err e = pg_tx_run(pg, NULL, put, &p);

	*live = e == ERR_OK && p.live;
	return e;
}

enum err store_mail_invitation_find(
        struct pg *pg, const char *id, struct store_mail_invitation *out)
{
	struct pg_result *r;
	enum err e;

	*out = (struct store_mail_invitation){0};
	e = pg_exec(pg, PGQ_MAIL_INVITATION, PG_PARAMS(PG_UUID(id)), &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		const char *inviter = pg_text(r, 0, 2);

		str_copy(out->email, sizeof(out->email), pg_text(r, 0, 0));
		str_copy(out->workspace, sizeof(out->workspace), pg_text(r, 0, 1));
		str_copy(out->inviter, sizeof(out->inviter), inviter ? inviter : "");
	}
	pg_result_free(r);
	return ERR_OK;
}

enum err store_mail_invitation_put(struct pg *pg, const char *id,
        const uint8_t hash[STORE_MAIL_HASH_BYTES], int64_t life_ms, int64_t requested_ms,
        bool *live)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_MAIL_INVITATION_TOKEN,
	        PG_PARAMS(PG_UUID(id), PG_BYTES(hash, STORE_MAIL_HASH_BYTES), PG_INT(life_ms),
	                PG_TIME_MS(requested_ms)),
	        &r);

	*live = false;
	if (e != ERR_OK)
		return e;
	*live = pg_affected(r) == 1;
	pg_result_free(r);
	return ERR_OK;
}
