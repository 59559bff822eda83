/* SPDX-License-Identifier: MIT
 * One HTTP request of ClickHouse's interface: its parameters, login and body. */
#ifndef YAVIO_STORE_REQUEST_H
#define YAVIO_STORE_REQUEST_H

#include <microhttpd.h>

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "daemon/store/body.h"
#include "daemon/store/store.h"

enum { REQUEST_QUERY_ID_BYTES = 129, REQUEST_UUID_BYTES = 37 };

struct request {
	struct store *store;
	struct MHD_Connection *connection;
	const struct user *user;
	struct body body;
	/* parameters, borrowed from the connection; "" when they did not come */
	const char *query, *database, *default_format;
	char workspace[REQUEST_UUID_BYTES], project[REQUEST_UUID_BYTES]; /* "" unless UUID text */
	char query_id[REQUEST_QUERY_ID_BYTES]; /* the client's, else made here */
	char token[ID_UUID_BYTES];             /* finds the statement in the engine */
	bool get;                              /* GET and HEAD are read-only */
	bool gzip_answer;                      /* the client wants and may get gzip */
	bool whole_answer; /* wait_end_of_query: the status tells how it ended */
	bool answered;     /* a response is queued */
	bool streams;      /* the response still works in the engine */
	bool bad_encoding; /* a Content-Encoding that we do not know */
	int64_t began_ms;
};

/* For the first sight of a request: reads parameters and headers. NULL: no memory. */
struct request *request_new(struct store *store, struct MHD_Connection *connection, bool get);
void request_free(struct request *r);

/* What is wrong with the request before its body is read; ERR_OK goes on. Fills user.
 * ERR_DB_STORE_AUTH_FAILED, ERR_DB_STORE_STATEMENT_DENIED (session_id, native compression). */
enum err request_check(struct request *r) MUST_CHECK;

/* Calls add for each parameter that is neither part of the interface nor a login: settings and
 * param_*. Stops at the first error. */
enum err request_settings(struct request *r, struct settings *s) MUST_CHECK;

#endif
