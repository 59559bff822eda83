/* SPDX-License-Identifier: MIT
 * One process a data directory: the engine itself does not notice a second one. */
#ifndef YAVIO_STORE_LOCK_H
#define YAVIO_STORE_LOCK_H

#include "base/base.h"
#include "base/errors.h"

/* Creates dir (0700) when absent and locks it until the process ends or *fd is closed.
 * ERR_DB_STORE_LOCKED: another process has it; ERR_DB_STORE_OPEN_FAILED. Logged. */
enum err lock_take(const char *dir, int *fd) MUST_CHECK;

#endif
