/* SPDX-License-Identifier: MIT
 * One's own account, in a transaction of its user on an app connection. */
#ifndef YAVIO_STORE_STORE_SELF_H
#define YAVIO_STORE_STORE_SELF_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store_page.h"
#include "store/store_tenancy.h"

/* An account that waited for that becomes active. by_mail: its address is proven. */
enum err store_self_activate(struct pg *pg, const char *user_id, bool by_mail) MUST_CHECK;
/* ERR_DASH_SESSION_EXPIRED, here and below: the account is gone. */
enum err store_self_rename(struct pg *pg, const char *user_id, const char *name) MUST_CHECK;
enum err store_self_set_password(struct pg *pg, const char *user_id, const char *hash) MUST_CHECK;

enum { STORE_PROVIDERS_MAX = 4, STORE_PROVIDER_BYTES = 16 };
struct store_identity {
	char provider[STORE_PROVIDER_BYTES];
	char email[254 + 1]; /* "": the provider gave none */
	int64_t linked_ms;
};
/* What the account is linked to; out has STORE_PROVIDERS_MAX. */
enum err store_self_identities(
        struct pg *pg, const char *user_id, struct store_identity *out, size_t *len) MUST_CHECK;

/* Holds the account still to the end of the transaction. ERR_DASH_SESSION_EXPIRED: it is gone. */
enum err store_self_lock(struct pg *pg, const char *user_id) MUST_CHECK;

struct store_owned {
	char id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
	bool shared; /* has members besides its owner */
};
/* The workspaces that the user owns, held still to the end of the transaction. Caller frees *out
 * with free. */
enum err store_self_owned(
        struct pg *pg, const char *user_id, struct store_owned **out, size_t *len) MUST_CHECK;
/* Deletes the account with all that is its own; it may own no workspace any more. */
enum err store_self_delete(struct pg *pg, const char *user_id) MUST_CHECK;

/* What the user did as an account and not in a workspace, by time; 10,000 events at most. Caller:
 * store_audit_release. */
enum err store_self_audit(struct pg *pg, const char *user_id, const struct store_page *page,
        struct store_audit_list *out) MUST_CHECK;

#endif
