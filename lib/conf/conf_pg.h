/* SPDX-License-Identifier: MIT
 * Text work on libpq connection URLs. */
#ifndef YAVIO_CONF_PG_H
#define YAVIO_CONF_PG_H

#include "base/base.h"

/* url with the login replaced by role and password (percent-encoded). False: no URL, no room. */
bool conf_pgurl_with_login(const char *url, const char *role, const char *password, char *out,
        size_t out_size) MUST_CHECK;
/* True when every host of the URL is this machine: loopback, a unix socket, or none. */
bool conf_pgurl_local(const char *url);
/* Whether the query part has key=value. */
bool conf_pgurl_has(const char *url, const char *key, const char *value);

#endif
