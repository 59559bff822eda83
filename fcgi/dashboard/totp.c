/* SPDX-License-Identifier: MIT
 * Trying and proving the second factor. */
#include "auth/auth_totp.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include "crypto/crypto_seal.h"
#include "store/store_job.h"
#include "store/store_sealed.h"
#include "store/store_totp.h"

#include "fcgi/dashboard/totp.h"

const char *totp_code_problem(const struct request *req, const struct web_value *v)
{
	(void)req;
	return strspn(v->text, "0123456789") == strlen(v->text) ? NULL : "bad_format";
}

enum err totp_try(
        const struct request *req, struct reply *rep, struct app *app, const char *user_id)
{
	return store_totp_attempt(app->pg, user_id, req->addr, &app->dashboard->settings.totp_limit,
	        &rep->retry_after_s);
}

static enum err prove_code(struct app *app, const struct totp_proof *proof)
{
	const struct crypto_place place = {STORE_SEALED_TOTP_SECRET, proof->user_id};
	uint8_t secret[AUTH_TOTP_SECRET_BYTES];
	struct store_totp totp;
	int64_t step;
	size_t len;
	enum err e = store_totp_get(app->pg, proof->user_id, &totp);

	if (e == ERR_OK && !totp.on)
		e = ERR_DASH_TOTP_NOT_ON;
	if (e == ERR_OK)
		e = crypto_unseal(&app->dashboard->settings.keyring, &place, totp.secret_enc,
		        secret, sizeof(secret), &len);
	if (e != ERR_OK)
		return e;
	if (len != sizeof(secret))
		e = ERR_DB_INTERNAL_ERROR;
	else if (!auth_totp_check(
	                 secret, proof->code, clock_wall_ms() / 1000, totp.last_step, &step))
		e = ERR_DASH_SECOND_FACTOR_WRONG;
	crypto_wipe(secret, sizeof(secret));
	return e == ERR_OK ? store_totp_step(app->pg, proof->user_id, step) : e;
}

static enum err prove_recovery(
        const struct request *req, struct app *app, const struct totp_proof *proof)
{
	const struct store_secrets *secrets = &app->dashboard->settings.key_secrets;
	uint8_t hashes[STORE_SECRETS_MAX][AUTH_RECOVERY_HASH_BYTES];
	const uint8_t *list[STORE_SECRETS_MAX];
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < secrets->len; i++) {
		e = auth_recovery_hash(
		        secrets->list[i].value, proof->user_id, proof->recovery, hashes[i]);
		list[i] = hashes[i];
	}
	if (e == ERR_OK)
		e = store_recovery_use(app->pg, proof->user_id, list, secrets->len);
	if (e == ERR_OK)
		e = dashboard_audit(req, app,
		        &(struct dashboard_audit){
		                .action = "auth.recovery_used", .user_id = proof->user_id});
	if (e == ERR_OK)
		e = store_job_mail_security(app->pg, proof->user_id, STORE_SECURITY_RECOVERY_USED);
	return e;
}

enum err totp_prove(const struct request *req, struct app *app, const struct totp_proof *proof)
{
	enum err e = proof->code != NULL ? prove_code(app, proof) : prove_recovery(req, app, proof);

	return e == ERR_OK ? store_totp_right(app->pg) : e;
}

struct reauth {
	const struct request *req;
	struct app *app;
	const char *code;
};

static enum err reauth(struct pg *pg, void *arg)
{
	const struct reauth *a = arg;
	enum err e = totp_prove(a->req, a->app,
	        &(struct totp_proof){.user_id = a->app->login.user_id, .code = a->code});

	return e == ERR_OK ? store_session_proven(pg, a->app->login.session_id) : e;
}

enum err totp_reauth(
        const struct request *req, struct reply *rep, struct app *app, const char *code)
{
	struct reauth a = {.req = req, .app = app, .code = code};
	enum err e = totp_try(req, rep, app, app->login.user_id);

	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, reauth, &a);
	return e == ERR_DASH_TOTP_NOT_ON ? ERR_DASH_SECOND_FACTOR_WRONG : e;
}
