/* SPDX-License-Identifier: MIT
 * API keys as members handle them: made, listed, ended, rotated. */
#include "base/str.h"
#include "crypto/crypto.h"
#include "store/store_internal.h"
#include "store/store_tenancy.h"

enum { KEY_NAME_MAX = 100 };

/* Until the end of the transaction nobody else adds a key to the project. */
static enum err hold_project(struct pg *pg, const struct store_new_key *key)
{
	struct store_place place;

	return store_one(pg, PGQ_PROJECT_LOCK,
	        PG_PARAMS(PG_UUID(key->project_id), PG_UUID(key->workspace_id)),
	        ERR_DASH_PROJECT_NOT_FOUND, store_read_place, &place);
}

static enum err check_room(struct pg *pg, const struct store_new_key *key)
{
	int64_t live;
	enum err e = store_number(pg, PGQ_KEY_COUNT_LIVE,
	        PG_PARAMS(PG_UUID(key->project_id), PG_UUID(key->workspace_id)), &live);

	return e == ERR_OK && live >= STORE_LIVE_KEYS_MAX ? ERR_DASH_KEY_LIMIT : e;
}

static void make_text(struct store_new_key *key)
{
	uint8_t random[STORE_KEY_RANDOM_BYTES];

	crypto_random(random, sizeof(random));
	memcpy(key->text, STORE_KEY_MARK, STORE_KEY_MARK_BYTES);
	str_hex(random, sizeof(random), key->text + STORE_KEY_MARK_BYTES);
	crypto_wipe(random, sizeof(random));
	str_copy(key->prefix, sizeof(key->prefix), key->text);
	id_uuid4(key->key_id);
}

static enum err insert(
        struct pg *pg, const struct store_secrets *secrets, struct store_new_key *key)
{
	const struct store_secret *secret = &secrets->list[0];
	uint8_t hash[STORE_KEY_HASH_BYTES];
	enum err e;

	make_text(key);
	e = store_key_hash(secret, key->text, hash);
	if (e != ERR_OK)
		return e;
	return pg_exec(pg, PGQ_KEY_INSERT,
	        PG_PARAMS(PG_UUID(key->key_id), PG_UUID(key->project_id),
	                PG_UUID(key->workspace_id), PG_BYTES(hash, sizeof(hash)),
	                PG_TEXT(secret->kid), PG_TEXT(key->prefix), PG_TEXT(key->name),
	                PG_UUID(key->created_by),
	                key->expires_at_ms == 0 ? PG_NULL() : PG_TIME_MS(key->expires_at_ms)),
	        NULL);
}

enum err store_key_make(
        struct pg *pg, const struct store_secrets *secrets, struct store_new_key *key)
{
	enum err e;

	if (!store_name_is_valid(key->name, 1, KEY_NAME_MAX))
		return ERR_DASH_INVALID_KEY_NAME;
	e = hold_project(pg, key);
	if (e == ERR_OK)
		e = check_room(pg, key);
	if (e == ERR_OK)
		e = insert(pg, secrets, key);
	if (e != ERR_OK)
		crypto_wipe(key->text, sizeof(key->text));
	return e;
}

static void read_key(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_api_key *k = out;

	pg_uuid(r, row, col, k->id);
	store_read_text(r, row, col + 1, k->prefix, sizeof(k->prefix));
	store_read_text(r, row, col + 2, k->name, sizeof(k->name));
	pg_uuid(r, row, col + 3, k->creator_id);
	store_read_text(r, row, col + 4, k->creator, sizeof(k->creator));
	k->created_at_ms = pg_time_ms(r, row, col + 5);
	k->expires_at_ms = pg_time_ms(r, row, col + 6);
	k->last_used_at_ms = pg_time_ms(r, row, col + 7);
	k->revoked_at_ms = pg_time_ms(r, row, col + 8);
	pg_uuid(r, row, col + 9, k->replaced_by);
	store_read_text(r, row, col + 10, k->state, sizeof(k->state));
}

const char *const store_key_sorts[] = {"createdAt", "name", "lastUsedAt", NULL};

enum err store_key_page(struct pg *pg, const char *workspace_id, const char *project_id,
        const struct store_page *page, struct store_rows *out)
{
	return store_list(pg, PGQ_KEY_PAGE,
	        PG_PARAMS(PG_UUID(project_id), PG_UUID(workspace_id), PG_INT(page->limit),
	                PG_INT(page->offset), PG_TEXT(store_key_sorts[page->sort]),
	                PG_BOOL(page->descending)),
	        sizeof(struct store_api_key), read_key, out);
}

enum err store_key_get(struct pg *pg, const char *workspace_id, const char *project_id,
        const char *id, struct store_api_key *out)
{
	return store_one(pg, PGQ_KEY_GET,
	        PG_PARAMS(PG_UUID(id), PG_UUID(project_id), PG_UUID(workspace_id)),
	        ERR_DASH_API_KEY_NOT_FOUND, read_key, out);
}

/* A key as it is while its row is locked. */
struct held_key {
	char name[STORE_NAME_BYTES];
	int64_t expires_at_ms;
	bool unrevoked, live, expired;
};

static void read_held(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct held_key *k = out;

	store_read_text(r, row, col, k->name, sizeof(k->name));
	k->expires_at_ms = pg_time_ms(r, row, col + 1);
	k->unrevoked = pg_bool(r, row, col + 2);
	k->live = pg_bool(r, row, col + 3);
	k->expired = pg_bool(r, row, col + 4);
}

static enum err hold_key(struct pg *pg, const char *workspace_id, const char *project_id,
        const char *id, struct held_key *out)
{
	return store_one(pg, PGQ_KEY_LOCK,
	        PG_PARAMS(PG_UUID(id), PG_UUID(project_id), PG_UUID(workspace_id)),
	        ERR_DASH_API_KEY_NOT_FOUND, read_held, out);
}

static enum err revoke(struct pg *pg, const char *workspace_id, const char *id, int64_t grace_ms)
{
	return store_change(pg, PGQ_KEY_REVOKE,
	        PG_PARAMS(PG_UUID(id), PG_UUID(workspace_id), PG_INT(grace_ms)),
	        ERR_DASH_API_KEY_ALREADY_REVOKED);
}

enum err store_key_end(struct pg *pg, const char *workspace_id, const char *project_id,
        const char *id, struct store_api_key *out)
{
	struct held_key held;
	enum err e = hold_key(pg, workspace_id, project_id, id, &held);

	if (e == ERR_OK && !held.live)
		e = ERR_DASH_API_KEY_ALREADY_REVOKED;
	if (e == ERR_OK)
		e = revoke(pg, workspace_id, id, 0);
	return e == ERR_OK ? store_key_get(pg, workspace_id, project_id, id, out) : e;
}

enum err store_key_rotate(struct pg *pg, const struct store_secrets *secrets, const char *id,
        int64_t grace_ms, struct store_new_key *key, struct store_api_key *old)
{
	struct held_key held;
	enum err e;

	if (grace_ms < 0 || grace_ms > STORE_GRACE_MS_MAX)
		return ERR_DASH_INVALID_GRACE_PERIOD;
	/* The project first, as every other addition of a key: two never wait for each other. */
	e = hold_project(pg, key);
	if (e == ERR_OK)
		e = hold_key(pg, key->workspace_id, key->project_id, id, &held);
	if (e == ERR_OK && (!held.unrevoked || held.expired))
		e = ERR_DASH_API_KEY_ALREADY_REVOKED;
	if (e == ERR_OK)
		e = revoke(pg, key->workspace_id, id, grace_ms);
	if (e == ERR_OK)
		e = check_room(pg, key);
	if (e != ERR_OK)
		return e;
	key->name = held.name;
	key->expires_at_ms = held.expires_at_ms;
	e = insert(pg, secrets, key);
	key->name = NULL;
	if (e == ERR_OK)
		e = store_change(pg, PGQ_KEY_REPLACED,
		        PG_PARAMS(PG_UUID(id), PG_UUID(key->workspace_id), PG_UUID(key->key_id)),
		        ERR_DASH_API_KEY_NOT_FOUND);
	if (e == ERR_OK)
		e = store_key_get(pg, key->workspace_id, key->project_id, id, old);
	if (e != ERR_OK)
		crypto_wipe(key->text, sizeof(key->text));
	return e;
}
