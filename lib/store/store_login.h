/* SPDX-License-Identifier: MIT
 * Accounts before somebody is logged in: attempts by password and their locks, registration, mailed
 * links, the first user. On app connections unless said; addresses are in lower case. */
#ifndef YAVIO_STORE_STORE_LOGIN_H
#define YAVIO_STORE_STORE_LOGIN_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store_job.h"

enum {
	STORE_LOGIN_EMAIL_BYTES = 254 + 1,
	STORE_LOGIN_HASH_BYTES = 128, /* PHC text with its NUL */
	STORE_LOGIN_TOKEN_HASH_BYTES = 32,
};

/* --- attempts: need no transaction, and none may be open --- */

struct store_login {
	int64_t attempt_id;
	int tier;                /* lock that stands should the attempt prove wrong; 0: none */
	int64_t locked_until_ms; /* of that lock, or of the one that refused the attempt; 0: none */
	char user_id[ID_UUID_BYTES];                /* "": nobody has the address */
	char password_hash[STORE_LOGIN_HASH_BYTES]; /* "": no account, or no password */
	bool verified, two_factor;
};
/* Records a failed password for the address, whoever has it, before anybody looked at the password,
 * and finds the account. ip: "" is unknown. ERR_DASH_SETUP_NOT_DONE; while the address is locked
 * ERR_DASH_ACCOUNT_LOCKED_BRUTE_FORCE, _ESCALATED or _MANUAL by its tier, with nothing recorded and
 * only locked_until_ms set. The caller wipes out->password_hash. */
enum err store_login_begin(
        struct pg *pg, const char *email, const char *ip, struct store_login *out) MUST_CHECK;
/* Takes the attempt back: the password was right, or was never looked at. Also in a transaction. */
enum err store_login_right(struct pg *pg, int64_t attempt_id) MUST_CHECK;

/* --- in a transaction of the user --- */

/* Notes the login; new_hash NULL keeps the stored one. ERR_DASH_SESSION_EXPIRED: the account is
 * gone. */
enum err store_login_done(struct pg *pg, const char *user_id, const char *new_hash) MUST_CHECK;
/* Lifts every lock and limit of the user. */
enum err store_login_unlock(struct pg *pg) MUST_CHECK;

struct store_new_account {
	const char *id; /* of the transaction */
	const char *email, *name, *password_hash;
	bool active;       /* false: waits for its address to be verified */
	const char *proof; /* "none", "mail", "setup" */
};
/* Makes an account; an unverified one of the address goes. *taken: an active one has it, nothing
 * was changed. */
enum err store_account_create(
        struct pg *pg, const struct store_new_account *a, bool *taken) MUST_CHECK;

/* --- mailed links --- */

enum store_token { STORE_TOKEN_VERIFY, STORE_TOKEN_RESET, STORE_TOKEN_UNLOCK };

struct store_token_user {
	char user_id[ID_UUID_BYTES];
	char email[STORE_LOGIN_EMAIL_BYTES];
	bool verified;
};
/* Whose token this is, without using it up; needs no transaction. ERR_DASH_INVALID_..._TOKEN or
 * ERR_DASH_UNLOCK_TOKEN_INVALID by type: unknown, used, expired or of another type. */
enum err store_token_find(struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES],
        enum store_token type, struct store_token_user *out) MUST_CHECK;
/* Uses it up, in a transaction of its user; of calls at one time one wins, the others get the
 * error above. */
enum err store_token_use(struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES],
        enum store_token type) MUST_CHECK;
/* What an unusable token of a type is answered with. */
enum err store_token_err(enum store_token type) MUST_CHECK;

struct store_mail_limit {
	int64_t count, seconds;
};
/* Has a mail sent to an address, unless it was asked for more often than the limit allows; looks
 * the same to the caller whether anybody has the address or not. Resets are counted by themselves,
 * all other kinds together. Alone or in a transaction. */
enum err store_login_mail(struct pg *pg, enum store_job_kind kind, const char *email,
        const char *ip, const struct store_mail_limit *limit) MUST_CHECK;

/* --- the first user --- */

/* The token is right and nobody has an account: from now on, if the transaction commits, it is used
 * up; a second call waits for the first one's end. ERR_DASH_SETUP_TOKEN_WRONG,
 * ERR_DASH_SETUP_ALREADY_DONE. In a transaction of the new account's id. */
enum err store_setup_claim(
        struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES]) MUST_CHECK;
/* Makes the account of this transaction owner of what was made before anybody had one. */
enum err store_setup_adopt(struct pg *pg, int64_t *workspaces) MUST_CHECK;

/* On a service connection: stores the hash of a new token, in place of an older one only with
 * replace. *stored false: an older one stays. ERR_DASH_SETUP_ALREADY_DONE. */
enum err store_setup_token(struct pg *pg, const uint8_t hash[STORE_LOGIN_TOKEN_HASH_BYTES],
        bool replace, bool *stored) MUST_CHECK;

#endif
