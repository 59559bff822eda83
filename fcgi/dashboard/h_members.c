/* SPDX-License-Identifier: MIT
 * /api/workspaces/{workspaceId}/members: listed, given another role, removed, left. */
#include "fcgi/dashboard/tenancy.h"

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_member_sorts)};
const struct web_fields h_members_list_fields = WEB_FIELDS(LIST);

enum { ROLE };
static const struct web_field UPDATE[] = {[ROLE] = {.name = "role",
                                                  .type = WEB_WORD,
                                                  .code = ERR_DASH_INVALID_ROLE,
                                                  .words = tenancy_roles}};
const struct web_fields h_member_update_fields = WEB_FIELDS(UPDATE);

static void write_member(struct json_writer *w, const void *row)
{
	const struct store_member *m = row;

	json_write_str(w, "userId", m->user_id);
	json_write_str(w, "name", m->name);
	json_write_str(w, "email", m->email);
	json_write_str(w, "role", m->role);
	web_write_time(w, "joinedAt", m->joined_at_ms);
}

enum err h_members_list(struct request *req, struct reply *rep, struct app *app)
{
	struct tenancy_list l;
	enum err e;

	tenancy_list_begin(&l, req, false);
	e = store_member_list(app->pg, app->access.workspace_id, &l.page, &l.rows);
	return tenancy_list_reply(&l, rep, e, sizeof(struct store_member), write_member);
}

enum err h_member_update(struct request *req, struct reply *rep, struct app *app)
{
	const char *workspace = app->access.workspace_id, *role = web_text(req, ROLE);
	const char *user = web_path_param(req, "userId");
	struct store_member member;
	struct tenancy_audit audit;
	enum err e = store_member_changeable(app->pg, workspace, user, &member);

	if (e == ERR_OK)
		e = store_member_set_role(app->pg, workspace, user, role);
	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, "member.role", "user", user);
	json_write_str(&audit.detail, "role", role);
	json_write_str(&audit.detail, "oldRole", member.role);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	/* Read again by whoever may still list members: an admin may have stepped down. */
	if (e == ERR_OK)
		e = store_member_get(app->pg, workspace, user, &member);
	if (e == ERR_OK)
		tenancy_reply_one(rep, "member", write_member, &member);
	return e;
}

enum err h_member_delete(struct request *req, struct reply *rep, struct app *app)
{
	const char *workspace = app->access.workspace_id, *user = web_path_param(req, "userId");
	bool self = strcmp(user, app->login.user_id) == 0;
	struct store_member member;
	struct tenancy_audit audit;
	enum err e = store_member_changeable(app->pg, workspace, user, &member);

	if (e != ERR_OK)
		return e;
	tenancy_audit_begin(&audit, app, self ? "member.left" : "member.removed", "user", user);
	json_write_str(&audit.detail, "role", member.role);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	rep->status = 204;
	return e == ERR_OK ? store_member_remove(app->pg, workspace, user) : e;
}
