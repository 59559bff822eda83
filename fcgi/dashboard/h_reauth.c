/* SPDX-License-Identifier: MIT
 * POST /api/auth/reauth: proves again who is logged in, for what needs a recent login. */
#include "fcgi/dashboard/account.h"

enum { PASSWORD };
static const struct web_field REAUTH[] = {
        [PASSWORD] = {.name = "password", .type = WEB_SECRET, .min = 1, .max = 128},
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

enum err h_reauth_post(struct request *req, struct reply *rep, struct app *app)
{
	struct store_user user;
	struct reauth r = {.app = app,
	        .proof = {.email = user.email,
	                .password = web_text(req, PASSWORD),
	                .wrong = ERR_DASH_INVALID_PASSWORD}};
	enum err e = account_load(app, &user);

	if (e == ERR_OK)
		e = account_prove(req, rep, app, &r.proof);
	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, note, &r);
	account_proof_wipe(&r.proof);
	rep->status = 204;
	return e;
}
