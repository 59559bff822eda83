/* SPDX-License-Identifier: MIT
 * Digests, key derivation, randomness and comparisons. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/id.h"
#include "base/str.h"
#include "crypto/crypto.h"

void crypto_random(uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t n = getrandom(out, len, 0);

		if (n <= 0)
			abort();
		out += n;
		len -= (size_t)n;
	}
}

/* To look an algorithm up anew takes longer than to compute, and ingest does both for every
 * request: so each is looked up once, and each thread keeps its keyed context. */
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t sha256_key, hmac_key;
static bool sha256_usable, hmac_usable;

static void free_digest(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void free_mac(void *ctx)
{
	EVP_MAC_CTX_free(ctx);
}

static void look_up(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	sha256_usable = sha256 != NULL && pthread_key_create(&sha256_key, free_digest) == 0;
	hmac_usable = pthread_key_create(&hmac_key, free_mac) == 0;
}

static EVP_MD_CTX *new_sha256(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_DigestInit_ex(ctx, sha256, NULL) != 1 ||
	        pthread_setspecific(sha256_key, ctx) != 0) {
		EVP_MD_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Begun; NULL: none. */
static EVP_MD_CTX *thread_sha256(void)
{
	EVP_MD_CTX *ctx;

	pthread_once(&hash_once, look_up);
	if (!sha256_usable)
		return NULL;
	ctx = pthread_getspecific(sha256_key);
	if (ctx == NULL)
		return new_sha256();
	/* Without an algorithm it begins anew with the one that it has. */
	return EVP_DigestInit_ex(ctx, NULL, NULL) == 1 ? ctx : NULL;
}

enum err crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_BYTES])
{
	EVP_MD_CTX *ctx = thread_sha256();

	if (ctx == NULL || EVP_DigestUpdate(ctx, data, len) != 1 ||
	        EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		return ERR_INFRA_INTERNAL_ERROR;
	return ERR_OK;
}

void crypto_uuid5(const uint8_t name_space[16], const char *name, char out[37])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];

	/* Nothing here can fail but for memory, and a name that is not its own must not go out. */
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) != 1 ||
	        EVP_DigestUpdate(ctx, name_space, 16) != 1 ||
	        EVP_DigestUpdate(ctx, name, strlen(name)) != 1 ||
	        EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	digest[6] = (uint8_t)((digest[6] & 0x0F) | 0x50);
	digest[8] = (uint8_t)((digest[8] & 0x3F) | 0x80);
	id_uuid_text(digest, out);
}

enum err crypto_sha256_hex(const void *data, size_t len, char out[CRYPTO_SHA256_HEX_BYTES])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	enum err e = crypto_sha256(data, len, digest);

	if (e == ERR_OK)
		str_hex(digest, sizeof(digest), out);
	return e;
}

static EVP_MAC_CTX *new_hmac(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	        OSSL_PARAM_construct_end()};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx == NULL || EVP_MAC_CTX_set_params(ctx, params) != 1 ||
	        pthread_setspecific(hmac_key, ctx) != 0) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static EVP_MAC_CTX *thread_hmac(void)
{
	EVP_MAC_CTX *ctx;

	pthread_once(&hash_once, look_up);
	if (!hmac_usable)
		return NULL;
	ctx = pthread_getspecific(hmac_key);
	return ctx != NULL ? ctx : new_hmac();
}

enum err crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
        uint8_t out[CRYPTO_SHA256_BYTES])
{
	EVP_MAC_CTX *ctx = thread_hmac();
	size_t out_len;

	/* A NULL key would mean the one before. */
	if (ctx == NULL || EVP_MAC_init(ctx, key_len > 0 ? key : "", key_len, NULL) != 1 ||
	        EVP_MAC_update(ctx, data, len) != 1 ||
	        EVP_MAC_final(ctx, out, &out_len, CRYPTO_SHA256_BYTES) != 1)
		return ERR_INFRA_INTERNAL_ERROR;
	return ERR_OK;
}

enum err crypto_hkdf_sha256(
        const void *secret, size_t secret_len, const char *info, uint8_t *out, size_t out_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	bool done = ctx != NULL && secret_len <= INT32_MAX && EVP_PKEY_derive_init(ctx) == 1 &&
	            EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) == 1 &&
	            EVP_PKEY_CTX_set1_hkdf_key(ctx, secret, (int)secret_len) == 1 &&
	            EVP_PKEY_CTX_add1_hkdf_info(
	                    ctx, (const unsigned char *)info, (int)strlen(info)) == 1 &&
	            EVP_PKEY_derive(ctx, out, &out_len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return done ? ERR_OK : ERR_INFRA_INTERNAL_ERROR;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

bool crypto_equal_text(const char *trusted, const char *untrusted)
{
	uint8_t a[CRYPTO_SHA256_BYTES], b[CRYPTO_SHA256_BYTES];

	/* Digests have one length, so nothing tells how much of the text was right. */
	if (crypto_sha256(trusted, strlen(trusted), a) != ERR_OK ||
	        crypto_sha256(untrusted, strlen(untrusted), b) != ERR_OK)
		return false;
	return crypto_equal(a, b, sizeof(a));
}

void crypto_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}
