/* SPDX-License-Identifier: MIT
 * The audit log of a workspace, as its admins read it. */
#include "store/store_internal.h"
#include "store/store_tenancy.h"

static struct pg_param time_or_none(int64_t ms)
{
	return ms == 0 ? PG_NULL() : PG_TIME_MS(ms);
}

enum err store_audit_list(struct pg *pg, const char *workspace_id,
        const struct store_audit_filter *filter, const struct store_page *page,
        struct store_audit_list *out)
{
	enum err e;

	*out = (struct store_audit_list){.result = NULL};
	e = pg_exec(pg, PGQ_AUDIT_PAGE,
	        PG_PARAMS(PG_UUID(workspace_id), PG_INT(page->limit), PG_INT(page->offset),
	                PG_TEXT(filter->action), PG_UUID(filter->actor_id),
	                time_or_none(filter->from_ms), time_or_none(filter->to_ms),
	                PG_BOOL(page->descending)),
	        &out->result);
	if (e == ERR_OK)
		out->total = pg_int(out->result, 0, 0);
	return e;
}

size_t store_audit_len(const struct store_audit_list *list)
{
	/* An empty page is one row with nothing but the total. */
	return pg_is_null(list->result, 0, 1) ? 0 : pg_rows(list->result);
}

void store_audit_row(const struct store_audit_list *list, size_t i, struct store_audit_row *out)
{
	const struct pg_result *r = list->result;

	out->id = pg_int(r, i, 1);
	out->at_ms = pg_time_ms(r, i, 2);
	out->action = pg_text(r, i, 3);
	out->actor_kind = pg_text(r, i, 4);
	pg_uuid(r, i, 5, out->actor_id);
	out->actor_name = pg_text(r, i, 6);
	out->target_type = pg_text(r, i, 7);
	out->target_id = pg_text(r, i, 8);
	out->ip = pg_text(r, i, 9);
	out->user_agent = pg_text(r, i, 10);
	out->request_id = pg_text(r, i, 11);
	out->detail = pg_text(r, i, 12);
}

void store_audit_release(struct store_audit_list *list)
{
	pg_result_free(list->result);
	*list = (struct store_audit_list){.result = NULL};
}
