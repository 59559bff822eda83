/* SPDX-License-Identifier: MIT
 * HTTP over lib/fcgi: a program is a table of routes with preconditions; the dispatcher enforces
 * them, answers refusals in the one error shape, logs and counts, so that a handler only does its
 * work. */
#ifndef YAVIO_WEB_WEB_H
#define YAVIO_WEB_WEB_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"
#include "base/id.h"
#include "fcgi/fcgi.h"
#include "json/json.h"
#include "shm/shm.h"
#include "web/web_field.h"
#include "web/web_metrics.h"

enum {
	WEB_PATH_PARAMS_MAX = 4,
	WEB_PATH_PARAM_BYTES = 3200, /* as sent: 256 characters of four bytes, each as %XX */
	WEB_REQUEST_ID_BYTES = 64,
	WEB_ADDR_BYTES = 46,
	WEB_HEADERS_BYTES_MAX = 8192, /* of a reply */
	WEB_PROXIES_MAX = 32,
};

struct app;     /* the program's own state, one a worker */
struct request; /* below */
struct reply;

typedef enum err web_handler(struct request *, struct reply *, struct app *);

enum web_method {
	WEB_GET = 1 << 0, /* includes HEAD */
	WEB_POST = 1 << 1,
	WEB_PUT = 1 << 2,
	WEB_PATCH = 1 << 3,
	WEB_DELETE = 1 << 4,
};

/* Who may call: checked by the program's authenticate hook, except NONE. */
enum web_auth {
	WEB_AUTH_NONE,
	WEB_AUTH_METRICS, /* Bearer METRICS_BEARER_TOKEN, or loopback when none is set */
	WEB_AUTH_API_KEY,
	WEB_AUTH_API_KEY_OR_WIDGET,
	WEB_AUTH_OPTIONAL, /* a login of any stage where there is one */
	WEB_AUTH_STAGE,    /* a login that waits for its second factor */
	WEB_AUTH_SESSION,  /* a login */
	/* a login with at least this role in the workspace or project of the path */
	WEB_AUTH_VIEWER,
	WEB_AUTH_MEMBER,
	WEB_AUTH_ADMIN,
	WEB_AUTH_OWNER,
};

/* Media types a body may have. */
enum web_media {
	WEB_MEDIA_NONE = 0,      /* no body expected */
	WEB_MEDIA_JSON = 1 << 0, /* application/json, charset utf-8 or none */
	WEB_MEDIA_TEXT = 1 << 1,
	WEB_MEDIA_ABSENT = 1 << 2, /* no Content-Type at all is taken too */
	WEB_MEDIA_ANY = 1 << 3,
	WEB_MEDIA_EMPTY = 1 << 5, /* no Content-Type is taken with an empty body, after STEP_BODY */
	WEB_MEDIA_GZIP = 1 << 4,  /* Content-Encoding gzip or x-gzip is passed on to the handler */
};

struct web_route {
	enum web_method method;
	const char *path; /* "/v1/events", "/api/projects/{id}"; one trailing slash is accepted */
	enum web_auth auth;
	unsigned rate_class; /* meaning is the program's; 0: none */
	size_t body_cap;     /* bytes; 0: a body is not looked at */
	unsigned media;      /* of enum web_media */
	web_handler *handler;
	unsigned flags;                  /* meaning is the program's */
	const struct web_fields *fields; /* what WEB_STEP_FIELDS reads; NULL: nothing is read */
	enum err missing; /* answer to an {id} or {userId} of the path that is no UUID, given in
	                     the place of the handler; ERR_OK: not looked at */
};
/* A row without the last three. */
#define WEB_ROUTE(method_, path_, auth_, rate_class_, body_cap_, media_, handler_)                 \
	{                                                                                          \
		.method = method_, .path = path_, .auth = auth_, .rate_class = rate_class_,        \
		.body_cap = body_cap_, .media = media_, .handler = handler_                        \
	}

/* The order in which a program refuses; ends with WEB_STEP_END. The body is read last, unless
 * WEB_STEP_BODY is in it. */
enum web_step {
	WEB_STEP_END,
	WEB_STEP_SIZE,             /* declared length over the cap */
	WEB_STEP_BODY,             /* reads the body: declared or real length over the cap */
	WEB_STEP_MEDIA,            /* Content-Type */
	WEB_STEP_ADMIT,            /* the program's admit hook: limits, origin, room */
	WEB_STEP_AUTH,             /* the program's authenticate hook */
	WEB_STEP_ADMIT_AFTER_AUTH, /* admit hook again, principal known */
	WEB_STEP_FIELDS,           /* JSON body or query against the route's fields */
};

enum web_cors {
	WEB_CORS_NONE,
	WEB_CORS_ANY_ORIGIN, /* reflect Origin on every answer, OPTIONS on any route is a preflight
	                      */
};

/* A numeric network. */
struct web_network {
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
};

struct web_networks {
	size_t count;
	struct web_network item[WEB_PROXIES_MAX];
};

/* "10.0.0.0/8, ::1/128, 192.0.2.7"; false: malformed or too many. Empty text is no network. */
bool web_networks_parse(const char *text, struct web_networks *out) MUST_CHECK;
bool web_networks_contain(const struct web_networks *n, const char *addr);
bool web_addr_is_loopback(const char *addr);
/* Who an address belongs to, as far as limits go: IPv4 whole, IPv6 by its /64; false: no address.
 */
bool web_addr_network(const char *addr, uint8_t out[16]) MUST_CHECK;

/* What is the same for every request of a program. */
struct web_program {
	const char *name; /* "ingest" */
	const struct web_route *routes;
	size_t routes_len;
	const enum web_step *order;
	enum web_cors cors;
	size_t reply_cap; /* bytes of a reply body */
	/* For web_routes_json, may be NULL: names of rate_class, and of the bits of flags, lowest
	 * first, NULL-ended. */
	const char *const *class_names, *const *flag_names;
	/* Numbers of this program for the general refusals. */
	enum err err_route, err_method, err_too_large, err_media, err_coding, err_body_short,
	        err_body_late, err_internal;
	/* Only with WEB_STEP_FIELDS: no JSON object; a field is wrong. */
	enum err err_json, err_fields;

	/* Both may be NULL. ERR_OK lets pass; anything else is the answer. They may set
	 * req->principal and reply headers. */
	enum err (*authenticate)(struct request *, struct reply *, struct app *);
	enum err (*admit)(struct request *, struct reply *, struct app *, enum web_step);

	/* Called with every error before it is answered: returns the one to answer instead, or the
	 * same. May be NULL. */
	enum err (*refused)(struct request *, struct reply *, struct app *, enum err);

	/* Calls the handler of req->route; NULL: the dispatcher does. */
	web_handler *run;

	/* Called once a request, after its reply was sent. May be NULL. */
	void (*done)(struct request *, struct app *);

	/* The cap of a route where an option changes it; NULL: route->body_cap always. */
	size_t (*body_cap)(const struct app *, const struct web_route *);
};

/* Those numbers in the programs that answer under the dashboard's origin. */
#define WEB_DASHBOARD_CODES                                                                        \
	.err_route = ERR_DASH_ROUTE_NOT_FOUND, .err_method = ERR_DASH_METHOD_NOT_ALLOWED,          \
	.err_too_large = ERR_DASH_BODY_TOO_LARGE, .err_media = ERR_DASH_UNSUPPORTED_MEDIA_TYPE,    \
	.err_coding = ERR_DASH_UNSUPPORTED_MEDIA_TYPE, .err_body_short = ERR_DASH_MALFORMED_JSON,  \
	.err_body_late = ERR_DASH_MALFORMED_JSON, .err_internal = ERR_DASH_INTERNAL_ERROR,         \
	.err_json = ERR_DASH_MALFORMED_JSON, .err_fields = ERR_DASH_VALIDATION_FAILED

/* What a worker keeps. */
struct web_worker {
	const struct web_program *program;
	struct app *app;
	struct shm *shm; /* its table begins with WEB_METRIC_ROWS; may be NULL */
	struct web_networks trusted_proxies;
	struct buf body; /* memory reused from request to request */
	struct buf reply_body;
	struct buf reply_headers;
	struct buf texts; /* values of fields */
};

struct web_path_param {
	char name[32]; /* as in the route, without braces */
	char value[WEB_PATH_PARAM_BYTES];
};

struct request {
	struct fcgi_request *fcgi;
	const struct web_route *route; /* NULL until found */
	const char *method;
	const char *path;
	const char *query;
	char id[WEB_REQUEST_ID_BYTES];
	char addr[WEB_ADDR_BYTES]; /* of the client, behind trusted proxies */
	struct web_path_param params[WEB_PATH_PARAMS_MAX];
	unsigned params_len;
	struct buf *body; /* whole, as received */
	void *principal;  /* set by authenticate */
	unsigned media;   /* of the route; authenticate may widen it */
	struct buf *texts;
	struct web_value values[WEB_FIELDS_MAX]; /* by place in route->fields; see web_text */
	struct web_faults faults;                /* what is wrong with the fields */
	int64_t started_ns;
	/* For the log line, where known; set by authenticate and the handler. */
	const char *workspace_id, *project_id, *key_prefix;
	int64_t events;
};

/* Takes the connection of a reply that goes on; it is closed by whoever has it. */
typedef void web_stream_fn(const struct fcgi_stream *stream, void *arg);

/* A body that is too long to hold: the dispatcher sends it in pieces, after the handler. */
struct web_source {
	/* Fills up to size bytes: how many, 0 at the end, -1: it cannot go on, the reply is cut. */
	ptrdiff_t (*read)(char *out, size_t size, void *arg);
	void (*end)(void *arg); /* called once, however the request ends; may be NULL */
	void *arg;
	int64_t length; /* of all; fewer or more bytes cut the reply. -1: unknown, and then a cut
	                   reply passes for a whole one behind Caddy 2.6 */
};

struct reply {
	int status; /* 200 unless set */
	const char *content_type;
	struct buf *headers; /* "Name: value\r\n"; add with web_reply_header */
	struct buf *body;
	struct web_source source; /* read set: in the place of body, when the handler returns OK */
	int64_t retry_after_s;    /* sent on 429 and 503, at least 1 */
	/* How the bucket stands that the request drew from: RateLimit-* headers; limit 0: none. */
	int64_t rate_limit, rate_left, rate_reset_s;
	/* A handler that succeeded and set it: the head is sent without a length, and the
	 * connection given to stream; also when the peer has gone: fd is -1 then, as it is for
	 * HEAD. The body is not used. */
	web_stream_fn *stream;
	void *stream_arg;
};

void web_worker_init(
        struct web_worker *w, const struct web_program *program, struct app *app, struct shm *shm);
void web_worker_release(struct web_worker *w);

/* The route table as a JSON array: what a row demands, for tests and checks. */
void web_routes_json(const struct web_program *p, struct buf *out);

/* Answers one request: to be called from fcgi_pool.serve. */
void web_serve(struct fcgi_request *r, struct web_worker *w);

/* ---- for handlers --------------------------------------------------------------------------- */

/* NULL when absent. */
const char *web_header(const struct request *req, const char *name);
/* Value of a {name} of the route; NULL: no such. */
const char *web_path_param(const struct request *req, const char *name);
/* The same percent-decoded, once: "%2F" is a "/" of the value. False: no such, malformed, no UTF-8,
 * a NUL inside, or longer than out. */
bool web_path_text(const struct request *req, const char *name, char *out, size_t out_size);
/* Whether text has the form of our ids: a UUID in lower case. */
bool web_is_id(const char *text);
/* Percent-decoded first value of a query parameter into out; false: absent, too long, malformed or
 * a NUL inside. */
bool web_query_param(const struct request *req, const char *name, char *out, size_t out_size);
/* Whether it was sent, in whatever form. */
bool web_has_query_param(const struct request *req, const char *name);
/* The credential of "Authorization: Bearer x" (scheme in any case, one or more spaces); NULL: no
 * such header or another scheme; "" when nothing follows. */
const char *web_bearer(const struct request *req);
/* The User-Agent as text that may be stored and shown: at most 256 code points, what is no text
 * becomes "?"; "" when absent. */
enum { WEB_USER_AGENT_CHARS = 256, WEB_USER_AGENT_BYTES = WEB_USER_AGENT_CHARS * 4 + 1 };
void web_user_agent(const struct request *req, char out[WEB_USER_AGENT_BYTES]);
/* True when it came from loopback (behind trusted proxies: the client did). */
bool web_is_loopback(const struct request *req);

/* Adds a header; CR, LF and NUL in value make it fail (dropped, false). */
bool web_reply_header(struct reply *rep, const char *name, const char *value);
/* Adds text to the body. */
bool web_reply_text(struct reply *rep, const char *text);
/* A writer into the body, which is to hold one object; w ends it with json_write_end_object. */
void web_reply_object(struct reply *rep, struct json_writer *w);
/* A text that is "" for nothing: null then. */
void web_write_text(struct json_writer *w, const char *key, const char *text);
/* Unix milliseconds as "2026-03-15T10:30:00.000Z"; 0: null. */
void web_write_time(struct json_writer *w, const char *key, int64_t unix_ms);
/* A list's reply: web_list_begin, one value an item, web_list_end. total: of all pages. */
void web_list_begin(struct reply *rep, struct json_writer *w);
void web_list_end(struct json_writer *w, const struct web_page *page, int64_t total);

/* Writes {"error":{...}} for e into the body and its status; used by the dispatcher when a handler
 * returns an error, and by handlers that add members behind it: with open the last brace is left
 * out. e must be one that has an HTTP status. */
void web_reply_error(struct reply *rep, const struct request *req, enum err e, bool open);

#endif
