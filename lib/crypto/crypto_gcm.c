/* SPDX-License-Identifier: MIT
 * Authenticated encryption: AES-256-GCM. */
#include <openssl/evp.h>

#include "crypto/crypto.h"

enum err crypto_gcm_seal(const uint8_t key[CRYPTO_GCM_KEY_BYTES],
        const uint8_t nonce[CRYPTO_GCM_NONCE_BYTES], const char *aad, const void *plain, size_t len,
        uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	bool done = ctx != NULL && len <= INT32_MAX - CRYPTO_GCM_TAG_BYTES &&
	            EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	            EVP_EncryptUpdate(
	                    ctx, NULL, &n, (const unsigned char *)aad, (int)strlen(aad)) == 1 &&
	            EVP_EncryptUpdate(ctx, out, &n, plain, (int)len) == 1 &&
	            EVP_EncryptFinal_ex(ctx, out + len, &n) == 1 &&
	            EVP_CIPHER_CTX_ctrl(
	                    ctx, EVP_CTRL_GCM_GET_TAG, CRYPTO_GCM_TAG_BYTES, out + len) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return done ? ERR_OK : ERR_INFRA_INTERNAL_ERROR;
}

enum err crypto_gcm_open(const uint8_t key[CRYPTO_GCM_KEY_BYTES],
        const uint8_t nonce[CRYPTO_GCM_NONCE_BYTES], const char *aad, const uint8_t *sealed,
        size_t sealed_len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx;
	uint8_t tag[CRYPTO_GCM_TAG_BYTES];
	size_t len;
	int n;
	bool done;

	if (sealed_len < CRYPTO_GCM_TAG_BYTES || sealed_len > INT32_MAX)
		return ERR_DB_INTERNAL_ERROR;
	len = sealed_len - CRYPTO_GCM_TAG_BYTES;
	memcpy(tag, sealed + len, sizeof(tag));
	ctx = EVP_CIPHER_CTX_new();
	done = ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)aad, (int)strlen(aad)) ==
	               1 &&
	       EVP_DecryptUpdate(ctx, out, &n, sealed, (int)len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, CRYPTO_GCM_TAG_BYTES, tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!done)
		crypto_wipe(out, len);
	return done ? ERR_OK : ERR_DB_INTERNAL_ERROR;
}
