/* SPDX-License-Identifier: MIT
 * Logins. All functions work in an open transaction of the user whose logins they are
 * (pg_tx_begin_user or pg_tx_begin_login). Finding and touching a login: pg_tx_begin_login. */
#ifndef YAVIO_STORE_STORE_SESSION_H
#define YAVIO_STORE_STORE_SESSION_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"
#include "store/store_page.h"

enum {
	STORE_SESSIONS_MAX = 50,     /* of a user; the one not seen for longest makes room */
	STORE_SESSION_STAGE_S = 600, /* life of the second-factor stage */
	STORE_USER_AGENT_CHARS = 256,
	STORE_USER_AGENT_BYTES = STORE_USER_AGENT_CHARS * 4 + 1,
	STORE_METHOD_BYTES = 16,
	STORE_IP_BYTES = 46,
};

struct store_new_session {
	const char *user_id;
	const char *method;     /* "password", "github", "google", "setup", "invitation" */
	bool stage;             /* waits for the second factor */
	const char *ip;         /* "": unknown */
	const char *user_agent; /* NULL: none; cut to STORE_USER_AGENT_CHARS */
	int64_t life_s;         /* of a full login */
	int64_t auth_at_ms;     /* when credentials were proven; 0: now */
};
/* Stores the login of a token; id (may be NULL) gets its id. */
enum err store_session_create(struct pg *pg, const struct store_new_session *s,
        const uint8_t token_hash[PG_TOKEN_HASH_BYTES], char id[ID_UUID_BYTES]) MUST_CHECK;

/* Credentials of this login were proven now. */
enum err store_session_proven(struct pg *pg, const char *id) MUST_CHECK;

/* Ends one: ERR_DASH_LOGIN_NOT_FOUND when the user has no such login. */
enum err store_session_end(struct pg *pg, const char *id) MUST_CHECK;
/* Ends all but keep (NULL: all) and tells how many (ended may be NULL). */
enum err store_session_end_others(struct pg *pg, const char *keep, int64_t *ended) MUST_CHECK;

struct store_session {
	char id[ID_UUID_BYTES];
	char method[STORE_METHOD_BYTES];
	char ip[STORE_IP_BYTES]; /* "" unknown */
	char user_agent[STORE_USER_AGENT_BYTES];
	int64_t created_ms, last_seen_ms, expires_ms;
};
/* The full logins of a page, by when they were seen last. Caller frees *out. total: of all pages,
 * to 10,000. */
enum err store_session_list(struct pg *pg, const struct store_page *page,
        struct store_session **out, size_t *len, int64_t *total) MUST_CHECK;

/* Full logins of all users that are not over; on a service connection, without a transaction. */
enum err store_session_count(struct pg *pg, int64_t *count) MUST_CHECK;

#endif
