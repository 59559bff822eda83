/* SPDX-License-Identifier: MIT
 * Two-factor login as it is stored: secret, used step, recovery codes, tries. */
#ifndef YAVIO_STORE_STORE_TOTP_H
#define YAVIO_STORE_STORE_TOTP_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store_login.h"
#include "store/store_session.h"

enum {
	STORE_TOTP_PENDING_S = 15 * 60,
	STORE_TOTP_SEALED_BYTES = 256, /* of a sealed secret with its NUL */
	STORE_RECOVERY_CODES = 10,
	STORE_RECOVERY_HASH_BYTES = 32,
};

/* Records a try of the second factor before it is looked at, so that parallel ones cannot pass the
 * limit (count in seconds, over all uses). No transaction may be open.
 * ERR_DASH_SECOND_FACTOR_LIMIT: there were too many, and *wait_s tells when the next one is looked
 * at. */
struct store_totp_limit {
	int64_t count, seconds;
};
enum err store_totp_attempt(struct pg *pg, const char *user_id, const char *ip,
        const struct store_totp_limit *limit, int64_t *wait_s) MUST_CHECK;

/* All below: in an open transaction of the user. */

/* Forgets the tries, as one proved right. */
enum err store_totp_right(struct pg *pg) MUST_CHECK;

struct store_totp {
	char secret_enc[STORE_TOTP_SEALED_BYTES];
	bool on; /* false: waits for its confirmation */
	int64_t last_step;
};
/* ERR_DASH_TOTP_NOT_ON: none, or one that waits for longer than STORE_TOTP_PENDING_S. */
enum err store_totp_get(struct pg *pg, const char *user_id, struct store_totp *out) MUST_CHECK;
/* Begins a set-up, in place of one that waits. ERR_DASH_TOTP_ALREADY_ON. */
enum err store_totp_enrol(struct pg *pg, const char *user_id, const char *secret_enc) MUST_CHECK;
/* Turns it on with the step of the code that confirmed it. ERR_DASH_TOTP_NOT_ON: another request
 * confirmed or replaced it meanwhile. */
enum err store_totp_confirm(
        struct pg *pg, const char *user_id, const char *secret_enc, int64_t step) MUST_CHECK;
/* Notes the step as used. ERR_DASH_SECOND_FACTOR_WRONG: it was. */
enum err store_totp_step(struct pg *pg, const char *user_id, int64_t step) MUST_CHECK;
/* Turns it off, and the recovery codes with it. ERR_DASH_TOTP_NOT_ON. */
enum err store_totp_off(struct pg *pg, const char *user_id) MUST_CHECK;

/* The hash of the account's password, "" when none is set. The caller wipes it. */
enum err store_totp_password(
        struct pg *pg, const char *user_id, char out[STORE_LOGIN_HASH_BYTES]) MUST_CHECK;

/* Stores the hashes of new recovery codes; the old ones die. */
enum err store_recovery_replace(struct pg *pg, const char *user_id,
        uint8_t hashes[STORE_RECOVERY_CODES][STORE_RECOVERY_HASH_BYTES]) MUST_CHECK;
/* Uses one up: that with any of these hashes. ERR_DASH_SECOND_FACTOR_WRONG: none, or used. */
enum err store_recovery_use(
        struct pg *pg, const char *user_id, const uint8_t *const *hashes, size_t len) MUST_CHECK;

/* Ends the login that waited for the second factor and tells by which method it began.
 * ERR_DASH_SESSION_EXPIRED: another request ended it. */
enum err store_totp_stage_end(struct pg *pg, const char *user_id, const char *session_id,
        char method[STORE_METHOD_BYTES]) MUST_CHECK;

#endif
