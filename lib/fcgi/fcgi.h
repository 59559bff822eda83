/* SPDX-License-Identifier: MIT
 * FastCGI: a master that holds the socket and keeps worker processes alive, and the one request a
 * worker has in hand. The only user of libfcgi. */
#ifndef YAVIO_FCGI_FCGI_H
#define YAVIO_FCGI_FCGI_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"

enum {
	FCGI_BACKLOG = 4096,
	FCGI_WORKERS_MAX = 128,
	FCGI_PARAM_COUNT_MAX = 256,    /* environment entries of a request */
	FCGI_PARAM_BYTES_MAX = 65536,  /* all of them together */
	FCGI_HEADER_BYTES_MAX = 16384, /* the HTTP headers among them */
	FCGI_QUERY_BYTES_MAX = 4096,
	FCGI_PATH_BYTES_MAX = 4096,
	FCGI_LABEL_BYTES = 64, /* route and request id kept for the report of a crash */
	/* An unread body is read away before the connection is closed, or Caddy would see a broken
	 * pipe instead of the reply; no more than this. */
	FCGI_DISCARD_BYTES_MAX = 32 * 1024 * 1024,
	FCGI_IO_TIMEOUT_MS = 30000, /* a body must be complete by then */
	FCGI_SILENCE_TIMEOUT_MS =
	        10000, /* a peer that neither sends nor takes for so long is gone */
};

/* ---- the request in hand ------------------------------------------------------------------- */

struct fcgi_request;

/* "GET", "POST", ...; "" when the server sent none. Texts live until the request ends. */
const char *fcgi_method(const struct fcgi_request *r);
/* Path of REQUEST_URI (else SCRIPT_NAME + PATH_INFO) as sent, not decoded, without the query. */
const char *fcgi_path(const struct fcgi_request *r);
/* Query without '?', as sent; "" when there is none. */
const char *fcgi_query(const struct fcgi_request *r);
/* Address of the peer as the web server saw it (REMOTE_ADDR), "" when unknown. */
const char *fcgi_remote_addr(const struct fcgi_request *r);
/* Value of an HTTP header, any letter case ("Content-Type"); NULL when absent. */
const char *fcgi_header(const struct fcgi_request *r, const char *name);
/* Value of a FastCGI parameter, NULL when absent. */
const char *fcgi_param(const struct fcgi_request *r, const char *name);
/* Declared length of the body; -1 when absent, empty, negative or no number (chunked). */
int64_t fcgi_content_length(const struct fcgi_request *r);
/* ERR_OK, or the reason why this request must be refused before anything else:
 * ERR_INFRA_FCGI_PARAMS_TOO_LARGE (a cap above), ERR_INFRA_FCGI_PROTOCOL (a parameter is odd). */
enum err fcgi_refusal(const struct fcgi_request *r) MUST_CHECK;
/* Monotonic nanoseconds at which the worker took the connection. */
int64_t fcgi_started_ns(const struct fcgi_request *r);

enum fcgi_body {
	FCGI_BODY_OK,
	FCGI_BODY_TOO_LARGE, /* over cap: declared (nothing was read) or while reading */
	FCGI_BODY_SHORT,     /* ended before the declared length, or the connection broke */
	FCGI_BODY_LATE,      /* not complete within FCGI_IO_TIMEOUT_MS */
	FCGI_BODY_NO_MEMORY,
};

/* Reads FCGI_STDIN to its end, appending to *out, at most cap bytes. The declared
 * length is not trusted: what arrives counts. At most once a request. */
enum fcgi_body fcgi_body_read(struct fcgi_request *r, size_t cap, struct buf *out) MUST_CHECK;

/* Sends status, headers ("Name: value\r\n" each) and body. At most once a request; a request that
 * ends without it is answered 500 with an empty body. False: the peer is gone. */
bool fcgi_reply(struct fcgi_request *r, int status, const char *headers, size_t headers_len,
        const void *body, size_t body_len);

/* A reply in pieces, for one that is too long to hold, in the place of fcgi_reply: begin sends
 * status and headers, each piece goes out as it is given, the end of the request completes it. A
 * piece that went out counts as a sign of life (fcgi_alive). False: the peer is gone, or took
 * nothing for FCGI_SILENCE_TIMEOUT_MS. */
bool fcgi_reply_begin(
        struct fcgi_request *r, int status, const char *headers, size_t headers_len) MUST_CHECK;
bool fcgi_reply_piece(struct fcgi_request *r, const void *bytes, size_t len) MUST_CHECK;
/* Gives a begun reply up: the connection ends inside a record, so that a web server that looks at
 * all can tell it from a whole one. Caddy 2.6 does not pass that on where the length of the body is
 * unknown: a reply that must not pass for whole has a Content-Length. */
void fcgi_reply_abort(struct fcgi_request *r);
/* Whether the web server has closed its end. Asks the kernel, does not wait. */
bool fcgi_peer_gone(const struct fcgi_request *r);
/* The request in hand takes long and is not hung: hang_timeout_ms begins anew. */
void fcgi_alive(struct fcgi_request *r);

/* ---- a reply that goes on after its request
 * ------------------------------------------------------- */

enum { FCGI_STREAM_SEND_BYTES = 64 * 1024 }; /* what the kernel may hold of it */

/* The connection of a request whose reply is written piece by piece, by whoever has taken it. */
struct fcgi_stream {
	int fd; /* non-blocking; the holder closes it */
	uint16_t request_id;
};

/* Sends status and headers, reads the body away, and hands the connection over: the worker goes on
 * with its next request. In the place of fcgi_reply. False: the peer is gone, nothing was handed
 * over. */
bool fcgi_stream_begin(struct fcgi_request *r, int status, const char *headers, size_t headers_len,
        struct fcgi_stream *out) MUST_CHECK;
/* Adds bytes as they are to be written to fd. False: no room in out. */
bool fcgi_stream_frame(
        const struct fcgi_stream *s, const char *bytes, size_t len, struct buf *out) MUST_CHECK;
/* Adds what ends the reply; after it the connection is closed. False: no room in out. */
bool fcgi_stream_frame_end(const struct fcgi_stream *s, struct buf *out) MUST_CHECK;

/* Remembers what is being done, so that the master can name it if this worker dies. Cut to
 * FCGI_LABEL_BYTES. Either may be NULL: unchanged. */
void fcgi_set_label(struct fcgi_request *r, const char *route, const char *request_id);
/* True once the worker was told to stop: the request in hand is its last. */
bool fcgi_stopping(const struct fcgi_request *r);

/* ---- the pool ------------------------------------------------------------------------------- */

enum fcgi_restart { /* why a worker was replaced */
	FCGI_RESTART_CRASH,
	FCGI_RESTART_RECYCLE,
	FCGI_RESTART_RELOAD,
	FCGI_RESTART_TIMEOUT,
	FCGI_RESTART_COUNT
};

struct fcgi_stats {
	unsigned starting, idle, busy, draining; /* worker processes by state, now */
	uint64_t requests;                       /* since the master started */
	uint64_t busy_ns;                        /* time spent in requests */
	uint64_t restarts[FCGI_RESTART_COUNT];
	int64_t started_ms;  /* monotonic, of the master */
	uint32_t generation; /* 1, then one more with every reload */
};

struct fcgi_shared; /* what master and workers share */

struct fcgi_pool {
	const char *socket_path; /* <= 106 bytes */
	int workers;             /* 1-FCGI_WORKERS_MAX */
	int64_t drain_timeout_ms;
	int64_t max_requests;    /* of one worker; 0: no end */
	int64_t hang_timeout_ms; /* a request that takes longer costs its worker its life; 0: never
	                          */
	const char *ready_file;  /* made (with the master's pid) once all workers are ready, removed
	                            at stop; NULL: none */
	char **argv;             /* for SIGUSR2; NULL: ignored */
	void *ctx;

	/* In a worker, once, before its first request; NULL: ctx is given to serve. A worker whose
	 * start fails exits and is started again with the usual back-off. */
	enum err (*start)(void *ctx, void **worker);
	void (*serve)(struct fcgi_request *r, void *worker);
	void (*stop)(void *worker); /* may be NULL */

	/* A process of its own beside the workers (probes, gauges), restarted like them; ends by
	 * SIGTERM. NULL: none. */
	void (*monitor)(void *ctx);

	/* SIGHUP, in the master: checks the new configuration and puts it into *pool (ctx, workers,
	 * times; not socket_path). Any error: *pool must be as it was, logged as 7216, the old
	 * workers stay. NULL: SIGHUP replaces workers under the same configuration. */
	enum err (*reload)(struct fcgi_pool *pool);

	struct fcgi_shared *shared; /* set by fcgi_pool_init */
};

/* Makes what is shared, before fcgi_pool_run and before anything takes a pointer to it: callers
 * read statistics through it. ERR_INFRA_FCGI_SOCKET_FAILED when memory is out. */
enum err fcgi_pool_init(struct fcgi_pool *pool) MUST_CHECK;
void fcgi_pool_release(struct fcgi_pool *pool);

/* Opens the socket (a passed one of LISTEN_FDS, else its own: mode 0660, a stale one replaced, a
 * live one refused: ERR_INFRA_FCGI_SOCKET_FAILED), keeps the workers alive and returns when SIGTERM
 * or SIGINT has drained them: ERR_OK. SIGHUP: new workers, then the old drain; the socket stays
 * open. SIGUSR2: the same with a new binary. */
enum err fcgi_pool_run(struct fcgi_pool *pool) MUST_CHECK;

/* Numbers of all workers; from any process of the pool. */
void fcgi_pool_stats(const struct fcgi_shared *shared, struct fcgi_stats *out);
/* How many of them have a request in hand: cheap enough to be asked by each request. */
size_t fcgi_pool_busy(const struct fcgi_shared *shared);

#endif
