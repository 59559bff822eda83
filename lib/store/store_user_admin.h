/* SPDX-License-Identifier: MIT
 * Accounts as the operator handles them: list, unlock, way back in. Service connections; each
 * change is audited as cli. */
#ifndef YAVIO_STORE_STORE_USER_ADMIN_H
#define YAVIO_STORE_STORE_USER_ADMIN_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store.h"
#include "store/store_mail.h"

struct store_user_row {
	char id[ID_UUID_BYTES];
	char email[STORE_MAIL_ADDRESS_BYTES], name[STORE_NAME_BYTES];
	bool verified, has_password, two_factor, locked;
	int64_t workspaces, last_login_ms, created_ms; /* last_login_ms 0: never */
};
/* Newest first; email NULL: all. Caller frees *out with free. */
enum err store_user_list(
        struct pg *pg, const char *email, struct store_user_row **out, size_t *len) MUST_CHECK;

/* All below: email in lower case; ERR_CLI_USER_NOT_FOUND: no account has it. */

/* Forgets failed passwords and codes. *was false: there were none. */
enum err store_user_unlock(struct pg *pg, const char *email, bool *was) MUST_CHECK;
/* Removes second factor and recovery codes, ends all logins, has a security mail sent. *was false:
 * it was off. */
enum err store_user_totp_off(struct pg *pg, const char *email, bool *was) MUST_CHECK;
/* Makes a token of this hash the valid one for setting a new password. */
enum err store_user_reset_token(struct pg *pg, const char *email,
        const uint8_t hash[STORE_MAIL_HASH_BYTES], int64_t life_ms) MUST_CHECK;

struct store_demo_user {
	const char *email, *name, *password_hash, *workspace_id;
};
/* Makes an account that can log in at once, unless the address has one. The first account of all
 * owns what was made headless; any other becomes an admin of the workspace. *made: whether there
 * was none. */
enum err store_user_demo(struct pg *pg, const struct store_demo_user *user, bool *made) MUST_CHECK;

#endif
