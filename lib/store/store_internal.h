/* SPDX-License-Identifier: MIT
 * What the files of lib/store share. */
#ifndef YAVIO_STORE_STORE_INTERNAL_H
#define YAVIO_STORE_STORE_INTERNAL_H

#include "store/store.h"
#include "store/store_tenancy.h"

#define STORE_KEY_MARK "yav_"
enum { STORE_KEY_MARK_BYTES = 4, STORE_KEY_RANDOM_BYTES = 32, STORE_GRACE_MS_MAX = 86400000 };

/* Owns what the headless set-up makes before anybody has an account. */
#define STORE_SYSTEM_ACCOUNT "00000000-0000-0000-0000-000000000000"

/* Whether name is UTF-8 without control characters, of min to max characters, and not blank. */
bool store_name_is_valid(const char *name, size_t min, size_t max);
/* The row of audit_log that belongs to a change, in the same transaction. */
enum err store_audit_cli(struct pg *pg, const char *workspace_id, const char *action,
        const char *target_type, const char *target_id, const char *name) MUST_CHECK;

/* The slug of a name to try: its own first (attempt 0, unless too short or reserved), then with
 * four random characters behind it. */
void store_slug_candidate(const char *name, bool project, int attempt, char out[STORE_SLUG_BYTES]);

/* A workspace (workspace_id NULL) with its owner's member row, or a project. */
struct store_new_place {
	const char *workspace_id, *owner_id;
	const char *name;
	const char *slug; /* NULL: of the name */
};
/* Inserts it, in an open transaction. ERR_DASH_INVALID_SLUG_FORMAT (given), ERR_DASH_*_SLUG_EXISTS,
 * ERR_DASH_WORKSPACE_NOT_FOUND (of a project). */
enum err store_place_insert(
        struct pg *pg, const struct store_new_place *want, struct store_place *out) MUST_CHECK;

/* ERR_DASH_PROJECT_LIMIT: no room for one more; exact under a lock that the caller holds. */
enum err store_project_room(struct pg *pg, const char *workspace_id) MUST_CHECK;

/* Fills a row from the columns that begin at col. */
typedef void store_read(const struct pg_result *r, size_t row, size_t col, void *out);

/* Columns of a statement that gives a row or none: missing is returned for none. */
enum err store_one(struct pg *pg, enum pg_query q, const struct pg_param *params, size_t params_len,
        enum err missing, store_read *read, void *out) MUST_CHECK;
/* The only column of the only row. */
enum err store_number(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t params_len, int64_t *out) MUST_CHECK;
/* One that changes exactly one row, else missing is returned. */
enum err store_change(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t params_len, enum err missing) MUST_CHECK;
/* The rows of a page statement: column 0 is the total, the row's own follow. row_bytes each. */
enum err store_list(struct pg *pg, enum pg_query q, const struct pg_param *params,
        size_t params_len, size_t row_bytes, store_read *read, struct store_rows *out) MUST_CHECK;

/* Columns id, name, slug into a struct store_place. */
void store_read_place(const struct pg_result *r, size_t row, size_t col, void *out);
/* "" for NULL. */
void store_read_text(const struct pg_result *r, size_t row, size_t col, char *out, size_t out_size);
/* Locks the workspace against changes of its own row and other holders of this lock, by an admin.
 * ERR_DASH_INSUFFICIENT_ROLE, ERR_DASH_WORKSPACE_NOT_FOUND. */
enum err store_workspace_hold(
        struct pg *pg, const char *workspace_id, struct store_place *out) MUST_CHECK;
/* "" is NULL to the database. */
static inline const char *store_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

#endif
