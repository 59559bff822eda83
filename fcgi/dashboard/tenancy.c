/* SPDX-License-Identifier: MIT
 * What the routes about workspaces and their contents share. */
#include <stdlib.h>

#include "auth/auth_token.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/tenancy.h"

const char *const tenancy_roles[] = {"admin", "member", "viewer", NULL};

void tenancy_audit_begin(struct tenancy_audit *a, const struct app *app, const char *action,
        const char *target_type, const char *target_id)
{
	a->row = (struct dashboard_audit){.action = action,
	        .workspace_id = app->access.workspace_id,
	        .target_type = target_type,
	        .target_id = target_id};
	buf_init(&a->text, TENANCY_DETAIL_BYTES_MAX);
	json_write_init(&a->detail, &a->text);
	json_write_object(&a->detail, NULL);
}

enum err tenancy_audit_end(
        struct tenancy_audit *a, const struct request *req, struct app *app, enum err e)
{
	json_write_end_object(&a->detail);
	a->row.detail = buf_str(&a->text);
	if (e == ERR_OK && a->text.failed)
		e = ERR_DASH_AUDIT_WRITE_FAILED;
	if (e == ERR_OK)
		e = dashboard_audit(req, app, &a->row);
	buf_release(&a->text);
	return e;
}

static void write_change(struct json_writer *w, const char *key, const char *now,
        const char *old_key, const char *was)
{
	if (now == NULL || strcmp(now, was) == 0)
		return;
	json_write_str(w, key, now);
	json_write_str(w, old_key, was);
}

void tenancy_audit_renamed(
        struct tenancy_audit *a, const struct store_place *was, const char *name, const char *slug)
{
	write_change(&a->detail, "name", name, "oldName", was->name);
	write_change(&a->detail, "slug", slug, "oldSlug", was->slug);
}

void tenancy_write_person(struct json_writer *w, const char *key, const char *id, const char *name)
{
	if (id[0] == '\0') {
		json_write_null(w, key);
		return;
	}
	json_write_object(w, key);
	json_write_str(w, "id", id);
	web_write_text(w, "name", name);
	json_write_end_object(w);
}

enum err tenancy_reply_workspace(struct reply *rep, struct app *app, const char *id)
{
	struct store_workspace ws;
	struct json_writer w;
	enum err e = store_workspace_get(app->pg, id, &ws);

	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_object(&w, "workspace");
	json_write_str(&w, "id", ws.id);
	json_write_str(&w, "name", ws.name);
	json_write_str(&w, "slug", ws.slug);
	json_write_str(&w, "plan", ws.plan);
	json_write_str(&w, "role", ws.role);
	json_write_int(&w, "memberCount", ws.members);
	web_write_time(&w, "createdAt", ws.created_at_ms);
	json_write_end_object(&w);
	json_write_end_object(&w);
	return ERR_OK;
}

const char *tenancy_workspace_slug(const struct request *req, const struct web_value *v)
{
	(void)req;
	return store_slug_is_reserved(v->text, false) ? "reserved" : NULL;
}

const char *tenancy_project_slug(const struct request *req, const struct web_value *v)
{
	(void)req;
	return store_slug_is_reserved(v->text, true) ? "reserved" : NULL;
}

void tenancy_list_begin(struct tenancy_list *l, const struct request *req, bool descending_first)
{
	web_page(req, descending_first, &l->asked);
	l->page = dashboard_page(&l->asked);
}

enum err tenancy_list_reply(struct tenancy_list *l, struct reply *rep, enum err e, size_t row_bytes,
        tenancy_write *write)
{
	struct json_writer w;

	if (e != ERR_OK)
		return e;
	web_list_begin(rep, &w);
	for (size_t i = 0; i < l->rows.len; i++) {
		json_write_object(&w, NULL);
		write(&w, (const char *)l->rows.list + i * row_bytes);
		json_write_end_object(&w);
	}
	web_list_end(&w, &l->asked, l->rows.total);
	free(l->rows.list);
	return ERR_OK;
}

void tenancy_reply_one(struct reply *rep, const char *key, tenancy_write *write, const void *row)
{
	struct json_writer w;

	web_reply_object(rep, &w);
	json_write_object(&w, key);
	write(&w, row);
	json_write_end_object(&w);
	json_write_end_object(&w);
}

static void write_receipt(struct reply *rep, const char *id, const char *receipt)
{
	struct json_writer w;

	rep->status = 202;
	web_reply_object(rep, &w);
	json_write_object(&w, "erasure");
	json_write_str(&w, "id", id);
	json_write_str(&w, "receipt", receipt);
	json_write_end_object(&w);
	json_write_end_object(&w);
}

enum err tenancy_erase(struct request *req, struct reply *rep, struct app *app,
        struct store_erase *erase, const struct store_place *place)
{
	bool project = erase->project_id != NULL;
	struct tenancy_audit audit;
	struct auth_token receipt;
	enum err e;

	if (strcmp(web_text(req, TENANCY_CONFIRM), place->slug) != 0)
		return web_refuse_field(req, TENANCY_CONFIRM, "mismatch");
	tenancy_audit_begin(&audit, app, project ? "project.delete" : "workspace.delete",
	        project ? "project" : "workspace", place->id);
	json_write_str(&audit.detail, "name", place->name);
	json_write_str(&audit.detail, "slug", place->slug);
	e = tenancy_audit_end(&audit, req, app, ERR_OK);
	if (e == ERR_OK)
		e = auth_token_new(&receipt);
	if (e != ERR_OK)
		return e;
	memcpy(erase->receipt_hash, receipt.hash, sizeof(erase->receipt_hash));
	e = store_erase(app->pg, erase);
	if (e == ERR_OK)
		write_receipt(rep, erase->id, receipt.text);
	crypto_wipe(&receipt, sizeof(receipt));
	return e;
}
