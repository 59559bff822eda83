/* SPDX-License-Identifier: MIT
 * The columns that are encrypted at rest, as a whole: their key ring, which keys they need, and
 * their re-encryption under the newest one. Single values: crypto/crypto_seal.h. */
#ifndef YAVIO_STORE_STORE_SEALED_H
#define YAVIO_STORE_STORE_SEALED_H

#include "base/base.h"
#include "base/errors.h"
#include "conf/conf.h"
#include "crypto/crypto_seal.h"
#include "pg/pg.h"

enum { STORE_RESEAL_BATCH = 500 };

/* Column names as values are bound to them (struct crypto_place); the row ids are those of
 * oauth_accounts.id and user_totp.user_id. */
#define STORE_SEALED_ACCESS_TOKEN  "oauth_accounts.access_token_enc"
#define STORE_SEALED_REFRESH_TOKEN "oauth_accounts.refresh_token_enc"
#define STORE_SEALED_TOTP_SECRET   "user_totp.secret_enc"

/* The keys of ENCRYPTION_KEY. ERR_INFRA_INVALID_ENV_VAR: not usable. Caller releases *out. */
enum err store_keyring_load(const struct conf *c, struct crypto_keyring *out) MUST_CHECK;

/* The id of a key that stored values were sealed under and that ring lacks into *missing, "" when
 * none (a start with one missing is YAVIO-7206). App or service connection. */
enum err store_sealed_missing(struct pg *pg, const struct crypto_keyring *ring,
        char missing[CRYPTO_KEY_ID_BYTES]) MUST_CHECK;

/* How many stored values are sealed under that key. Service connection. */
enum err store_sealed_count(struct pg *pg, const char *key_id, int64_t *values) MUST_CHECK;

/* Re-encrypts the next rows, STORE_RESEAL_BATCH of each table at most, that are not under the first
 * key of ring, in one transaction under their row locks; *rows says how many: 0, all is done. Safe
 * to repeat after a stop at any moment, and by two at once. An error of crypto_unseal (logged with
 * the row) or of pg_exec: nothing of this batch is changed. Service connection. */
enum err store_reseal(struct pg *pg, const struct crypto_keyring *ring, int64_t *rows) MUST_CHECK;

#endif
