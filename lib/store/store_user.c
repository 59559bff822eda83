/* SPDX-License-Identifier: MIT
 * The user of a transaction. */
#include "base/str.h"
#include "store/store_user.h"

static void read_user(const struct pg_result *r, struct store_user *out)
{
	pg_uuid(r, 0, 0, out->id);
	str_copy(out->email, sizeof(out->email), pg_text(r, 0, 1));
	str_copy(out->name, sizeof(out->name), pg_text(r, 0, 2));
	out->has_password = pg_bool(r, 0, 3);
	out->email_verified = pg_bool(r, 0, 4);
	out->created_ms = pg_time_ms(r, 0, 5);
	out->two_factor = pg_bool(r, 0, 6);
	out->recovery_codes_left = pg_int(r, 0, 7);
}

enum err store_user_self(struct pg *pg, struct store_user *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_USER_SELF, PG_NO_PARAMS, &r);

	if (e == ERR_OK && pg_rows(r) != 1)
		e = ERR_DASH_SESSION_EXPIRED;
	if (e == ERR_OK)
		read_user(r, out);
	pg_result_free(r);
	return e;
}

static void read_workspace(const struct pg_result *r, size_t row, struct store_my_workspace *out)
{
	pg_uuid(r, row, 8, out->id);
	str_copy(out->name, sizeof(out->name), pg_text(r, row, 9));
	str_copy(out->slug, sizeof(out->slug), pg_text(r, row, 10));
	out->role = store_role_parse(pg_text(r, row, 11));
	str_copy(out->plan, sizeof(out->plan), pg_text(r, row, 12));
}

enum err store_user_session(struct pg *pg, struct store_user *out,
        struct store_my_workspace workspaces[STORE_MY_WORKSPACES_MAX], size_t *len)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_USER_SESSION, PG_NO_PARAMS, &r);

	*len = 0;
	if (e == ERR_OK && pg_rows(r) == 0)
		e = ERR_DASH_SESSION_EXPIRED;
	if (e == ERR_OK) {
		read_user(r, out);
		while (*len < pg_rows(r) && *len < STORE_MY_WORKSPACES_MAX &&
		        !pg_is_null(r, *len, 8)) {
			read_workspace(r, *len, &workspaces[*len]);
			(*len)++;
		}
	}
	pg_result_free(r);
	return e;
}

enum err store_setup_needed(struct pg *pg, bool *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_SETUP_NEEDED, PG_NO_PARAMS, &r);

	if (e == ERR_OK)
		*out = pg_bool(r, 0, 0);
	pg_result_free(r);
	return e;
}
