/* SPDX-License-Identifier: MIT
 * POST /api/auth/account/password: another password, or a first one. */
#include "auth/auth_password.h"
#include "base/clock.h"
#include "crypto/crypto.h"

#include "fcgi/dashboard/account.h"

enum { CURRENT, NEW };
static const struct web_field PASSWORD[] = {
        [CURRENT] = {.name = "currentPassword",
                .type = WEB_SECRET,
                .min = 1,
                .max = 128,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_PASSWORD},
        [NEW] = {.name = "newPassword",
                .type = WEB_SECRET,
                .min = AUTH_PASSWORD_CHARS_MIN,
                .max = AUTH_PASSWORD_CHARS_MAX,
                .code = ERR_DASH_PASSWORD_TOO_WEAK},
};
const struct web_fields h_account_password_fields = WEB_FIELDS(PASSWORD);

struct change {
	const struct request *req;
	struct reply *rep;
	struct app *app;
	struct store_user user;
	struct account_proof proof;
	char hash[CRYPTO_PASSWORD_HASH_BYTES];
};

/* Every login ends; the one that asked goes on under a new token. */
static enum err change(struct pg *pg, void *arg)
{
	struct change *c = arg;
	const struct dashboard_login l = {.user_id = c->user.id, .method = "password"};
	enum err e = ERR_OK;

	if (c->user.has_password)
		e = store_login_right(pg, c->proof.login.attempt_id);
	if (e == ERR_OK)
		e = store_self_set_password(pg, c->user.id, c->hash);
	if (e == ERR_OK)
		e = store_session_end_others(pg, NULL, NULL);
	if (e == ERR_OK)
		e = dashboard_login_start(c->req, c->rep, c->app, &l);
	if (e == ERR_OK)
		e = store_job_mail_security(pg, c->user.id, STORE_SECURITY_PASSWORD_CHANGED);
	if (e == ERR_OK)
		e = dashboard_audit(c->req, c->app,
		        &(struct dashboard_audit){.action = "auth.password_changed"});
	return e;
}

/* By the password that is to change; a first one needs a login of this moment. */
static enum err prove(struct request *req, struct change *c)
{
	int64_t age_ms = clock_wall_ms() - c->app->login.auth_at_ms;

	if (!c->user.has_password)
		return age_ms < DASHBOARD_RECENT_LOGIN_S * 1000 ? ERR_OK
		                                                : ERR_DASH_RECENT_LOGIN_NEEDED;
	c->proof.password = web_text(req, CURRENT);
	if (c->proof.password == NULL)
		return web_refuse_field(req, CURRENT, "required");
	return account_prove(req, c->rep, c->app, &c->proof);
}

enum err h_account_password_post(struct request *req, struct reply *rep, struct app *app)
{
	const char *password = web_text(req, NEW), *problem;
	struct change c = {.req = req,
	        .rep = rep,
	        .app = app,
	        .proof = {.email = c.user.email, .wrong = ERR_DASH_INVALID_PASSWORD}};
	enum err e = account_load(app, &c.user);

	if (e == ERR_OK && (problem = auth_password_problem(password, c.user.email)) != NULL)
		e = web_refuse_field(req, NEW, problem);
	if (e == ERR_OK)
		e = prove(req, &c);
	if (e == ERR_OK)
		e = auth_password_hash(&app->dashboard->hasher, password, c.hash);
	if (e == ERR_OK)
		e = dashboard_tx(app, c.user.id, change, &c);
	account_proof_wipe(&c.proof);
	crypto_wipe(c.hash, sizeof(c.hash));
	rep->status = 204;
	return e;
}
