/* SPDX-License-Identifier: MIT
 * How Caddy is started: its command line and the values its Caddyfile reads. */
#ifndef YAVIO_CLI_CADDY_H
#define YAVIO_CLI_CADDY_H

#include "base/buf.h"
#include "cli/stack.h"

typedef void caddy_pair_fn(struct buf *b, const char *name, const char *value);

/* Which site file the Caddyfile imports: "local", "domain" or "proxy". */
const char *caddy_site(const struct cli *cli);
/* Whether Caddy could listen below 1024: started by root, or by the file's own right (setcap). */
bool caddy_may_bind_low(void);
/* Calls pair for each variable of the Caddyfile. */
void caddy_environment(const struct cli *cli, caddy_pair_fn *pair, struct buf *b);
/* The command, ended by a newline. */
void caddy_command(const struct cli *cli, struct buf *b);
/* `caddy validate` with that environment; YAVIO-7507 with Caddy's own line. */
enum cli_exit caddy_check(const struct cli *cli) MUST_CHECK;

#endif
