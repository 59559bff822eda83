/* SPDX-License-Identifier: MIT
 * /api/erasures: how far the deletion of events got, for who asked for it or holds the receipt. */
#include "auth/auth_token.h"
#include "fcgi/dashboard/tenancy.h"

static const char *const SORT[] = {"requestedAt", NULL};
static const struct web_field LIST[] = {WEB_LIST_FIELDS(SORT)};
const struct web_fields h_erasures_list_fields = WEB_FIELDS(LIST);

enum { RECEIPT };
static const struct web_field STATUS[] = {
        [RECEIPT] = {.name = "receipt", .type = WEB_TOKEN, .min = 1, .max = 200}};
const struct web_fields h_erasure_status_fields = WEB_FIELDS(STATUS);

static void write_erasure(struct json_writer *w, const void *row)
{
	const struct store_erasure *e = row;

	json_write_str(w, "id", e->id);
	json_write_str(w, "scope", e->scope);
	json_write_str(w, "state", e->state);
	json_write_int(w, "projectCount", e->projects);
	json_write_int(w, "passes", e->passes);
	json_write_int(w, "rowsDeleted", e->rows_deleted);
	web_write_time(w, "requestedAt", e->requested_at_ms);
	web_write_time(w, "finishedAt", e->finished_at_ms);
}

enum err h_erasures_list(struct request *req, struct reply *rep, struct app *app)
{
	struct tenancy_list l;
	enum err e;

	tenancy_list_begin(&l, req, true);
	e = store_erasure_list(app->pg, app->login.user_id, &l.page, &l.rows);
	return tenancy_list_reply(&l, rep, e, sizeof(struct store_erasure), write_erasure);
}

enum err h_erasure_get(struct request *req, struct reply *rep, struct app *app)
{
	struct store_erasure erasure;
	struct json_writer w;
	enum err e =
	        store_erasure_get(app->pg, app->login.user_id, web_path_param(req, "id"), &erasure);

	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	write_erasure(&w, &erasure);
	json_write_end_object(&w);
	return ERR_OK;
}

enum err h_erasure_status(struct request *req, struct reply *rep, struct app *app)
{
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
	struct store_erasure erasure;
	struct json_writer w;
	enum err e = ERR_DASH_ERASURE_NOT_FOUND;

	if (auth_token_hash(web_text(req, RECEIPT), hash))
		e = store_erasure_status(app->pg, hash, &erasure);
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_str(&w, "scope", erasure.scope);
	json_write_str(&w, "state", erasure.state);
	web_write_time(&w, "requestedAt", erasure.requested_at_ms);
	web_write_time(&w, "finishedAt", erasure.finished_at_ms);
	json_write_end_object(&w);
	return ERR_OK;
}
