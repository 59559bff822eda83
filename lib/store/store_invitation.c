/* SPDX-License-Identifier: MIT
 * Invitations: made, listed, sent again, cancelled, looked at and accepted. */
#include "base/str.h"
#include "store/store_internal.h"
#include "store/store_job.h"
#include "store/store_tenancy.h"

/* What stands in the way of one more. */
struct room {
	bool is_member, is_pending;
	int64_t members, pending;
};

static void read_room(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct room *room = out;

	room->is_member = pg_bool(r, row, col);
	room->is_pending = pg_bool(r, row, col + 1);
	room->members = pg_int(r, row, col + 2);
	room->pending = pg_int(r, row, col + 3);
}

static enum err check_room(struct pg *pg, const char *workspace_id, const char *email)
{
	struct room room;
	enum err e =
	        store_one(pg, PGQ_INVITATION_ROOM, PG_PARAMS(PG_UUID(workspace_id), PG_TEXT(email)),
	                ERR_DB_INTERNAL_ERROR, read_room, &room);

	if (e != ERR_OK)
		return e;
	if (room.is_member)
		return ERR_DASH_USER_ALREADY_MEMBER;
	if (room.is_pending)
		return ERR_DASH_INVITATION_ALREADY_PENDING;
	if (room.members >= STORE_MEMBERS_MAX || room.pending >= STORE_INVITATIONS_MAX)
		return ERR_DASH_MEMBER_LIMIT;
	return ERR_OK;
}

static void read_expiry(const struct pg_result *r, size_t row, size_t col, void *out)
{
	((struct store_invitation *)out)->expires_at_ms = pg_time_ms(r, row, col);
}

enum err store_invitation_create(struct pg *pg, const char *workspace_id, const char *user_id,
        const char *email, const char *role, const uint8_t *token_hash,
        struct store_invitation *out)
{
	struct store_place place;
	enum err e = store_workspace_hold(pg, workspace_id, &place);

	*out = (struct store_invitation){.sent_at_ms = 0};
	if (e == ERR_OK)
		e = check_room(pg, workspace_id, email);
	if (e == ERR_OK)
		e = pg_exec(pg, PGQ_INVITATION_FORGET_EXPIRED,
		        PG_PARAMS(PG_UUID(workspace_id), PG_TEXT(email)), NULL);
	if (e != ERR_OK)
		return e;
	id_uuid4(out->id);
	str_copy(out->email, sizeof(out->email), email);
	str_copy(out->role, sizeof(out->role), role);
	e = store_one(pg, PGQ_INVITATION_INSERT,
	        PG_PARAMS(PG_UUID(out->id), PG_UUID(workspace_id), PG_TEXT(email), PG_TEXT(role),
	                PG_UUID(user_id),
	                token_hash == NULL ? PG_NULL()
	                                   : PG_BYTES(token_hash, STORE_TOKEN_HASH_BYTES)),
	        ERR_DB_INTERNAL_ERROR, read_expiry, out);
	if (e == ERR_OK && token_hash == NULL)
		e = store_job_mail_invite(pg, out->id);
	return e;
}

static void read_invitation(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_invitation *i = out;

	pg_uuid(r, row, col, i->id);
	store_read_text(r, row, col + 1, i->email, sizeof(i->email));
	store_read_text(r, row, col + 2, i->role, sizeof(i->role));
	pg_uuid(r, row, col + 3, i->inviter_id);
	store_read_text(r, row, col + 4, i->inviter, sizeof(i->inviter));
	i->sent_at_ms = pg_time_ms(r, row, col + 5);
	i->expires_at_ms = pg_time_ms(r, row, col + 6);
	i->created_at_ms = pg_time_ms(r, row, col + 7);
}

const char *const store_invitation_sorts[] = {"createdAt", "email", "expiresAt", NULL};

enum err store_invitation_list(struct pg *pg, const char *workspace_id,
        const struct store_page *page, struct store_rows *out)
{
	return store_list(pg, PGQ_INVITATION_PAGE,
	        PG_PARAMS(PG_UUID(workspace_id), PG_INT(page->limit), PG_INT(page->offset),
	                PG_TEXT(store_invitation_sorts[page->sort]), PG_BOOL(page->descending)),
	        sizeof(struct store_invitation), read_invitation, out);
}

static void read_short(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_invitation *i = out;

	*i = (struct store_invitation){.sent_at_ms = 0};
	pg_uuid(r, row, col, i->id);
	store_read_text(r, row, col + 1, i->email, sizeof(i->email));
	store_read_text(r, row, col + 2, i->role, sizeof(i->role));
}

enum err store_invitation_get(
        struct pg *pg, const char *workspace_id, const char *id, struct store_invitation *out)
{
	return store_one(pg, PGQ_INVITATION_GET, PG_PARAMS(PG_UUID(id), PG_UUID(workspace_id)),
	        ERR_DASH_INVITATION_NOT_FOUND, read_short, out);
}

enum err store_invitation_cancel(
        struct pg *pg, const char *workspace_id, const char *id, struct store_invitation *out)
{
	return store_one(pg, PGQ_INVITATION_DELETE, PG_PARAMS(PG_UUID(id), PG_UUID(workspace_id)),
	        ERR_DASH_INVITATION_NOT_FOUND, read_short, out);
}

static void read_preview(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_invitation_preview *p = out;

	pg_uuid(r, row, col, p->id);
	store_read_text(r, row, col + 1, p->email, sizeof(p->email));
	store_read_text(r, row, col + 2, p->role, sizeof(p->role));
	p->expires_at_ms = pg_time_ms(r, row, col + 3);
	store_read_text(r, row, col + 4, p->inviter, sizeof(p->inviter));
	pg_uuid(r, row, col + 5, p->workspace_id);
	store_read_text(r, row, col + 6, p->workspace, sizeof(p->workspace));
}

enum err store_invitation_preview(struct pg *pg, const uint8_t token_hash[STORE_TOKEN_HASH_BYTES],
        struct store_invitation_preview *out)
{
	return store_one(pg, PGQ_INVITATION_PREVIEW,
	        PG_PARAMS(PG_BYTES(token_hash, STORE_TOKEN_HASH_BYTES)),
	        ERR_DASH_INVALID_INVITE_TOKEN, read_preview, out);
}

/* The function's word for what came of it. */
static enum err accepted(const char *result)
{
	static const struct {
		const char *word;
		enum err e;
	} RESULTS[] = {
	        {"ok", ERR_OK},
	        {"invalid", ERR_DASH_INVALID_INVITE_TOKEN},
	        {"other_address", ERR_DASH_INVITE_EMAIL_MISMATCH},
	        {"member", ERR_DASH_USER_ALREADY_MEMBER},
	        {"full", ERR_DASH_MEMBER_LIMIT},
	};

	for (size_t i = 0; i < ARRAY_LEN(RESULTS); i++)
		if (strcmp(RESULTS[i].word, result) == 0)
			return RESULTS[i].e;
	return ERR_DB_INTERNAL_ERROR;
}

enum err store_invitation_accept(struct pg *pg, const uint8_t token_hash[STORE_TOKEN_HASH_BYTES],
        struct store_workspace *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_INVITATION_ACCEPT,
	        PG_PARAMS(PG_BYTES(token_hash, STORE_TOKEN_HASH_BYTES)), &r);

	if (e != ERR_OK)
		return e;
	*out = (struct store_workspace){.members = 0};
	e = accepted(pg_text(r, 0, 0));
	pg_uuid(r, 0, 1, out->id);
	store_read_text(r, 0, 2, out->slug, sizeof(out->slug));
	store_read_text(r, 0, 3, out->role, sizeof(out->role));
	pg_result_free(r);
	return e;
}
