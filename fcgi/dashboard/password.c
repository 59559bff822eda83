/* SPDX-License-Identifier: MIT
 * Proving a password: counted as a failure first, looked at with no transaction open, the same work
 * whether the address has an account or not. */
#include <inttypes.h>

#include "auth/auth_password.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/crypto.h"

#include "fcgi/dashboard/account.h"

enum { MAIL_FROM_TIER = 2 };

/* Whole seconds until a lock ends, at least 1. */
static void send_retry_after(struct reply *rep, int64_t locked_until_ms)
{
	int64_t left_s = (locked_until_ms - clock_wall_ms() + 999) / 1000;
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, left_s > 0 ? left_s : 1);
	web_reply_header(rep, "Retry-After", text);
}

struct lock {
	const struct request *req;
	struct app *app;
	const struct account_proof *proof;
};

static enum err tell_of_lock(struct pg *pg, void *arg)
{
	const struct lock *l = arg;
	const struct store_login *login = &l->proof->login;
	char detail[32];
	enum err e = ERR_OK;

	if (login->tier >= MAIL_FROM_TIER)
		e = store_job_mail_locked(pg, l->proof->email, login->tier);
	if (e != ERR_OK)
		return e;
	snprintf(detail, sizeof(detail), "{\"tier\":%d}", login->tier);
	return dashboard_audit(l->req, l->app,
	        &(struct dashboard_audit){
	                .action = "auth.locked", .user_id = login->user_id, .detail = detail});
}

/* The failure stands, and perhaps locked the address: its holder learns of that. */
static enum err fail(const struct request *req, struct app *app, struct account_proof *p)
{
	struct lock lock = {.req = req, .app = app, .proof = p};
	enum err e;

	if (p->login.tier == 0 || p->login.user_id[0] == '\0')
		return p->wrong;
	e = dashboard_tx(app, p->login.user_id, tell_of_lock, &lock);
	return e == ERR_OK ? p->wrong : e;
}

/* A stored hash that costs less than one of today is made anew. It may stay if that is not possible
 * now. */
static void renew_hash(const struct auth_hasher *h, struct account_proof *p)
{
	if (auth_password_hash(h, p->password, p->new_hash) != ERR_OK)
		p->new_hash[0] = '\0';
}

enum err account_prove(
        const struct request *req, struct reply *rep, struct app *app, struct account_proof *p)
{
	const struct auth_hasher *h = &app->dashboard->hasher;
	bool right, outdated;
	enum err e = account_connect(app), taken_back;

	p->new_hash[0] = '\0';
	if (e == ERR_OK)
		e = store_login_begin(app->pg, p->email, req->addr, &p->login);
	if (e != ERR_OK) {
		if (p->login.locked_until_ms != 0)
			send_retry_after(rep, p->login.locked_until_ms);
		return e;
	}
	e = auth_password_verify(h, p->password,
	        p->login.password_hash[0] != '\0' ? p->login.password_hash : NULL, &right,
	        &outdated);
	if (e != ERR_OK) {
		/* Nobody looked at the password: it was no failure. */
		taken_back = store_login_right(app->pg, p->login.attempt_id);
		return taken_back == ERR_OK ? e : taken_back;
	}
	if (!right)
		return fail(req, app, p);
	if (outdated)
		renew_hash(h, p);
	return ERR_OK;
}

void account_proof_wipe(struct account_proof *p)
{
	crypto_wipe(p->login.password_hash, sizeof(p->login.password_hash));
	crypto_wipe(p->new_hash, sizeof(p->new_hash));
}
