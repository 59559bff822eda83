/* SPDX-License-Identifier: MIT
 * A cap on how many processes of a program do something costly at once. The slot of a process that
 * dies is free again. */
#ifndef YAVIO_SHM_SHM_SLOTS_H
#define YAVIO_SHM_SHM_SLOTS_H

#include "base/base.h"
#include "base/errors.h"

enum { SHM_SLOTS_MAX = 1024 };

struct shm_slots;

/* Makes count slots (1-SHM_SLOTS_MAX) in anonymous shared memory; call before fork. waiters_max:
 * how many may wait for one at a time, so that waiting cannot take every process there is.
 * ERR_DB_SHM_CREATE_FAILED: no memory. Caller closes with shm_slots_close. */
enum err shm_slots_open(size_t count, size_t waiters_max, struct shm_slots **out) MUST_CHECK;
/* Unmaps; other processes keep theirs. NULL-safe. */
void shm_slots_close(struct shm_slots *s);

/* Takes a slot, waiting at most wait_ms for one; its number is in *slot. False: none became free,
 * or too many wait already (then at once). The thread that took a slot gives it back. */
bool shm_slots_take(struct shm_slots *s, int64_t wait_ms, size_t *slot) MUST_CHECK;
/* The same at once or not at all, in somebody's name (cut to SHM_SLOT_NAME_BYTES): false also while
 * a slot that was taken in this name is not given back. */
enum { SHM_SLOT_NAME_BYTES = 64 };
bool shm_slots_take_named(struct shm_slots *s, const char *name, size_t *slot) MUST_CHECK;
void shm_slots_give(struct shm_slots *s, size_t slot);

#endif
