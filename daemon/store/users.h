/* SPDX-License-Identifier: MIT
 * Who may log in, and what each may do: the table that stands in for a server's users and grants
 *. */
#ifndef YAVIO_STORE_USERS_H
#define YAVIO_STORE_USERS_H

#include "base/base.h"
#include "base/errors.h"
#include "daemon/store/options.h"

enum user_role {
	USER_ADMIN,  /* default: any statement */
	USER_INGEST, /* INSERT of JSON lines into the tenant tables */
	USER_TENANT, /* SELECT within one project: dashboard and intelligence */
	USER_ERASER, /* the two deletes that lib/ch writes */
};

struct user {
	const char *name;
	const char *password; /* "": nobody can log in */
	enum user_role role;
};

enum { USERS_COUNT = 5, USERS_NAME_BYTES_MAX = 64, USERS_PASSWORD_BYTES_MAX = 512 };

struct users {
	struct user user[USERS_COUNT];
};

/* Borrows the texts of options. */
void users_init(struct users *u, const struct options *options);

/* NULL: no such user or another password, in the same time either way. */
const struct user *users_login(
        const struct users *u, const char *name, const char *password) MUST_CHECK;

#endif
