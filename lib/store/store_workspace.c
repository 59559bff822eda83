/* SPDX-License-Identifier: MIT
 * Workspaces: made, listed, changed, handed over; the insertion of workspaces and projects alike.
 */
#include "base/str.h"
#include "store/store_internal.h"
#include "store/store_tenancy.h"

enum { SLUG_TRIES = 20 };

static enum err insert_project(
        struct pg *pg, const struct store_new_place *want, const struct store_place *p)
{
	enum err e = store_change(pg, PGQ_PROJECT_INSERT,
	        PG_PARAMS(PG_UUID(p->id), PG_UUID(want->workspace_id), PG_TEXT(p->name),
	                PG_TEXT(p->slug)),
	        ERR_DASH_PROJECT_SLUG_EXISTS);

	/* The workspace went meanwhile, or never was. */
	return e == ERR_DB_PG_FOREIGN_KEY_VIOLATION ? ERR_DASH_WORKSPACE_NOT_FOUND : e;
}

static enum err insert_workspace(
        struct pg *pg, const struct store_new_place *want, const struct store_place *p)
{
	enum err e = store_change(pg, PGQ_WORKSPACE_INSERT,
	        PG_PARAMS(PG_UUID(p->id), PG_TEXT(p->name), PG_TEXT(p->slug),
	                PG_UUID(want->owner_id)),
	        ERR_DASH_WORKSPACE_SLUG_EXISTS);

	if (e != ERR_OK)
		return e;
	return pg_exec(pg, PGQ_WORKSPACE_OWNER_INSERT,
	        PG_PARAMS(PG_UUID(p->id), PG_UUID(want->owner_id)), NULL);
}

static enum err insert(
        struct pg *pg, const struct store_new_place *want, const struct store_place *p)
{
	return want->workspace_id != NULL ? insert_project(pg, want, p)
	                                  : insert_workspace(pg, want, p);
}

static bool is_taken(enum err e)
{
	return e == ERR_DASH_WORKSPACE_SLUG_EXISTS || e == ERR_DASH_PROJECT_SLUG_EXISTS;
}

enum err store_place_insert(
        struct pg *pg, const struct store_new_place *want, struct store_place *out)
{
	bool project = want->workspace_id != NULL;
	enum err e;

	id_uuid4(out->id);
	str_copy(out->name, sizeof(out->name), want->name);
	out->created = true;
	if (want->slug != NULL) {
		if (!store_slug_is_valid(want->slug, project))
			return ERR_DASH_INVALID_SLUG_FORMAT;
		str_copy(out->slug, sizeof(out->slug), want->slug);
		return insert(pg, want, out);
	}
	for (int i = 0;; i++) {
		store_slug_candidate(want->name, project, i, out->slug);
		e = insert(pg, want, out);
		if (!is_taken(e) || i == SLUG_TRIES)
			return e;
	}
}

/* Of workspaces made at the same time one waits for the other before it counts. */
static enum err check_room(struct pg *pg, const char *user_id)
{
	int64_t owned;
	enum err e = pg_exec(pg, PGQ_WORKSPACE_OWNER_LOCK, PG_PARAMS(PG_UUID(user_id)), NULL);

	if (e == ERR_OK)
		e = store_number(pg, PGQ_WORKSPACE_OWNED, PG_PARAMS(PG_UUID(user_id)), &owned);
	if (e == ERR_OK && owned >= STORE_OWNED_MAX)
		e = ERR_DASH_WORKSPACE_LIMIT;
	return e;
}

enum err store_workspace_create(struct pg *pg, const char *user_id, const char *name,
        const char *slug, struct store_workspace *out)
{
	const struct store_new_place want = {.owner_id = user_id, .name = name, .slug = slug};
	struct store_place place;
	enum err e = check_room(pg, user_id);

	if (e == ERR_OK)
		e = store_place_insert(pg, &want, &place);
	return e == ERR_OK ? store_workspace_get(pg, place.id, out) : e;
}

static void read_workspace(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_workspace *w = out;

	*w = (struct store_workspace){.members = 0};
	pg_uuid(r, row, col, w->id);
	store_read_text(r, row, col + 1, w->name, sizeof(w->name));
	store_read_text(r, row, col + 2, w->slug, sizeof(w->slug));
	store_read_text(r, row, col + 3, w->plan, sizeof(w->plan));
	store_read_text(r, row, col + 4, w->role, sizeof(w->role));
	w->created_at_ms = pg_time_ms(r, row, col + 5);
}

static void read_one(const struct pg_result *r, size_t row, size_t col, void *out)
{
	read_workspace(r, row, col, out);
	((struct store_workspace *)out)->members = pg_int(r, row, col + 6);
}

const char *const store_workspace_sorts[] = {"name", "slug", "createdAt", NULL};

enum err store_workspace_list(struct pg *pg, const struct store_page *page, struct store_rows *out)
{
	return store_list(pg, PGQ_WORKSPACE_PAGE,
	        PG_PARAMS(PG_INT(page->limit), PG_INT(page->offset),
	                PG_TEXT(store_workspace_sorts[page->sort]), PG_BOOL(page->descending)),
	        sizeof(struct store_workspace), read_workspace, out);
}

enum err store_workspace_get(struct pg *pg, const char *id, struct store_workspace *out)
{
	return store_one(pg, PGQ_WORKSPACE_GET, PG_PARAMS(PG_UUID(id)),
	        ERR_DASH_WORKSPACE_NOT_FOUND, read_one, out);
}

enum err store_workspace_hold(struct pg *pg, const char *workspace_id, struct store_place *out)
{
	enum err e = store_one(pg, PGQ_WORKSPACE_LOCK, PG_PARAMS(PG_UUID(workspace_id)),
	        ERR_DASH_INSUFFICIENT_ROLE, store_read_place, out);

	/* Who no longer may lock it may still see it. */
	if (e == ERR_DASH_INSUFFICIENT_ROLE &&
	        store_change(pg, PGQ_WORKSPACE_VISIBLE, PG_PARAMS(PG_UUID(workspace_id)),
	                ERR_DASH_WORKSPACE_NOT_FOUND) == ERR_DASH_WORKSPACE_NOT_FOUND)
		e = ERR_DASH_WORKSPACE_NOT_FOUND;
	return e;
}

enum err store_workspace_update(
        struct pg *pg, const char *id, const char *name, const char *slug, struct store_place *was)
{
	enum err e;

	if (slug != NULL && !store_slug_is_valid(slug, false))
		return ERR_DASH_INVALID_SLUG_FORMAT;
	e = store_workspace_hold(pg, id, was);
	if (e != ERR_OK)
		return e;
	e = store_change(pg, PGQ_WORKSPACE_UPDATE,
	        PG_PARAMS(PG_UUID(id), PG_TEXT(name), PG_TEXT(slug)), ERR_DASH_INSUFFICIENT_ROLE);
	return e == ERR_DB_PG_UNIQUE_CONSTRAINT_VIOLATION ? ERR_DASH_WORKSPACE_SLUG_EXISTS : e;
}

enum err store_workspace_lock(
        struct pg *pg, const char *user_id, const char *workspace_id, struct store_place *out)
{
	return store_one(pg, PGQ_WORKSPACE_LOCK_OWNED,
	        PG_PARAMS(PG_UUID(workspace_id), PG_UUID(user_id)), ERR_DASH_INSUFFICIENT_ROLE,
	        store_read_place, out);
}

static void read_moved(const struct pg_result *r, size_t row, size_t col, void *out)
{
	*(bool *)out = pg_bool(r, row, col);
}

enum err store_workspace_transfer(
        struct pg *pg, const char *user_id, const char *id, const char *to)
{
	struct store_place place;
	bool moved = false;
	enum err e = store_workspace_lock(pg, user_id, id, &place);

	if (e == ERR_OK)
		e = store_one(pg, PGQ_WORKSPACE_TRANSFER, PG_PARAMS(PG_UUID(id), PG_UUID(to)),
		        ERR_DB_INTERNAL_ERROR, read_moved, &moved);
	return e == ERR_OK && !moved ? ERR_DASH_MEMBER_NOT_FOUND : e;
}
