/* SPDX-License-Identifier: MIT
 * POST /api/auth/forgot-password, resend-verification, reset-password, unlock: what a mailed link
 * is asked for, and what it does. */
#include "auth/auth_password.h"
#include "auth/auth_token.h"
#include "crypto/crypto.h"

#include "fcgi/dashboard/account.h"

/* --- asking for a link ------------------------------------------------------------------------ */

enum { M_EMAIL };
static const struct web_field MAIL[] = {
        [M_EMAIL] = {.name = "email", .type = WEB_EMAIL},
};
const struct web_fields h_mail_fields = WEB_FIELDS(MAIL);

/* A job looks the address up, so nothing here depends on whether anybody has it. */
static enum err ask_for_mail(const struct request *req, struct reply *rep, struct app *app,
        enum store_job_kind kind, enum conf_id limit_id)
{
	const struct store_mail_limit limit = account_mail_limit(app, limit_id);
	struct json_writer w;
	enum err e;

	if (!app->dashboard->settings.mail)
		return ERR_DASH_MAIL_NOT_CONFIGURED;
	e = account_connect(app);
	if (e == ERR_OK)
		e = store_login_mail(app->pg, kind, web_text(req, M_EMAIL), req->addr, &limit);
	if (e != ERR_OK)
		return e;
	rep->status = 202;
	web_reply_object(rep, &w);
	json_write_str(&w, "status", "sent");
	json_write_end_object(&w);
	return ERR_OK;
}

enum err h_forgot_password_post(struct request *req, struct reply *rep, struct app *app)
{
	return ask_for_mail(req, rep, app, STORE_JOB_MAIL_RESET, CONF_YAVIO_RL_MAIL_RESET);
}

enum err h_resend_verification_post(struct request *req, struct reply *rep, struct app *app)
{
	return ask_for_mail(req, rep, app, STORE_JOB_MAIL_VERIFY, CONF_YAVIO_RL_MAIL_VERIFY);
}

/* --- a new password --------------------------------------------------------------------------- */

enum { R_TOKEN, R_PASSWORD };
static const struct web_field RESET[] = {
        [R_TOKEN] = {.name = "token", .type = WEB_TOKEN, .min = 1, .max = 256},
        [R_PASSWORD] = {.name = "password",
                .type = WEB_SECRET,
                .min = AUTH_PASSWORD_CHARS_MIN,
                .max = AUTH_PASSWORD_CHARS_MAX,
                .code = ERR_DASH_PASSWORD_TOO_WEAK},
};
const struct web_fields h_reset_fields = WEB_FIELDS(RESET);

struct link {
	const struct request *req;
	struct app *app;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
	struct store_token_user holder;
	char password[CRYPTO_PASSWORD_HASH_BYTES];
};

/* Who had the link had the mail, or the operator's word: the account is active from now on. */
static enum err activate(struct pg *pg, const struct link *l)
{
	struct store_user user;
	enum err e = store_self_activate(pg, l->holder.user_id, l->app->dashboard->settings.mail);

	if (e != ERR_OK || l->holder.verified)
		return e;
	e = store_user_self(pg, &user);
	return e == ERR_OK ? account_activate(l->req, l->app, user.id, user.name) : e;
}

static enum err reset(struct pg *pg, void *arg)
{
	const struct link *l = arg;
	const char *user_id = l->holder.user_id;
	enum err e = store_token_use(pg, l->hash, STORE_TOKEN_RESET);

	if (e == ERR_OK)
		e = store_self_set_password(pg, user_id, l->password);
	if (e == ERR_OK)
		e = activate(pg, l);
	if (e == ERR_OK)
		e = store_login_unlock(pg);
	if (e == ERR_OK)
		e = store_session_end_others(pg, NULL, NULL);
	if (e == ERR_OK)
		e = store_job_mail_security(pg, user_id, STORE_SECURITY_PASSWORD_CHANGED);
	if (e == ERR_OK)
		e = dashboard_audit(l->req, l->app,
		        &(struct dashboard_audit){
		                .action = "auth.password_reset", .user_id = user_id});
	return e;
}

enum err h_reset_password_post(struct request *req, struct reply *rep, struct app *app)
{
	const char *password = web_text(req, R_PASSWORD), *problem;
	struct link l = {.req = req, .app = app};
	struct json_writer w;
	enum err e = account_find_token(
	        app, web_text(req, R_TOKEN), STORE_TOKEN_RESET, l.hash, &l.holder);

	if (e == ERR_OK && (problem = auth_password_problem(password, l.holder.email)) != NULL)
		e = web_refuse_field(req, R_PASSWORD, problem);
	if (e == ERR_OK)
		e = auth_password_hash(&app->dashboard->hasher, password, l.password);
	if (e == ERR_OK)
		e = dashboard_tx(app, l.holder.user_id, reset, &l);
	crypto_wipe(l.password, sizeof(l.password));
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_str(&w, "status", "reset");
	json_write_end_object(&w);
	return ERR_OK;
}

/* --- a lock lifted ---------------------------------------------------------------------------- */

enum { U_TOKEN };
static const struct web_field UNLOCK[] = {
        [U_TOKEN] = {.name = "token", .type = WEB_TOKEN, .min = 1, .max = 256},
};
const struct web_fields h_unlock_fields = WEB_FIELDS(UNLOCK);

static enum err unlock(struct pg *pg, void *arg)
{
	const struct link *l = arg;
	enum err e = store_token_use(pg, l->hash, STORE_TOKEN_UNLOCK);

	if (e == ERR_OK)
		e = store_login_unlock(pg);
	if (e == ERR_OK)
		e = dashboard_audit(l->req, l->app,
		        &(struct dashboard_audit){
		                .action = "auth.unlocked", .user_id = l->holder.user_id});
	return e;
}

enum err h_unlock_post(struct request *req, struct reply *rep, struct app *app)
{
	struct link l = {.req = req, .app = app};
	enum err e = account_find_token(
	        app, web_text(req, U_TOKEN), STORE_TOKEN_UNLOCK, l.hash, &l.holder);

	rep->status = 204;
	return e == ERR_OK ? dashboard_tx(app, l.holder.user_id, unlock, &l) : e;
}
