/* SPDX-License-Identifier: MIT
 * What libmicrohttpd calls for each request of the store. Apart from the listeners, so that a
 * fuzzer can send bytes through it without a socket of its own. */
#ifndef YAVIO_STORE_HANDLE_H
#define YAVIO_STORE_HANDLE_H

#include <microhttpd.h>

#include "daemon/store/store.h"

enum { HANDLE_IDLE_SECONDS = 60 /* a connection on which nothing moves */ };

/* Called for the headers, each piece of the body, and the end. store: struct store. */
enum MHD_Result handle_request(void *store, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *upload, size_t *upload_len,
        void **state);
/* Called once for each request that handle_request saw. */
void handle_completed(void *store, struct MHD_Connection *connection, void **state,
        enum MHD_RequestTerminationCode why);

#endif
