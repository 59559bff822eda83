/* SPDX-License-Identifier: MIT
 * HTTP client: the only user of libcurl. One call with timeouts, size caps and a result class that
 * tells what may be retried. */
#ifndef YAVIO_HTTPC_HTTPC_H
#define YAVIO_HTTPC_HTTPC_H

#include "base/base.h"
#include "base/buf.h"

/* What became of a call. Only HTTPC_OK carries a status; a status of 500 is HTTPC_OK too. */
enum httpc_result {
	HTTPC_OK = 0,
	HTTPC_INVALID, /* the request cannot be made as described (URL, scheme, header): a bug */
	HTTPC_REFUSED, /* no connection, name not found: nothing was sent, retry is safe */
	HTTPC_TIMEOUT, /* connected, but not done in time: the other side may have acted */
	HTTPC_RESET,   /* connection lost before the whole answer: the other side may have acted */
	HTTPC_TLS,     /* certificate or handshake refused: nothing was sent */
	HTTPC_TOO_LARGE, /* answer above response_max; the rest was not read */
	HTTPC_STOPPED,   /* sink, source or stop said so */
	HTTPC_NO_MEMORY,
};

enum {
	HTTPC_HEADERS_MAX = 24,
	HTTPC_HEADER_BYTES_MAX = 4096,
	HTTPC_CONNECT_TIMEOUT_MS = 2000,             /* when connect_timeout_ms is 0 */
	HTTPC_TIMEOUT_MS = 30000,                    /* when timeout_ms is 0 */
	HTTPC_RESPONSE_BYTES_MAX = 64 * 1024 * 1024, /* when response_max is 0 */
};

struct httpc_header {
	const char *name, *value; /* a value with CR, LF or NUL makes the call HTTPC_INVALID */
};

/* A header of the answer that the caller wants; value is "" when it did not come, cut to fit. */
struct httpc_wanted {
	const char *name;
	char *value;
	size_t size;
};

struct httpc_request {
	const char *method;          /* NULL: GET without a body, POST with one */
	const char *url;             /* http or https; must not carry user or password */
	const char *unix_socket;     /* path; NULL or "": by the URL's host */
	const char *user, *password; /* Basic; NULL: none. Never part of the URL, never logged */
	const struct httpc_header *headers;
	size_t headers_len;

	const void *body; /* stays the caller's, is not copied */
	size_t body_len;
	/* instead of body: fills up to size bytes, returns how many, 0 at the end, -1 to stop the
	 * call. The body is then sent chunked. */
	ptrdiff_t (*source)(char *out, size_t size, void *arg);
	void *source_arg;

	/* Where the answer goes: into_buf (appended; its own cap also counts), or sink (returns
	 * false to stop), or nowhere. */
	struct buf *into_buf;
	bool (*sink)(const char *bytes, size_t len, int status, void *arg);
	void *sink_arg;
	struct httpc_wanted *wanted;
	size_t wanted_len;
	bool accept_gzip;      /* ask for it; the answer is given decompressed, caps count that */
	uint64_t response_max; /* bytes of the decompressed answer */

	int64_t connect_timeout_ms, timeout_ms;
	/* asked about once a second and at every packet; true ends the call; may be NULL */
	bool (*stop)(void *arg);
	void *stop_arg;
};

struct httpc_response {
	int status;     /* 0 unless HTTPC_OK */
	uint64_t bytes; /* of the answer's body, as delivered */
	bool sent;      /* at least one byte of the request may have reached the other side */
	int64_t took_ms;
};

/* A handle keeps its connections open between calls. Use by one thread at a time. No redirects are
 * followed, no proxy of the environment is used, no cookies are kept. NULL: no memory. */
struct httpc *httpc_new(void);
void httpc_free(struct httpc *h);

/* Makes the call and waits for its end; *out (may be NULL) is filled on every result. */
enum httpc_result httpc_call(struct httpc *h, const struct httpc_request *request,
        struct httpc_response *out) MUST_CHECK;

/* Static lower-case text for logs: "ok", "refused", "timeout", ... */
const char *httpc_result_text(enum httpc_result r);

/* Adds text percent-encoded (RFC 3986 unreserved characters stay). False: buf's cap. */
bool httpc_add_escaped(struct buf *out, const char *text);

#endif
