/* SPDX-License-Identifier: MIT
 * The link with which the first user makes the instance his own. */
#ifndef YAVIO_CLI_SETUP_TOKEN_H
#define YAVIO_CLI_SETUP_TOKEN_H

#include "cli/cli.h"
#include "store/store.h"

enum { CLI_SETUP_LINK_BYTES = 1024 };

/* Stores a token for the first user, YAVIO_SETUP_TOKEN or a new one, and makes the link that holds
 * it; an older token that is still good stays, unless replace. *link is "" when it stays.
 * ERR_DASH_SETUP_ALREADY_DONE: somebody has an account. */
enum err setup_token_link(
        struct cli *cli, struct pg *pg, bool replace, char link[CLI_SETUP_LINK_BYTES]) MUST_CHECK;

#endif
