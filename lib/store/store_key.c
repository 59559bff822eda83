/* SPDX-License-Identifier: MIT
 * API keys on the way in: form, hash, look-up. */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include "store/store_internal.h"

bool store_key_is_wellformed(const char *text)
{
	size_t len;

	if (!str_starts_with(text, STORE_KEY_MARK))
		return false;
	text += STORE_KEY_MARK_BYTES;
	len = strspn(text, "0123456789abcdef");
	return text[len] == '\0' && len >= STORE_KEY_HEX_MIN && len <= STORE_KEY_HEX_MAX;
}

enum err store_key_hash(
        const struct store_secret *secret, const char *text, uint8_t out[STORE_KEY_HASH_BYTES])
{
	return crypto_hmac_sha256(secret->value, strlen(secret->value), text, strlen(text), out);
}

enum err store_key_check(const struct store_key *key, int64_t now_ms)
{
	if (key->revoked_at_ms != 0 && key->revoked_at_ms <= now_ms)
		return ERR_INGEST_API_KEY_REVOKED;
	if (key->expires_at_ms != 0 && key->expires_at_ms <= now_ms)
		return ERR_INGEST_API_KEY_EXPIRED;
	return ERR_OK;
}

static enum err read_key(const struct pg_result *r, struct store_key *out)
{
	struct store_key key;
	const uint8_t *hash;
	size_t len;

	if (pg_rows(r) != 1)
		return ERR_INGEST_INVALID_API_KEY;
	hash = pg_bytes(r, 0, 3, &len);
	if (len != sizeof(key.hash))
		return ERR_INGEST_INVALID_API_KEY;
	pg_uuid(r, 0, 0, key.key_id);
	pg_uuid(r, 0, 1, key.project_id);
	pg_uuid(r, 0, 2, key.workspace_id);
	memcpy(key.hash, hash, len);
	key.expires_at_ms = pg_time_ms(r, 0, 4);
	key.revoked_at_ms = pg_time_ms(r, 0, 5);
	*out = key;
	return ERR_OK;
}

enum err store_key_lookup(
        struct pg *pg, const struct store_secrets *secrets, const char *text, struct store_key *out)
{
	uint8_t hashes[STORE_SECRETS_MAX][STORE_KEY_HASH_BYTES];
	const uint8_t *list[STORE_SECRETS_MAX];
	struct pg_result *r;
	enum err e;

	if (!store_key_is_wellformed(text))
		return ERR_INGEST_INVALID_API_KEY;
	for (size_t i = 0; i < secrets->len; i++) {
		e = store_key_hash(&secrets->list[i], text, hashes[i]);
		if (e != ERR_OK)
			return ERR_INGEST_POSTGRESQL_UNAVAILABLE;
		list[i] = hashes[i];
	}
	e = pg_exec(pg, PGQ_KEY_BY_HASH,
	        PG_PARAMS(PG_BLOBS(list, STORE_KEY_HASH_BYTES, secrets->len)), &r);
	if (e != ERR_OK) {
		/* Whatever it was, the key was not judged: never "invalid" by a failure. */
		pg_log_failure(pg, e, "API key not checked");
		return ERR_INGEST_POSTGRESQL_UNAVAILABLE;
	}
	e = read_key(r, out);
	pg_result_free(r);
	return e == ERR_OK ? store_key_check(out, clock_wall_ms()) : e;
}

enum err store_key_touch(struct pg *pg, const char *const *key_ids, size_t len)
{
	return len == 0 ? ERR_OK
	                : pg_exec(pg, PGQ_KEY_TOUCH, PG_PARAMS(PG_UUIDS(key_ids, len)), NULL);
}

void store_key_listen(struct pg *pg)
{
	pg_listen(pg, PGQ_KEY_LISTEN);
}
