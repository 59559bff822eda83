/* SPDX-License-Identifier: MIT
 * POST /api/auth/register and verify-email: an account of one's own.
 *
 * With mail an answer tells nothing of the address: it is the same for a free and for a taken one,
 * and so is the work, of which hashing is nearly all. */
#include "auth/auth_password.h"
#include "auth/auth_token.h"
#include "crypto/crypto.h"

#include "fcgi/dashboard/account.h"

enum { NAME, EMAIL, PASSWORD, INVITE_TOKEN };

static const char *weak(const struct request *req, const struct web_value *v)
{
	const char *email = web_text(req, EMAIL);

	return auth_password_problem(v->text, email != NULL ? email : "");
}

static const struct web_field REGISTER[] = {
        [NAME] = {.name = "name", .type = WEB_TEXT, .min = 1, .max = 100},
        [EMAIL] = {.name = "email", .type = WEB_EMAIL},
        [PASSWORD] = {.name = "password",
                .type = WEB_SECRET,
                .min = AUTH_PASSWORD_CHARS_MIN,
                .max = AUTH_PASSWORD_CHARS_MAX,
                .code = ERR_DASH_PASSWORD_TOO_WEAK,
                .check = weak},
        [INVITE_TOKEN] = {.name = "inviteToken",
                .type = WEB_TOKEN,
                .min = 1,
                .max = 256,
                .flags = WEB_OPTIONAL},
};
const struct web_fields h_register_fields = WEB_FIELDS(REGISTER);

struct registration {
	struct request *req;
	struct reply *rep;
	struct app *app;
	const char *name, *email;
	char id[ID_UUID_BYTES];
	char hash[CRYPTO_PASSWORD_HASH_BYTES];
	bool mail, invited;
	uint8_t invite_hash[AUTH_TOKEN_HASH_BYTES];
	struct store_mail_limit limit;
	bool taken; /* results */
	struct store_user user;
};

/* Whether anybody may register: the invitation, if one is shown, has to be for this address. */
static enum err check_admission(struct registration *r)
{
	const char *token = web_text(r->req, INVITE_TOKEN);
	bool closed = conf_bool(r->app->dashboard->settings.conf, CONF_YAVIO_DISABLE_REGISTRATION);
	struct store_invitation_preview invitation;
	bool setup_needed;
	enum err e = account_connect(r->app);

	if (e == ERR_OK)
		e = store_setup_needed(r->app->pg, &setup_needed);
	if (e != ERR_OK)
		return e;
	if (setup_needed)
		return ERR_DASH_SETUP_NOT_DONE;
	if (token == NULL)
		return closed ? ERR_DASH_REGISTRATION_CLOSED : ERR_OK;
	e = ERR_DASH_INVALID_INVITE_TOKEN;
	if (auth_token_hash(token, r->invite_hash))
		e = store_invitation_preview(r->app->pg, r->invite_hash, &invitation);
	if (e == ERR_OK && strcmp(invitation.email, r->email) != 0)
		e = ERR_DASH_INVALID_INVITE_TOKEN;
	r->invited = e == ERR_OK;
	return e == ERR_DASH_INVALID_INVITE_TOKEN && closed ? ERR_DASH_REGISTRATION_CLOSED : e;
}

static enum err join(struct registration *r)
{
	struct store_workspace workspace;
	enum err e = store_invitation_accept(r->app->pg, r->invite_hash, &workspace);

	if (e == ERR_OK)
		e = dashboard_audit(r->req, r->app,
		        &(struct dashboard_audit){.action = "account.created", .user_id = r->id});
	if (e == ERR_OK)
		e = dashboard_audit(r->req, r->app,
		        &(struct dashboard_audit){.action = "invitation.accept",
		                .user_id = r->id,
		                .workspace_id = workspace.id});
	if (e == ERR_OK)
		e = dashboard_audit(r->req, r->app,
		        &(struct dashboard_audit){.action = "member.joined",
		                .user_id = r->id,
		                .workspace_id = workspace.id,
		                .target_type = "user",
		                .target_id = r->id});
	return e;
}

/* The account exists and is active: it is given a place, and logged in. */
static enum err enter(struct registration *r)
{
	const struct dashboard_login l = {
	        .user_id = r->id, .method = r->invited ? "invitation" : "password"};
	enum err e = r->invited ? join(r) : account_activate(r->req, r->app, r->id, r->name);

	if (e == ERR_OK)
		e = account_log_in(r->req, r->rep, r->app, &l, NULL, NULL);
	return e == ERR_OK ? store_user_self(r->app->pg, &r->user) : e;
}

static enum err create(struct pg *pg, void *arg)
{
	struct registration *r = arg;
	bool waits = r->mail && !r->invited;
	const struct store_new_account account = {.id = r->id,
	        .email = r->email,
	        .name = r->name,
	        .password_hash = r->hash,
	        .active = !waits,
	        .proof = r->mail && r->invited ? "mail" : "none"};
	enum err e = store_account_create(pg, &account, &r->taken);

	if (e != ERR_OK)
		return e;
	if (waits)
		return store_login_mail(pg,
		        r->taken ? STORE_JOB_MAIL_ACCOUNT_EXISTS : STORE_JOB_MAIL_VERIFY, r->email,
		        r->req->addr, &r->limit);
	return r->taken ? ERR_DASH_EMAIL_ALREADY_REGISTERED : enter(r);
}

static void reply(struct reply *rep, const char *status)
{
	struct json_writer w;

	web_reply_object(rep, &w);
	json_write_str(&w, "status", status);
	json_write_end_object(&w);
}

enum err h_register_post(struct request *req, struct reply *rep, struct app *app)
{
	struct registration r = {.req = req,
	        .rep = rep,
	        .app = app,
	        .name = web_text(req, NAME),
	        .email = web_text(req, EMAIL),
	        .mail = app->dashboard->settings.mail,
	        .limit = account_mail_limit(app, CONF_YAVIO_RL_MAIL_VERIFY)};
	enum err e = check_admission(&r);

	if (e == ERR_OK)
		e = auth_password_hash(&app->dashboard->hasher, web_text(req, PASSWORD), r.hash);
	if (e == ERR_OK) {
		id_uuid4(r.id);
		e = dashboard_tx(app, r.id, create, &r);
	}
	crypto_wipe(r.hash, sizeof(r.hash));
	if (e != ERR_OK)
		return e;
	rep->status = r.mail && !r.invited ? 202 : 201;
	if (rep->status == 202)
		reply(rep, "verification_sent");
	else
		account_reply_user(rep, &r.user);
	return ERR_OK;
}

/* --- verify-email ----------------------------------------------------------------------------- */

enum { V_TOKEN, V_PASSWORD };
static const struct web_field VERIFY[] = {
        [V_TOKEN] = {.name = "token", .type = WEB_TOKEN, .min = 1, .max = 256},
        [V_PASSWORD] = {.name = "password", .type = WEB_SECRET, .min = 1, .max = 128},
};
const struct web_fields h_verify_email_fields = WEB_FIELDS(VERIFY);

struct verification {
	const struct request *req;
	struct reply *rep;
	struct app *app;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
	struct store_token_user holder;
	struct account_proof proof;
	struct store_user user; /* result */
};

static enum err verify(struct pg *pg, void *arg)
{
	struct verification *v = arg;
	const char *user_id = v->holder.user_id;
	const struct dashboard_login l = {
	        .user_id = user_id, .method = "password", .stage = v->proof.login.two_factor};
	const char *new_hash = v->proof.new_hash[0] != '\0' ? v->proof.new_hash : NULL;
	enum err e = store_token_use(pg, v->hash, STORE_TOKEN_VERIFY);

	if (e == ERR_OK)
		e = store_self_activate(pg, user_id, true);
	if (e == ERR_OK)
		e = store_user_self(pg, &v->user);
	if (e == ERR_OK && !v->holder.verified)
		e = account_activate(v->req, v->app, user_id, v->user.name);
	return e == ERR_OK ? account_log_in(v->req, v->rep, v->app, &l, &v->proof.login, new_hash)
	                   : e;
}

/* The link alone opens nothing: who registered a stranger's address does not know whether the
 * stranger follows it, and the stranger does not know the password. */
enum err h_verify_email_post(struct request *req, struct reply *rep, struct app *app)
{
	struct verification v = {.req = req,
	        .rep = rep,
	        .app = app,
	        .proof = {.email = v.holder.email,
	                .password = web_text(req, V_PASSWORD),
	                .wrong = ERR_DASH_INVALID_CREDENTIALS}};
	enum err e;

	if (!app->dashboard->settings.mail)
		return ERR_DASH_MAIL_NOT_CONFIGURED;
	e = account_find_token(app, web_text(req, V_TOKEN), STORE_TOKEN_VERIFY, v.hash, &v.holder);
	if (e == ERR_OK)
		e = account_prove(req, rep, app, &v.proof);
	if (e == ERR_OK)
		e = dashboard_tx(app, v.holder.user_id, verify, &v);
	account_proof_wipe(&v.proof);
	if (e == ERR_OK)
		account_reply_user(rep, &v.user);
	return e;
}
