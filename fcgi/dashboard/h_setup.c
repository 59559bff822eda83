/* SPDX-License-Identifier: MIT
 * POST /api/setup: the first user makes the instance his own, with the token that its operator
 * got. */
#include "auth/auth_password.h"
#include "auth/auth_token.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/session.h"

#include "fcgi/dashboard/account.h"

enum { SETUP_TOKEN, NAME, EMAIL, PASSWORD, WORKSPACE_NAME, PROJECT_NAME };

static const char *weak(const struct request *req, const struct web_value *v)
{
	const char *email = web_text(req, EMAIL);

	return auth_password_problem(v->text, email != NULL ? email : "");
}

static const struct web_field SETUP[] = {
        [SETUP_TOKEN] = {.name = "setupToken", .type = WEB_TOKEN, .min = 1, .max = 256},
        [NAME] = {.name = "name", .type = WEB_TEXT, .min = 1, .max = 100},
        [EMAIL] = {.name = "email", .type = WEB_EMAIL},
        [PASSWORD] = {.name = "password",
                .type = WEB_SECRET,
                .min = AUTH_PASSWORD_CHARS_MIN,
                .max = AUTH_PASSWORD_CHARS_MAX,
                .code = ERR_DASH_PASSWORD_TOO_WEAK,
                .check = weak},
        [WORKSPACE_NAME] = {.name = "workspaceName",
                .type = WEB_TEXT,
                .min = 2,
                .max = 100,
                .code = ERR_DASH_INVALID_WORKSPACE_NAME},
        [PROJECT_NAME] = {.name = "projectName",
                .type = WEB_TEXT,
                .min = 2,
                .max = 100,
                .code = ERR_DASH_INVALID_PROJECT_NAME},
};
const struct web_fields h_setup_fields = WEB_FIELDS(SETUP);

struct setup {
	const struct request *req;
	struct reply *rep;
	struct app *app;
	char id[ID_UUID_BYTES];
	char password[CRYPTO_PASSWORD_HASH_BYTES];
	uint8_t token[CRYPTO_SHA256_BYTES];
	struct account_places places; /* results */
	struct store_new_key key;
	struct store_user user;
};

static enum err make_key(struct setup *s)
{
	const struct conf *c = s->app->dashboard->settings.conf;
	struct store_secrets secrets;
	enum err e = store_secrets_parse(conf_str(c, CONF_API_KEY_HASH_SECRET),
	        conf_str(c, CONF_API_KEY_HASH_SECRET_PREVIOUS), &secrets);

	if (e != ERR_OK)
		return e;
	s->key = (struct store_new_key){.name = "Default",
	        .workspace_id = s->places.workspace.id,
	        .project_id = s->places.project.id,
	        .created_by = s->id};
	e = store_key_make(s->app->pg, &secrets, &s->key);
	store_secrets_release(&secrets);
	if (e != ERR_OK)
		return e;
	return dashboard_audit(s->req, s->app,
	        &(struct dashboard_audit){.action = "key.create",
	                .user_id = s->id,
	                .workspace_id = s->places.workspace.id,
	                .target_type = "key",
	                .target_id = s->key.key_id});
}

static enum err make_account(struct setup *s)
{
	const struct store_new_account account = {.id = s->id,
	        .email = web_text(s->req, EMAIL),
	        .name = web_text(s->req, NAME),
	        .password_hash = s->password,
	        .active = true,
	        .proof = "setup"};
	int64_t adopted;
	bool taken;
	enum err e = store_account_create(s->app->pg, &account, &taken);

	if (e == ERR_OK && taken)
		e = ERR_DASH_EMAIL_ALREADY_REGISTERED; /* the system account's */
	if (e == ERR_OK)
		e = store_setup_adopt(s->app->pg, &adopted);
	if (e == ERR_OK)
		e = dashboard_audit(s->req, s->app,
		        &(struct dashboard_audit){.action = "account.created", .user_id = s->id});
	return e;
}

static enum err set_up(struct pg *pg, void *arg)
{
	struct setup *s = arg;
	const struct dashboard_login l = {.user_id = s->id, .method = "setup"};
	enum err e = store_setup_claim(pg, s->token);

	if (e == ERR_OK)
		e = make_account(s);
	if (e == ERR_OK)
		e = account_make_places(s->req, s->app, &s->places);
	if (e == ERR_OK)
		e = make_key(s);
	if (e == ERR_OK)
		e = account_log_in(s->req, s->rep, s->app, &l, NULL, NULL);
	return e == ERR_OK ? store_user_self(pg, &s->user) : e;
}

/* The claim by itself, taken back at once: a wrong token costs no password hash. */
static enum err check_claim(struct setup *s)
{
	enum err e = account_connect(s->app);

	if (e == ERR_OK)
		e = pg_tx_begin_user(s->app->pg, s->id);
	if (e == ERR_OK)
		e = store_setup_claim(s->app->pg, s->token);
	pg_tx_rollback(s->app->pg);
	return e;
}

static void write_place(
        struct json_writer *w, const char *key, const char *id, const char *name, const char *slug)
{
	json_write_object(w, key);
	json_write_str(w, "id", id);
	json_write_str(w, "name", name);
	json_write_str(w, "slug", slug);
	json_write_end_object(w);
}

static void reply(const struct setup *s)
{
	const struct store_workspace *workspace = &s->places.workspace;
	const struct store_project *project = &s->places.project;
	struct json_writer w;

	s->rep->status = 201;
	web_reply_object(s->rep, &w);
	dashboard_write_user(&w, "user", &s->user);
	write_place(&w, "workspace", workspace->id, workspace->name, workspace->slug);
	write_place(&w, "project", project->id, project->name, project->slug);
	json_write_object(&w, "apiKey");
	json_write_str(&w, "id", s->key.key_id);
	json_write_str(&w, "name", s->key.name);
	json_write_str(&w, "prefix", s->key.prefix);
	json_write_str(&w, "key", s->key.text);
	json_write_end_object(&w);
	json_write_end_object(&w);
}

enum err h_setup_post(struct request *req, struct reply *rep, struct app *app)
{
	const char *token = web_text(req, SETUP_TOKEN);
	struct setup s = {.req = req,
	        .rep = rep,
	        .app = app,
	        .places = {.user_id = s.id,
	                .workspace_name = web_text(req, WORKSPACE_NAME),
	                .project_name = web_text(req, PROJECT_NAME)}};
	enum err e = crypto_sha256(token, strlen(token), s.token);

	id_uuid4(s.id);
	if (e == ERR_OK)
		e = check_claim(&s);
	if (e == ERR_OK)
		e = auth_password_hash(
		        &app->dashboard->hasher, web_text(req, PASSWORD), s.password);
	if (e == ERR_OK)
		e = dashboard_tx(app, s.id, set_up, &s);
	if (e == ERR_OK)
		reply(&s);
	crypto_wipe(s.key.text, sizeof(s.key.text));
	crypto_wipe(s.password, sizeof(s.password));
	return e;
}
