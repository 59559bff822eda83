/* SPDX-License-Identifier: MIT
 * Routes about workspaces and what belongs to them: members, invitations, projects, keys, the audit
 * log, erasures. */
#ifndef YAVIO_FCGI_DASHBOARD_TENANCY_H
#define YAVIO_FCGI_DASHBOARD_TENANCY_H

#include "fcgi/dashboard/dashboard.h"
#include "store/store_tenancy.h"

/* --- tenancy.c: what these routes share --- */

enum { TENANCY_DETAIL_BYTES_MAX = 4096 };

/* An audit row with its detail on the way. */
struct tenancy_audit {
	struct dashboard_audit row;
	struct json_writer detail;
	struct buf text;
};
/* Begins a row about something in the workspace of the path; add members to a->detail.  */
void tenancy_audit_begin(struct tenancy_audit *a, const struct app *app, const char *action,
        const char *target_type, const char *target_id);
/* Ends and writes it, unless e is an error, which is returned then. */
enum err tenancy_audit_end(
        struct tenancy_audit *a, const struct request *req, struct app *app, enum err e) MUST_CHECK;
/* Adds "name" and "slug" with "oldName" and "oldSlug" where they changed. */
void tenancy_audit_renamed(
        struct tenancy_audit *a, const struct store_place *was, const char *name, const char *slug);

/* Roles that can be given, by words. */
extern const char *const tenancy_roles[];

/* {"id","name"} of somebody; id "": null. name "": null. */
void tenancy_write_person(struct json_writer *w, const char *key, const char *id, const char *name);
/* The workspace as the user sees it now. */
enum err tenancy_reply_workspace(struct reply *rep, struct app *app, const char *id) MUST_CHECK;
/* Checks of slugs that a type does not know. */
const char *tenancy_workspace_slug(const struct request *req, const struct web_value *v);
const char *tenancy_project_slug(const struct request *req, const struct web_value *v);
/* Audits, erases and answers what is locked as place, if the request confirms its slug: 202 with id
 * and receipt. */
enum err tenancy_erase(struct request *req, struct reply *rep, struct app *app,
        struct store_erase *erase, const struct store_place *place) MUST_CHECK;

/* A list on its way: begin, have lib/store fill rows, return what the reply returns. */
struct tenancy_list {
	struct web_page asked;
	struct store_page page;
	struct store_rows rows;
};
void tenancy_list_begin(struct tenancy_list *l, const struct request *req, bool descending_first);
/* Writes the members of a row of the list. */
typedef void tenancy_write(struct json_writer *w, const void *row);
/* Writes the page of rows, row_bytes each, and frees it, unless e is an error, which is returned
 * then. */
enum err tenancy_list_reply(struct tenancy_list *l, struct reply *rep, enum err e, size_t row_bytes,
        tenancy_write *write) MUST_CHECK;
/* {"key":{…}}: the members of one row. */
void tenancy_reply_one(struct reply *rep, const char *key, tenancy_write *write, const void *row);

/* Fields that workspaces and projects have alike; all but the flags and codes. */
enum { TENANCY_NAME, TENANCY_SLUG };
enum { TENANCY_CONFIRM };
#define TENANCY_NAME_FIELD(flags_, code_)                                                          \
	[TENANCY_NAME] = {.name = "name",                                                          \
	        .type = WEB_TEXT,                                                                  \
	        .min = 2,                                                                          \
	        .max = 100,                                                                        \
	        .flags = flags_,                                                                   \
	        .code = code_}
#define TENANCY_SLUG_FIELD(flags_, min_, check_)                                                   \
	[TENANCY_SLUG] = {.name = "slug",                                                          \
	        .type = WEB_SLUG,                                                                  \
	        .min = min_,                                                                       \
	        .max = 48,                                                                         \
	        .flags = flags_,                                                                   \
	        .code = ERR_DASH_INVALID_SLUG_FORMAT,                                              \
	        .check = check_}
#define TENANCY_CONFIRM_FIELD                                                                      \
	[TENANCY_CONFIRM] = {.name = "confirm",                                                    \
	        .type = WEB_TEXT,                                                                  \
	        .min = 1,                                                                          \
	        .max = 100,                                                                        \
	        .code = ERR_DASH_VALIDATION_FAILED}

/* --- handlers and their fields --- */

/* h_workspaces.c */
extern const struct web_fields h_workspaces_create_fields, h_workspaces_list_fields,
        h_workspace_update_fields, h_workspace_delete_fields, h_workspace_transfer_fields;
enum err h_workspaces_create(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_workspaces_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_workspace_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_workspace_update(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_workspace_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_workspace_transfer(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_members.c */
extern const struct web_fields h_members_list_fields, h_member_update_fields;
enum err h_members_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_member_update(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_member_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_invitations.c */
extern const struct web_fields h_invitations_create_fields, h_invitations_list_fields,
        h_invite_fields;
enum err h_invitations_create(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_invitations_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_invitation_resend(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_invitation_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_invite_preview(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_invite_accept(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_projects.c */
extern const struct web_fields h_projects_create_fields, h_projects_list_fields,
        h_project_update_fields, h_project_delete_fields;
enum err h_projects_create(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_projects_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_project_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_project_update(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_project_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_keys.c */
extern const struct web_fields h_keys_create_fields, h_keys_list_fields, h_key_rotate_fields;
enum err h_keys_create(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_keys_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_key_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_key_rotate(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_audit.c */
/* The rows as a list's reply; releases them. */
void tenancy_reply_audit(
        struct reply *rep, const struct web_page *page, struct store_audit_list *list);
extern const struct web_fields h_audit_list_fields;
enum err h_audit_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_erasures.c */
extern const struct web_fields h_erasures_list_fields, h_erasure_status_fields;
enum err h_erasures_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_erasure_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_erasure_status(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
