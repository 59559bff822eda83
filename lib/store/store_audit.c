/* SPDX-License-Identifier: MIT
 * Rows of the audit log that the dashboard writes. */
#include "store/store_internal.h"
#include "store/store_audit.h"

enum err store_audit_add(struct pg *pg, const struct store_audit *a)
{
	enum err e = pg_exec(pg, PGQ_AUDIT_ADD,
	        PG_PARAMS(PG_UUID(a->workspace_id), PG_UUID(a->user_id), PG_TEXT(a->action),
	                PG_TEXT(a->target_type), PG_TEXT(a->target_id),
	                PG_TEXT(store_or_null(a->ip)), PG_TEXT(store_or_null(a->user_agent)),
	                PG_TEXT(a->request_id), PG_TEXT(a->detail)),
	        NULL);

	if (e == ERR_OK || pg_err_away(e) || e == ERR_DB_PG_DEADLOCK_DETECTED ||
	        e == ERR_DB_PG_SERIALIZATION_FAILURE)
		return e;
	pg_log_failure(pg, e, "audit row not written");
	return ERR_DASH_AUDIT_WRITE_FAILED;
}
