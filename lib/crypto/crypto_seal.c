/* SPDX-License-Identifier: MIT
 * Sealing of column values under a ring of keys. */
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto_seal.h"

#define FORM "v1:"

enum { FORM_BYTES = sizeof(FORM) - 1, OVERHEAD = CRYPTO_GCM_NONCE_BYTES + CRYPTO_GCM_TAG_BYTES };

/* Length of a key id at text, 0 when there is none. */
static size_t id_len(const char *text)
{
	size_t digits;

	if (text[0] != 'k')
		return 0;
	digits = strspn(text + 1, "0123456789");
	return digits >= 1 && digits + 1 < CRYPTO_KEY_ID_BYTES ? digits + 1 : 0;
}

static const struct crypto_key *find(const struct crypto_keyring *ring, const char *id)
{
	for (size_t i = 0; i < ring->len; i++)
		if (strcmp(ring->list[i].id, id) == 0)
			return &ring->list[i];
	return NULL;
}

bool crypto_keyring_has(const struct crypto_keyring *ring, const char *id)
{
	return find(ring, id) != NULL;
}

enum err crypto_keyring_add(struct crypto_keyring *ring, const char *id, const char *text)
{
	struct crypto_key *key = &ring->list[ring->len];
	size_t len = id_len(id), key_len = 0;

	if (len == 0 || id[len] != '\0' || ring->len == CRYPTO_KEYS_MAX || find(ring, id) != NULL)
		return ERR_INFRA_INVALID_ENV_VAR;
	if (strlen(text) == 2 * sizeof(key->key)) {
		if (!str_unhex(text, key->key, sizeof(key->key)))
			return ERR_INFRA_INVALID_ENV_VAR;
	} else if (!crypto_base64_decode(text, key->key, sizeof(key->key), &key_len) ||
	           key_len != sizeof(key->key)) {
		crypto_wipe(key->key, sizeof(key->key));
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	str_copy(key->id, sizeof(key->id), id);
	ring->len++;
	return ERR_OK;
}

void crypto_keyring_release(struct crypto_keyring *ring)
{
	if (ring != NULL)
		crypto_wipe(ring, sizeof(*ring));
}

static bool bind(const struct crypto_place *place, char aad[CRYPTO_SEAL_ROW_BYTES_MAX])
{
	return str_format(aad, CRYPTO_SEAL_ROW_BYTES_MAX, "%s:%s", place->column, place->row_id);
}

enum err crypto_seal(const struct crypto_keyring *ring, const struct crypto_place *place,
        const void *plain, size_t len, struct buf *out)
{
	char aad[CRYPTO_SEAL_ROW_BYTES_MAX], *text = NULL;
	size_t text_size = (len + OVERHEAD) * 4 / 3 + 4;
	uint8_t *sealed = NULL;
	enum err e = ERR_INFRA_INTERNAL_ERROR;

	if (ring->len == 0 || len > CRYPTO_SEAL_PLAIN_BYTES_MAX || !bind(place, aad))
		return e;
	sealed = malloc(len + OVERHEAD);
	text = malloc(text_size);
	if (sealed == NULL || text == NULL)
		goto out;
	crypto_random(sealed, CRYPTO_GCM_NONCE_BYTES);
	e = crypto_gcm_seal(
	        ring->list[0].key, sealed, aad, plain, len, sealed + CRYPTO_GCM_NONCE_BYTES);
	if (e != ERR_OK)
		goto out;
	if (!crypto_base64url_encode(sealed, len + OVERHEAD, text, text_size) ||
	        !buf_addf(out, FORM "%s:%s", ring->list[0].id, text))
		e = ERR_INFRA_INTERNAL_ERROR;
out:
	free(sealed);
	free(text);
	return e;
}

bool crypto_sealed_key_id(const char *text, char id[CRYPTO_KEY_ID_BYTES])
{
	size_t len;

	if (!str_starts_with(text, FORM))
		return false;
	text += FORM_BYTES;
	len = id_len(text);
	if (len == 0 || text[len] != ':')
		return false;
	memcpy(id, text, len);
	id[len] = '\0';
	return true;
}

enum err crypto_unseal(const struct crypto_keyring *ring, const struct crypto_place *place,
        const char *text, uint8_t *out, size_t out_size, size_t *len)
{
	char aad[CRYPTO_SEAL_ROW_BYTES_MAX], id[CRYPTO_KEY_ID_BYTES];
	const struct crypto_key *key;
	size_t text_len, sealed_len;
	uint8_t *sealed;
	enum err e = ERR_DB_INTERNAL_ERROR;

	*len = 0;
	if (!crypto_sealed_key_id(text, id) || !bind(place, aad))
		return e;
	key = find(ring, id);
	if (key == NULL)
		return ERR_INFRA_ENV_CONFLICT;
	text += FORM_BYTES + strlen(id) + 1;
	text_len = strnlen(text, CRYPTO_SEAL_TEXT_BYTES_MAX);
	if (text_len == CRYPTO_SEAL_TEXT_BYTES_MAX)
		return e;
	sealed = malloc(text_len + 1);
	if (sealed == NULL)
		return e;
	if (crypto_base64url_decode(text, text_len, sealed, text_len, &sealed_len) &&
	        sealed_len >= OVERHEAD && sealed_len - OVERHEAD <= out_size)
		e = crypto_gcm_open(key->key, sealed, aad, sealed + CRYPTO_GCM_NONCE_BYTES,
		        sealed_len - CRYPTO_GCM_NONCE_BYTES, out);
	if (e == ERR_OK)
		*len = sealed_len - OVERHEAD;
	free(sealed);
	return e;
}

enum err crypto_reseal(const struct crypto_keyring *ring, const struct crypto_place *place,
        const char *text, struct buf *out)
{
	char id[CRYPTO_KEY_ID_BYTES];
	uint8_t *plain = malloc(CRYPTO_SEAL_PLAIN_BYTES_MAX);
	size_t len = 0;
	enum err e = ERR_INFRA_INTERNAL_ERROR;

	if (plain == NULL)
		return e;
	e = crypto_unseal(ring, place, text, plain, CRYPTO_SEAL_PLAIN_BYTES_MAX, &len);
	if (e == ERR_OK && crypto_sealed_key_id(text, id) && strcmp(id, ring->list[0].id) == 0)
		e = buf_add_str(out, text) ? ERR_OK : ERR_INFRA_INTERNAL_ERROR;
	else if (e == ERR_OK)
		e = crypto_seal(ring, place, plain, len, out);
	crypto_wipe(plain, CRYPTO_SEAL_PLAIN_BYTES_MAX);
	free(plain);
	return e;
}
