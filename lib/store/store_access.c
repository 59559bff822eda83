/* SPDX-License-Identifier: MIT
 * Logins and what they may see. */
#include "base/str.h"
#include "store/store_access.h"

static const char *const NAMES[] = {[STORE_ROLE_NONE] = "",
        [STORE_ROLE_VIEWER] = "viewer",
        [STORE_ROLE_MEMBER] = "member",
        [STORE_ROLE_ADMIN] = "admin",
        [STORE_ROLE_OWNER] = "owner"};

const char *store_role_name(enum store_role role)
{
	return NAMES[role];
}

enum store_role store_role_parse(const char *name)
{
	for (size_t i = STORE_ROLE_VIEWER; i < ARRAY_LEN(NAMES); i++) {
		if (strcmp(NAMES[i], name) == 0)
			return (enum store_role)i;
	}
	return STORE_ROLE_NONE;
}

enum err store_access_begin(struct pg *pg, struct pg_login *login, struct store_access *a)
{
	const struct pg_param params[] = {PG_UUID(a->want_workspace), PG_UUID(a->want_project)};
	bool by_project = a->want_workspace == NULL;
	struct pg_then then = {.query = by_project ? PGQ_ACCESS_PROJECT : PGQ_ACCESS_WORKSPACE,
	        .params = by_project ? params + 1 : params,
	        .len = by_project ? 1 : 2};
	bool any = a->want_workspace != NULL || a->want_project != NULL;
	enum err e;

	a->role = STORE_ROLE_NONE;
	a->workspace_id[0] = a->project_id[0] = '\0';
	e = pg_tx_begin_login(pg, login, any ? &then : NULL);
	if (e == ERR_OK && any && pg_rows(then.result) == 1) {
		pg_uuid(then.result, 0, 0, a->workspace_id);
		a->role = store_role_parse(pg_text(then.result, 0, 1));
		pg_uuid(then.result, 0, 2, a->project_id);
	}
	if (any)
		pg_result_free(then.result);
	return e;
}
