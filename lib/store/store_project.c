/* SPDX-License-Identifier: MIT
 * Projects of a workspace: made, listed, changed. */
#include "base/str.h"
#include "store/store_internal.h"
#include "store/store_tenancy.h"

enum err store_project_room(struct pg *pg, const char *workspace_id)
{
	int64_t count;
	enum err e = store_number(pg, PGQ_PROJECT_COUNT, PG_PARAMS(PG_UUID(workspace_id)), &count);

	return e == ERR_OK && count >= STORE_PROJECTS_MAX ? ERR_DASH_PROJECT_LIMIT : e;
}

static void read_project(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_project *p = out;

	pg_uuid(r, row, col, p->id);
	store_read_text(r, row, col + 1, p->name, sizeof(p->name));
	store_read_text(r, row, col + 2, p->slug, sizeof(p->slug));
	p->created_at_ms = pg_time_ms(r, row, col + 3);
	p->updated_at_ms = pg_time_ms(r, row, col + 4);
}

enum err store_project_create(struct pg *pg, const char *workspace_id, const char *name,
        const char *slug, struct store_project *out)
{
	const struct store_new_place want = {
	        .workspace_id = workspace_id, .name = name, .slug = slug};
	struct store_place place;
	enum err e = store_workspace_hold(pg, workspace_id, &place);

	if (e == ERR_OK)
		e = store_project_room(pg, workspace_id);
	if (e == ERR_OK)
		e = store_place_insert(pg, &want, &place);
	return e == ERR_OK ? store_project_get(pg, workspace_id, place.id, out) : e;
}

const char *const store_project_sorts[] = {"name", "slug", "createdAt", "updatedAt", NULL};

enum err store_project_list(struct pg *pg, const char *workspace_id, const struct store_page *page,
        struct store_rows *out)
{
	return store_list(pg, PGQ_PROJECT_PAGE,
	        PG_PARAMS(PG_UUID(workspace_id), PG_INT(page->limit), PG_INT(page->offset),
	                PG_TEXT(store_project_sorts[page->sort]), PG_BOOL(page->descending)),
	        sizeof(struct store_project), read_project, out);
}

enum err store_project_get(
        struct pg *pg, const char *workspace_id, const char *id, struct store_project *out)
{
	return store_one(pg, PGQ_PROJECT_GET, PG_PARAMS(PG_UUID(id), PG_UUID(workspace_id)),
	        ERR_DASH_PROJECT_NOT_FOUND, read_project, out);
}

enum err store_project_update(struct pg *pg, const char *workspace_id, const char *id,
        const char *name, const char *slug, struct store_place *was, struct store_project *out)
{
	enum err e;

	if (slug != NULL && !store_slug_is_valid(slug, true))
		return ERR_DASH_INVALID_SLUG_FORMAT;
	e = store_one(pg, PGQ_PROJECT_LOCK, PG_PARAMS(PG_UUID(id), PG_UUID(workspace_id)),
	        ERR_DASH_PROJECT_NOT_FOUND, store_read_place, was);
	if (e != ERR_OK)
		return e;
	e = store_one(pg, PGQ_PROJECT_UPDATE,
	        PG_PARAMS(PG_UUID(id), PG_UUID(workspace_id), PG_TEXT(name), PG_TEXT(slug)),
	        ERR_DASH_PROJECT_NOT_FOUND, read_project, out);
	return e == ERR_DB_PG_UNIQUE_CONSTRAINT_VIOLATION ? ERR_DASH_PROJECT_SLUG_EXISTS : e;
}

enum err store_project_lock(
        struct pg *pg, const char *workspace_id, const char *project_id, struct store_place *out)
{
	return store_one(pg, PGQ_PROJECT_LOCK_WHOLE,
	        PG_PARAMS(PG_UUID(project_id), PG_UUID(workspace_id)), ERR_DASH_PROJECT_NOT_FOUND,
	        store_read_place, out);
}
