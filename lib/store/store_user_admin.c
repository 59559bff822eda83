/* SPDX-License-Identifier: MIT
 * What the operator does to an account, each in one transaction with its audit row. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/store_job.h"
#include "store/store_user_admin.h"

static void read_row(const struct pg_result *r, size_t i, struct store_user_row *row)
{
	pg_uuid(r, i, 0, row->id);
	str_copy(row->email, sizeof(row->email), pg_text(r, i, 1));
	str_copy(row->name, sizeof(row->name), pg_text(r, i, 2));
	row->verified = pg_bool(r, i, 3);
	row->has_password = pg_bool(r, i, 4);
	row->two_factor = pg_bool(r, i, 5);
	row->locked = pg_bool(r, i, 6);
	row->workspaces = pg_int(r, i, 7);
	row->last_login_ms = pg_time_ms(r, i, 8);
	row->created_ms = pg_time_ms(r, i, 9);
}

enum err store_user_list(struct pg *pg, const char *email, struct store_user_row **out, size_t *len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_USER_ADMIN_LIST, PG_PARAMS(PG_TEXT(email)), &r);

	*out = NULL;
	*len = 0;
	if (e != ERR_OK)
		return e;
	*out = calloc(pg_rows(r) + 1, sizeof(**out));
	if (*out == NULL)
		e = ERR_DB_INTERNAL_ERROR;
	for (size_t i = 0; *out != NULL && i < pg_rows(r); i++)
		read_row(r, i, &(*out)[(*len)++]);
	pg_result_free(r);
	return e;
}

/* One change to one account. */
struct change {
	const char *email, *action;
	enum err (*make)(struct pg *pg, struct change *c);
	char user_id[ID_UUID_BYTES];
	bool was;
	const uint8_t *hash;
	int64_t life_ms;
};

/* The user's row is locked, as by the dashboard's own changes. */
static enum err find(struct pg *pg, struct change *c)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_USER_ADMIN_LOCK, PG_PARAMS(PG_TEXT(c->email)), &r);

	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1)
		pg_uuid(r, 0, 0, c->user_id);
	else
		e = ERR_CLI_USER_NOT_FOUND;
	pg_result_free(r);
	return e;
}

static enum err run_change(struct pg *pg, void *arg)
{
	struct change *c = arg;
	enum err e = find(pg, c);

	if (e == ERR_OK)
		e = c->make(pg, c);
	if (e == ERR_OK && c->was)
		e = pg_exec(pg, PGQ_USER_ADMIN_AUDIT,
		        PG_PARAMS(PG_UUID(c->user_id), PG_TEXT(c->action)), NULL);
	return e;
}

/* *was: whether a row was touched. */
static enum err touch(
        struct pg *pg, enum pg_query q, const struct pg_param *params, size_t len, bool *was)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, params, len, &r);

	if (e != ERR_OK)
		return e;
	*was = pg_affected(r) > 0;
	pg_result_free(r);
	return ERR_OK;
}

static enum err unlock(struct pg *pg, struct change *c)
{
	return touch(pg, PGQ_USER_ADMIN_UNLOCK, PG_PARAMS(PG_UUID(c->user_id), PG_TEXT(c->email)),
	        &c->was);
}

enum err store_user_unlock(struct pg *pg, const char *email, bool *was)
{
	struct change c = {.email = email, .action = "auth.unlocked", .make = unlock};
	enum err e = pg_tx_run(pg, NULL, run_change, &c);

	*was = c.was;
	return e;
}

static enum err totp_off(struct pg *pg, struct change *c)
{
	const struct pg_param id = PG_UUID(c->user_id);
	enum err e = touch(pg, PGQ_USER_ADMIN_TOTP_OFF, &id, 1, &c->was);

	if (e != ERR_OK || !c->was)
		return e;
	e = pg_exec(pg, PGQ_USER_ADMIN_CODES_OFF, &id, 1, NULL);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_USER_ADMIN_LOGOUT, &id, 1, NULL);
	return e == ERR_OK ? store_job_mail_security(pg, c->user_id, STORE_SECURITY_TOTP_OFF) : e;
}

enum err store_user_totp_off(struct pg *pg, const char *email, bool *was)
{
	struct change c = {.email = email, .action = "auth.totp_off", .make = totp_off};
	enum err e = pg_tx_run(pg, NULL, run_change, &c);

	*was = c.was;
	return e;
}

static enum err reset_token(struct pg *pg, struct change *c)
{
	char id[ID_UUID_BYTES];
	enum err e = pg_exec(pg, PGQ_MAIL_TOKEN_VOID,
	        PG_PARAMS(PG_UUID(c->user_id), PG_TEXT("password_reset")), NULL);

	id_uuid4(id);
	c->was = true;
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_MAIL_TOKEN_INSERT,
		        PG_PARAMS(PG_UUID(id), PG_UUID(c->user_id),
		                PG_BYTES(c->hash, STORE_MAIL_HASH_BYTES), PG_TEXT("password_reset"),
		                PG_INT(c->life_ms), PG_TIME_MS(clock_wall_ms())),
		        NULL);
	return e;
}

enum err store_user_reset_token(struct pg *pg, const char *email,
        const uint8_t hash[STORE_MAIL_HASH_BYTES], int64_t life_ms)
{
	struct change c = {.email = email,
	        .action = "auth.password_reset",
	        .make = reset_token,
	        .hash = hash,
	        .life_ms = life_ms};

	return pg_tx_run(pg, NULL, run_change, &c);
}

struct demo {
	const struct store_demo_user *user;
	bool made;
};

static enum err make_demo(struct pg *pg, void *arg)
{
	struct demo *d = arg;
	const struct store_demo_user *u = d->user;
	char id[ID_UUID_BYTES];
	const struct pg_param self = PG_UUID(id);
	enum err e = pg_exec(pg, PGQ_USER_ADMIN_SETUP_LOCK, PG_NO_PARAMS, NULL);

	id_uuid4(id);
	if (e == ERR_OK)
		e = touch(pg, PGQ_USER_ADMIN_INSERT,
		        PG_PARAMS(PG_UUID(id), PG_TEXT(u->email), PG_TEXT(u->name),
		                PG_TEXT(u->password_hash)),
		        &d->made);
	if (e != ERR_OK || !d->made)
		return e;
	e = pg_exec(pg, PGQ_USER_ADMIN_ADOPT_MEMBERS, &self, 1, NULL);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_USER_ADMIN_ADOPT_WORKSPACES, &self, 1, NULL);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_USER_ADMIN_JOIN,
		        PG_PARAMS(PG_UUID(u->workspace_id), PG_UUID(id)), NULL);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_USER_ADMIN_AUDIT,
		        PG_PARAMS(PG_UUID(id), PG_TEXT("user.create")), NULL);
	return e;
}

enum err store_user_demo(struct pg *pg, const struct store_demo_user *user, bool *made)
{
	struct demo d = {.user = user};
	enum err e = pg_tx_run(pg, NULL, make_demo, &d);

	*made = d.made;
	return e;
}
