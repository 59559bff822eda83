/* SPDX-License-Identifier: MIT
 * What a handler may put into a reply, and the one shape of errors. */
#include "base/err.h"
#include "base/str.h"
#include "web/web_internal.h"

enum { ORIGIN_BYTES_MAX = 512 };

bool web_reply_header(struct reply *rep, const char *name, const char *value)
{
	if (strpbrk(value, "\r\n") != NULL)
		return false;
	return buf_addf(rep->headers, "%s: %s\r\n", name, value);
}

bool web_reply_text(struct reply *rep, const char *text)
{
	return buf_add_str(rep->body, text);
}

void web_reply_error(struct reply *rep, const struct request *req, enum err e, bool open)
{
	const struct err_info *info = err_info(e);

	rep->status = info->http_status;
	rep->content_type = NULL;
	buf_clear(rep->body);
	buf_addf(rep->body, "{\"error\":{\"code\":\"%s\",\"message\":", info->code);
	buf_add_json_str(rep->body, info->message);
	buf_addf(rep->body, ",\"status\":%d,\"requestId\":\"%s\"}%s", info->http_status, req->id,
	        open ? "" : "}");
}

void web_cors(struct request *req, struct reply *rep, bool preflight)
{
	const char *origin = web_header(req, "Origin");

	if (origin != NULL && strlen(origin) <= ORIGIN_BYTES_MAX) {
		web_reply_header(rep, "Access-Control-Allow-Origin", origin);
		web_reply_header(rep, "Vary", "Origin");
		web_reply_header(rep, "Access-Control-Allow-Credentials", "true");
		web_reply_header(rep, "Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
	}
	if (!preflight)
		return;
	web_reply_header(rep, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
	web_reply_header(rep, "Access-Control-Allow-Headers",
	        "Authorization, Content-Type, Content-Encoding, X-Request-Id");
	web_reply_header(rep, "Access-Control-Max-Age", "86400");
}
