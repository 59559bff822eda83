/* SPDX-License-Identifier: MIT
 * /api/workspaces/{workspaceId}/projects: made, listed, renamed, deleted. */
#include <stdlib.h>

#include "fcgi/dashboard/tenancy.h"

enum { NAME, SLUG };
#define NAME_FIELD(flags_)                                                                         \
	[NAME] = {.name = "name",                                                                  \
	        .type = WEB_TEXT,                                                                  \
	        .min = 2,                                                                          \
	        .max = 100,                                                                        \
	        .flags = flags_,                                                                   \
	        .code = ERR_DASH_INVALID_PROJECT_NAME}
#define SLUG_FIELD(flags_)                                                                         \
	[SLUG] = {.name = "slug",                                                                  \
	        .type = WEB_SLUG,                                                                  \
	        .min = 2,                                                                          \
	        .max = 48,                                                                         \
	        .flags = flags_,                                                                   \
	        .code = ERR_DASH_INVALID_SLUG_FORMAT,                                              \
	        .check = tenancy_project_slug}
static const struct web_field CREATE[] = {NAME_FIELD(0), SLUG_FIELD(WEB_OPTIONAL)};
static const struct web_field UPDATE[] = {NAME_FIELD(WEB_ANY_OF), SLUG_FIELD(WEB_ANY_OF)};
const struct web_fields h_projects_create_fields = WEB_FIELDS(CREATE);
const struct web_fields h_project_update_fields = WEB_FIELDS(UPDATE);

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_project_sorts)};
const struct web_fields h_projects_list_fields = WEB_FIELDS(LIST);

enum { CONFIRM };
static const struct web_field DELETE[] = {[CONFIRM] = {.name = "confirm",
                                                  .type = WEB_TEXT,
                                                  .min = 1,
                                                  .max = 100,
                                                  .code = ERR_DASH_VALIDATION_FAILED}};
const struct web_fields h_project_delete_fields = WEB_FIELDS(DELETE);

static void write_project(struct json_writer *w, const char *key, const struct store_project *p)
{
	json_write_object(w, key);
	json_write_str(w, "id", p->id);
	json_write_str(w, "name", p->name);
	json_write_str(w, "slug", p->slug);
	web_write_time(w, "createdAt", p->created_at_ms);
	web_write_time(w, "updatedAt", p->updated_at_ms);
	json_write_end_object(w);
}

static void reply_project(struct reply *rep, const struct store_project *p)
{
	struct json_writer w;

	web_reply_object(rep, &w);
	write_project(&w, "project", p);
	json_write_end_object(&w);
}

enum err h_projects_create(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project project;
	struct tenancy_audit audit;
	enum err e = store_project_create(app->pg, app->access.workspace_id, web_text(req, NAME),
	        web_text(req, SLUG), &project);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "project.create", "project", project.id);
	json_write_str(&audit.detail, "name", project.name);
	json_write_str(&audit.detail, "slug", project.slug);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	rep->status = 201;
	reply_project(rep, &project);
	return e;
}

enum err h_projects_list(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project *list;
	struct store_page store;
	struct web_page page;
	struct json_writer w;
	int64_t total;
	size_t len;
	enum err e;

	web_page(req, false, &page);
	store = dashboard_page(&page);
	e = store_project_list(app->pg, app->access.workspace_id, &store, &list, &len, &total);
	if (e != ERR_OK)
		return e;
	web_list_begin(rep, &w);
	for (size_t i = 0; i < len; i++)
		write_project(&w, NULL, &list[i]);
	web_list_end(&w, &page, total);
	free(list);
	return ERR_OK;
}

enum err h_project_get(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project project;
	enum err e = store_project_get(
	        app->pg, app->access.workspace_id, app->access.project_id, &project);

	(void)req;
	if (e == ERR_OK)
		reply_project(rep, &project);
	return e;
}

enum err h_project_update(struct request *req, struct reply *rep, struct app *app)
{
	struct store_project project;
	struct tenancy_audit audit;
	struct store_place was;
	enum err e = store_project_update(app->pg, app->access.workspace_id, app->access.project_id,
	        web_text(req, NAME), web_text(req, SLUG), &was, &project);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "project.update", "project", project.id);
	tenancy_audit_renamed(&audit, &was, web_text(req, NAME), web_text(req, SLUG));
	reply_project(rep, &project);
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

	return e == ERR_OK ? tenancy_erase(req, rep, app, CONFIRM, &erase, &place) : e;
}
