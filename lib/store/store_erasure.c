/* SPDX-License-Identifier: MIT
 * Erasures: rows deleted and events ordered to be deleted, in one transaction; how far they got. */
#include "store/store_internal.h"
#include "store/store_job.h"
#include "store/store_tenancy.h"

enum err store_erase(struct pg *pg, struct store_erase *erase)
{
	enum err e;

	id_uuid4(erase->id);
	e = pg_exec(pg, PGQ_ERASURE_INSERT,
	        PG_PARAMS(PG_UUID(erase->id), PG_TEXT(erase->scope), PG_UUID(erase->project_id),
	                PG_UUID(erase->workspace_id), PG_UUID(erase->user_id),
	                PG_BYTES(erase->receipt_hash, sizeof(erase->receipt_hash))),
	        NULL);
	if (e == ERR_OK)
		e = store_job_erase(pg, erase->id);
	if (e != ERR_OK)
		return e;
	if (erase->project_id != NULL)
		return store_change(pg, PGQ_PROJECT_DELETE,
		        PG_PARAMS(PG_UUID(erase->project_id), PG_UUID(erase->workspace_id)),
		        ERR_DASH_PROJECT_NOT_FOUND);
	return store_change(pg, PGQ_WORKSPACE_DELETE,
	        PG_PARAMS(PG_UUID(erase->workspace_id), PG_UUID(erase->user_id)),
	        ERR_DASH_WORKSPACE_NOT_FOUND);
}

static void read_erasure(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_erasure *e = out;

	pg_uuid(r, row, col, e->id);
	store_read_text(r, row, col + 1, e->scope, sizeof(e->scope));
	store_read_text(r, row, col + 2, e->state, sizeof(e->state));
	e->projects = pg_int(r, row, col + 3);
	e->passes = pg_int(r, row, col + 4);
	e->rows_deleted = pg_int(r, row, col + 5);
	e->requested_at_ms = pg_time_ms(r, row, col + 6);
	e->finished_at_ms = pg_time_ms(r, row, col + 7);
}

enum err store_erasure_list(
        struct pg *pg, const char *user_id, const struct store_page *page, struct store_rows *out)
{
	return store_list(pg, PGQ_ERASURE_PAGE,
	        PG_PARAMS(PG_UUID(user_id), PG_INT(page->limit), PG_INT(page->offset),
	                PG_BOOL(page->descending)),
	        sizeof(struct store_erasure), read_erasure, out);
}

enum err store_erasure_get(
        struct pg *pg, const char *user_id, const char *id, struct store_erasure *out)
{
	return store_one(pg, PGQ_ERASURE_GET, PG_PARAMS(PG_UUID(id), PG_UUID(user_id)),
	        ERR_DASH_ERASURE_NOT_FOUND, read_erasure, out);
}

static void read_status(const struct pg_result *r, size_t row, size_t col, void *out)
{
	struct store_erasure *e = out;

	*e = (struct store_erasure){.projects = 0};
	store_read_text(r, row, col, e->scope, sizeof(e->scope));
	store_read_text(r, row, col + 1, e->state, sizeof(e->state));
	e->requested_at_ms = pg_time_ms(r, row, col + 2);
	e->finished_at_ms = pg_time_ms(r, row, col + 3);
}

enum err store_erasure_status(struct pg *pg, const uint8_t receipt_hash[STORE_TOKEN_HASH_BYTES],
        struct store_erasure *out)
{
	return store_one(pg, PGQ_ERASURE_BY_RECEIPT,
	        PG_PARAMS(PG_BYTES(receipt_hash, STORE_TOKEN_HASH_BYTES)),
	        ERR_DASH_ERASURE_NOT_FOUND, read_status, out);
}
