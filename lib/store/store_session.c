/* SPDX-License-Identifier: MIT
 * Logins of one user: made, listed, ended. */
#include "base/str.h"
#include "store/store_internal.h"
#include "store/store_session.h"

enum err store_session_create(struct pg *pg, const struct store_new_session *s,
        const uint8_t token_hash[PG_TOKEN_HASH_BYTES], char id[ID_UUID_BYTES])
{
	char made[ID_UUID_BYTES];
	enum err e;

	id_uuid4(made);
	e = pg_exec(pg, PGQ_SESSION_INSERT,
	        PG_PARAMS(PG_UUID(made), PG_UUID(s->user_id),
	                PG_BYTES(token_hash, PG_TOKEN_HASH_BYTES),
	                PG_TEXT(s->stage ? "totp" : "full"), PG_TEXT(s->method),
	                s->auth_at_ms != 0 ? PG_TIME_MS(s->auth_at_ms) : PG_NULL(),
	                PG_TEXT(store_or_null(s->ip)), PG_TEXT(s->user_agent),
	                PG_INT(s->stage ? STORE_SESSION_STAGE_S : s->life_s)),
	        NULL);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_SESSION_TRIM,
		        PG_PARAMS(
		                PG_UUID(s->user_id), PG_UUID(made), PG_INT(STORE_SESSIONS_MAX - 1)),
		        NULL);
	if (e == ERR_OK && id != NULL)
		memcpy(id, made, sizeof(made));
	return e;
}

enum err store_session_proven(struct pg *pg, const char *id)
{
	return pg_exec(pg, PGQ_SESSION_PROVEN, PG_PARAMS(PG_UUID(id)), NULL);
}

/* How many rows a statement took away. */
static enum err delete_rows(struct pg *pg, enum pg_query q, const char *id, int64_t *rows)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, q, PG_PARAMS(PG_UUID(id)), &r);

	if (e == ERR_OK)
		*rows = pg_affected(r);
	pg_result_free(r);
	return e;
}

enum err store_session_end(struct pg *pg, const char *id)
{
	int64_t ended = 0;
	enum err e = delete_rows(pg, PGQ_SESSION_END, id, &ended);

	return e == ERR_OK && ended == 0 ? ERR_DASH_LOGIN_NOT_FOUND : e;
}

enum err store_session_end_others(struct pg *pg, const char *keep, int64_t *ended)
{
	int64_t rows;

	return delete_rows(pg, PGQ_SESSION_END_OTHERS, keep, ended != NULL ? ended : &rows);
}

static void read_session(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_session *s = out;

	pg_uuid(r, row, col, s->id);
	store_read_text(r, row, col + 1, s->method, sizeof(s->method));
	store_read_text(r, row, col + 2, s->ip, sizeof(s->ip));
	store_read_text(r, row, col + 3, s->user_agent, sizeof(s->user_agent));
	s->created_ms = pg_time_ms(r, row, col + 4);
	s->last_seen_ms = pg_time_ms(r, row, col + 5);
	s->expires_ms = pg_time_ms(r, row, col + 6);
}

enum err store_session_list(struct pg *pg, const struct store_page *page,
        struct store_session **out, size_t *len, int64_t *total)
{
	struct store_rows rows;
	enum err e = store_list(pg, PGQ_SESSION_PAGE,
	        PG_PARAMS(PG_INT(page->limit), PG_INT(page->offset), PG_BOOL(page->descending)),
	        sizeof(**out), read_session, &rows);

	*out = rows.list;
	*len = rows.len;
	*total = rows.total;
	return e;
}

enum err store_session_count(struct pg *pg, int64_t *count)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SESSION_COUNT, PG_NO_PARAMS, &r);

	*count = e == ERR_OK ? pg_int(r, 0, 0) : 0;
	if (e == ERR_OK)
		pg_result_free(r);
	return e;
}
