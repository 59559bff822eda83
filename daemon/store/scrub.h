/* SPDX-License-Identifier: MIT
 * Makes the engine forget the tokens of inserts that it noted and did not finish, so that a repeat
 * stores their rows. */
#ifndef YAVIO_STORE_SCRUB_H
#define YAVIO_STORE_SCRUB_H

#include "base/base.h"
#include "base/errors.h"

/* Before the engine opens data_dir, which the caller has locked: takes such notes, and lines it
 * cannot read, out of the files of every table; a file without any stays as it is. What it took it
 * logs as ERR_DB_STORE_INSERT_UNFINISHED. ERR_DB_STORE_OPEN_FAILED, logged: a directory or file
 * could not be read or written. */
enum err scrub_closed(const char *data_dir) MUST_CHECK;

/* While the engine runs, after an insert failed: remembers such notes for the next scrub_closed;
 * until then the engine must not get those tokens again. *found: whether there are new ones, also
 * when an insert in another thread is just under way. False, logged: something could not be read or
 * written; to be called again. */
bool scrub_open(const char *data_dir, bool *found) MUST_CHECK;

#endif
