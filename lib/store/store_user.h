/* SPDX-License-Identifier: MIT
 * The user of a transaction, and where that user belongs. */
#ifndef YAVIO_STORE_STORE_USER_H
#define YAVIO_STORE_STORE_USER_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store.h"
#include "store/store_access.h"

enum { STORE_EMAIL_BYTES = 254 + 1, STORE_PLAN_BYTES = 16 };

struct store_user {
	char id[ID_UUID_BYTES];
	char email[STORE_EMAIL_BYTES];
	char name[STORE_NAME_BYTES];
	bool has_password, email_verified, two_factor;
	int64_t recovery_codes_left, created_ms;
};
/* The tenant of the open transaction. ERR_DASH_SESSION_EXPIRED: it is gone. */
enum err store_user_self(struct pg *pg, struct store_user *out) MUST_CHECK;

struct store_my_workspace {
	char id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
	char slug[STORE_SLUG_BYTES];
	char plan[STORE_PLAN_BYTES];
	enum store_role role;
};
/* The tenant and the workspaces it belongs to, by name, in one statement. */
enum { STORE_MY_WORKSPACES_MAX = 100 };
enum err store_user_session(struct pg *pg, struct store_user *out,
        struct store_my_workspace workspaces[STORE_MY_WORKSPACES_MAX], size_t *len) MUST_CHECK;

/* Whether nobody has an account yet; needs no transaction. */
enum err store_setup_needed(struct pg *pg, bool *out) MUST_CHECK;

#endif
