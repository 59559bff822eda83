/* SPDX-License-Identifier: MIT
 * Who may log in. */
#include "crypto/crypto.h"
#include "daemon/store/users.h"

void users_init(struct users *u, const struct options *o)
{
	*u = (struct users){{
	        {o->admin_name, o->admin_password, USER_ADMIN},
	        {"yavio_ingest", o->ingest_password, USER_INGEST},
	        {"yavio_dashboard", o->dashboard_password, USER_TENANT},
	        {"yavio_intelligence", o->intelligence_password, USER_TENANT},
	        {"yavio_eraser", o->eraser_password, USER_ERASER},
	}};
}

/* Every login compares with every user, so that its time tells neither name nor password. */
const struct user *users_login(const struct users *u, const char *name, const char *password)
{
	const struct user *found = NULL;
	for (size_t i = 0; i < USERS_COUNT; i++) {
		const struct user *user = &u->user[i];
		bool same_password = crypto_equal_text(user->password, password);
		bool same_name = crypto_equal_text(user->name, name);
		if (same_name & same_password & (user->password[0] != '\0'))
			found = user;
	}
	return found;
}
