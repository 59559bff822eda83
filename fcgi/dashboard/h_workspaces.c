/* SPDX-License-Identifier: MIT
 * /api/workspaces and /api/workspaces/{workspaceId}: made, listed, renamed, handed over, deleted.
 */
#include "fcgi/dashboard/tenancy.h"

static const struct web_field CREATE[] = {
        TENANCY_NAME_FIELD(0, ERR_DASH_INVALID_WORKSPACE_NAME),
        TENANCY_SLUG_FIELD(WEB_OPTIONAL, 3, tenancy_workspace_slug),
};
static const struct web_field UPDATE[] = {
        TENANCY_NAME_FIELD(WEB_ANY_OF, ERR_DASH_INVALID_WORKSPACE_NAME),
        TENANCY_SLUG_FIELD(WEB_ANY_OF, 3, tenancy_workspace_slug),
};
const struct web_fields h_workspaces_create_fields = WEB_FIELDS(CREATE);
const struct web_fields h_workspace_update_fields = WEB_FIELDS(UPDATE);

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_workspace_sorts)};
const struct web_fields h_workspaces_list_fields = WEB_FIELDS(LIST);

static const struct web_field DELETE[] = {TENANCY_CONFIRM_FIELD};
const struct web_fields h_workspace_delete_fields = WEB_FIELDS(DELETE);

enum { USER_ID };
static const struct web_field TRANSFER[] = {[USER_ID] = {.name = "userId", .type = WEB_UUID}};
const struct web_fields h_workspace_transfer_fields = WEB_FIELDS(TRANSFER);

enum err h_workspaces_create(struct request *req, struct reply *rep, struct app *app)
{
	struct store_workspace ws;
	struct tenancy_audit audit;
	enum err e = store_workspace_create(app->pg, app->login.user_id,
	        web_text(req, TENANCY_NAME), web_text(req, TENANCY_SLUG), &ws);

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

static void write_item(struct json_writer *w, const void *row)
{
	const struct store_workspace *ws = row;

	json_write_str(w, "id", ws->id);
	json_write_str(w, "name", ws->name);
	json_write_str(w, "slug", ws->slug);
	json_write_str(w, "role", ws->role);
	json_write_str(w, "plan", ws->plan);
	web_write_time(w, "createdAt", ws->created_at_ms);
}

enum err h_workspaces_list(struct request *req, struct reply *rep, struct app *app)
{
	struct tenancy_list l;
	enum err e;

	tenancy_list_begin(&l, req, false);
	e = store_workspace_list(app->pg, &l.page, &l.rows);
	return tenancy_list_reply(&l, rep, e, sizeof(struct store_workspace), write_item);
}

enum err h_workspace_get(struct request *req, struct reply *rep, struct app *app)
{
	(void)req;
	return tenancy_reply_workspace(rep, app, app->access.workspace_id);
}

enum err h_workspace_update(struct request *req, struct reply *rep, struct app *app)
{
	const char *id = app->access.workspace_id, *name = web_text(req, TENANCY_NAME);
	struct tenancy_audit audit;
	struct store_place was;
	enum err e = store_workspace_update(app->pg, id, name, web_text(req, TENANCY_SLUG), &was);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "workspace.update", "workspace", id);
	tenancy_audit_renamed(&audit, &was, name, web_text(req, TENANCY_SLUG));
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

	return e == ERR_OK ? tenancy_erase(req, rep, app, &erase, &place) : e;
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
