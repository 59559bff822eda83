/* SPDX-License-Identifier: MIT
 * The user of a transaction. */
#include "base/str.h"
#include "store/store_user.h"

enum err store_user_self(struct pg *pg, struct store_user *out)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_USER_SELF, PG_NO_PARAMS, &r);

	if (e == ERR_OK && pg_rows(r) != 1)
		e = ERR_DASH_SESSION_EXPIRED;
	if (e == ERR_OK) {
		pg_uuid(r, 0, 0, out->id);
		str_copy(out->email, sizeof(out->email), pg_text(r, 0, 1));
		str_copy(out->name, sizeof(out->name), pg_text(r, 0, 2));
		out->has_password = pg_bool(r, 0, 3);
		out->email_verified = pg_bool(r, 0, 4);
		out->created_ms = pg_time_ms(r, 0, 5);
		out->two_factor = pg_bool(r, 0, 6);
		out->recovery_codes_left = pg_int(r, 0, 7);
	}
	pg_result_free(r);
	return e;
}

enum err store_user_workspaces(
        struct pg *pg, void (*visit)(const struct store_my_workspace *, void *), void *arg)
{
	struct pg_result *r;
	enum err e = pg_exec(pg, PGQ_WORKSPACE_MINE, PG_NO_PARAMS, &r);

	for (size_t row = 0; e == ERR_OK && row < pg_rows(r); row++) {
		struct store_my_workspace w;

		pg_uuid(r, row, 0, w.id);
		str_copy(w.name, sizeof(w.name), pg_text(r, row, 1));
		str_copy(w.slug, sizeof(w.slug), pg_text(r, row, 2));
		w.role = store_role_parse(pg_text(r, row, 3));
		str_copy(w.plan, sizeof(w.plan), pg_text(r, row, 4));
		visit(&w, arg);
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
