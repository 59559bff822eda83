/* SPDX-License-Identifier: MIT
 * Application data: API keys, workspaces, projects. The only caller of the named statements. */
#ifndef YAVIO_STORE_STORE_H
#define YAVIO_STORE_STORE_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"

enum {
	STORE_KEY_BYTES = 4 + 64 + 1, /* "yav_", 64 hex, NUL: the form we make */
	STORE_KEY_HEX_MIN = 32,       /* and the forms we take */
	STORE_KEY_HEX_MAX = 128,
	STORE_KEY_PREFIX_BYTES = 12 + 1, /* "yav_" and 8 hex: what lists show */
	STORE_KEY_HASH_BYTES = 32,
	STORE_SECRETS_MAX = 8,
	STORE_SECRET_BYTES_MIN = 32,
	STORE_SECRET_BYTES_MAX = 256,
	STORE_KID_BYTES = 12,
	STORE_NAME_BYTES = 100 * 4 + 1, /* 100 characters */
	STORE_SLUG_BYTES = 48 + 1,
};

/* --- the secrets that hash keys --- */

struct store_secret {
	char kid[STORE_KID_BYTES]; /* "h2" */
	char value[STORE_SECRET_BYTES_MAX + 1];
};
struct store_secrets {
	struct store_secret list[STORE_SECRETS_MAX]; /* the first hashes new keys, all are tried */
	size_t len;
};
/* API_KEY_HASH_SECRET ("h2:…,h1:…", or a bare value, which is h1) and API_KEY_HASH_SECRET_PREVIOUS
 * (NULL or "": none; counts as one more). ERR_INFRA_INVALID_ENV_VAR: empty, a value shorter than
 * STORE_SECRET_BYTES_MIN, too many or too long, or an id twice. */
enum err store_secrets_parse(
        const char *list, const char *previous, struct store_secrets *out) MUST_CHECK;
/* Overwrites them. */
void store_secrets_release(struct store_secrets *s);

/* --- API keys --- */

/* How many keys that may be used are stored under the secret of that id. Service connection. */
enum err store_key_secret_uses(struct pg *pg, const char *kid, int64_t *keys) MUST_CHECK;

struct store_key {
	char key_id[ID_UUID_BYTES], project_id[ID_UUID_BYTES], workspace_id[ID_UUID_BYTES];
	uint8_t hash[STORE_KEY_HASH_BYTES]; /* the one it is stored under */
	int64_t expires_at_ms;              /* 0: never */
	int64_t revoked_at_ms;              /* 0: not; in the future: grace of a rotation */
};

/* Whether text has the form of an API key: "yav_" and 32-128 hex digits. */
bool store_key_is_wellformed(const char *text);
/* HMAC-SHA256 of the key under one secret: the name of a key in the database and in caches. */
enum err store_key_hash(const struct store_secret *secret, const char *text,
        uint8_t out[STORE_KEY_HASH_BYTES]) MUST_CHECK;
/* Whether a key may be used at now_ms: ERR_OK, ERR_INGEST_API_KEY_EXPIRED,
 * ERR_INGEST_API_KEY_REVOKED (revoked counts first). */
enum err store_key_check(const struct store_key *key, int64_t now_ms) MUST_CHECK;
/* Looks the key up under every secret in one round trip, on an ingest or service connection.
 * ERR_OK; ERR_INGEST_INVALID_API_KEY (unknown or malformed; out untouched), expired and revoked as
 * above (out set); ERR_INGEST_POSTGRESQL_UNAVAILABLE (not decided: PostgreSQL away or the statement
 * failed; logged here). */
enum err store_key_lookup(struct pg *pg, const struct store_secrets *secrets, const char *text,
        struct store_key *out) MUST_CHECK;
/* Marks keys as used now, at most once a minute each; on an ingest connection. */
enum err store_key_touch(struct pg *pg, const char *const *key_ids, size_t len) MUST_CHECK;

/* Has pg (an ingest connection of its own) told of every key that is made, changed or deleted:
 * pg_wait_notify then gives the hash in hex. */
void store_key_listen(struct pg *pg);

struct store_new_key {
	/* what is wanted */
	const char *workspace_id, *project_id;
	const char *name;       /* 1-100 characters */
	int64_t expires_at_ms;  /* 0: never */
	const char *created_by; /* user; NULL: the CLI */
	/* results */
	char key_id[ID_UUID_BYTES];
	char text[STORE_KEY_BYTES]; /* the key: shown once, stored nowhere; crypto_wipe it */
	char prefix[STORE_KEY_PREFIX_BYTES];
};
/* Makes a key, audited as cli; on a service connection. ERR_OK, ERR_DASH_PROJECT_NOT_FOUND,
 * ERR_DASH_INVALID_KEY_NAME, ERR_DASH_KEY_LIMIT (20 live keys a project), or pg_exec's. */
enum err store_key_create(
        struct pg *pg, const struct store_secrets *secrets, struct store_new_key *key) MUST_CHECK;

struct store_key_row {
	char key_id[ID_UUID_BYTES], project_id[ID_UUID_BYTES], workspace_id[ID_UUID_BYTES];
	char prefix[STORE_KEY_PREFIX_BYTES];
	char kid[STORE_KID_BYTES];
	char name[STORE_NAME_BYTES], project[STORE_NAME_BYTES], workspace[STORE_NAME_BYTES];
	int64_t created_at_ms, expires_at_ms, revoked_at_ms, last_used_at_ms; /* 0: none */
};
/* Keys, newest first; project_id NULL: of all projects. Service connection. Caller frees *out with
 * free. */
enum err store_key_list(
        struct pg *pg, const char *project_id, struct store_key_row **out, size_t *len) MUST_CHECK;
/* Revokes at now + grace_ms (0-86400000). key: id or prefix; a prefix that several live keys share
 * is ERR_DASH_API_KEY_NOT_FOUND. Also ERR_DASH_API_KEY_ALREADY_REVOKED,
 * ERR_DASH_INVALID_GRACE_PERIOD. Service connection; audited as cli. */
enum err store_key_revoke(
        struct pg *pg, const char *key, int64_t grace_ms, char key_id[ID_UUID_BYTES]) MUST_CHECK;
/* Ids of the secrets that live keys were hashed with and that secrets lacks: *missing gets the
 * first one, "" when none (a start with one missing is YAVIO-7206). Service connection. */
enum err store_key_missing_secret(struct pg *pg, const struct store_secrets *secrets,
        char missing[STORE_KID_BYTES]) MUST_CHECK;

/* --- workspaces and projects --- */

struct store_place {
	char id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
	char slug[STORE_SLUG_BYTES];
	bool created; /* by this call */
};
/* Finds the workspace by id, slug or name (in this order); when absent and create is set makes it,
 * owned by the system account until the first person takes over. Two at once make one. Service
 * connection; audited as cli. ERR_OK, ERR_DASH_WORKSPACE_NOT_FOUND, ERR_DASH_INVALID_WORKSPACE_NAME
 * (2-100 characters, no control characters), or pg_exec's. */
enum err store_workspace_ensure(
        struct pg *pg, const char *name, bool create, struct store_place *out) MUST_CHECK;
/* The same for a project of a workspace: ERR_DASH_PROJECT_NOT_FOUND, ERR_DASH_INVALID_PROJECT_NAME,
 * ERR_DASH_PROJECT_LIMIT. */
enum err store_project_ensure(struct pg *pg, const char *workspace_id, const char *name,
        bool create, struct store_place *out) MUST_CHECK;

struct store_project_row {
	struct store_place workspace, project;
	int64_t live_keys;
	int64_t created_at_ms; /* of the project */
};
/* Finds a project by id, by "workspace-slug/project-slug", or by slug or name when only one has it.
 * ERR_DASH_PROJECT_NOT_FOUND when none or several fit. Service connection. */
enum err store_project_find(
        struct pg *pg, const char *which, struct store_project_row *out) MUST_CHECK;

/* Makes a slug of a name: lower case, other runs become "-", cut to 40; "" when fewer than 2
 * characters remain. */
void store_slug_from_name(const char *name, char out[STORE_SLUG_BYTES]);
/* True for a slug that a workspace (project: of a project) must not have. */
bool store_slug_is_reserved(const char *slug, bool project);

struct store_counts {
	int64_t users, workspaces, projects, live_keys;
};
/* For `yavio status`. Service connection. */
enum err store_counts(struct pg *pg, struct store_counts *out) MUST_CHECK;

#endif
