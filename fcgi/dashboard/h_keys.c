/* SPDX-License-Identifier: MIT
 * /api/workspaces/{workspaceId}/projects/{projectId}/keys: made, listed, revoked, rotated. The
 * database tells ingest of every change. */
#include "crypto/crypto.h"
#include "fcgi/dashboard/tenancy.h"

enum { GRACE_MINUTES_MAX = 1440, MS_A_MINUTE = 60000 };

enum { NAME, EXPIRES_AT };
static const struct web_field CREATE[] = {
        [NAME] = {.name = "name",
                .type = WEB_TEXT,
                .min = 1,
                .max = 100,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_KEY_NAME},
        [EXPIRES_AT] = {.name = "expiresAt", .type = WEB_TIME, .flags = WEB_OPTIONAL | WEB_FUTURE},
};
const struct web_fields h_keys_create_fields = WEB_FIELDS(CREATE);

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_key_sorts)};
const struct web_fields h_keys_list_fields = WEB_FIELDS(LIST);

enum { GRACE };
static const struct web_field ROTATE[] = {[GRACE] = {.name = "gracePeriodMinutes",
                                                  .type = WEB_INT,
                                                  .max = GRACE_MINUTES_MAX,
                                                  .flags = WEB_OPTIONAL,
                                                  .code = ERR_DASH_INVALID_GRACE_PERIOD}};
const struct web_fields h_key_rotate_fields = WEB_FIELDS(ROTATE);

/* The new key as it is stored, and the text that only this reply holds. */
static enum err write_new(struct json_writer *w, struct app *app, const struct store_new_key *new)
{
	struct store_api_key key;
	enum err e = store_key_get(app->pg, new->workspace_id, new->project_id, new->key_id, &key);

	if (e != ERR_OK)
		return e;
	json_write_object(w, "apiKey");
	json_write_str(w, "id", key.id);
	json_write_str(w, "name", key.name);
	json_write_str(w, "prefix", key.prefix);
	web_write_time(w, "createdAt", key.created_at_ms);
	web_write_time(w, "expiresAt", key.expires_at_ms);
	json_write_str(w, "key", new->text);
	json_write_end_object(w);
	return ERR_OK;
}

static void write_key(struct json_writer *w, const void *row)
{
	const struct store_api_key *key = row;

	json_write_str(w, "id", key->id);
	json_write_str(w, "name", key->name);
	json_write_str(w, "prefix", key->prefix);
	tenancy_write_person(w, "createdBy", key->creator_id, key->creator);
	web_write_time(w, "createdAt", key->created_at_ms);
	web_write_time(w, "expiresAt", key->expires_at_ms);
	web_write_time(w, "lastUsedAt", key->last_used_at_ms);
	web_write_time(w, "revokedAt", key->revoked_at_ms);
	json_write_str(w, "state", key->state);
	web_write_text(w, "replacedBy", key->replaced_by);
}

static struct store_new_key new_key(const struct app *app)
{
	return (struct store_new_key){.workspace_id = app->access.workspace_id,
	        .project_id = app->access.project_id,
	        .created_by = app->login.user_id};
}

static enum err audit_key(const struct request *req, struct app *app, const char *action,
        const char *id, const char *name)
{
	struct tenancy_audit audit;

	tenancy_audit_begin(&audit, app, action, "key", id);
	json_write_str(&audit.detail, "name", name);
	json_write_str(&audit.detail, "projectId", app->access.project_id);
	return tenancy_audit_end(&audit, req, app, ERR_OK);
}

enum err h_keys_create(struct request *req, struct reply *rep, struct app *app)
{
	struct store_new_key key = new_key(app);
	struct json_writer w;
	enum err e;

	key.name = web_given(req, NAME) ? web_text(req, NAME) : "Default";
	key.expires_at_ms = web_int(req, EXPIRES_AT, 0);
	e = store_key_make(app->pg, &app->dashboard->settings.key_secrets, &key);
	if (e == ERR_OK)
		e = audit_key(req, app, "key.create", key.key_id, key.name);
	if (e == ERR_OK) {
		rep->status = 201;
		web_reply_object(rep, &w);
		e = write_new(&w, app, &key);
		json_write_end_object(&w);
	}
	crypto_wipe(key.text, sizeof(key.text));
	return e;
}

enum err h_keys_list(struct request *req, struct reply *rep, struct app *app)
{
	struct tenancy_list l;
	enum err e;

	tenancy_list_begin(&l, req, true);
	e = store_key_page(
	        app->pg, app->access.workspace_id, app->access.project_id, &l.page, &l.rows);
	return tenancy_list_reply(&l, rep, e, sizeof(struct store_api_key), write_key);
}

enum err h_key_delete(struct request *req, struct reply *rep, struct app *app)
{
	struct store_api_key key;
	enum err e = store_key_end(app->pg, app->access.workspace_id, app->access.project_id,
	        web_path_param(req, "id"), &key);

	if (e == ERR_OK)
		e = audit_key(req, app, "key.revoke", key.id, key.name);
	if (e == ERR_OK)
		tenancy_reply_one(rep, "apiKey", write_key, &key);
	return e;
}

static enum err audit_rotation(const struct request *req, struct app *app,
        const struct store_api_key *old, const char *new_id, int64_t minutes)
{
	struct tenancy_audit audit;

	tenancy_audit_begin(&audit, app, "key.rotate", "key", old->id);
	json_write_str(&audit.detail, "name", old->name);
	json_write_str(&audit.detail, "projectId", app->access.project_id);
	json_write_str(&audit.detail, "newKeyId", new_id);
	json_write_int(&audit.detail, "gracePeriodMinutes", minutes);
	return tenancy_audit_end(&audit, req, app, ERR_OK);
}

enum err h_key_rotate(struct request *req, struct reply *rep, struct app *app)
{
	int64_t minutes = web_int(req, GRACE, 0);
	struct store_new_key key = new_key(app);
	struct store_api_key old;
	struct json_writer w;
	enum err e = store_key_rotate(app->pg, &app->dashboard->settings.key_secrets,
	        web_path_param(req, "id"), minutes * MS_A_MINUTE, &key, &old);

	if (e == ERR_OK)
		e = audit_rotation(req, app, &old, key.key_id, minutes);
	if (e == ERR_OK) {
		rep->status = 201;
		web_reply_object(rep, &w);
		e = write_new(&w, app, &key);
		json_write_object(&w, "oldKey");
		json_write_str(&w, "id", old.id);
		web_write_time(&w, "revokedAt", old.revoked_at_ms);
		json_write_end_object(&w);
		json_write_end_object(&w);
	}
	crypto_wipe(key.text, sizeof(key.text));
	return e;
}
