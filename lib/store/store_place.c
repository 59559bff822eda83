/* SPDX-License-Identifier: MIT
 * Workspaces and projects: found, or made by the headless set-up. */
#include "base/str.h"
#include "store/store.h"
#include "store/store_internal.h"

enum {
	PLACE_NAME_MIN = 2,
	PLACE_NAME_MAX = 100,
};

enum err store_audit_cli(struct pg *pg, const char *workspace_id, const char *action,
        const char *target_type, const char *target_id, const char *name)
{
	return pg_exec(pg, PGQ_AUDIT_CLI,
	        PG_PARAMS(PG_UUID(workspace_id), PG_TEXT(action), PG_TEXT(target_type),
	                PG_TEXT(target_id), PG_TEXT(name)),
	        NULL);
}

/* One call of the two ensure functions; workspace_id NULL: of a workspace. */
struct ensure {
	const char *workspace_id, *name;
	bool create;
	struct store_place *out;
};

static enum err find(struct pg *pg, const struct ensure *want, bool *found)
{
	const char *id = str_is_uuid(want->name) ? want->name : NULL;
	struct pg_result *r;
	enum err e;

	if (want->workspace_id == NULL)
		e = pg_exec(
		        pg, PGQ_WORKSPACE_FIND, PG_PARAMS(PG_UUID(id), PG_TEXT(want->name)), &r);
	else
		e = pg_exec(pg, PGQ_PROJECT_FIND_IN,
		        PG_PARAMS(PG_UUID(want->workspace_id), PG_UUID(id), PG_TEXT(want->name)),
		        &r);
	if (e != ERR_OK)
		return e;
	*found = pg_rows(r) == 1;
	if (*found)
		store_read_place(r, 0, 0, want->out);
	pg_result_free(r);
	return ERR_OK;
}

static enum err create(struct pg *pg, const struct ensure *want)
{
	const struct store_new_place new = {.workspace_id = want->workspace_id,
	        .owner_id = STORE_SYSTEM_ACCOUNT,
	        .name = want->name};
	bool project = want->workspace_id != NULL;
	struct store_place *p = want->out;
	enum err e = store_place_insert(pg, &new, p);

	if (e != ERR_OK)
		return e;
	return store_audit_cli(pg, project ? want->workspace_id : p->id,
	        project ? "project.create" : "workspace.create", project ? "project" : "workspace",
	        p->id, p->name);
}

static enum err ensure_in_tx(struct pg *pg, void *arg)
{
	const struct ensure *want = arg;
	bool found = false;
	enum err e = pg_exec(pg, PGQ_PLACE_LOCK, PG_NO_PARAMS, NULL);

	if (e == ERR_OK)
		e = find(pg, want, &found);
	if (e != ERR_OK || found)
		return e;
	if (want->workspace_id != NULL) {
		e = store_project_room(pg, want->workspace_id);
		if (e != ERR_OK)
			return e;
	}
	return create(pg, want);
}

static enum err ensure(struct pg *pg, struct ensure *want)
{
	bool found = false, project = want->workspace_id != NULL;
	enum err e = find(pg, want, &found);

	if (e != ERR_OK || found)
		return e;
	if (!want->create)
		return project ? ERR_DASH_PROJECT_NOT_FOUND : ERR_DASH_WORKSPACE_NOT_FOUND;
	if (!store_name_is_valid(want->name, PLACE_NAME_MIN, PLACE_NAME_MAX))
		return project ? ERR_DASH_INVALID_PROJECT_NAME : ERR_DASH_INVALID_WORKSPACE_NAME;
	return pg_tx_run(pg, NULL, ensure_in_tx, want);
}

enum err store_workspace_ensure(
        struct pg *pg, const char *name, bool create_it, struct store_place *out)
{
	struct ensure want = {.name = name, .create = create_it, .out = out};

	return ensure(pg, &want);
}

enum err store_project_ensure(struct pg *pg, const char *workspace_id, const char *name,
        bool create_it, struct store_place *out)
{
	struct ensure want = {
	        .workspace_id = workspace_id, .name = name, .create = create_it, .out = out};

	return ensure(pg, &want);
}

enum err store_project_find(struct pg *pg, const char *which, struct store_project_row *out)
{
	const char *slash = strchr(which, '/');
	char workspace[STORE_SLUG_BYTES];
	struct pg_result *r;
	enum err e;

	if (slash != NULL &&
	        !str_format(workspace, sizeof(workspace), "%.*s", (int)(slash - which), which))
		return ERR_DASH_PROJECT_NOT_FOUND;
	e = pg_exec(pg, PGQ_PROJECT_FIND,
	        PG_PARAMS(PG_UUID(str_is_uuid(which) ? which : NULL),
	                PG_TEXT(slash == NULL ? NULL : workspace),
	                PG_TEXT(slash == NULL ? which : slash + 1)),
	        &r);
	if (e != ERR_OK)
		return e;
	if (pg_rows(r) == 1) {
		store_read_place(r, 0, 0, &out->workspace);
		store_read_place(r, 0, 3, &out->project);
		out->live_keys = pg_int(r, 0, 6);
		out->created_at_ms = pg_time_ms(r, 0, 7);
	} else {
		e = ERR_DASH_PROJECT_NOT_FOUND;
	}
	pg_result_free(r);
	return e;
}

enum err store_counts(struct pg *pg, struct store_counts *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_PLACE_COUNTS, PG_NO_PARAMS, &r);

	if (e != ERR_OK)
		return e;
	out->users = pg_int(r, 0, 0);
	out->workspaces = pg_int(r, 0, 1);
	out->projects = pg_int(r, 0, 2);
	out->live_keys = pg_int(r, 0, 3);
	pg_result_free(r);
	return ERR_OK;
}
