/* SPDX-License-Identifier: MIT
 * HTTP calls over libcurl. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "httpc/httpc_internal.h"
#include "httpc/httpc.h"

struct httpc {
	CURL *curl;
};

/* One call while it runs. */
struct call {
	const struct httpc_request *request;
	CURL *curl;
	struct curl_slist *headers;
	uint64_t received;
	bool too_large, stopped, failed;
};

static const char *const result_texts[] = {
        [HTTPC_OK] = "ok",
        [HTTPC_INVALID] = "invalid",
        [HTTPC_REFUSED] = "refused",
        [HTTPC_TIMEOUT] = "timeout",
        [HTTPC_RESET] = "reset",
        [HTTPC_TLS] = "tls",
        [HTTPC_TOO_LARGE] = "too_large",
        [HTTPC_STOPPED] = "stopped",
        [HTTPC_NO_MEMORY] = "no_memory",
};

const char *httpc_result_text(enum httpc_result r)
{
	return (size_t)r < ARRAY_LEN(result_texts) ? result_texts[r] : "unknown";
}

bool httpc_add_escaped(struct buf *out, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool plain = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
		             (*p >= 'A' && *p <= 'Z') || strchr("-._~", *p);

		if (plain)
			buf_add_char(out, (char)*p);
		else
			buf_add(out, (char[]){'%', hex[*p >> 4], hex[*p & 15]}, 3);
	}
	return !out->failed;
}

static void global_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

void httpc_global(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, global_init);
}

struct httpc *httpc_new(void)
{
	struct httpc *h = calloc(1, sizeof(*h));

	httpc_global();
	if (h && !(h->curl = curl_easy_init())) {
		free(h);
		h = NULL;
	}
	return h;
}

void httpc_free(struct httpc *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	free(h);
}

static uint64_t response_max(const struct httpc_request *r)
{
	return r->response_max ? r->response_max : HTTPC_RESPONSE_BYTES_MAX;
}

/* A size other than that of the piece makes libcurl end the call. */
static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct call *c = arg;
	const struct httpc_request *r = c->request;
	long status = 0;

	(void)one;
	if (len > response_max(r) - c->received) {
		c->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	c->received += len;
	if (r->sink) {
		curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
		if (!r->sink(bytes, len, (int)status, r->sink_arg)) {
			c->stopped = true;
			return CURL_WRITEFUNC_ERROR;
		}
	} else if (r->into_buf && !buf_add(r->into_buf, bytes, len)) {
		c->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return len;
}

static void forget_wanted(const struct httpc_request *r)
{
	for (size_t i = 0; i < r->wanted_len; i++)
		if (r->wanted[i].size > 0)
			r->wanted[i].value[0] = '\0';
}

static void keep_wanted(const struct httpc_wanted *w, const char *value, size_t len)
{
	while (len > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", value[len - 1]))
		len--;
	if (w->size == 0)
		return;
	if (len >= w->size)
		len = w->size - 1;
	memcpy(w->value, value, len);
	w->value[len] = '\0';
}

static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
	struct call *c = arg;
	const struct httpc_request *r = c->request;
	const char *colon = memchr(line, ':', len);

	(void)one;
	/* A status line: of a 100 before, or of the answer itself. */
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		forget_wanted(r);
		return len;
	}
	for (size_t i = 0; colon && i < r->wanted_len; i++) {
		size_t name_len = strlen(r->wanted[i].name);

		if ((size_t)(colon - line) == name_len &&
		        strncasecmp(line, r->wanted[i].name, name_len) == 0)
			keep_wanted(&r->wanted[i], colon + 1, len - name_len - 1);
	}
	return len;
}

static size_t on_source(char *out, size_t one, size_t size, void *arg)
{
	struct call *c = arg;
	ptrdiff_t n = c->request->source(out, one * size, c->request->source_arg);

	if (n < 0 || (size_t)n > one * size) {
		c->stopped = true;
		return CURL_READFUNC_ABORT;
	}
	return (size_t)n;
}

static int on_progress(
        void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct call *c = arg;

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	if (c->request->stop && c->request->stop(c->request->stop_arg))
		c->stopped = true;
	return c->stopped;
}

/* Only http and https, and nobody's password in it. */
static bool is_url(const char *url)
{
	const char *authority, *end, *p;

	if (!url)
		return false;
	if (strncasecmp(url, "http://", 7) == 0)
		authority = url + 7;
	else if (strncasecmp(url, "https://", 8) == 0)
		authority = url + 8;
	else
		return false;
	for (p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F)
			return false;
	end = authority + strcspn(authority, "/?#");
	return end > authority && !memchr(authority, '@', (size_t)(end - authority));
}

static bool add_header(struct call *c, const char *name, const char *value)
{
	char line[HTTPC_HEADER_BYTES_MAX];
	struct curl_slist *more;

	if (!*name || strpbrk(name, ":\r\n ") || strpbrk(value, "\r\n"))
		return false;
	/* libcurl takes a header without value only in this form */
	if (!str_format(line, sizeof(line), *value ? "%s: %s" : "%s;", name, value))
		return false;
	more = curl_slist_append(c->headers, line);
	if (!more) {
		c->failed = true;
		return false;
	}
	c->headers = more;
	return true;
}

static bool add_headers(struct call *c)
{
	const struct httpc_request *r = c->request;
	struct curl_slist *more = curl_slist_append(c->headers, "Expect:");

	if (!more) {
		c->failed = true;
		return false;
	}
	c->headers = more;
	if (r->headers_len > HTTPC_HEADERS_MAX)
		return false;
	for (size_t i = 0; i < r->headers_len; i++)
		if (!add_header(c, r->headers[i].name, r->headers[i].value))
			return false;
	return !r->source || add_header(c, "Transfer-Encoding", "chunked");
}

static void set_body(struct call *c)
{
	const struct httpc_request *r = c->request;

	if (r->source) {
		curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(c->curl, CURLOPT_READFUNCTION, on_source);
		curl_easy_setopt(c->curl, CURLOPT_READDATA, c);
	} else if (r->body || (r->method && strcmp(r->method, "POST") == 0)) {
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		        (curl_off_t)(r->body ? r->body_len : 0));
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, r->body ? r->body : "");
	}
	if (r->method && strcmp(r->method, "HEAD") == 0)
		curl_easy_setopt(c->curl, CURLOPT_NOBODY, 1L);
	else if (r->method)
		curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_options(struct call *c)
{
	const struct httpc_request *r = c->request;
	CURL *curl = c->curl;

	curl_easy_setopt(curl, CURLOPT_URL, r->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	        (long)(r->connect_timeout_ms ? r->connect_timeout_ms : HTTPC_CONNECT_TIMEOUT_MS));
	curl_easy_setopt(
	        curl, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms ? r->timeout_ms : HTTPC_TIMEOUT_MS));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, c);
	if (r->unix_socket && *r->unix_socket)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
	if (r->user) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, r->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, r->password ? r->password : "");
	}
	if (r->accept_gzip)
		curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
	set_body(c);
}

/* What libcurl's code means here; sent: bytes of the request left this machine. */
static enum httpc_result result_of(const struct call *c, CURLcode code, bool sent)
{
	if (c->too_large)
		return HTTPC_TOO_LARGE;
	if (c->stopped)
		return HTTPC_STOPPED;
	switch (code) {
	case CURLE_OK:
		return HTTPC_OK;
	case CURLE_URL_MALFORMAT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return HTTPC_INVALID;
	case CURLE_UNSUPPORTED_PROTOCOL: /* also said about an answer that is not HTTP */
		return sent ? HTTPC_RESET : HTTPC_INVALID;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return HTTPC_REFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return sent ? HTTPC_TIMEOUT : HTTPC_REFUSED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return HTTPC_TLS;
	case CURLE_OUT_OF_MEMORY:
		return HTTPC_NO_MEMORY;
	default:
		return HTTPC_RESET;
	}
}

static enum httpc_result perform(struct call *c, struct httpc_response *out)
{
	enum httpc_result result;
	long request_size = 0, status = 0;
	CURLcode code;

	set_options(c);
	code = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_REQUEST_SIZE, &request_size);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	out->sent = request_size > 0;
	out->bytes = c->received;
	result = result_of(c, code, out->sent);
	if (result == HTTPC_OK)
		out->status = (int)status;
	return result;
}

enum httpc_result httpc_call(
        struct httpc *h, const struct httpc_request *request, struct httpc_response *out)
{
	struct httpc_response unused;
	struct call c = {.request = request, .curl = h->curl};
	int64_t start = clock_mono_ms();
	enum httpc_result result = HTTPC_INVALID;

	if (!out)
		out = &unused;
	*out = (struct httpc_response){0};
	forget_wanted(request);
	if (is_url(request->url) && add_headers(&c))
		result = perform(&c, out);
	if (c.failed)
		result = HTTPC_NO_MEMORY;
	/* Options go, connections stay. */
	curl_easy_reset(h->curl);
	curl_slist_free_all(c.headers);
	out->took_ms = clock_mono_ms() - start;
	return result;
}
