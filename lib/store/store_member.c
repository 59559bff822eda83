/* SPDX-License-Identifier: MIT
 * Members of a workspace: listed, given another role, removed. */
#include "store/store_internal.h"
#include "store/store_tenancy.h"

static void read_member(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_member *m = out;

	pg_uuid(r, row, col, m->user_id);
	store_read_text(r, row, col + 1, m->name, sizeof(m->name));
	store_read_text(r, row, col + 2, m->email, sizeof(m->email));
	store_read_text(r, row, col + 3, m->role, sizeof(m->role));
	m->joined_at_ms = pg_time_ms(r, row, col + 4);
}

const char *const store_member_sorts[] = {"name", "email", "role", "joinedAt", NULL};

enum err store_member_list(struct pg *pg, const char *workspace_id, const struct store_page *page,
        struct store_rows *out)
{
	return store_list(pg, PGQ_MEMBER_PAGE,
	        PG_PARAMS(PG_UUID(workspace_id), PG_INT(page->limit), PG_INT(page->offset),
	                PG_TEXT(store_member_sorts[page->sort]), PG_BOOL(page->descending)),
	        sizeof(struct store_member), read_member, out);
}

enum err store_member_get(
        struct pg *pg, const char *workspace_id, const char *user_id, struct store_member *out)
{
	return store_one(pg, PGQ_MEMBER_GET, PG_PARAMS(PG_UUID(workspace_id), PG_UUID(user_id)),
	        ERR_DASH_MEMBER_NOT_FOUND, read_member, out);
}

enum err store_member_changeable(
        struct pg *pg, const char *workspace_id, const char *user_id, struct store_member *out)
{
	enum err e = store_member_get(pg, workspace_id, user_id, out);

	if (e == ERR_OK && strcmp(out->role, "owner") == 0)
		e = ERR_DASH_OWNER_CANNOT_BE_REMOVED;
	return e;
}

enum err store_member_set_role(
        struct pg *pg, const char *workspace_id, const char *user_id, const char *role)
{
	return store_change(pg, PGQ_MEMBER_UPDATE_ROLE,
	        PG_PARAMS(PG_UUID(workspace_id), PG_UUID(user_id), PG_TEXT(role)),
	        ERR_DASH_MEMBER_NOT_FOUND);
}

enum err store_member_remove(struct pg *pg, const char *workspace_id, const char *user_id)
{
	return store_change(pg, PGQ_MEMBER_DELETE,
	        PG_PARAMS(PG_UUID(workspace_id), PG_UUID(user_id)), ERR_DASH_MEMBER_NOT_FOUND);
}
