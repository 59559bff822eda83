/* SPDX-License-Identifier: MIT
 * What a handler may put into a reply, and the one shape of errors. */
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "web/web_internal.h"

enum { ORIGIN_BYTES_MAX = 512 };

bool web_reply_header(struct reply *rep, const char *name, const char *value)
{
	if (strpbrk(value, "\r\n") != NULL)
		return false;
	buf_add_str(rep->headers, name);
	buf_add(rep->headers, ": ", 2);
	buf_add_str(rep->headers, value);
	return buf_add(rep->headers, "\r\n", 2);
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
	buf_addf(rep->body, ",\"status\":%d,\"requestId\":\"%s\"", info->http_status, req->id);
	if (info->http_status == 400 && req->faults.len > 0)
		web_faults_json(&req->faults, rep->body);
	buf_add_str(rep->body, open ? "}" : "}}");
}

void web_reply_object(struct reply *rep, struct json_writer *w)
{
	json_write_init(w, rep->body);
	json_write_object(w, NULL);
}

void web_write_text(struct json_writer *w, const char *key, const char *text)
{
	json_write_str(w, key, text[0] != '\0' ? text : NULL);
}

void web_write_time(struct json_writer *w, const char *key, int64_t unix_ms)
{
	char text[CLOCK_TEXT_BYTES];

	if (unix_ms == 0) {
		json_write_null(w, key);
		return;
	}
	clock_format_iso(unix_ms, text);
	json_write_str(w, key, text);
}

void web_list_begin(struct reply *rep, struct json_writer *w)
{
	web_reply_object(rep, w);
	json_write_array(w, "items");
}

void web_list_end(struct json_writer *w, const struct web_page *page, int64_t total)
{
	json_write_end_array(w);
	json_write_int(w, "page", page->number);
	json_write_int(w, "pageSize", page->size);
	json_write_int(w, "total", total);
	json_write_end_object(w);
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
