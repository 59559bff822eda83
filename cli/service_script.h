/* SPDX-License-Identifier: MIT
 * Texts of the scripts in a service directory; b->failed tells when one does not fit. */
#ifndef YAVIO_CLI_SERVICE_SCRIPT_H
#define YAVIO_CLI_SERVICE_SCRIPT_H

#include "base/buf.h"
#include "cli/stack.h"

/* Starts the program: its own environment, descriptors, death with its supervisor. */
void service_script_run(const struct cli *cli, enum program_id id, struct buf *b);
/* Runs when it ended: waits 0, 1, 2, 4 ... 30 s before the next start, 0 again after 60 s of life;
 * exit 78 (configuration) ends the restarting. */
void service_script_finish(struct buf *b);
void service_script_log(const struct cli *cli, enum program_id id, struct buf *b);
/* What stands in for SIGTERM; empty: SIGTERM is right. */
void service_script_term(enum program_id id, struct buf *b);

/* text as one word of a shell, in single quotes. */
void service_script_quote(struct buf *b, const char *text);

#endif
