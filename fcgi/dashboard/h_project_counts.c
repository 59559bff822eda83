/* SPDX-License-Identifier: MIT
 * GET /api/analytics/workspaces/{workspaceId}/projects: how many events each project got, and when
 * the latest. Nothing may read across projects, so it is a query a project. */
#include <stdlib.h>

#include "fcgi/dashboard/analytics.h"
#include "store/store_tenancy.h"

enum { PROJECTS_A_PAGE = 25, ROW_BYTES_MAX = 1024 };
static const int64_t COUNTED_MS = 30 * 24 * INT64_C(3600000);

enum { PAGE, TO };
static const struct web_field FIELDS[] = {
        [PAGE] = {.name = "page",
                .type = WEB_INT,
                .min = 1,
                .max = WEB_PAGE_MAX,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_PAGINATION},
        [TO] = {.name = "to",
                .type = WEB_TIME,
                .flags = WEB_OPTIONAL,
                .code = ERR_DASH_INVALID_TIME_RANGE,
                .check = analytics_check_to},
};
const struct web_fields h_project_counts_fields = WEB_STRICT_FIELDS(FIELDS);

struct listing {
	const char *workspace_id;
	struct store_page page;
	struct store_rows rows; /* of struct store_project */
};

static enum err list_projects(struct pg *pg, void *arg)
{
	struct listing *l = arg;

	return store_project_list(pg, l->workspace_id, &l->page, &l->rows);
}

static void write_counts(struct json_writer *w, const struct listing *l, const struct buf *rows)
{
	const struct store_project *projects = l->rows.list;

	for (size_t i = 0; i < l->rows.len; i++) {
		/* the columns of the row without its braces and the end of its line */
		int len = (int)rows[i].len - (int)strlen("{}\n");

		json_write_object(w, NULL);
		json_write_str(w, "projectId", projects[i].id);
		buf_addf(w->out, ",%.*s", len, buf_str(&rows[i]) + 1);
		json_write_end_object(w);
	}
}

static void reply_counts(
        struct analytics *a, struct reply *rep, const struct listing *l, const struct buf *rows)
{
	const struct web_page page = {.number = web_int(a->req, PAGE, 1), .size = PROJECTS_A_PAGE};
	struct json_writer w;

	web_list_begin(rep, &w);
	write_counts(&w, l, rows);
	web_list_end(&w, &page, l->rows.total);
}

static enum err count_all(struct analytics *a, const struct listing *l, struct buf *rows)
{
	const struct store_project *projects = l->rows.list;
	struct ch_tenant tenants[PROJECTS_A_PAGE];
	struct ch_ask asks[PROJECTS_A_PAGE];

	for (size_t i = 0; i < l->rows.len; i++) {
		tenants[i] = (struct ch_tenant){
		        .workspace_id = l->workspace_id, .project_id = projects[i].id};
		asks[i] = (struct ch_ask){.text = CHQ_PROJECT_COUNTS,
		        .tenant = &tenants[i],
		        .values = &a->values,
		        .out = &rows[i]};
	}
	return l->rows.len > 0 ? analytics_ask(a, asks, l->rows.len) : ERR_OK;
}

enum err h_project_counts(struct request *req, struct reply *rep, struct app *app)
{
	struct listing l = {.workspace_id = app->access.workspace_id,
	        .page = {.limit = PROJECTS_A_PAGE,
	                .offset = (web_int(req, PAGE, 1) - 1) * PROJECTS_A_PAGE}};
	struct buf rows[PROJECTS_A_PAGE];
	struct analytics a;
	enum err e = analytics_begin(&a, req, app);

	for (size_t i = 0; i < PROJECTS_A_PAGE; i++)
		buf_init(&rows[i], ROW_BYTES_MAX);
	analytics_set_time(&a, CHV_FROM, a.to - COUNTED_MS);
	if (e == ERR_OK)
		e = dashboard_tx(app, app->login.user_id, list_projects, &l);
	if (e == ERR_OK)
		e = count_all(&a, &l, rows);
	if (e == ERR_OK)
		reply_counts(&a, rep, &l, rows);
	for (size_t i = 0; i < PROJECTS_A_PAGE; i++)
		buf_release(&rows[i]);
	free(l.rows.list);
	analytics_end(&a);
	return e;
}
