/* SPDX-License-Identifier: MIT
 * Encryption at rest: values of database columns, sealed under the keys of ENCRYPTION_KEY and bound
 * to their row. Text form: "v1:<key id>:<base64url(nonce 12, ciphertext, tag 16)>", AES-256-GCM. */
#ifndef YAVIO_CRYPTO_CRYPTO_SEAL_H
#define YAVIO_CRYPTO_CRYPTO_SEAL_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"
#include "crypto/crypto.h"

enum {
	CRYPTO_KEYS_MAX = 16,
	CRYPTO_KEY_ID_BYTES = 8, /* "k" and up to 6 digits, with the NUL */
	CRYPTO_SEAL_PLAIN_BYTES_MAX = 16 * 1024,
	CRYPTO_SEAL_TEXT_BYTES_MAX = 22 * 1024, /* of a sealed value, with its NUL */
	CRYPTO_SEAL_ROW_BYTES_MAX = 128,        /* "table.column:row id" */
};

struct crypto_keyring {
	struct crypto_key {
		char id[CRYPTO_KEY_ID_BYTES]; /* "k2" */
		uint8_t key[CRYPTO_GCM_KEY_BYTES];
	} list[CRYPTO_KEYS_MAX]; /* the first seals, all open */
	size_t len;
};

/* Adds a key behind the others: its id ("k" and digits) and 32 bytes in base64 or hex.
 * ERR_INFRA_INVALID_ENV_VAR: another form or length, an id twice, too many; the ring is unchanged.
 */
enum err crypto_keyring_add(
        struct crypto_keyring *ring, const char *id, const char *text) MUST_CHECK;
/* Whether it can open what was sealed under that id. */
bool crypto_keyring_has(const struct crypto_keyring *ring, const char *id);
/* Overwrites and empties it. NULL-safe. */
void crypto_keyring_release(struct crypto_keyring *ring);

/* Where a value lives: one that is copied to another row or column does not open there. */
struct crypto_place {
	const char *column; /* "user_totp.secret_enc" */
	const char *row_id;
};

/* Seals plain (≤ CRYPTO_SEAL_PLAIN_BYTES_MAX bytes) under the first key with a fresh nonce; the
 * text is appended to out. ERR_INFRA_INTERNAL_ERROR: no key, too long, or out's cap. */
enum err crypto_seal(const struct crypto_keyring *ring, const struct crypto_place *place,
        const void *plain, size_t len, struct buf *out) MUST_CHECK;

/* Opens a sealed text into out, which has out_size bytes, *len of them used.
 * ERR_INFRA_ENV_CONFLICT: sealed under a key that the ring lacks. ERR_DB_INTERNAL_ERROR: not of
 * this form, too long for out, changed, or of another place; out then holds nothing usable. */
enum err crypto_unseal(const struct crypto_keyring *ring, const struct crypto_place *place,
        const char *text, uint8_t *out, size_t out_size, size_t *len) MUST_CHECK;

/* The id of the key that a text was sealed under. False: not of this form. */
bool crypto_sealed_key_id(const char *text, char id[CRYPTO_KEY_ID_BYTES]) MUST_CHECK;

/* Rotation: opens text and appends it to out, sealed under the first key. What is under that key
 * already is appended as it is, once it opened. Errors of both. */
enum err crypto_reseal(const struct crypto_keyring *ring, const struct crypto_place *place,
        const char *text, struct buf *out) MUST_CHECK;

#endif
