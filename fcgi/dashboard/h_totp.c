/* SPDX-License-Identifier: MIT
 * POST /api/auth/totp and /api/auth/account/totp/...: the second step of a login; two-factor turned
 * on and off; new recovery codes. */
#include "auth/auth_password.h"
#include "auth/auth_totp.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include "crypto/crypto_seal.h"
#include "fcgi/dashboard/session.h"
#include "fcgi/dashboard/totp.h"
#include "store/store_job.h"
#include "store/store_login.h"
#include "store/store_sealed.h"
#include "store/store_totp.h"
#include "store/store_user.h"

#define RECOVERY_FIELD                                                                             \
	{                                                                                          \
		.name = "recoveryCode", .type = WEB_TEXT, .min = TOTP_RECOVERY_CHARS_MIN,          \
		.max = TOTP_RECOVERY_CHARS_MAX, .flags = WEB_ONE_OF                                \
	}

/* ---- login ----------------------------------------------------------------------------------- */

enum { LOGIN_CODE, LOGIN_RECOVERY };
static const struct web_field LOGIN[] = {
        [LOGIN_CODE] = TOTP_CODE_FIELD(WEB_ONE_OF),
        [LOGIN_RECOVERY] = RECOVERY_FIELD,
};
const struct web_fields h_totp_login_fields = WEB_FIELDS(LOGIN);

struct second_step {
	const struct request *req;
	struct reply *rep;
	struct app *app;
	size_t headers_len; /* of the reply before the transaction, which may run again */
	struct totp_proof proof;
	struct store_user user;
};

static enum err audit_login(const struct second_step *s, const char *method)
{
	char detail[128];

	(void)snprintf(detail, sizeof(detail), "{\"method\":\"%s\",\"secondFactor\":\"%s\"}",
	        method, s->proof.code != NULL ? "totp" : "recovery");
	return dashboard_audit(s->req, s->app,
	        &(struct dashboard_audit){.action = "auth.login", .detail = detail});
}

static enum err second_step(struct pg *pg, void *arg)
{
	struct second_step *s = arg;
	const char *user_id = s->proof.user_id;
	char method[STORE_METHOD_BYTES];
	enum err e;

	dashboard_reply_reset(s->rep, s->headers_len);
	e = totp_prove(s->req, s->app, &s->proof);
	if (e == ERR_OK)
		e = store_totp_stage_end(pg, user_id, s->app->login.session_id, method);
	if (e == ERR_OK)
		e = store_login_done(pg, user_id, NULL);
	if (e == ERR_OK)
		e = dashboard_login_start(s->req, s->rep, s->app,
		        &(struct dashboard_login){.user_id = user_id, .method = method});
	if (e == ERR_OK)
		e = audit_login(s, method);
	return e == ERR_OK ? store_user_self(pg, &s->user) : e;
}

enum err h_totp_login(struct request *req, struct reply *rep, struct app *app)
{
	struct second_step s = {.req = req,
	        .rep = rep,
	        .app = app,
	        .headers_len = rep->headers->len,
	        .proof = {.user_id = app->login.user_id,
	                .code = web_text(req, LOGIN_CODE),
	                .recovery = web_text(req, LOGIN_RECOVERY)}};
	struct json_writer w;
	enum err e = totp_try(req, rep, app, app->login.user_id);

	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, second_step, &s);
	if (e != ERR_OK)
		dashboard_reply_reset(rep, s.headers_len);
	/* Turned off meanwhile: what is outstanding no longer exists. */
	if (e == ERR_DASH_TOTP_NOT_ON)
		e = ERR_DASH_SESSION_EXPIRED;
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_str(&w, "status", "ok");
	dashboard_write_user(&w, "user", &s.user);
	json_write_int(&w, "recoveryCodesLeft", s.user.recovery_codes_left);
	json_write_end_object(&w);
	return ERR_OK;
}

/* ---- on -------------------------------------------------------------------------------------- */

static enum err reply_secret(
        struct reply *rep, const uint8_t secret[AUTH_TOTP_SECRET_BYTES], const char *account)
{
	char text[AUTH_TOTP_SECRET_TEXT_BYTES];
	struct json_writer w;
	struct buf url;
	enum err e = auth_totp_secret_text(secret, text);

	buf_init(&url, AUTH_TOTP_URL_BYTES_MAX);
	if (e == ERR_OK && !auth_totp_url(text, account, &url))
		e = ERR_DASH_INTERNAL_ERROR;
	if (e == ERR_OK) {
		web_reply_object(rep, &w);
		json_write_str(&w, "secret", text);
		json_write_str(&w, "otpauthUrl", buf_str(&url));
		json_write_end_object(&w);
	}
	crypto_wipe(text, sizeof(text));
	if (url.data != NULL)
		crypto_wipe(url.data, url.len);
	buf_release(&url);
	return e;
}

enum err h_totp_enrol(struct request *req, struct reply *rep, struct app *app)
{
	const struct crypto_place place = {STORE_SEALED_TOTP_SECRET, app->login.user_id};
	uint8_t secret[AUTH_TOTP_SECRET_BYTES];
	struct store_user user;
	struct buf sealed;
	enum err e;

	(void)req;
	buf_init(&sealed, STORE_TOTP_SEALED_BYTES - 1);
	crypto_random(secret, sizeof(secret));
	e = store_user_self(app->pg, &user);
	if (e == ERR_OK)
		e = crypto_seal(
		        &app->dashboard->settings.keyring, &place, secret, sizeof(secret), &sealed);
	if (e == ERR_OK)
		e = store_totp_enrol(app->pg, app->login.user_id, buf_str(&sealed));
	if (e == ERR_OK)
		e = reply_secret(rep, secret, user.email);
	crypto_wipe(secret, sizeof(secret));
	buf_release(&sealed);
	return e;
}

/* Ten new codes and what is stored of them. */
struct codes {
	char text[AUTH_RECOVERY_CODES][AUTH_RECOVERY_BYTES];
	uint8_t hash[AUTH_RECOVERY_CODES][AUTH_RECOVERY_HASH_BYTES];
};

static enum err make_codes(const struct app *app, struct codes *codes)
{
	const char *secret = app->dashboard->settings.key_secrets.list[0].value;
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < AUTH_RECOVERY_CODES; i++) {
		e = auth_recovery_make(codes->text[i]);
		if (e == ERR_OK)
			e = auth_recovery_hash(
			        secret, app->login.user_id, codes->text[i], codes->hash[i]);
	}
	return e;
}

static void reply_codes(struct reply *rep, const struct codes *codes)
{
	struct json_writer w;

	web_reply_object(rep, &w);
	json_write_array(&w, "recoveryCodes");
	for (size_t i = 0; i < AUTH_RECOVERY_CODES; i++)
		json_write_str(&w, NULL, codes->text[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
}

/* A change of two-factor, on its way through its transactions. */
struct change {
	const struct request *req;
	struct app *app;
	struct store_totp totp; /* as it was before the try */
	struct totp_proof proof;
	struct codes codes;
	int64_t step;                      /* that confirms */
	char hash[STORE_LOGIN_HASH_BYTES]; /* of the password; "" none is set */
};

static enum err note(const struct change *c, const char *action, enum store_security_event event)
{
	enum err e = dashboard_audit(c->req, c->app, &(struct dashboard_audit){.action = action});

	return e == ERR_OK ? store_job_mail_security(c->app->pg, c->app->login.user_id, event) : e;
}

static enum err read_totp(struct pg *pg, void *arg)
{
	struct change *c = arg;

	return store_totp_get(pg, c->app->login.user_id, &c->totp);
}

/* The state is judged before a try is counted: nothing was tried where nothing is to be proven. */
static enum err begin_change(struct reply *rep, struct change *c, bool on, pg_tx_fn *read)
{
	enum err e = dashboard_tx(c->app, c->app->login.user_id, read, c);

	if (e == ERR_OK && c->totp.on != on)
		e = ERR_DASH_TOTP_NOT_ON;
	return e == ERR_OK ? totp_try(c->req, rep, c->app, c->app->login.user_id) : e;
}

static enum err turn_on(struct pg *pg, void *arg)
{
	struct change *c = arg;
	const char *user_id = c->app->login.user_id;
	enum err e = store_totp_confirm(pg, user_id, c->totp.secret_enc, c->step);

	if (e == ERR_OK)
		e = store_recovery_replace(pg, user_id, c->codes.hash);
	if (e == ERR_OK)
		e = store_totp_right(pg);
	if (e == ERR_OK)
		e = store_session_end_others(pg, c->app->login.session_id, NULL);
	return e == ERR_OK ? note(c, "auth.totp_on", STORE_SECURITY_TOTP_ON) : e;
}

/* Whether the code is that of the secret that waits for its confirmation. */
static enum err check_pending(struct change *c, const char *code)
{
	const struct crypto_place place = {STORE_SEALED_TOTP_SECRET, c->app->login.user_id};
	uint8_t secret[AUTH_TOTP_SECRET_BYTES];
	size_t len;
	enum err e = crypto_unseal(&c->app->dashboard->settings.keyring, &place, c->totp.secret_enc,
	        secret, sizeof(secret), &len);

	if (e == ERR_OK && len != sizeof(secret))
		e = ERR_DB_INTERNAL_ERROR;
	if (e == ERR_OK && !auth_totp_check(secret, code, clock_wall_ms() / 1000, 0, &c->step))
		e = ERR_DASH_SECOND_FACTOR_WRONG;
	crypto_wipe(secret, sizeof(secret));
	return e;
}

enum { CONFIRM_CODE };
static const struct web_field CONFIRM[] = {[CONFIRM_CODE] = TOTP_CODE_FIELD(0)};
const struct web_fields h_totp_confirm_fields = WEB_FIELDS(CONFIRM);

enum err h_totp_confirm(struct request *req, struct reply *rep, struct app *app)
{
	struct change c = {.req = req, .app = app};
	enum err e = begin_change(rep, &c, false, read_totp);

	if (e == ERR_OK)
		e = check_pending(&c, web_text(req, CONFIRM_CODE));
	if (e == ERR_OK)
		e = make_codes(app, &c.codes);
	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, turn_on, &c);
	if (e == ERR_OK)
		reply_codes(rep, &c.codes);
	crypto_wipe(&c, sizeof(c));
	return e;
}

/* ---- off, and new codes ---------------------------------------------------------------------- */

enum { OFF_PASSWORD, OFF_CODE, OFF_RECOVERY };
static const struct web_field DISABLE[] = {
        [OFF_PASSWORD] = {.name = "password",
                .type = WEB_SECRET,
                .min = 1,
                .max = AUTH_PASSWORD_CHARS_MAX,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_VALIDATION_FAILED},
        [OFF_CODE] = TOTP_CODE_FIELD(WEB_ONE_OF),
        [OFF_RECOVERY] = RECOVERY_FIELD,
};
const struct web_fields h_totp_disable_fields = WEB_FIELDS(DISABLE);

static enum err read_totp_and_password(struct pg *pg, void *arg)
{
	struct change *c = arg;
	enum err e = read_totp(pg, c);

	return e == ERR_OK ? store_totp_password(pg, c->app->login.user_id, c->hash) : e;
}

static enum err check_password(struct request *req, const struct change *c)
{
	const char *password = web_text(req, OFF_PASSWORD);
	bool right = false;
	enum err e;

	if (c->hash[0] == '\0')
		return ERR_OK;
	if (password == NULL)
		return web_refuse_field(req, OFF_PASSWORD, "required");
	e = auth_password_verify(&c->app->dashboard->hasher, password, c->hash, &right, NULL);
	return e == ERR_OK && !right ? ERR_DASH_INVALID_PASSWORD : e;
}

static enum err turn_off(struct pg *pg, void *arg)
{
	const struct change *c = arg;
	enum err e = totp_prove(c->req, c->app, &c->proof);

	if (e == ERR_OK)
		e = store_totp_off(pg, c->app->login.user_id);
	if (e == ERR_OK)
		e = store_session_end_others(pg, c->app->login.session_id, NULL);
	return e == ERR_OK ? note(c, "auth.totp_off", STORE_SECURITY_TOTP_OFF) : e;
}

enum err h_totp_disable(struct request *req, struct reply *rep, struct app *app)
{
	struct change c = {.req = req,
	        .app = app,
	        .proof = {.user_id = app->login.user_id,
	                .code = web_text(req, OFF_CODE),
	                .recovery = web_text(req, OFF_RECOVERY)}};
	enum err e = begin_change(rep, &c, true, read_totp_and_password);

	if (e == ERR_OK)
		e = check_password(req, &c);
	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, turn_off, &c);
	crypto_wipe(c.hash, sizeof(c.hash));
	rep->status = 204;
	return e;
}

static enum err renew(struct pg *pg, void *arg)
{
	struct change *c = arg;
	enum err e = totp_prove(c->req, c->app, &c->proof);

	if (e == ERR_OK)
		e = store_recovery_replace(pg, c->app->login.user_id, c->codes.hash);
	return e == ERR_OK ? note(c, "auth.recovery_renewed", STORE_SECURITY_CODES_RENEWED) : e;
}

enum { RENEW_CODE };
static const struct web_field RENEW[] = {[RENEW_CODE] = TOTP_CODE_FIELD(0)};
const struct web_fields h_totp_recovery_fields = WEB_FIELDS(RENEW);

enum err h_totp_recovery(struct request *req, struct reply *rep, struct app *app)
{
	struct change c = {.req = req,
	        .app = app,
	        .proof = {.user_id = app->login.user_id, .code = web_text(req, RENEW_CODE)}};
	enum err e = begin_change(rep, &c, true, read_totp);

	if (e == ERR_OK)
		e = make_codes(app, &c.codes);
	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, renew, &c);
	if (e == ERR_OK)
		reply_codes(rep, &c.codes);
	crypto_wipe(&c, sizeof(c));
	return e;
}
