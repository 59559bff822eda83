/* SPDX-License-Identifier: MIT
 * The two listeners of the store, loopback TCP and a unix socket, over libmicrohttpd: a thread a
 * connection, since an engine's statement blocks its thread. */
#ifndef YAVIO_STORE_HTTP_H
#define YAVIO_STORE_HTTP_H

#include "daemon/store/store.h"

struct http;

/* Binds, listens, answers. *port is the TCP port, also when 0 asked the kernel to choose.
 * ERR_CLI_PORT_IN_USE or ERR_CLI_PORT_8123_IN_USE, ERR_DB_STORE_OPEN_FAILED (socket); logged. */
enum err http_start(struct store *store, struct http **out, int *port) MUST_CHECK;

/* No new connection is taken from now on. */
void http_quiesce(struct http *h);
/* Closes every connection and waits for its thread. NULL-safe. */
void http_stop(struct http *h);

#endif
