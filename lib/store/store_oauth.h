/* SPDX-License-Identifier: MIT
 * Identities at providers that people log in with. */
#ifndef YAVIO_STORE_STORE_OAUTH_H
#define YAVIO_STORE_STORE_OAUTH_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"

enum { STORE_OAUTH_ACCOUNT_BYTES = 255 + 1, STORE_OAUTH_PROOF_BYTES = 8 };

struct store_oauth_found {
	char owner[ID_UUID_BYTES];  /* user that the identity is linked to; "" nobody */
	char holder[ID_UUID_BYTES]; /* account of the address; "" none */
	bool holder_active;         /* false: waits for its address to be verified */
	char holder_proof[STORE_OAUTH_PROOF_BYTES]; /* "none", "mail", "oauth", "setup" */
	bool invited;                               /* an open invitation names the address */
};
/* What is known of an identity and its address (lower case; NULL: none). Needs no transaction. */
enum err store_oauth_find(struct pg *pg, const char *provider, const char *account_id,
        const char *email, struct store_oauth_found *out) MUST_CHECK;

/* All below: in an open transaction of user_id. */

struct store_oauth_link {
	char id[ID_UUID_BYTES]; /* of the row, which the sealed tokens are bound to */
	const char *provider, *account_id;
	const char *email;                    /* NULL: none */
	const char *access_enc, *refresh_enc; /* NULL: none */
	int64_t expires_at_ms;                /* 0: not known */
};
/* ERR_DASH_OAUTH_IDENTITY_CONFLICT: somebody else has the identity, or the user another one of this
 * provider; the transaction can only be rolled back then. */
enum err store_oauth_insert(
        struct pg *pg, const char *user_id, const struct store_oauth_link *link) MUST_CHECK;
/* New address and tokens of the row link->id. */
enum err store_oauth_update(
        struct pg *pg, const char *user_id, const struct store_oauth_link *link) MUST_CHECK;

struct store_oauth_row {
	char id[ID_UUID_BYTES];
	char account_id[STORE_OAUTH_ACCOUNT_BYTES];
	char *access_enc; /* NULL: none; caller frees */
};
/* ERR_DASH_OAUTH_ERROR: not linked to that provider. */
enum err store_oauth_get(struct pg *pg, const char *user_id, const char *provider,
        struct store_oauth_row *out) MUST_CHECK;
/* ERR_DASH_OAUTH_ERROR: not linked; ERR_DASH_LAST_LOGIN_METHOD: nothing else to log in with; exact
 * also for calls at the same time. */
enum err store_oauth_unlink(struct pg *pg, const char *user_id, const char *provider) MUST_CHECK;

/* The provider proved this address; that of the account is proven by it when it is the same. */
enum err store_oauth_proven(struct pg *pg, const char *user_id, const char *email) MUST_CHECK;

#endif
