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

static void clear(struct store_access *a)
{
	a->role = STORE_ROLE_NONE;
	a->workspace_id[0] = a->project_id[0] = '\0';
}

/* What to ask together with the login; NULL: nothing. */
static struct pg_then *prepare(struct store_access *a)
{
	bool by_project = a->want_workspace == NULL;

	clear(a);
	a->then.result = NULL;
	if (by_project && a->want_project == NULL)
		return NULL;
	a->params[0] = PG_UUID(a->want_workspace);
	a->params[1] = PG_UUID(a->want_project);
	a->then = (struct pg_then){.query = by_project ? PGQ_ACCESS_PROJECT : PGQ_ACCESS_WORKSPACE,
	        .params = by_project ? a->params + 1 : a->params,
	        .len = by_project ? 1 : 2};
	return &a->then;
}

/* Takes what was asked, where there is an answer. */
static void take(struct store_access *a)
{
	const struct pg_result *r = a->then.result;

	clear(a);
	if (r != NULL && pg_rows(r) == 1) {
		pg_uuid(r, 0, 0, a->workspace_id);
		a->role = store_role_parse(pg_text(r, 0, 1));
		pg_uuid(r, 0, 2, a->project_id);
	}
	pg_result_free(a->then.result);
	a->then.result = NULL;
}

enum err store_access_begin(struct pg *pg, struct pg_login *login, struct store_access *a)
{
	for (bool retried = false;; retried = true) {
		enum err e = pg_tx_begin_login(pg, login, prepare(a));

		take(a);
		if (!pg_err_away(e) || retried)
			return e;
	}
}

void store_access_once_begin(struct pg *pg, struct pg_login *login, struct store_access *a)
{
	pg_once_begin(pg, login, prepare(a));
	/* The statement names what the path names; whether that is visible comes with it. */
	if (a->want_workspace != NULL)
		str_copy(a->workspace_id, sizeof(a->workspace_id), a->want_workspace);
	if (a->want_project != NULL)
		str_copy(a->project_id, sizeof(a->project_id), a->want_project);
}

bool store_access_once_end(struct pg *pg, struct store_access *a)
{
	bool sent = pg_once_end(pg);

	take(a);
	return sent;
}
