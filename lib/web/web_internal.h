/* SPDX-License-Identifier: MIT
 * What the parts of lib/web know of each other. */
#ifndef YAVIO_WEB_WEB_INTERNAL_H
#define YAVIO_WEB_WEB_INTERNAL_H

#include "web/web.h"

/* A request on its way through the dispatcher. */
struct web_exchange {
	struct request req;
	struct reply rep;
	struct web_worker *worker;
	bool is_head, body_read;
	unsigned allowed; /* methods that the path knows */
};

/* Sets req.route and its path parameters, or allowed; false: no route for this path and method. */
bool web_route_find(const struct web_program *p, struct web_exchange *x) MUST_CHECK;
/* "GET, HEAD, POST" for a set of enum web_method. */
void web_allow_text(unsigned methods, bool options, char *out, size_t out_size);
unsigned web_method_of(const char *method);

/* Content-Type and Content-Encoding against the route. */
enum err web_check_media(
        const struct web_program *p, struct request *req, struct reply *rep) MUST_CHECK;

/* Decodes a query's text up to '&' or its end; false: malformed, a NUL inside, or too long. */
bool web_query_decode(const char *in, char *out, size_t out_size) MUST_CHECK;

/* Fills req.addr. */
void web_client_addr(struct request *req, const struct web_networks *trusted);
/* Takes the web server's request id where it is well formed, else makes one. */
void web_request_id(struct request *req);

/* web_field.c: fills req.values. ERR_OK, or the code to answer; req.faults tells more. */
enum err web_fields_read(const struct web_program *p, struct request *req) MUST_CHECK;
/* Adds ,"details":[…]. */
void web_faults_json(const struct web_faults *faults, struct buf *out);

void web_cors(struct request *req, struct reply *rep, bool preflight);

#endif
