/* SPDX-License-Identifier: MIT
 * GET, PATCH /api/auth/account and GET account/audit: one's own account. */
#include "fcgi/dashboard/session.h"
#include "fcgi/dashboard/tenancy.h"

#include "fcgi/dashboard/account.h"

enum err h_account_get(struct request *req, struct reply *rep, struct app *app)
{
	struct store_identity identities[STORE_PROVIDERS_MAX];
	struct store_user user;
	struct json_writer w;
	size_t len = 0;
	enum err e = store_user_self(app->pg, &user);

	(void)req;
	if (e == ERR_OK)
		e = store_self_identities(app->pg, user.id, identities, &len);
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	dashboard_write_user(&w, "user", &user);
	json_write_array(&w, "oauth");
	for (size_t i = 0; i < len; i++) {
		const struct store_identity *id = &identities[i];

		json_write_object(&w, NULL);
		json_write_str(&w, "provider", id->provider);
		web_write_text(&w, "email", id->email);
		web_write_time(&w, "linkedAt", id->linked_ms);
		json_write_end_object(&w);
	}
	json_write_end_array(&w);
	json_write_end_object(&w);
	return ERR_OK;
}

enum { NAME };
static const struct web_field PATCH[] = {
        [NAME] = {.name = "name", .type = WEB_TEXT, .min = 1, .max = 100},
};
const struct web_fields h_account_patch_fields = WEB_FIELDS(PATCH);

enum err h_account_patch(struct request *req, struct reply *rep, struct app *app)
{
	struct store_user user;
	struct json_writer w;
	enum err e = store_self_rename(app->pg, app->login.user_id, web_text(req, NAME));

	if (e == ERR_OK)
		e = store_user_self(app->pg, &user);
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	dashboard_write_user(&w, "user", &user);
	json_write_end_object(&w);
	return ERR_OK;
}

static const char *const SORT[] = {"at", NULL};
static const struct web_field AUDIT[] = {WEB_LIST_FIELDS(SORT)};
const struct web_fields h_account_audit_fields = WEB_FIELDS(AUDIT);

enum err h_account_audit(struct request *req, struct reply *rep, struct app *app)
{
	struct store_audit_list list;
	struct store_page store;
	struct web_page page;
	enum err e;

	web_page(req, true, &page);
	store = dashboard_page(&page);
	e = store_self_audit(app->pg, app->login.user_id, &store, &list);
	if (e == ERR_OK)
		tenancy_reply_audit(rep, &page, &list);
	return e;
}
