/* SPDX-License-Identifier: MIT
 * Passwords: which are taken, and argon2id hashes of them under a cap that all workers share. */
#ifndef YAVIO_AUTH_AUTH_PASSWORD_H
#define YAVIO_AUTH_AUTH_PASSWORD_H

#include "base/base.h"
#include "base/errors.h"
#include "crypto/crypto.h"
#include "shm/shm.h"
#include "shm/shm_slots.h"

enum {
	AUTH_PASSWORD_CHARS_MIN = 8,
	AUTH_PASSWORD_CHARS_MAX = 128,
	AUTH_PASSWORD_BYTES_MAX = CRYPTO_PASSWORD_BYTES_MAX,
	AUTH_PASSWORD_WAIT_MS = 5000,
};

/* Why an account of this address (lower case) may not have that password, as a word; NULL: it may.
 * "bad_characters" (no UTF-8), "too_short" and "too_long" (8-128 characters, 512 bytes),
 * "same_as_email" (also as its local part alone), "common"; letter case makes no difference. */
const char *auth_password_problem(const char *password, const char *email) MUST_CHECK;
/* Whether the compiled-in list (common_passwords.txt) has it, in any letter case. */
bool auth_password_is_common(const char *password);

/* One a program, filled before fork; dummy by auth_hasher_init. */
struct auth_hasher {
	struct crypto_argon2 cost;
	struct shm_slots *slots;                /* the cap; of the caller */
	struct shm *shm;                        /* may be NULL */
	unsigned wait_metric;                   /* histogram of seconds waited; one count a hash */
	char dummy[CRYPTO_PASSWORD_HASH_BYTES]; /* of a password that nobody has */
};

/* Makes the dummy hash at h->cost: takes as long as a hash. */
enum err auth_hasher_init(struct auth_hasher *h) MUST_CHECK;

/* Both take about 0.1 s and wait for their turn AUTH_PASSWORD_WAIT_MS at most, then
 * ERR_DASH_HASHING_BUSY: no database transaction may be open meanwhile. */

/* A hash at h->cost as PHC text. */
enum err auth_password_hash(const struct auth_hasher *h, const char *password,
        char out[CRYPTO_PASSWORD_HASH_BYTES]) MUST_CHECK;
/* Compares with a stored hash; stored NULL (no account, or one without a password) takes the same
 * time and is never right. *outdated (may be NULL): right, and stored at a lower cost than h's. */
enum err auth_password_verify(const struct auth_hasher *h, const char *password, const char *stored,
        bool *right, bool *outdated) MUST_CHECK;

#endif
