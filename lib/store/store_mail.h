/* SPDX-License-Identifier: MIT
 * What yavio-jobs reads and writes for a mail: who gets it, and the hash of the token in it.
 * Service connections. */
#ifndef YAVIO_STORE_STORE_MAIL_H
#define YAVIO_STORE_STORE_MAIL_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store.h"

enum { STORE_MAIL_ADDRESS_BYTES = 254 + 1, STORE_MAIL_HASH_BYTES = 32 };

struct store_mail_user {
	char id[ID_UUID_BYTES]; /* "": there is none */
	char email[STORE_MAIL_ADDRESS_BYTES], name[STORE_NAME_BYTES];
	bool verified;
};
/* By address or by id; the other one NULL. ERR_OK also without a user. */
enum err store_mail_user_find(struct pg *pg, const char *email, const char *user_id,
        struct store_mail_user *out) MUST_CHECK;

struct store_mail_token {
	const char *user_id;
	const char *type; /* email_verification, password_reset, account_unlock */
	uint8_t hash[STORE_MAIL_HASH_BYTES];
	int64_t life_ms;      /* from now */
	int64_t requested_ms; /* when it was asked for, Unix ms */
};
/* Makes the token valid and voids the others of its type. A repeated call with the same hash renews
 * its life. *live false: it was used meanwhile, or one was made for a later request: nothing
 * changed, nothing is to be sent. */
enum err store_mail_token_put(
        struct pg *pg, const struct store_mail_token *token, bool *live) MUST_CHECK;

struct store_mail_invitation {
	char email[STORE_MAIL_ADDRESS_BYTES]; /* "": cancelled, used or unknown */
	char workspace[STORE_NAME_BYTES], inviter[STORE_NAME_BYTES]; /* inviter may be "" */
};
enum err store_mail_invitation_find(
        struct pg *pg, const char *id, struct store_mail_invitation *out) MUST_CHECK;
/* As store_mail_token_put, for an invitation. */
enum err store_mail_invitation_put(struct pg *pg, const char *id,
        const uint8_t hash[STORE_MAIL_HASH_BYTES], int64_t life_ms, int64_t requested_ms,
        bool *live) MUST_CHECK;

#endif
