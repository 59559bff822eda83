/* SPDX-License-Identifier: MIT
 * GET /api/analytics/{projectId}/live: what a viewer asks for, a seat, and the connection to the
 * hub. */
#include "base/str.h"
#include "fcgi/live/hub.h"

/* The head was sent; HEAD, and a peer that has gone, leave nothing to stream to. */
static void begin(const struct fcgi_stream *conn, void *arg)
{
	struct live_stream *s = arg;
	struct live_hub *hub = s->hub;

	s->conn = *conn;
	if (conn->fd >= 0)
		live_hub_add(hub, s);
	else
		live_stream_free(s);
}

enum err h_live_get(struct request *req, struct reply *rep, struct app *app)
{
	struct live_viewer who;
	struct live_query query;
	struct live_stream *s;
	enum err e = live_seats_take(app->seats, app->login.user_id);

	if (e != ERR_OK)
		return e;
	if (!live_query_read(req, &query)) {
		live_seats_give(app->seats, app->login.user_id);
		return ERR_DASH_INTERNAL_ERROR;
	}
	memcpy(who.token_hash, app->login.token_hash, sizeof(who.token_hash));
	str_copy(who.user_id, sizeof(who.user_id), app->login.user_id);
	str_copy(who.workspace_id, sizeof(who.workspace_id), app->access.workspace_id);
	str_copy(who.project_id, sizeof(who.project_id), app->access.project_id);
	s = live_stream_new(app->hub, app->seats, &who, &query);
	if (s == NULL)
		return ERR_DASH_INTERNAL_ERROR;
	rep->content_type = "text/event-stream; charset=utf-8";
	web_reply_header(rep, "X-Accel-Buffering", "no");
	rep->stream = begin;
	rep->stream_arg = s;
	return ERR_OK;
}
