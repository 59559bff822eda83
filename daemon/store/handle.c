/* SPDX-License-Identifier: MIT
 * One request from its first header to its answer. */
#include <stdlib.h>

#include "base/log.h"
#include "daemon/store/exec.h"
#include "daemon/store/reply.h"
#include "daemon/store/request.h"
#include "daemon/store/handle.h"

static const struct {
	const char *path, *text;
} probes[] = {
        {"/ping", "Ok.\n"},
        {"/replicas_status", "Ok.\n"},
};

/* Time in the engine is not idleness: the limit is lifted while a statement runs. */
static void idle_limit(struct MHD_Connection *connection, unsigned seconds)
{
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static enum MHD_Result begin(
        struct store *store, struct MHD_Connection *connection, const char *method, void **state)
{
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	struct request *r = request_new(store, connection, get);
	if (!r)
		return MHD_NO;
	*state = r;
	atomic_fetch_add(&store->requests, 1);
	enum err err = request_check(r);
	if (err != ERR_OK)
		return reply_refusal(r, err);
	if (r->bad_encoding)
		return reply_error(r, 48, "NOT_IMPLEMENTED", "Unknown Content-Encoding");
	return MHD_YES;
}

/* Answers what needs no login; MHD_YES with *done when it did. */
static enum MHD_Result probe(
        struct MHD_Connection *connection, const char *url, const char *method, bool *done)
{
	*done = true;
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		if (strcmp(url, probes[i].path) == 0)
			return reply_text(connection, MHD_HTTP_OK, probes[i].text);
	if (strcmp(url, "/") != 0)
		return reply_text(connection, MHD_HTTP_NOT_FOUND, "There is no such handle.\n");
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	if (!get && strcmp(method, "POST") != 0)
		return reply_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Use GET or POST.\n");
	if (get && !MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "query"))
		return reply_text(connection, MHD_HTTP_OK, "Ok.\n");
	*done = false;
	return MHD_YES;
}

enum MHD_Result handle_request(void *arg, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *upload, size_t *upload_len,
        void **state)
{
	struct request *r = *state;
	(void)version;
	if (!r) {
		bool done;
		enum MHD_Result result = probe(connection, url, method, &done);
		return done ? result : begin(arg, connection, method, state);
	}
	if (*upload_len > 0) {
		if (!r->answered && body_add(&r->body, upload, *upload_len) != BODY_OK)
			log_debug("body refused", F_STR("query_id", r->query_id));
		*upload_len = 0;
		return MHD_YES;
	}
	if (r->answered)
		return MHD_YES;
	idle_limit(connection, 0);
	enum MHD_Result result = exec_request(r);
	if (!r->streams) /* else the watch cuts off a client that does not read */
		idle_limit(connection, HANDLE_IDLE_SECONDS);
	return result;
}

void handle_completed(void *arg, struct MHD_Connection *connection, void **state,
        enum MHD_RequestTerminationCode why)
{
	struct store *store = arg;
	(void)why;
	if (!*state)
		return;
	request_free(*state);
	*state = NULL;
	atomic_fetch_sub(&store->requests, 1);
	idle_limit(connection, HANDLE_IDLE_SECONDS);
}
