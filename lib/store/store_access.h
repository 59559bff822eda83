/* SPDX-License-Identifier: MIT
 * Who a request is from and what it may see, found in the round trip that opens its transaction. */
#ifndef YAVIO_STORE_STORE_ACCESS_H
#define YAVIO_STORE_STORE_ACCESS_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"

enum store_role { /* ascending: a higher one may do all that a lower one may */
	STORE_ROLE_NONE,
	STORE_ROLE_VIEWER,
	STORE_ROLE_MEMBER,
	STORE_ROLE_ADMIN,
	STORE_ROLE_OWNER,
};
/* "viewer", ...; "" for NONE. */
const char *store_role_name(enum store_role role);
/* STORE_ROLE_NONE for anything that is no role. */
enum store_role store_role_parse(const char *name);

struct store_access {
	/* what the path names; NULL: it names none. Both are UUIDs. */
	const char *want_workspace, *want_project;
	/* results */
	enum store_role role; /* STORE_ROLE_NONE: the workspace, or the project where no workspace
	                         was named, is not visible */
	char workspace_id[ID_UUID_BYTES];
	char project_id[ID_UUID_BYTES]; /* "" when there is none or it is not visible */
	/* private */
	struct pg_param params[2];
	struct pg_then then;
};

/* For a request that asks one statement and changes nothing: it all goes in one round trip with
 * that statement (pg_once_begin). login and a must stay until store_access_once_end, which is false
 * when no statement was sent, and sets the results of a. */
void store_access_once_begin(struct pg *pg, struct pg_login *login, struct store_access *a);
bool store_access_once_end(struct pg *pg, struct store_access *a);

/* Opens the transaction of a login and, where a names anything, looks at that in the same round
 * trip; a connection that was lost while idle is made anew. ERR_DASH_SESSION_EXPIRED: no such
 * login, no transaction is open. */
enum err store_access_begin(
        struct pg *pg, struct pg_login *login, struct store_access *a) MUST_CHECK;

#endif
