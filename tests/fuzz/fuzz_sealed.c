/* SPDX-License-Identifier: MIT
 * Fuzzes the parser of values sealed at rest: nothing that was not sealed here opens, and what was
 * opens as it went in. */
#include <stdlib.h>

#include "crypto/crypto_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct crypto_place place = {"t.c", "1"};
	static uint8_t out[CRYPTO_SEAL_PLAIN_BYTES_MAX];
	struct crypto_keyring ring = {.len = 0};
	char id[CRYPTO_KEY_ID_BYTES];
	struct buf sealed;
	char *text = calloc(1, size + 1);
	size_t len;

	if (text == NULL || size > CRYPTO_SEAL_PLAIN_BYTES_MAX) {
		free(text);
		return 0;
	}
	if (size > 0)
		memcpy(text, data, size);
	if (crypto_keyring_add(&ring, "k1",
	            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f") != ERR_OK)
		abort();
	if (crypto_unseal(&ring, &place, text, out, sizeof(out), &len) == ERR_OK)
		abort();
	if (crypto_sealed_key_id(text, id) && (id[0] != 'k' || strlen(id) < 2))
		abort();
	if (crypto_keyring_add(&ring, "k2", text) == ERR_OK && ring.len != 2)
		abort();
	buf_init(&sealed, CRYPTO_SEAL_TEXT_BYTES_MAX);
	if (crypto_seal(&ring, &place, data, size, &sealed) != ERR_OK ||
	        crypto_unseal(&ring, &place, buf_str(&sealed), out, sizeof(out), &len) != ERR_OK ||
	        len != size || (size > 0 && memcmp(out, data, size) != 0))
		abort();
	buf_release(&sealed);
	free(text);
	return 0;
}
