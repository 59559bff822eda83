/* SPDX-License-Identifier: MIT
 * Cryptography: the only user of OpenSSL and libargon2. Lengths are bytes; outputs are the caller's
 * arrays. */
#ifndef YAVIO_CRYPTO_CRYPTO_H
#define YAVIO_CRYPTO_CRYPTO_H

#include "base/base.h"
#include "base/errors.h"

enum {
	CRYPTO_SHA256_BYTES = 32,
	CRYPTO_SHA256_HEX_BYTES = 65, /* with its NUL */
	CRYPTO_GCM_KEY_BYTES = 32,
	CRYPTO_GCM_NONCE_BYTES = 12,
	CRYPTO_GCM_TAG_BYTES = 16,
	CRYPTO_PASSWORD_HASH_BYTES = 128, /* PHC text with its NUL */
	CRYPTO_PASSWORD_BYTES_MAX = 512,
};

/* From the kernel's generator; aborts when there is none, since nothing may go on without it. */
void crypto_random(uint8_t *out, size_t len);

/* FIPS 180-4. */
enum err crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_BYTES]) MUST_CHECK;
/* The same as lower-case hex text. */
enum err crypto_sha256_hex(
        const void *data, size_t len, char out[CRYPTO_SHA256_HEX_BYTES]) MUST_CHECK;
/* RFC 2104 with SHA-256. */
enum err crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
        uint8_t out[CRYPTO_SHA256_BYTES]) MUST_CHECK;
/* RFC 5869; info is the label that separates uses. out_len ≤ 255 * 32. */
enum err crypto_hkdf_sha256(const void *secret, size_t secret_len, const char *info, uint8_t *out,
        size_t out_len) MUST_CHECK;

/* RFC 4122 version 5: the UUID of a name in a namespace, lower case; the same for ever. out has 37
 * bytes. A name for things, no protection: it rests on SHA-1. */
void crypto_uuid5(const uint8_t name_space[16], const char *name, char out[37]);

/* Same time for any contents of equal length. */
bool crypto_equal(const void *a, const void *b, size_t len) MUST_CHECK;
/* Texts of any length, in time that depends on the length of untrusted only. */
bool crypto_equal_text(const char *trusted, const char *untrusted) MUST_CHECK;
/* Overwrites a secret; not optimised away. */
void crypto_wipe(void *data, size_t len);

/* AES-256-GCM (NIST SP 800-38D). out has len + CRYPTO_GCM_TAG_BYTES: ciphertext, then tag. A nonce
 * must never be used twice with a key. */
enum err crypto_gcm_seal(const uint8_t key[CRYPTO_GCM_KEY_BYTES],
        const uint8_t nonce[CRYPTO_GCM_NONCE_BYTES], const char *aad, const void *plain, size_t len,
        uint8_t *out) MUST_CHECK;
/* sealed_len includes the tag; out has sealed_len - CRYPTO_GCM_TAG_BYTES. ERR_DB_INTERNAL_ERROR:
 * changed, or another key, nonce or aad; out then holds nothing usable. */
enum err crypto_gcm_open(const uint8_t key[CRYPTO_GCM_KEY_BYTES],
        const uint8_t nonce[CRYPTO_GCM_NONCE_BYTES], const char *aad, const uint8_t *sealed,
        size_t sealed_len, uint8_t *out) MUST_CHECK;

/* Base64 (RFC 4648 §4, with padding) and base64url (§5, without). Decoders take their alphabet
 * only, any amount of correct padding; return false on anything else or when out_size is too small.
 * Encoders: false when it does not fit. */
bool crypto_base64_encode(const uint8_t *data, size_t len, char *out, size_t out_size) MUST_CHECK;
bool crypto_base64_decode(
        const char *text, uint8_t *out, size_t out_size, size_t *out_len) MUST_CHECK;
bool crypto_base64url_encode(
        const uint8_t *data, size_t len, char *out, size_t out_size) MUST_CHECK;
bool crypto_base64url_decode(
        const char *text, size_t len, uint8_t *out, size_t out_size, size_t *out_len) MUST_CHECK;

struct crypto_argon2 {
	uint32_t memory_kib, iterations, lanes;
};
/* Argon2id v1.3 (RFC 9106) as PHC text with a fresh 16-byte salt and a 32-byte tag. Takes about 0.1
 * s and memory_kib. */
enum err crypto_password_hash(const char *password, const struct crypto_argon2 *cost,
        char out[CRYPTO_PASSWORD_HASH_BYTES]) MUST_CHECK;
/* True: right. outdated (may be NULL) tells that the stored cost is below the given one. */
bool crypto_password_verify(const char *password, const char *phc, const struct crypto_argon2 *cost,
        bool *outdated) MUST_CHECK;

#endif
