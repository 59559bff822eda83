/* SPDX-License-Identifier: MIT
 * POST /api/auth/login: by password. */
#include "fcgi/dashboard/account.h"

enum { EMAIL, PASSWORD };
static const struct web_field LOGIN[] = {
        [EMAIL] = {.name = "email", .type = WEB_EMAIL},
        [PASSWORD] = {.name = "password", .type = WEB_SECRET, .min = 1, .max = 128},
};
const struct web_fields h_login_fields = WEB_FIELDS(LOGIN);

struct log_in {
	const struct request *req;
	struct reply *rep;
	struct app *app;
	struct account_proof *proof;
	struct store_user user; /* result */
};

static enum err log_in(struct pg *pg, void *arg)
{
	struct log_in *l = arg;
	const struct store_login *login = &l->proof->login;
	const struct dashboard_login to = {
	        .user_id = login->user_id, .method = "password", .stage = login->two_factor};
	const char *new_hash = l->proof->new_hash[0] != '\0' ? l->proof->new_hash : NULL;
	enum err e = account_log_in(l->req, l->rep, l->app, &to, login, new_hash);

	return e == ERR_OK ? store_user_self(pg, &l->user) : e;
}

static enum err finish(
        struct request *req, struct reply *rep, struct app *app, struct account_proof *proof)
{
	struct log_in l = {.req = req, .rep = rep, .app = app, .proof = proof};
	struct json_writer w;
	enum err e;

	if (!proof->login.verified) {
		e = store_login_right(app->pg, proof->login.attempt_id);
		return e == ERR_OK ? ERR_DASH_EMAIL_NOT_VERIFIED : e;
	}
	e = dashboard_tx(app, proof->login.user_id, log_in, &l);
	if (e != ERR_OK)
		return e;
	if (!proof->login.two_factor) {
		account_reply_user(rep, &l.user);
		return ERR_OK;
	}
	web_reply_object(rep, &w);
	json_write_str(&w, "status", "totp_required");
	json_write_end_object(&w);
	return ERR_OK;
}

enum err h_login_post(struct request *req, struct reply *rep, struct app *app)
{
	struct account_proof proof = {.email = web_text(req, EMAIL),
	        .password = web_text(req, PASSWORD),
	        .wrong = ERR_DASH_INVALID_CREDENTIALS};
	enum err e = account_prove(req, rep, app, &proof);

	if (e == ERR_OK)
		e = finish(req, rep, app, &proof);
	account_proof_wipe(&proof);
	return e;
}
