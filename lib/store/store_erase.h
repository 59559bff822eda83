/* SPDX-License-Identifier: MIT
 * Erasures as yavio-jobs works on them: what to delete, and how far it got. Service connections. */
#ifndef YAVIO_STORE_STORE_ERASE_H
#define YAVIO_STORE_STORE_ERASE_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"

struct store_erase {
	char id[ID_UUID_BYTES], workspace_id[ID_UUID_BYTES];
	char state[12]; /* "": no such erasure */
	int64_t passes; /* begun so far */
	int64_t requested_ms;
	int64_t clean_for_ms; /* since the first clean pass; -1: none yet */
	char (*projects)[ID_UUID_BYTES];
	size_t projects_len;
};
/* ERR_OK also without one. Release *out with store_erase_release in any case. */
enum err store_erase_get(struct pg *pg, const char *id, struct store_erase *out) MUST_CHECK;
void store_erase_release(struct store_erase *e);

/* A pass begins: state running, counted. */
enum err store_erase_running(struct pg *pg, const char *id) MUST_CHECK;
/* A pass ended without a fault. rows: found and deleted in it. clean: 0 rows are left in every
 * table and the spool had shipped what is older than the request before the pass began. */
enum err store_erase_passed(struct pg *pg, const char *id, int64_t rows, bool clean) MUST_CHECK;
/* Second clean pass: finished, with a row in the audit log where the workspace still exists. */
enum err store_erase_done(struct pg *pg, const char *id) MUST_CHECK;
/* why: one line; failed: given up, visible as failed. */
enum err store_erase_trouble(
        struct pg *pg, const char *id, const char *why, bool failed) MUST_CHECK;

/* The next erasure that ended less than 30 days ago and was not swept since since_ms; out->state ""
 * when none is left. Release as above. */
enum err store_erase_sweep_next(
        struct pg *pg, int64_t since_ms, struct store_erase *out) MUST_CHECK;
enum err store_erase_swept(struct pg *pg, const char *id, int64_t rows) MUST_CHECK;

enum err store_erase_pending(struct pg *pg, int64_t *pending, int64_t *failed) MUST_CHECK;

#endif
