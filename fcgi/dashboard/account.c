/* SPDX-License-Identifier: MIT
 * What several ways into an account share. */
#include "auth/auth_token.h"
#include "base/str.h"
#include "fcgi/dashboard/session.h"

#include "fcgi/dashboard/account.h"

#define DEFAULT_PROJECT "Default Project"
#define WORKSPACE_TAIL  "'s workspace"

enum err account_connect(struct app *app)
{
	enum err e = pg_exec(app->pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL);

	return pg_err_away(e) ? pg_exec(app->pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL) : e;
}

static enum err load(struct pg *pg, void *arg)
{
	return store_user_self(pg, arg);
}

enum err account_load(struct app *app, struct store_user *out)
{
	return dashboard_tx(app, app->login.user_id, load, out);
}

struct store_mail_limit account_mail_limit(const struct app *app, enum conf_id id)
{
	struct conf_rate rate = conf_rate(app->dashboard->settings.conf, id);

	return (struct store_mail_limit){.count = rate.count, .seconds = rate.seconds};
}

enum err account_find_token(struct app *app, const char *text, enum store_token type,
        uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES], struct store_token_user *out)
{
	enum err e = account_connect(app);

	if (e != ERR_OK)
		return e;
	return auth_token_hash(text, hash) ? store_token_find(app->pg, hash, type, out)
	                                   : store_token_err(type);
}

enum err account_make_places(const struct request *req, struct app *app, struct account_places *p)
{
	enum err e =
	        store_workspace_create(app->pg, p->user_id, p->workspace_name, NULL, &p->workspace);

	if (e == ERR_OK)
		e = store_project_create(
		        app->pg, p->workspace.id, p->project_name, NULL, &p->project);
	if (e == ERR_OK)
		e = dashboard_audit(req, app,
		        &(struct dashboard_audit){.action = "workspace.create",
		                .user_id = p->user_id,
		                .workspace_id = p->workspace.id,
		                .target_type = "workspace",
		                .target_id = p->workspace.id});
	if (e == ERR_OK)
		e = dashboard_audit(req, app,
		        &(struct dashboard_audit){.action = "project.create",
		                .user_id = p->user_id,
		                .workspace_id = p->workspace.id,
		                .target_type = "project",
		                .target_id = p->project.id});
	return e;
}

/* "<name>'s workspace", of a long name as many characters as leave room for the rest. */
static void workspace_name(const char *name, char out[STORE_NAME_BYTES])
{
	size_t most = 100 - strlen(WORKSPACE_TAIL), avail = strlen(name), len = 0;

	for (size_t chars = 0; len < avail && chars < most; chars++) {
		size_t n = str_utf8_len(name + len, avail - len);

		if (n == 0)
			break;
		len += n;
	}
	snprintf(out, STORE_NAME_BYTES, "%.*s" WORKSPACE_TAIL, (int)len, name);
}

enum err account_activate(
        const struct request *req, struct app *app, const char *user_id, const char *name)
{
	char workspace[STORE_NAME_BYTES];
	struct account_places places = {
	        .user_id = user_id, .workspace_name = workspace, .project_name = DEFAULT_PROJECT};
	enum err e;

	workspace_name(name, workspace);
	e = dashboard_audit(req, app,
	        &(struct dashboard_audit){.action = "account.created", .user_id = user_id});
	return e == ERR_OK ? account_make_places(req, app, &places) : e;
}

enum err account_log_in(const struct request *req, struct reply *rep, struct app *app,
        const struct dashboard_login *l, const struct store_login *proof, const char *new_hash)
{
	enum err e = ERR_OK;

	if (proof != NULL)
		e = store_login_right(app->pg, proof->attempt_id);
	if (e == ERR_OK)
		e = store_login_done(app->pg, l->user_id, new_hash);
	if (e == ERR_OK)
		e = dashboard_login_start(req, rep, app, l);
	if (e == ERR_OK && !l->stage)
		e = dashboard_audit(req, app,
		        &(struct dashboard_audit){.action = "auth.login", .user_id = l->user_id});
	return e;
}

void account_reply_user(struct reply *rep, const struct store_user *user)
{
	struct json_writer w;

	web_reply_object(rep, &w);
	json_write_str(&w, "status", "ok");
	dashboard_write_user(&w, "user", user);
	json_write_end_object(&w);
}
