/* SPDX-License-Identifier: MIT
 * /api/workspaces and /api/workspaces/{workspaceId}: made, listed, renamed, handed over, deleted.
 */
#include <stdlib.h>

#include "fcgi/dashboard/tenancy.h"

enum { NAME, SLUG };
#define NAME_FIELD(flags_)                                                                         \
	[NAME] = {.name = "name",                                                                  \
	        .type = WEB_TEXT,                                                                  \
	        .min = 2,                                                                          \
	        .max = 100,                                                                        \
	        .flags = flags_,                                                                   \
	        .code = ERR_DASH_INVALID_WORKSPACE_NAME}
#define SLUG_FIELD(flags_)                                                                         \
	[SLUG] = {.name = "slug",                                                                  \
	        .type = WEB_SLUG,                                                                  \
	        .min = 3,                                                                          \
	        .max = 48,                                                                         \
	        .flags = flags_,                                                                   \
	        .code = ERR_DASH_INVALID_SLUG_FORMAT,                                              \
	        .check = tenancy_workspace_slug}
static const struct web_field CREATE[] = {NAME_FIELD(0), SLUG_FIELD(WEB_OPTIONAL)};
static const struct web_field UPDATE[] = {NAME_FIELD(WEB_ANY_OF), SLUG_FIELD(WEB_ANY_OF)};
const struct web_fields h_workspaces_create_fields = WEB_FIELDS(CREATE);
const struct web_fields h_workspace_update_fields = WEB_FIELDS(UPDATE);

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_workspace_sorts)};
const struct web_fields h_workspaces_list_fields = WEB_FIELDS(LIST);

enum { CONFIRM };
static const struct web_field DELETE[] = {[CONFIRM] = {.name = "confirm",
                                                  .type = WEB_TEXT,
                                                  .min = 1,
                                                  .max = 100,
                                                  .code = ERR_DASH_VALIDATION_FAILED}};
const struct web_fields h_workspace_delete_fields = WEB_FIELDS(DELETE);

enum { USER_ID };
static const struct web_field TRANSFER[] = {[USER_ID] = {.name = "userId", .type = WEB_UUID}};
const struct web_fields h_workspace_transfer_fields = WEB_FIELDS(TRANSFER);

enum err h_workspaces_create(struct request *req, struct reply *rep, struct app *app)
{
	struct store_workspace ws;
	struct tenancy_audit audit;
	enum err e = store_workspace_create(
	        app->pg, app->login.user_id, web_text(req, NAME), web_text(req, SLUG), &ws);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "workspace.create", "workspace", ws.id);
	audit.row.workspace_id = ws.id;
	json_write_str(&audit.detail, "name", ws.name);
	json_write_str(&audit.detail, "slug", ws.slug);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	rep->status = 201;
	return e == ERR_OK ? tenancy_reply_workspace(rep, app, ws.id) : e;
}

enum err h_workspaces_list(struct request *req, struct reply *rep, struct app *app)
{
	struct store_workspace *list;
	struct store_page store;
	struct web_page page;
	struct json_writer w;
	int64_t total;
	size_t len;
	enum err e;

	web_page(req, false, &page);
	store = dashboard_page(&page);
	e = store_workspace_list(app->pg, &store, &list, &len, &total);
	if (e != ERR_OK)
		return e;
	web_list_begin(rep, &w);
	for (size_t i = 0; i < len; i++) {
		json_write_object(&w, NULL);
		json_write_str(&w, "id", list[i].id);
		json_write_str(&w, "name", list[i].name);
		json_write_str(&w, "slug", list[i].slug);
		json_write_str(&w, "role", list[i].role);
		json_write_str(&w, "plan", list[i].plan);
		web_write_time(&w, "createdAt", list[i].created_at_ms);
		json_write_end_object(&w);
	}
	web_list_end(&w, &page, total);
	free(list);
	return ERR_OK;
}

enum err h_workspace_get(struct request *req, struct reply *rep, struct app *app)
{
	(void)req;
	return tenancy_reply_workspace(rep, app, app->access.workspace_id);
}

enum err h_workspace_update(struct request *req, struct reply *rep, struct app *app)
{
	const char *id = app->access.workspace_id, *name = web_text(req, NAME);
	struct tenancy_audit audit;
	struct store_place was;
	enum err e = store_workspace_update(app->pg, id, name, web_text(req, SLUG), &was);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "workspace.update", "workspace", id);
	tenancy_audit_renamed(&audit, &was, name, web_text(req, SLUG));
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	return e == ERR_OK ? tenancy_reply_workspace(rep, app, id) : e;
}

enum err h_workspace_delete(struct request *req, struct reply *rep, struct app *app)
{
	struct store_erase erase = {.scope = "workspace",
	        .user_id = app->login.user_id,
	        .workspace_id = app->access.workspace_id};
	struct store_place place;
	enum err e =
	        store_workspace_lock(app->pg, app->login.user_id, app->access.workspace_id, &place);

	return e == ERR_OK ? tenancy_erase(req, rep, app, CONFIRM, &erase, &place) : e;
}

enum err h_workspace_transfer(struct request *req, struct reply *rep, struct app *app)
{
	const char *id = app->access.workspace_id, *to = web_text(req, USER_ID);
	struct tenancy_audit audit;
	enum err e = store_workspace_transfer(app->pg, app->login.user_id, id, to);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "workspace.transfer", "workspace", id);
	json_write_str(&audit.detail, "from", app->login.user_id);
	json_write_str(&audit.detail, "to", to);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	return e == ERR_OK ? tenancy_reply_workspace(rep, app, id) : e;
}
