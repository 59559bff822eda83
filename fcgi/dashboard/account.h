/* SPDX-License-Identifier: MIT
 * Password accounts: registration to deletion. */
#ifndef YAVIO_FCGI_DASHBOARD_ACCOUNT_H
#define YAVIO_FCGI_DASHBOARD_ACCOUNT_H

#include "fcgi/dashboard/dashboard.h"
#include "store/store_login.h"
#include "store/store_self.h"
#include "store/store_tenancy.h"
#include "store/store_user.h"

/* --- account.c: what several ways into an account share --- */

/* For routes without a login, before their first statement: finds out whether PostgreSQL is there,
 * so that a connection that was lost while idle costs no request. */
enum err account_connect(struct app *app) MUST_CHECK;

/* The account that is logged in, for handlers without a transaction: opens and ends one. */
enum err account_load(struct app *app, struct store_user *out) MUST_CHECK;
/* How many mails of a kind an address gets: CONF_YAVIO_RL_MAIL_RESET, _MAIL_VERIFY. */
struct store_mail_limit account_mail_limit(const struct app *app, enum conf_id id);
/* Whose mailed link this is; hash gets what store_token_use takes. Errors: store_token_err. */
enum err account_find_token(struct app *app, const char *text, enum store_token type,
        uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES], struct store_token_user *out) MUST_CHECK;

/* Makes a workspace with a project for the user of the open transaction, audited. */
struct account_places {
	const char *user_id;
	const char *workspace_name, *project_name;
	struct store_workspace workspace; /* results */
	struct store_project project;
};
enum err account_make_places(
        const struct request *req, struct app *app, struct account_places *p) MUST_CHECK;
/* What an uninvited account gets when it becomes active, with the audit row of its creation: a
 * workspace "<name>'s workspace" and a project. In an open transaction of the user. */
enum err account_activate(const struct request *req, struct app *app, const char *user_id,
        const char *name) MUST_CHECK;

/* Logs in: notes it, stores the login, sends its cookie; a full login is audited. Takes back the
 * attempt of *proof (NULL: there was none). In an open transaction of the user. */
enum err account_log_in(const struct request *req, struct reply *rep, struct app *app,
        const struct dashboard_login *l, const struct store_login *proof,
        const char *new_hash) MUST_CHECK;
/* {"status":"ok","user":{…}} */
void account_reply_user(struct reply *rep, const struct store_user *user);

/* --- password.c --- */

/* Compares a password with the one of an address and counts it as a failure of that address unless
 * it is right. ERR_OK: right; its attempt stands until store_login_right takes it back, in the
 * transaction of what the password was asked for. Else the answer: wrong, 3003-3005 with
 * Retry-After, 3013, 3850. No transaction may be open. The caller wipes *login. */
struct account_proof {
	const char *email, *password;
	enum err wrong;
	struct store_login login;                  /* result */
	char new_hash[CRYPTO_PASSWORD_HASH_BYTES]; /* "", or what should be stored instead */
};
enum err account_prove(const struct request *req, struct reply *rep, struct app *app,
        struct account_proof *p) MUST_CHECK;
void account_proof_wipe(struct account_proof *p);

/* --- handlers --- */

/* h_setup.c */
extern const struct web_fields h_setup_fields;
enum err h_setup_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_register.c */
extern const struct web_fields h_register_fields, h_verify_email_fields;
enum err h_register_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_verify_email_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_login.c */
extern const struct web_fields h_login_fields;
enum err h_login_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_reauth.c */
extern const struct web_fields h_reauth_fields;
enum err h_reauth_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_reset.c */
extern const struct web_fields h_mail_fields, h_reset_fields, h_unlock_fields;
enum err h_forgot_password_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_resend_verification_post(
        struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_reset_password_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_unlock_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_account.c */
extern const struct web_fields h_account_patch_fields, h_account_audit_fields;
enum err h_account_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_account_patch(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_account_audit(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_account_password.c, h_account_delete.c */
extern const struct web_fields h_account_password_fields, h_account_delete_fields;
enum err h_account_password_post(
        struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_account_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
