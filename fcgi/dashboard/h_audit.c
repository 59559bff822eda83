/* SPDX-License-Identifier: MIT
 * GET /api/workspaces/{workspaceId}/audit: who did what in a workspace. */
#include "fcgi/dashboard/tenancy.h"

static const char *const SORT[] = {"at", NULL};
enum { ACTION = WEB_LIST_LEN, ACTOR_ID, FROM, TO };
static const struct web_field LIST[] = {
        WEB_LIST_FIELDS(SORT),
        [ACTION] = {.name = "action", .type = WEB_TEXT, .min = 1, .max = 64, .flags = WEB_OPTIONAL},
        [ACTOR_ID] = {.name = "actorId", .type = WEB_UUID, .flags = WEB_OPTIONAL},
        [FROM] = {.name = "from",
                .type = WEB_TIME,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_TIME_RANGE},
        [TO] = {.name = "to",
                .type = WEB_TIME,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_TIME_RANGE},
};
const struct web_fields h_audit_list_fields = WEB_FIELDS(LIST);

/* A person whose account is gone is nobody any more; the CLI and the server's own jobs have no
 * account. */
static void write_actor(struct json_writer *w, const struct store_audit_row *row)
{
	bool user = strcmp(row->actor_kind, "user") == 0;

	if (user && row->actor_id[0] == '\0') {
		json_write_null(w, "actor");
		return;
	}
	json_write_object(w, "actor");
	json_write_str(w, "kind", row->actor_kind);
	web_write_text(w, "id", row->actor_id);
	json_write_str(w, "name", row->actor_name);
	json_write_end_object(w);
}

static void write_target(struct json_writer *w, const struct store_audit_row *row)
{
	if (row->target_type == NULL) {
		json_write_null(w, "target");
		return;
	}
	json_write_object(w, "target");
	json_write_str(w, "type", row->target_type);
	json_write_str(w, "id", row->target_id);
	json_write_end_object(w);
}

static void write_row(struct json_writer *w, const struct store_audit_row *row)
{
	json_write_object(w, NULL);
	json_write_int(w, "id", row->id);
	web_write_time(w, "at", row->at_ms);
	json_write_str(w, "action", row->action);
	write_actor(w, row);
	write_target(w, row);
	json_write_str(w, "ip", row->ip);
	json_write_str(w, "userAgent", row->user_agent);
	json_write_str(w, "requestId", row->request_id);
	json_write_raw(w, "detail", row->detail);
	json_write_end_object(w);
}

void tenancy_reply_audit(
        struct reply *rep, const struct web_page *page, struct store_audit_list *list)
{
	struct store_audit_row row;
	struct json_writer w;

	web_list_begin(rep, &w);
	for (size_t i = 0; i < store_audit_len(list); i++) {
		store_audit_row(list, i, &row);
		write_row(&w, &row);
	}
	web_list_end(&w, page, list->total);
	store_audit_release(list);
}

enum err h_audit_list(struct request *req, struct reply *rep, struct app *app)
{
	const struct store_audit_filter filter = {.action = web_text(req, ACTION),
	        .actor_id = web_text(req, ACTOR_ID),
	        .from_ms = web_int(req, FROM, 0),
	        .to_ms = web_int(req, TO, 0)};
	struct store_audit_list list;
	struct store_page store;
	struct web_page page;
	enum err e;

	if (web_given(req, FROM) && web_given(req, TO) && filter.from_ms >= filter.to_ms)
		return web_refuse_field(req, TO, "before_from");
	web_page(req, true, &page);
	store = dashboard_page(&page);
	e = store_audit_list(app->pg, app->access.workspace_id, &filter, &store, &list);
	if (e != ERR_OK)
		return e;
	tenancy_reply_audit(rep, &page, &list);
	return ERR_OK;
}
