/* SPDX-License-Identifier: MIT
 * The dispatcher: route, preconditions in the program's order, body, handler, reply, log line,
 * numbers. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "web/web_internal.h"

enum { PIECE_BYTES = 64 * 1024, REPLY_KEPT_BYTES = 1024 * 1024 };

static const char DEFAULT_TYPE[] = "application/json; charset=utf-8";

void web_worker_init(
        struct web_worker *w, const struct web_program *program, struct app *app, struct shm *shm)
{
	size_t body_cap = 0;

	*w = (struct web_worker){.program = program, .app = app, .shm = shm};
	for (size_t i = 0; i < program->routes_len; i++) {
		const struct web_route *route = &program->routes[i];
		size_t cap =
		        program->body_cap != NULL ? program->body_cap(app, route) : route->body_cap;

		if (cap > body_cap)
			body_cap = cap;
	}
	buf_init(&w->body, body_cap);
	buf_init(&w->reply_body, program->reply_cap);
	buf_init(&w->reply_headers, WEB_HEADERS_BYTES_MAX);
	buf_init(&w->texts, body_cap + FCGI_QUERY_BYTES_MAX + 2 * WEB_FIELDS_MAX);
}

void web_worker_release(struct web_worker *w)
{
	buf_release(&w->body);
	buf_release(&w->reply_body);
	buf_release(&w->reply_headers);
	buf_release(&w->texts);
}

/* ---- preconditions --------------------------------------------------------------------------- */

static size_t body_cap(const struct web_exchange *x)
{
	const struct web_program *p = x->worker->program;

	return p->body_cap != NULL ? p->body_cap(x->worker->app, x->req.route)
	                           : x->req.route->body_cap;
}

static enum err check_size(struct web_exchange *x)
{
	int64_t declared = fcgi_content_length(x->req.fcgi);
	size_t cap = body_cap(x);

	if (cap > 0 && declared > 0 && (uint64_t)declared > cap)
		return x->worker->program->err_too_large;
	return ERR_OK;
}

static enum err read_body(struct web_exchange *x)
{
	const struct web_program *p = x->worker->program;
	size_t cap = body_cap(x);

	if (cap == 0)
		return ERR_OK;
	switch (fcgi_body_read(x->req.fcgi, cap, x->req.body)) {
	case FCGI_BODY_OK:
		return ERR_OK;
	case FCGI_BODY_TOO_LARGE:
		return p->err_too_large;
	case FCGI_BODY_SHORT:
		return p->err_body_short;
	case FCGI_BODY_LATE:
		return p->err_body_late;
	case FCGI_BODY_NO_MEMORY:
		break;
	}
	return p->err_internal;
}

static enum err take_step(struct web_exchange *x, enum web_step step)
{
	const struct web_program *p = x->worker->program;

	switch (step) {
	case WEB_STEP_SIZE:
		return check_size(x);
	case WEB_STEP_BODY:
		x->body_read = true;
		return read_body(x);
	case WEB_STEP_FIELDS:
		return web_fields_read(p, &x->req);
	case WEB_STEP_MEDIA:
		return web_check_media(p, &x->req, &x->rep);
	case WEB_STEP_AUTH:
		if (x->req.route->auth == WEB_AUTH_NONE)
			return ERR_OK;
		/* Fails closed: a route that asks for what nobody checks is nobody's. */
		if (p->authenticate == NULL)
			return p->err_internal;
		return p->authenticate(&x->req, &x->rep, x->worker->app);
	case WEB_STEP_ADMIT:
	case WEB_STEP_ADMIT_AFTER_AUTH:
		if (p->admit == NULL)
			return ERR_OK;
		return p->admit(&x->req, &x->rep, x->worker->app, step);
	case WEB_STEP_END:
		break;
	}
	return ERR_OK;
}

static enum err refuse_method(struct web_exchange *x)
{
	const struct web_program *p = x->worker->program;
	char allow[64];

	if (x->allowed == 0)
		return p->err_route;
	web_allow_text(x->allowed, p->cors != WEB_CORS_NONE, allow, sizeof(allow));
	web_reply_header(&x->rep, "Allow", allow);
	return p->err_method;
}

static enum err handle(struct web_exchange *x)
{
	const struct web_program *p = x->worker->program;
	enum err e = fcgi_refusal(x->req.fcgi);

	if (e != ERR_OK)
		return e;
	if (!web_route_find(p, x)) {
		if (p->cors == WEB_CORS_NONE || x->allowed == 0 ||
		        strcmp(x->req.method, "OPTIONS") != 0)
			return refuse_method(x);
		web_cors(&x->req, &x->rep, true);
		x->rep.status = 204;
		return ERR_OK;
	}
	x->req.media = x->req.route->media;
	fcgi_set_label(x->req.fcgi, x->req.route->path, NULL);
	for (const enum web_step *step = p->order; *step != WEB_STEP_END; step++) {
		e = take_step(x, *step);
		if (e != ERR_OK)
			return e;
	}
	e = x->body_read ? ERR_OK : read_body(x);
	if (e != ERR_OK)
		return e;
	return (p->run != NULL ? p->run : x->req.route->handler)(&x->req, &x->rep, x->worker->app);
}

/* ---- reply ----------------------------------------------------------------------------------- */

static void add_number(struct reply *rep, const char *name, int64_t value)
{
	buf_add_str(rep->headers, name);
	buf_add(rep->headers, ": ", 2);
	buf_add_int(rep->headers, value);
	buf_add(rep->headers, "\r\n", 2);
}

static void add_common_headers(struct web_exchange *x)
{
	struct reply *rep = &x->rep;

	web_reply_header(rep, "X-Request-Id", x->req.id);
	web_reply_header(rep, "Cache-Control", "no-store");
	if (x->worker->program->cors == WEB_CORS_ANY_ORIGIN && rep->status != 204)
		web_cors(&x->req, rep, false);
	if (rep->status == 429 || rep->status == 503)
		add_number(rep, "Retry-After", rep->retry_after_s > 0 ? rep->retry_after_s : 1);
	if (rep->rate_limit > 0) {
		add_number(rep, "RateLimit-Limit", rep->rate_limit);
		add_number(rep, "RateLimit-Remaining", rep->rate_left);
		add_number(rep, "RateLimit-Reset", rep->rate_reset_s);
	}
	if (rep->status == 204)
		return;
	web_reply_header(
	        rep, "Content-Type", rep->content_type != NULL ? rep->content_type : DEFAULT_TYPE);
	if (rep->stream == NULL && rep->source.read == NULL)
		add_number(rep, "Content-Length", (int64_t)rep->body->len);
	else if (rep->source.read != NULL && rep->source.length >= 0)
		add_number(rep, "Content-Length", rep->source.length);
}

/* The code that goes out for e: one that is no reply becomes the program's internal error. */
static enum err reply_code(const struct web_program *p, enum err e)
{
	return err_info(e)->http_status != 0 ? e : p->err_internal;
}

static void answer_error(struct web_exchange *x, enum err e)
{
	x->rep.stream = NULL;
	x->rep.source.read = NULL;
	web_reply_error(&x->rep, &x->req, reply_code(x->worker->program, e), false);
}

/* Lets the program replace an error; what was said for the first one is taken back. */
static enum err refuse(struct web_exchange *x, enum err e)
{
	const struct web_program *p = x->worker->program;
	struct buf *headers = x->rep.headers;
	size_t said = headers->len;
	enum err other = p->refused != NULL ? p->refused(&x->req, &x->rep, x->worker->app, e) : e;

	if (other != e && said > 0) {
		memmove(headers->data, headers->data + said, headers->len - said + 1);
		headers->len -= said;
	}
	return other;
}

static void begin_stream(const struct web_exchange *x, web_stream_fn *take)
{
	const struct reply *rep = &x->rep;
	struct fcgi_stream stream = {.fd = -1};

	if (x->is_head)
		fcgi_reply(x->req.fcgi, rep->status, buf_str(rep->headers), rep->headers->len, NULL,
		        0);
	else if (!fcgi_stream_begin(x->req.fcgi, rep->status, buf_str(rep->headers),
	                 rep->headers->len, &stream))
		stream.fd = -1;
	take(&stream, rep->stream_arg);
}

/* False: the source failed, or gave another number of bytes than it said. */
static bool send_pieces(struct web_exchange *x)
{
	const struct web_source *source = &x->rep.source;
	static char piece[PIECE_BYTES];
	int64_t left = source->length;
	ptrdiff_t n;

	while ((n = source->read(piece, sizeof(piece), source->arg)) > 0) {
		if (left >= 0 && (left -= n) < 0)
			return false;
		if (!fcgi_reply_piece(x->req.fcgi, piece, (size_t)n))
			return false;
	}
	return n == 0 && left <= 0;
}

static void send_source(struct web_exchange *x)
{
	struct reply *rep = &x->rep;

	if (!fcgi_reply_begin(x->req.fcgi, rep->status, buf_str(rep->headers), rep->headers->len) ||
	        (!x->is_head && !send_pieces(x))) {
		log_warn(x->worker->program->err_internal, "reply cut",
		        F_STR("route", x->req.route->path));
		fcgi_reply_abort(x->req.fcgi);
	}
}

static void send_reply(struct web_exchange *x)
{
	struct reply *rep = &x->rep;
	web_stream_fn *take = rep->stream;

	add_common_headers(x);
	if (rep->body->failed || rep->headers->failed) {
		log_error(x->worker->program->err_internal, "reply over its cap");
		buf_clear(rep->headers);
		answer_error(x, x->worker->program->err_internal);
		add_common_headers(x);
		if (take != NULL)
			take(&(struct fcgi_stream){.fd = -1}, rep->stream_arg);
	}
	if (rep->stream != NULL) {
		begin_stream(x, rep->stream);
		return;
	}
	if (rep->source.read != NULL)
		send_source(x);
	else
		fcgi_reply(x->req.fcgi, rep->status, buf_str(rep->headers), rep->headers->len,
		        buf_str(rep->body), x->is_head || rep->status == 204 ? 0 : rep->body->len);
	if (rep->source.end != NULL)
		rep->source.end(rep->source.arg);
}

static const char *method_label(const struct web_exchange *x)
{
	if (x->is_head)
		return "HEAD";
	if (web_method_of(x->req.method) != 0 || strcmp(x->req.method, "OPTIONS") == 0)
		return x->req.method;
	return "OTHER";
}

static void account(const struct web_exchange *x, enum err e)
{
	const struct web_program *p = x->worker->program;
	double seconds = (double)(clock_mono_ns() - x->req.started_ns) / 1e9;
	const char *route = x->req.route != NULL ? x->req.route->path : "none";
	enum log_level level = e == ERR_OK ? LOG_DEBUG : err_info(e)->level;
	char status[12];

	if (e != ERR_OK)
		shm_add(x->worker->shm, WEB_METRIC_ERRORS, SHM_LABELS(p->name, err_code(e)), 1);
	if (str_format(status, sizeof(status), "%d", x->rep.status))
		shm_observe(x->worker->shm, WEB_METRIC_DURATION,
		        SHM_LABELS(method_label(x), route, status), seconds);
	LOG_AT(level, e, "request", F_STR("method", method_label(x)), F_STR("route", route),
	        F_INT("status", x->rep.status), F_NUM("durationMs", seconds * 1e3),
	        F_INT("bytes", (int64_t)x->req.body->len),
	        F_STR("workspaceId", x->req.workspace_id), F_STR("projectId", x->req.project_id),
	        F_STR("keyPrefix", x->req.key_prefix), F_INT("eventCount", x->req.events));
}

/* What one large answer took is not kept by every worker for ever. */
static void shrink(struct buf *b)
{
	if (b->size > REPLY_KEPT_BYTES)
		buf_release(b);
}

static void wipe(struct buf *b)
{
	if (b->data != NULL)
		crypto_wipe(b->data, b->len);
}

void web_serve(struct fcgi_request *r, struct web_worker *w)
{
	struct web_exchange x = {.req = {.fcgi = r,
	                                 .method = fcgi_method(r),
	                                 .path = fcgi_path(r),
	                                 .query = fcgi_query(r),
	                                 .body = &w->body,
	                                 .texts = &w->texts,
	                                 .started_ns = fcgi_started_ns(r)},
	        .rep = {.status = 200, .headers = &w->reply_headers, .body = &w->reply_body},
	        .worker = w};
	enum err e;

	buf_clear(&w->body);
	buf_clear(&w->reply_body);
	buf_clear(&w->reply_headers);
	buf_clear(&w->texts);
	x.is_head = strcmp(x.req.method, "HEAD") == 0;
	web_request_id(&x.req);
	web_client_addr(&x.req, &w->trusted_proxies);
	log_set_request_id(x.req.id);
	fcgi_set_label(r, NULL, x.req.id);
	e = handle(&x);
	if (e != ERR_OK) {
		e = refuse(&x, e);
		answer_error(&x, e);
	}
	send_reply(&x);
	if (w->program->done != NULL)
		w->program->done(&x.req, w->app);
	account(&x, e);
	log_set_request_id(NULL);
	/* Passwords and tokens do not stay for whoever reads this memory next. */
	wipe(&w->texts);
	shrink(&w->reply_body);
	if (x.req.route != NULL && x.req.route->fields != NULL)
		wipe(&w->body);
}
