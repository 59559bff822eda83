/* SPDX-License-Identifier: MIT
 * What the files of lib/store share. */
#ifndef YAVIO_STORE_STORE_INTERNAL_H
#define YAVIO_STORE_STORE_INTERNAL_H

#include "store/store.h"

#define STORE_KEY_MARK "yav_"
enum { STORE_KEY_MARK_BYTES = 4, STORE_KEY_RANDOM_BYTES = 32 };

/* Whether name is UTF-8 without control characters, of min to max characters, and not blank. */
bool store_name_is_valid(const char *name, size_t min, size_t max);
/* The row of audit_log that belongs to a change, in the same transaction. */
enum err store_audit_cli(struct pg *pg, const char *workspace_id, const char *action,
        const char *target_type, const char *target_id, const char *name) MUST_CHECK;

#endif
