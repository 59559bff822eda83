/* SPDX-License-Identifier: MIT
 * The statements of the clean-up, one row each. */
#include "store/store_cleanup.h"

static const struct {
	const char *text;
	enum pg_query statement;
	bool days;
} rows_of[STORE_CLEANUP_COUNT] = {
        [STORE_CLEANUP_SESSIONS] = {"sessions", PGQ_CLEANUP_SESSIONS, true},
        [STORE_CLEANUP_USERS] = {"users", PGQ_CLEANUP_USERS, false},
        [STORE_CLEANUP_TOTP] = {"totp", PGQ_CLEANUP_TOTP, false},
        [STORE_CLEANUP_ATTEMPTS] = {"attempts", PGQ_CLEANUP_ATTEMPTS, false},
        [STORE_CLEANUP_TOKENS] = {"tokens", PGQ_CLEANUP_TOKENS, false},
        [STORE_CLEANUP_INVITATIONS] = {"invitations", PGQ_CLEANUP_INVITATIONS, false},
        [STORE_CLEANUP_KEYS] = {"keys", PGQ_CLEANUP_KEYS, false},
        [STORE_CLEANUP_AUDIT] = {"audit", PGQ_CLEANUP_AUDIT, true},
        [STORE_CLEANUP_ERASURES] = {"erasures", PGQ_CLEANUP_ERASURES, false},
        [STORE_CLEANUP_JOBS] = {"jobs", PGQ_CLEANUP_JOBS, false},
        [STORE_CLEANUP_STRIPE] = {"stripe", PGQ_CLEANUP_STRIPE, false},
};

const char *store_cleanup_text(enum store_cleanup what)
{
	return rows_of[what].text;
}

bool store_cleanup_needs_days(enum store_cleanup what)
{
	return rows_of[what].days;
}

enum err store_cleanup_batch(struct pg *pg, enum store_cleanup what, int64_t days, int64_t *rows)
{
	const struct pg_param param = PG_INT(days);
	struct pg_result *r;
	enum err e = pg_exec(pg, rows_of[what].statement, &param, rows_of[what].days ? 1 : 0, &r);

	*rows = 0;
	if (e != ERR_OK)
		return e;
	*rows = pg_affected(r);
	pg_result_free(r);
	return ERR_OK;
}
