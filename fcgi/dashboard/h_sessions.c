/* SPDX-License-Identifier: MIT
 * GET, DELETE /api/auth/sessions: where one is logged in, and how to end that. */
#include <stdlib.h>

#include "fcgi/dashboard/session.h"

static const char *const SORT[] = {"lastSeenAt", NULL};
static const struct web_field LIST[] = {WEB_LIST_FIELDS(SORT)};
const struct web_fields h_sessions_list_fields = WEB_FIELDS(LIST);

static void write_session(
        struct json_writer *w, const struct store_session *s, const struct app *app)
{
	json_write_object(w, NULL);
	json_write_str(w, "id", s->id);
	json_write_bool(w, "current", strcmp(s->id, app->login.session_id) == 0);
	json_write_str(w, "method", s->method);
	web_write_text(w, "ip", s->ip);
	web_write_text(w, "userAgent", s->user_agent);
	web_write_time(w, "createdAt", s->created_ms);
	web_write_time(w, "lastSeenAt", s->last_seen_ms);
	web_write_time(w, "expiresAt", s->expires_ms);
	json_write_end_object(w);
}

enum err h_sessions_list(struct request *req, struct reply *rep, struct app *app)
{
	struct store_session *list;
	struct store_page store;
	struct json_writer w;
	struct web_page page;
	int64_t total;
	size_t len;
	enum err e;

	web_page(req, true, &page);
	store = dashboard_page(&page);
	e = store_session_list(app->pg, &store, &list, &len, &total);
	if (e != ERR_OK)
		return e;
	web_list_begin(rep, &w);
	for (size_t i = 0; i < len; i++)
		write_session(&w, &list[i], app);
	web_list_end(&w, &page, total);
	free(list);
	return ERR_OK;
}

enum err h_session_delete(struct request *req, struct reply *rep, struct app *app)
{
	const char *id = web_path_param(req, "id");
	enum err e = store_session_end(app->pg, id);

	if (e == ERR_OK)
		e = dashboard_audit(req, app,
		        &(struct dashboard_audit){.action = "session.revoked",
		                .target_type = "session",
		                .target_id = id});
	if (e == ERR_OK && strcmp(id, app->login.session_id) == 0)
		dashboard_login_forget(rep, app);
	rep->status = 204;
	return e;
}

enum err h_sessions_delete(struct request *req, struct reply *rep, struct app *app)
{
	char detail[64];
	int64_t ended;
	enum err e = store_session_end_others(app->pg, app->login.session_id, &ended);

	if (e != ERR_OK)
		return e;
	snprintf(detail, sizeof(detail), "{\"ended\":%lld}", (long long)ended);
	rep->status = 204;
	return dashboard_audit(
	        req, app, &(struct dashboard_audit){.action = "session.revoked", .detail = detail});
}
