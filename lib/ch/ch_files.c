/* SPDX-License-Identifier: MIT
 * The SQL files of clickhouse/, put in here at build time. */
#include "ch/ch_internal.h"

#include "ch_files.inc"
