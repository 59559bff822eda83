/* SPDX-License-Identifier: MIT
 * What a handler may ask of a request. */
#include <strings.h>

#include "base/str.h"
#include "web/web_internal.h"

enum { REQUEST_ID_BYTES_MIN = 8 };

const char *web_header(const struct request *req, const char *name)
{
	return fcgi_header(req->fcgi, name);
}

const char *web_path_param(const struct request *req, const char *name)
{
	for (unsigned i = 0; i < req->params_len; i++) {
		if (strcmp(req->params[i].name, name) == 0)
			return req->params[i].value;
	}
	return NULL;
}

bool web_is_id(const char *text)
{
	return str_is_uuid(text) && strpbrk(text, "ABCDEF") == NULL;
}

const char *web_bearer(const struct request *req)
{
	const char *value = web_header(req, "Authorization");

	if (value == NULL || strncasecmp(value, "Bearer", 6) != 0)
		return NULL;
	value += 6;
	if (*value != ' ' && *value != '\0')
		return NULL;
	return value + strspn(value, " ");
}

void web_user_agent(const struct request *req, char out[WEB_USER_AGENT_BYTES])
{
	const char *p = web_header(req, "User-Agent");
	size_t n = 0, left = p != NULL ? strlen(p) : 0;

	for (int chars = 0; left > 0 && chars < WEB_USER_AGENT_CHARS; chars++) {
		size_t len = str_utf8_len(p, left);

		if (len == 0 || (len == 1 && ((uint8_t)*p < 0x20 || *p == 0x7f))) {
			out[n++] = '?';
			len = 1;
		} else {
			memcpy(out + n, p, len);
			n += len;
		}
		p += len;
		left -= len;
	}
	out[n] = '\0';
}

bool web_is_loopback(const struct request *req)
{
	return web_addr_is_loopback(req->addr);
}

void web_request_id(struct request *req)
{
	const char *given = web_header(req, "X-Request-Id");
	size_t len = given != NULL ? strlen(given) : 0;

	if (len >= REQUEST_ID_BYTES_MIN && len < sizeof(req->id) &&
	        strspn(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	                len)
		memcpy(req->id, given, len + 1);
	else
		id_request(req->id);
}

/* ---- query ----------------------------------------------------------------------------------- */

/* Decodes up to end or the end of the text; plus: what a plus sign stands for. */
static bool decode(const char *in, char end, char plus, char *out, size_t out_size)
{
	size_t n = 0;

	for (; *in != '\0' && *in != end; in++) {
		uint8_t byte = (uint8_t)*in;

		if (*in == '+') {
			byte = (uint8_t)plus;
		} else if (*in == '%') {
			char hex[3] = {in[1], in[1] != '\0' ? in[2] : '\0', '\0'};

			if (strlen(hex) != 2 || !str_unhex(hex, &byte, 1) || byte == 0)
				return false;
			in += 2;
		}
		if (n + 1 >= out_size)
			return false;
		out[n++] = (char)byte;
	}
	out[n] = '\0';
	return true;
}

bool web_query_decode(const char *in, char *out, size_t out_size)
{
	return decode(in, '&', ' ', out, out_size);
}

bool web_path_text(const struct request *req, const char *name, char *out, size_t out_size)
{
	const char *value = web_path_param(req, name);

	return value != NULL && decode(value, '\0', '+', out, out_size) &&
	       str_is_utf8(out, strlen(out));
}

/* Behind the name of the first such parameter, at its '=' if it has one; NULL: absent. */
static const char *find_query_param(const struct request *req, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = req->query; *p != '\0';) {
		if (strncmp(p, name, len) == 0 &&
		        (p[len] == '=' || p[len] == '&' || p[len] == '\0'))
			return p + len;
		p += strcspn(p, "&");
		p += *p == '&';
	}
	return NULL;
}

bool web_has_query_param(const struct request *req, const char *name)
{
	return find_query_param(req, name) != NULL;
}

bool web_query_param(const struct request *req, const char *name, char *out, size_t out_size)
{
	const char *p = find_query_param(req, name);

	return p != NULL && web_query_decode(*p == '=' ? p + 1 : p, out, out_size);
}

/* ---- media ----------------------------------------------------------------------------------- */

/* True when the parameters name no charset other than UTF-8. */
static bool charset_is_utf8(const char *params)
{
	const char *charset = strcasestr(params, "charset=");

	if (charset == NULL)
		return true;
	charset += strlen("charset=");
	charset += *charset == '"';
	return strncasecmp(charset, "utf-8", 5) == 0 &&
	       (charset[5] == '\0' || strchr("\"; ", charset[5]) != NULL);
}

static bool type_is(const char *value, const char *type)
{
	size_t len = strlen(type);

	return strncasecmp(value, type, len) == 0 &&
	       (value[len] == '\0' || value[len] == ';' || value[len] == ' ') &&
	       charset_is_utf8(value + len);
}

static bool media_fits(const struct request *req, const char *value)
{
	unsigned media = req->media;

	if (value == NULL || value[0] == '\0')
		return (media & WEB_MEDIA_ABSENT) != 0 ||
		       ((media & WEB_MEDIA_EMPTY) != 0 && req->body->len == 0);
	return ((media & WEB_MEDIA_JSON) != 0 && type_is(value, "application/json")) ||
	       ((media & WEB_MEDIA_TEXT) != 0 && type_is(value, "text/plain"));
}

static bool coding_fits(unsigned media, const char *value)
{
	if (value == NULL || value[0] == '\0' || strcasecmp(value, "identity") == 0)
		return true;
	return (media & WEB_MEDIA_GZIP) != 0 &&
	       (strcasecmp(value, "gzip") == 0 || strcasecmp(value, "x-gzip") == 0);
}

enum err web_check_media(const struct web_program *p, struct request *req, struct reply *rep)
{
	unsigned media = req->media;

	if (media == WEB_MEDIA_NONE)
		return ERR_OK;
	if ((media & WEB_MEDIA_ANY) == 0 && !media_fits(req, web_header(req, "Content-Type")))
		return p->err_media;
	if (!coding_fits(media, web_header(req, "Content-Encoding"))) {
		web_reply_header(rep, "Accept-Encoding",
		        (media & WEB_MEDIA_GZIP) != 0 ? "gzip" : "identity");
		return p->err_coding;
	}
	return ERR_OK;
}
