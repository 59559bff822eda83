/* SPDX-License-Identifier: MIT
 * POST /api/auth/reauth: proves again who is logged in, for what needs a recent login: by password,
 * or by code where none is set. */
#include "fcgi/dashboard/account.h"
#include "fcgi/dashboard/totp.h"

enum { PASSWORD, CODE };
static const struct web_field REAUTH[] = {
        [PASSWORD] = {.name = "password",
                .type = WEB_SECRET,
                .min = 1,
                .max = 128,
                .flags = WEB_ONE_OF,
                .code = ERR_DASH_VALIDATION_FAILED},
        [CODE] = TOTP_CODE_FIELD(WEB_ONE_OF),
};
const struct web_fields h_reauth_fields = WEB_FIELDS(REAUTH);

struct reauth {
	struct app *app;
	struct account_proof proof;
};

static enum err note(struct pg *pg, void *arg)
{
	const struct reauth *r = arg;
	enum err e = store_login_right(pg, r->proof.login.attempt_id);

	return e == ERR_OK ? store_session_proven(pg, r->app->login.session_id) : e;
}

static enum err by_password(
        const struct request *req, struct reply *rep, struct app *app, const char *email)
{
	struct reauth r = {.app = app,
	        .proof = {.email = email,
	                .password = web_text(req, PASSWORD),
	                .wrong = ERR_DASH_INVALID_PASSWORD}};
	enum err e = account_prove(req, rep, app, &r.proof);

	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, note, &r);
	account_proof_wipe(&r.proof);
	return e;
}

enum err h_reauth_post(struct request *req, struct reply *rep, struct app *app)
{
	struct store_user user;
	enum err e = account_load(app, &user);

	rep->status = 204;
	if (e != ERR_OK)
		return e;
	if (!web_given(req, CODE))
		return by_password(req, rep, app, user.email);
	return user.has_password ? web_refuse_field(req, PASSWORD, "required")
	                         : totp_reauth(req, rep, app, web_text(req, CODE));
}
