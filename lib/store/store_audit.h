/* SPDX-License-Identifier: MIT
 * The audit log: who did what, written in the transaction of what was done. */
#ifndef YAVIO_STORE_STORE_AUDIT_H
#define YAVIO_STORE_STORE_AUDIT_H

#include "base/base.h"
#include "base/errors.h"
#include "pg/pg.h"

struct store_audit {
	const char *workspace_id;            /* NULL: an event of the account */
	const char *user_id;                 /* actor: the tenant of the transaction */
	const char *action;                  /* "key.create": the list is in docs/DESIGN.md */
	const char *target_type, *target_id; /* may be NULL */
	const char *ip, *user_agent;         /* "" or NULL: unknown */
	const char *request_id;
	const char *detail; /* a JSON object, never a secret; NULL: {} */
};
/* Adds the row, on an app connection. An error that is neither PostgreSQL being away nor a conflict
 * to be run again is ERR_DASH_AUDIT_WRITE_FAILED (logged): the caller returns it, so the change is
 * rolled back. */
enum err store_audit_add(struct pg *pg, const struct store_audit *a) MUST_CHECK;

#endif
