/* SPDX-License-Identifier: MIT
 * Key ids in use, and re-encryption of the sealed columns. */
#include "base/log.h"
#include "base/str.h"
#include "store/store_sealed.h"

enum { SEALED_COLUMNS_MAX = 2 };

/* Column 0 of a batch is the row's id, the others are these, in this order. */
static const struct sealed_table {
	enum pg_query batch, update;
	const char *columns[SEALED_COLUMNS_MAX]; /* NULL: no more */
} TABLES[] = {
        {PGQ_SEALED_OAUTH_BATCH, PGQ_SEALED_OAUTH_UPDATE,
                {STORE_SEALED_ACCESS_TOKEN, STORE_SEALED_REFRESH_TOKEN}},
        {PGQ_SEALED_TOTP_BATCH, PGQ_SEALED_TOTP_UPDATE, {STORE_SEALED_TOTP_SECRET}},
};

enum err store_keyring_load(const struct conf *c, struct crypto_keyring *out)
{
	struct conf_key key;
	enum err e = ERR_OK;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; e == ERR_OK && conf_key_at(c, CONF_ENCRYPTION_KEY, i, &key); i++)
		e = crypto_keyring_add(out, key.id, key.text);
	crypto_wipe(&key, sizeof(key));
	if (e == ERR_OK && out->len == 0)
		e = ERR_INFRA_INVALID_ENV_VAR;
	if (e != ERR_OK)
		crypto_keyring_release(out);
	return e;
}

enum err store_sealed_missing(
        struct pg *pg, const struct crypto_keyring *ring, char missing[CRYPTO_KEY_ID_BYTES])
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SEALED_KEYS, PG_NO_PARAMS, &r);

	missing[0] = '\0';
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < pg_rows(r) && missing[0] == '\0'; i++)
		if (!crypto_keyring_has(ring, pg_text(r, i, 0)))
			str_copy(missing, CRYPTO_KEY_ID_BYTES, pg_text(r, i, 0));
	pg_result_free(r);
	return ERR_OK;
}

enum err store_sealed_count(struct pg *pg, const char *key_id, int64_t *values)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SEALED_COUNT, PG_PARAMS(PG_TEXT(key_id)), &r);

	if (e != ERR_OK)
		return e;
	*values = pg_int(r, 0, 0);
	pg_result_free(r);
	return ERR_OK;
}

struct reseal {
	const struct crypto_keyring *ring;
	int64_t rows;
};

static enum err reseal_row(struct pg *pg, const struct sealed_table *table,
        const struct crypto_keyring *ring, const struct pg_result *r, size_t row)
{
	struct buf sealed[SEALED_COLUMNS_MAX];
	struct pg_param params[1 + SEALED_COLUMNS_MAX];
	char id[ID_UUID_BYTES];
	size_t count = 0;
	enum err e = ERR_OK;

	pg_uuid(r, row, 0, id);
	params[0] = PG_UUID(id);
	for (; count < SEALED_COLUMNS_MAX && table->columns[count] != NULL; count++) {
		const struct crypto_place place = {table->columns[count], id};
		const char *old = pg_text(r, row, 1 + count);

		buf_init(&sealed[count], CRYPTO_SEAL_TEXT_BYTES_MAX);
		if (e == ERR_OK && old != NULL)
			e = crypto_reseal(ring, &place, old, &sealed[count]);
		params[1 + count] = old != NULL ? PG_TEXT(buf_str(&sealed[count])) : PG_NULL();
	}
	if (e == ERR_OK)
		e = pg_exec(pg, table->update, params, 1 + count, NULL);
	else
		log_error(e, "a stored value cannot be opened", F_STR("table", table->columns[0]),
		        F_STR("row", id));
	while (count-- > 0)
		buf_release(&sealed[count]);
	return e;
}

static enum err reseal_batch(struct pg *pg, void *arg)
{
	struct reseal *work = arg;
	enum err e = ERR_OK;

	work->rows = 0;
	for (size_t t = 0; e == ERR_OK && t < ARRAY_LEN(TABLES); t++) {
		struct pg_result *r;

		e = pg_exec(pg, TABLES[t].batch,
		        PG_PARAMS(PG_TEXT(work->ring->list[0].id), PG_INT(STORE_RESEAL_BATCH)), &r);
		for (size_t i = 0; e == ERR_OK && i < pg_rows(r); i++) {
			e = reseal_row(pg, &TABLES[t], work->ring, r, i);
			work->rows++;
		}
		pg_result_free(r);
	}
	return e;
}

enum err store_reseal(struct pg *pg, const struct crypto_keyring *ring, int64_t *rows)
{
	struct reseal work = {.ring = ring};
	enum err e = pg_tx_run(pg, NULL, reseal_batch, &work);

	*rows = e == ERR_OK ? work.rows : 0;
	return e;
}
