/* SPDX-License-Identifier: MIT
 * Workspaces, members, invitations, projects and API keys as people use them, on app connections.
 *
 * Every function works in the caller's open transaction, whose tenant is user_id; ids are UUIDs.
 * What row-level security hides does not exist for it. An error other than ERR_OK leaves nothing
 * to commit. Besides what is listed each returns pg_exec's errors. Nothing here is audited: the
 * caller adds the row, since it knows the request. */
#ifndef YAVIO_STORE_STORE_TENANCY_H
#define YAVIO_STORE_STORE_TENANCY_H

#include "store/store.h"
#include "store/store_page.h"
#include "store/store_user.h"

enum {
	STORE_OWNED_MAX = 20,        /* workspaces of a user */
	STORE_PROJECTS_MAX = 100,    /* of a workspace */
	STORE_LIVE_KEYS_MAX = 20,    /* of a project */
	STORE_MEMBERS_MAX = 500,     /* of a workspace; auth_invitation_accept has it, too */
	STORE_INVITATIONS_MAX = 100, /* pending ones of a workspace */
	STORE_ROLE_BYTES = 8,
	STORE_TOKEN_HASH_BYTES = 32, /* SHA-256 of a token that is handed out once */
	STORE_STATE_BYTES = 8,
	STORE_SCOPE_BYTES = 12,
};

/* A page of a list: len rows of the struct that the list's function names. */
struct store_rows {
	void *list; /* caller frees it with free; NULL after an error */
	size_t len;
	int64_t total; /* of all pages, to STORE_TOTAL_MAX */
};

/* What each list can be sorted by, NULL-ended; store_page.sort is a place in it. */
extern const char *const store_workspace_sorts[];
extern const char *const store_member_sorts[];
extern const char *const store_invitation_sorts[];
extern const char *const store_project_sorts[];
extern const char *const store_key_sorts[];

/* --- workspaces --- */

struct store_workspace {
	char id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
	char slug[STORE_SLUG_BYTES];
	char plan[STORE_PLAN_BYTES];
	char role[STORE_ROLE_BYTES]; /* of the user in it */
	int64_t created_at_ms;
	int64_t members; /* 0 in a list */
};

/* Whether slug has the form of a workspace's (project: a project's) and is not reserved. */
bool store_slug_is_valid(const char *slug, bool project);

/* Makes a workspace that user_id owns. slug NULL: of its name, with 4 random characters behind it
 * when that is taken or reserved. ERR_DASH_INVALID_SLUG_FORMAT, ERR_DASH_WORKSPACE_SLUG_EXISTS,
 * ERR_DASH_WORKSPACE_LIMIT (exact also for calls at the same time). */
enum err store_workspace_create(struct pg *pg, const char *user_id, const char *name,
        const char *slug, struct store_workspace *out) MUST_CHECK;
/* Those the tenant is a member of. */
enum err store_workspace_list(struct pg *pg, const struct store_page *page,
        struct store_rows *out /* of struct store_workspace */) MUST_CHECK;
/* ERR_DASH_WORKSPACE_NOT_FOUND. */
enum err store_workspace_get(struct pg *pg, const char *id, struct store_workspace *out) MUST_CHECK;
/* name or slug NULL: as it was; *was: name and slug before. ERR_DASH_INVALID_SLUG_FORMAT,
 * ERR_DASH_WORKSPACE_SLUG_EXISTS, ERR_DASH_INSUFFICIENT_ROLE (no admin any more). */
enum err store_workspace_update(struct pg *pg, const char *id, const char *name, const char *slug,
        struct store_place *was) MUST_CHECK;
/* The owner hands it to an admin or member and becomes admin. ERR_DASH_INSUFFICIENT_ROLE (not the
 * owner any more), ERR_DASH_MEMBER_NOT_FOUND (of no such role, or no member). */
enum err store_workspace_transfer(
        struct pg *pg, const char *user_id, const char *id, const char *to) MUST_CHECK;

/* --- members --- */

struct store_member {
	char user_id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
	char email[STORE_EMAIL_BYTES];
	char role[STORE_ROLE_BYTES];
	int64_t joined_at_ms;
};

enum err store_member_list(struct pg *pg, const char *workspace_id, const struct store_page *page,
        struct store_rows *out /* of struct store_member */) MUST_CHECK;
/* ERR_DASH_MEMBER_NOT_FOUND. */
enum err store_member_get(struct pg *pg, const char *workspace_id, const char *user_id,
        struct store_member *out) MUST_CHECK;
/* The same of one whose role may change and who may be removed: not the owner
 * (ERR_DASH_OWNER_CANNOT_BE_REMOVED). */
enum err store_member_changeable(struct pg *pg, const char *workspace_id, const char *user_id,
        struct store_member *out) MUST_CHECK;
/* role: admin, member or viewer. ERR_DASH_MEMBER_NOT_FOUND: none, or the owner by now. */
enum err store_member_set_role(
        struct pg *pg, const char *workspace_id, const char *user_id, const char *role) MUST_CHECK;
/* ERR_DASH_MEMBER_NOT_FOUND as above. Who removes himself writes his audit row before. */
enum err store_member_remove(
        struct pg *pg, const char *workspace_id, const char *user_id) MUST_CHECK;

/* --- invitations --- */

struct store_invitation {
	char id[ID_UUID_BYTES];
	char email[STORE_EMAIL_BYTES];
	char role[STORE_ROLE_BYTES];
	char inviter_id[ID_UUID_BYTES]; /* "": the account is gone */
	char inviter[STORE_NAME_BYTES]; /* name; "": no member any more */
	int64_t sent_at_ms;             /* 0: not yet */
	int64_t expires_at_ms, created_at_ms;
};

/* Invites email (in lower case) for 7 days. token_hash: of the token that the caller passes on;
 * NULL: a job makes it and sends it. Sets id, email, role and expires_at_ms of *out.
 * ERR_DASH_USER_ALREADY_MEMBER, ERR_DASH_INVITATION_ALREADY_PENDING, ERR_DASH_MEMBER_LIMIT (members
 * or pending invitations; exact also for calls at the same time), ERR_DASH_INSUFFICIENT_ROLE (no
 * admin any more). */
enum err store_invitation_create(struct pg *pg, const char *workspace_id, const char *user_id,
        const char *email, const char *role, const uint8_t *token_hash,
        struct store_invitation *out) MUST_CHECK;
/* Pending ones. */
enum err store_invitation_list(struct pg *pg, const char *workspace_id,
        const struct store_page *page,
        struct store_rows *out /* of struct store_invitation */) MUST_CHECK;
/* One that is not accepted: sets id, email and role of *out. To send it again, with a new token
 * that voids the one before: store_job_mail_invite. ERR_DASH_INVITATION_NOT_FOUND. */
enum err store_invitation_get(struct pg *pg, const char *workspace_id, const char *id,
        struct store_invitation *out) MUST_CHECK;
/* Sets and returns the same. */
enum err store_invitation_cancel(struct pg *pg, const char *workspace_id, const char *id,
        struct store_invitation *out) MUST_CHECK;

/* What the holder of a token may see; needs no transaction and no tenant. */
struct store_invitation_preview {
	char id[ID_UUID_BYTES], workspace_id[ID_UUID_BYTES];
	char email[STORE_EMAIL_BYTES];
	char role[STORE_ROLE_BYTES];
	char inviter[STORE_NAME_BYTES]; /* "": the account is gone */
	char workspace[STORE_NAME_BYTES];
	int64_t expires_at_ms;
};
/* ERR_DASH_INVALID_INVITE_TOKEN: unknown, used, cancelled or expired. */
enum err store_invitation_preview(struct pg *pg, const uint8_t token_hash[STORE_TOKEN_HASH_BYTES],
        struct store_invitation_preview *out) MUST_CHECK;
/* The user of the transaction joins; of two at once one does. Sets id, slug and role of *out.
 * ERR_DASH_INVALID_INVITE_TOKEN, ERR_DASH_INVITE_EMAIL_MISMATCH, ERR_DASH_USER_ALREADY_MEMBER,
 * ERR_DASH_MEMBER_LIMIT. */
enum err store_invitation_accept(struct pg *pg, const uint8_t token_hash[STORE_TOKEN_HASH_BYTES],
        struct store_workspace *out) MUST_CHECK;

/* --- projects --- */

struct store_project {
	char id[ID_UUID_BYTES];
	char name[STORE_NAME_BYTES];
	char slug[STORE_SLUG_BYTES];
	int64_t created_at_ms, updated_at_ms;
};

/* slug as in store_workspace_create. ERR_DASH_INVALID_SLUG_FORMAT, ERR_DASH_PROJECT_SLUG_EXISTS,
 * ERR_DASH_PROJECT_LIMIT (exact), ERR_DASH_INSUFFICIENT_ROLE (no admin any more). */
enum err store_project_create(struct pg *pg, const char *workspace_id, const char *name,
        const char *slug, struct store_project *out) MUST_CHECK;
enum err store_project_list(struct pg *pg, const char *workspace_id, const struct store_page *page,
        struct store_rows *out /* of struct store_project */) MUST_CHECK;
/* ERR_DASH_PROJECT_NOT_FOUND, here and below. */
enum err store_project_get(struct pg *pg, const char *workspace_id, const char *id,
        struct store_project *out) MUST_CHECK;
/* As store_workspace_update, with ERR_DASH_PROJECT_SLUG_EXISTS; *out: as it is now. */
enum err store_project_update(struct pg *pg, const char *workspace_id, const char *id,
        const char *name, const char *slug, struct store_place *was,
        struct store_project *out) MUST_CHECK;

/* --- API keys --- */

struct store_api_key {
	char id[ID_UUID_BYTES];
	char prefix[STORE_KEY_PREFIX_BYTES];
	char name[STORE_NAME_BYTES];
	char creator_id[ID_UUID_BYTES]; /* "": made by the CLI, or the account is gone */
	char creator[STORE_NAME_BYTES]; /* name; "": no member any more */
	char replaced_by[ID_UUID_BYTES];
	char state[STORE_STATE_BYTES]; /* active, grace, revoked, expired */
	int64_t created_at_ms, expires_at_ms, last_used_at_ms, revoked_at_ms; /* 0: none */
};

/* Makes a key (see struct store_new_key). On app connections and, without a tenant, on service
 * ones. ERR_DASH_PROJECT_NOT_FOUND, ERR_DASH_KEY_LIMIT (exact), ERR_DASH_INVALID_KEY_NAME; then
 * key->text is overwritten. */
enum err store_key_make(
        struct pg *pg, const struct store_secrets *secrets, struct store_new_key *key) MUST_CHECK;
enum err store_key_page(struct pg *pg, const char *workspace_id, const char *project_id,
        const struct store_page *page,
        struct store_rows *out /* of struct store_api_key */) MUST_CHECK;
/* ERR_DASH_API_KEY_NOT_FOUND, here and below. */
enum err store_key_get(struct pg *pg, const char *workspace_id, const char *project_id,
        const char *id, struct store_api_key *out) MUST_CHECK;
/* Now; ends a grace. *out: as it is now. ERR_DASH_API_KEY_ALREADY_REVOKED. */
enum err store_key_end(struct pg *pg, const char *workspace_id, const char *project_id,
        const char *id, struct store_api_key *out) MUST_CHECK;
/* Makes key, with name and expiry of the old one, which works for grace_ms (0-86400000) more.
 * workspace_id, project_id and created_by of *key are set, its name is not touched; *old: the old
 * one afterwards.
 * ERR_DASH_API_KEY_ALREADY_REVOKED (also in its grace, or expired), ERR_DASH_KEY_LIMIT (counted
 * after the old one went). */
enum err store_key_rotate(struct pg *pg, const struct store_secrets *secrets, const char *id,
        int64_t grace_ms, struct store_new_key *key, struct store_api_key *old) MUST_CHECK;

/* --- erasures --- */

struct store_erasure {
	char id[ID_UUID_BYTES];
	char scope[STORE_SCOPE_BYTES];
	char state[STORE_STATE_BYTES];
	int64_t projects, passes, rows_deleted;
	int64_t requested_at_ms, finished_at_ms; /* 0: not yet */
};

/* The project or workspace, locked to the end of the transaction, before it is audited and erased:
 * ERR_DASH_PROJECT_NOT_FOUND; ERR_DASH_INSUFFICIENT_ROLE (not the owner any more). */
enum err store_project_lock(struct pg *pg, const char *workspace_id, const char *project_id,
        struct store_place *out) MUST_CHECK;
enum err store_workspace_lock(struct pg *pg, const char *user_id, const char *workspace_id,
        struct store_place *out) MUST_CHECK;

/* What store_erase deletes: a project, or a workspace with all of its projects. */
struct store_erase {
	const char *scope;   /* "project", "workspace", or "account": a workspace, with it */
	const char *user_id; /* who asks for it */
	const char *workspace_id;
	const char *project_id; /* NULL: of a workspace */
	uint8_t receipt_hash[STORE_TOKEN_HASH_BYTES];
	char id[ID_UUID_BYTES]; /* result */
};
/* Deletes the rows, in the transaction that locked and audited them, and has a job delete the
 * events. ERR_DASH_PROJECT_NOT_FOUND, ERR_DASH_WORKSPACE_NOT_FOUND: nothing to delete. */
enum err store_erase(struct pg *pg, struct store_erase *erase) MUST_CHECK;

/* Those the user asked for, by the time of the request. */
enum err store_erasure_list(struct pg *pg, const char *user_id, const struct store_page *page,
        struct store_rows *out /* of struct store_erasure */) MUST_CHECK;
/* ERR_DASH_ERASURE_NOT_FOUND. */
enum err store_erasure_get(
        struct pg *pg, const char *user_id, const char *id, struct store_erasure *out) MUST_CHECK;
/* By its receipt, without login or transaction; sets scope, state and the times. */
enum err store_erasure_status(struct pg *pg, const uint8_t receipt_hash[STORE_TOKEN_HASH_BYTES],
        struct store_erasure *out) MUST_CHECK;

/* --- audit log of a workspace --- */

struct store_audit_filter {
	const char *action, *actor_id; /* NULL: any */
	int64_t from_ms, to_ms;        /* from ≤ at < to; 0: no limit */
};
/* A row of text as the reply has it; texts point into the result that the list holds. */
struct store_audit_row {
	int64_t id, at_ms;
	const char *action, *actor_kind, *actor_name, *target_type, *target_id, *ip, *user_agent,
	        *request_id;
	const char *detail; /* JSON */
	char actor_id[ID_UUID_BYTES];
};
struct store_audit_list {
	struct pg_result *result;
	int64_t total;
};
/* By time. Caller: store_audit_release. */
enum err store_audit_list(struct pg *pg, const char *workspace_id,
        const struct store_audit_filter *filter, const struct store_page *page,
        struct store_audit_list *out) MUST_CHECK;
size_t store_audit_len(const struct store_audit_list *list);
void store_audit_row(const struct store_audit_list *list, size_t i, struct store_audit_row *out);
void store_audit_release(struct store_audit_list *list);

#endif
