/* SPDX-License-Identifier: MIT
 * /api/workspaces/{workspaceId}/projects: made, listed, renamed, deleted. */
#include "fcgi/dashboard/tenancy.h"

static const struct web_field CREATE[] = {
        TENANCY_NAME_FIELD(0, ERR_DASH_INVALID_PROJECT_NAME),
        TENANCY_SLUG_FIELD(WEB_OPTIONAL, 2, tenancy_project_slug),
};
static const struct web_field UPDATE[] = {
        TENANCY_NAME_FIELD(WEB_ANY_OF, ERR_DASH_INVALID_PROJECT_NAME),
        TENANCY_SLUG_FIELD(WEB_ANY_OF, 2, tenancy_project_slug),
};
const struct web_fields h_projects_create_fields = WEB_FIELDS(CREATE);
const struct web_fields h_project_update_fields = WEB_FIELDS(UPDATE);

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_project_sorts)};
const struct web_fields h_projects_list_fields = WEB_FIELDS(LIST);

static const struct web_field DELETE[] = {TENANCY_CONFIRM_FIELD};
const struct web_fields h_project_delete_fields = WEB_FIELDS(DELETE);

static void write_project(struct json_writer *w, const void *row)
{
	const struct store_project *p = row;

	json_write_str(w, "id", p->id);
	json_write_str(w, "name", p->name);
	json_write_str(w, "slug", p->slug);
	web_write_time(w, "createdAt", p->created_at_ms);
	web_write_time(w, "updatedAt", p->updated_at_ms);
}

enum err h_projects_create(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project project;
	struct tenancy_audit audit;
	enum err e = store_project_create(app->pg, app->access.workspace_id,
	        web_text(req, TENANCY_NAME), web_text(req, TENANCY_SLUG), &project);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "project.create", "project", project.id);
	json_write_str(&audit.detail, "name", project.name);
	json_write_str(&audit.detail, "slug", project.slug);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	rep->status = 201;
	tenancy_reply_one(rep, "project", write_project, &project);
	return e;
}

enum err h_projects_list(struct request *req, struct reply *rep, struct app *app)
{
	struct tenancy_list l;
	enum err e;

	tenancy_list_begin(&l, req, false);
	e = store_project_list(app->pg, app->access.workspace_id, &l.page, &l.rows);
	return tenancy_list_reply(&l, rep, e, sizeof(struct store_project), write_project);
}

enum err h_project_get(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project project;
	enum err e = store_project_get(
	        app->pg, app->access.workspace_id, app->access.project_id, &project);

	(void)req;
	if (e == ERR_OK)
		tenancy_reply_one(rep, "project", write_project, &project);
	return e;
}

enum err h_project_update(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project project;
	struct tenancy_audit audit;
	struct store_place was;
	enum err e = store_project_update(app->pg, app->access.workspace_id, app->access.project_id,
	        web_text(req, TENANCY_NAME), web_text(req, TENANCY_SLUG), &was, &project);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "project.update", "project", project.id);
	tenancy_audit_renamed(
	        &audit, &was, web_text(req, TENANCY_NAME), web_text(req, TENANCY_SLUG));
	tenancy_reply_one(rep, "project", write_project, &project);
	return tenancy_audit_end(&audit, req, app, ERR_OK);
}

enum err h_project_delete(struct request *req, struct reply *rep, struct app *app)
{
	struct store_erase erase = {.scope = "project",
	        .user_id = app->login.user_id,
	        .workspace_id = app->access.workspace_id,
	        .project_id = app->access.project_id};
	struct store_place place;
	enum err e = store_project_lock(
	        app->pg, app->access.workspace_id, app->access.project_id, &place);

	return e == ERR_OK ? tenancy_erase(req, rep, app, &erase, &place) : e;
}
