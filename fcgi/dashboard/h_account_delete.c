/* SPDX-License-Identifier: MIT
 * DELETE /api/auth/account: the account goes, and with it the workspaces it owns and their events.
 */
#include <stdlib.h>

#include "auth/auth_token.h"
#include "crypto/crypto.h"

#include "fcgi/dashboard/account.h"

enum { PASSWORD, CONFIRM_EMAIL, DELETE_OWNED };
static const struct web_field DELETION[] = {
        [PASSWORD] = {.name = "password",
                .type = WEB_SECRET,
                .min = 1,
                .max = 128,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_ACCOUNT_DELETION_REQUIRES_PASSWORD},
        [CONFIRM_EMAIL] = {.name = "confirmEmail",
                .type = WEB_EMAIL,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_ACCOUNT_DELETION_REQUIRES_PASSWORD},
        [DELETE_OWNED] = {.name = "deleteOwned", .type = WEB_BOOL, .flags = WEB_OPTIONAL},
};
const struct web_fields h_account_delete_fields = WEB_FIELDS(DELETION);

/* What is handed out of one erasure. */
struct receipt {
	char erasure_id[ID_UUID_BYTES];
	struct auth_token token;
};

struct deletion {
	const struct request *req;
	struct app *app;
	struct store_user user;
	struct account_proof proof;
	struct receipt *receipts; /* results */
	size_t len;
};

static void release(struct deletion *d)
{
	if (d->receipts != NULL)
		crypto_wipe(d->receipts, d->len * sizeof(*d->receipts));
	free(d->receipts);
	d->receipts = NULL;
	d->len = 0;
}

static enum err erase_one(
        struct pg *pg, struct deletion *d, const struct store_owned *owned, struct receipt *out)
{
	struct store_erase erase = {
	        .scope = "account", .user_id = d->user.id, .workspace_id = owned->id};
	enum err e = auth_token_new(&out->token);

	if (e == ERR_OK)
		e = dashboard_audit(d->req, d->app,
		        &(struct dashboard_audit){.action = "workspace.delete",
		                .workspace_id = owned->id,
		                .target_type = "workspace",
		                .target_id = owned->id});
	if (e != ERR_OK)
		return e;
	memcpy(erase.receipt_hash, out->token.hash, sizeof(erase.receipt_hash));
	e = store_erase(pg, &erase);
	memcpy(out->erasure_id, erase.id, sizeof(out->erasure_id));
	return e;
}

static enum err erase_all(
        struct pg *pg, struct deletion *d, const struct store_owned *owned, size_t len)
{
	bool go_with = web_bool(d->req, DELETE_OWNED, false);
	enum err e = ERR_OK;

	for (size_t i = 0; i < len && !go_with; i++)
		if (owned[i].shared)
			return ERR_DASH_OWNS_SHARED_WORKSPACES;
	release(d); /* of a run that met a deadlock */
	d->receipts = calloc(len + 1, sizeof(*d->receipts));
	if (d->receipts == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	for (; e == ERR_OK && d->len < len; d->len++)
		e = erase_one(pg, d, &owned[d->len], &d->receipts[d->len]);
	return e;
}

static enum err delete_account(struct pg *pg, void *arg)
{
	struct deletion *d = arg;
	struct store_owned *owned = NULL;
	size_t len = 0;
	enum err e = store_self_lock(pg, d->user.id);

	if (e == ERR_OK && d->user.has_password)
		e = store_login_right(pg, d->proof.login.attempt_id);
	if (e == ERR_OK)
		e = store_self_owned(pg, d->user.id, &owned, &len);
	if (e == ERR_OK)
		e = erase_all(pg, d, owned, len);
	if (e == ERR_OK)
		e = dashboard_audit(
		        d->req, d->app, &(struct dashboard_audit){.action = "account.deleted"});
	if (e == ERR_OK)
		e = store_self_delete(pg, d->user.id);
	free(owned);
	return e;
}

/* By the password; where there is none, the address typed again. */
static enum err confirm(struct request *req, struct reply *rep, struct deletion *d)
{
	size_t field = d->user.has_password ? PASSWORD : CONFIRM_EMAIL;

	if (!web_given(req, field))
		return web_refuse_field(req, field, "required");
	if (d->user.has_password) {
		d->proof.password = web_text(req, PASSWORD);
		return account_prove(req, rep, d->app, &d->proof);
	}
	return strcmp(web_text(req, CONFIRM_EMAIL), d->user.email) == 0 ? ERR_OK
	                                                                : ERR_DASH_INVALID_PASSWORD;
}

/* Refused for its workspaces: the password was right all the same. */
static enum err refuse(struct app *app, const struct deletion *d, enum err answer)
{
	enum err e = ERR_OK;

	if (answer == ERR_DASH_OWNS_SHARED_WORKSPACES && d->user.has_password)
		e = store_login_right(app->pg, d->proof.login.attempt_id);
	return e == ERR_OK ? answer : e;
}

static void reply(struct reply *rep, const struct deletion *d)
{
	struct json_writer w;

	rep->status = 202;
	web_reply_object(rep, &w);
	json_write_array(&w, "erasures");
	for (size_t i = 0; i < d->len; i++) {
		json_write_object(&w, NULL);
		json_write_str(&w, "id", d->receipts[i].erasure_id);
		json_write_str(&w, "receipt", d->receipts[i].token.text);
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	json_write_end_object(&w);
}

enum err h_account_delete(struct request *req, struct reply *rep, struct app *app)
{
	struct deletion d = {.req = req,
	        .app = app,
	        .proof = {.email = d.user.email, .wrong = ERR_DASH_INVALID_PASSWORD}};
	enum err e = account_load(app, &d.user);

	if (e == ERR_OK)
		e = confirm(req, rep, &d);
	if (e == ERR_OK) {
		e = dashboard_tx(app, d.user.id, delete_account, &d);
		if (e != ERR_OK)
			e = refuse(app, &d, e);
	}
	if (e == ERR_OK) {
		dashboard_login_forget(rep, app);
		reply(rep, &d);
	}
	account_proof_wipe(&d.proof);
	release(&d);
	return e;
}
