/* SPDX-License-Identifier: MIT
 * One request over libfcgi: connection in, parameters within caps, body to its end, reply out. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fastcgi.h>
#include <fcgiapp.h>

#include "base/clock.h"
#include "base/str.h"
#include "fcgi/fcgi_internal.h"

enum { HEADER_NAME_BYTES_MAX = 64, STATUS_LINE_BYTES = 32 };

struct fcgi_request {
	FCGX_Request x;
	struct fcgi_slot *slot;
	bool stopping;
	bool replied;
	bool taken;      /* the connection is somebody else's now */
	bool body_ended; /* FCGI_STDIN was read to its end */
	bool aborted;    /* the reply ends in the middle */
	enum err refusal;
	int64_t started_ns;
	const char *query;
	char path[FCGI_PATH_BYTES_MAX + 1];
};

struct fcgi_request *fcgi_request_new(struct fcgi_slot *slot)
{
	struct fcgi_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->slot = slot;
	/* Connections are accepted by the worker loop, never by the library: its own accept cannot
	 * wait for a signal without a race. With no listening socket it fails where it would wait.
	 */
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r->x, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		free(r);
		return NULL;
	}
	r->x.ipcFd = -1;
	return r;
}

void fcgi_request_free(struct fcgi_request *r)
{
	if (r == NULL)
		return;
	FCGX_Free(&r->x, 0);
	free(r);
}

void fcgi_request_set_stopping(struct fcgi_request *r)
{
	r->stopping = true;
}

bool fcgi_stopping(const struct fcgi_request *r)
{
	return r->stopping;
}

static enum err check_caps(const struct fcgi_request *r)
{
	size_t count = 0, bytes = 0, header_bytes = 0;

	for (char **p = r->x.envp; *p != NULL; p++) {
		size_t len = strlen(*p);

		count++;
		bytes += len;
		if (str_starts_with(*p, "HTTP_"))
			header_bytes += len;
	}
	if (count > FCGI_PARAM_COUNT_MAX || bytes > FCGI_PARAM_BYTES_MAX ||
	        header_bytes > FCGI_HEADER_BYTES_MAX)
		return ERR_INFRA_FCGI_PARAMS_TOO_LARGE;
	return ERR_OK;
}

static enum err split_uri(struct fcgi_request *r)
{
	const char *uri = fcgi_param(r, "REQUEST_URI");
	const char *script = fcgi_param(r, "SCRIPT_NAME");
	const char *info = fcgi_param(r, "PATH_INFO");
	const char *query = fcgi_param(r, "QUERY_STRING");
	bool fits;

	if (uri != NULL) {
		const char *mark = strchr(uri, '?');
		size_t len = mark != NULL ? (size_t)(mark - uri) : strlen(uri);

		query = mark != NULL ? mark + 1 : "";
		fits = len < sizeof(r->path) &&
		       str_format(r->path, sizeof(r->path), "%.*s", (int)len, uri);
	} else {
		fits = str_format(r->path, sizeof(r->path), "%s%s", script != NULL ? script : "",
		        info != NULL ? info : "");
	}
	r->query = query != NULL ? query : "";
	if (!fits || strlen(r->query) > FCGI_QUERY_BYTES_MAX)
		return ERR_INFRA_FCGI_PARAMS_TOO_LARGE;
	return r->path[0] == '/' && fcgi_method(r)[0] != '\0' ? ERR_OK : ERR_INFRA_FCGI_PROTOCOL;
}

bool fcgi_request_begin(struct fcgi_request *r, int fd)
{
	const struct timeval timeout = {.tv_sec = FCGI_SILENCE_TIMEOUT_MS / 1000};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	r->started_ns = clock_mono_ns();
	r->replied = r->taken = r->body_ended = r->aborted = false;
	r->path[0] = '\0';
	r->query = "";
	/* A connection that is already there makes the library read from it instead of accepting;
	 * "keep" stops it from closing it first. */
	r->x.ipcFd = fd;
	r->x.keepConnection = 1;
	if (FCGX_Accept_r(&r->x) != 0) {
		if (r->x.ipcFd >= 0)
			close(r->x.ipcFd);
		r->x.ipcFd = -1;
		return false;
	}
	r->refusal = check_caps(r);
	if (r->refusal == ERR_OK)
		r->refusal = split_uri(r);
	return true;
}

/* Next piece of the body as far as it is there, at most one read(2); 0 at its end or when the
 * connection failed. */
static size_t read_piece(struct fcgi_request *r, char *out, size_t size)
{
	FCGX_Stream *in = r->x.in;
	int first = FCGX_GetChar(in);
	size_t there;

	if (first == EOF) {
		r->body_ended = true;
		return 0;
	}
	out[0] = (char)first;
	there = (size_t)(in->stop - in->rdNext);
	if (there > size - 1)
		there = size - 1;
	return 1 + (there > 0 ? (size_t)FCGX_GetStr(out + 1, (int)there, in) : 0);
}

static bool is_late(const struct fcgi_request *r)
{
	return clock_mono_ns() - r->started_ns > FCGI_IO_TIMEOUT_MS * (int64_t)1000000;
}

/* Why reading stopped: end of the body, or a connection that failed or fell silent. */
static enum fcgi_body how_it_ended(const struct fcgi_request *r, size_t got)
{
	int64_t declared = fcgi_content_length(r);
	int failure = FCGX_GetError(r->x.in);

	if (failure == EAGAIN || failure == EWOULDBLOCK || is_late(r))
		return FCGI_BODY_LATE;
	if (failure != 0 || (declared >= 0 && got < (size_t)declared))
		return FCGI_BODY_SHORT;
	return FCGI_BODY_OK;
}

enum fcgi_body fcgi_body_read(struct fcgi_request *r, size_t cap, struct buf *out)
{
	int64_t declared = fcgi_content_length(r);
	char piece[8192];
	size_t got = 0, n;

	if (declared > 0 && (uint64_t)declared > cap)
		return FCGI_BODY_TOO_LARGE;
	while ((n = read_piece(r, piece, sizeof(piece))) > 0) {
		got += n;
		if (got > cap)
			return FCGI_BODY_TOO_LARGE;
		if (!buf_add(out, piece, n))
			return FCGI_BODY_NO_MEMORY;
		if (is_late(r))
			return FCGI_BODY_LATE;
	}
	return how_it_ended(r, got);
}

static void discard_body(struct fcgi_request *r)
{
	char piece[8192];
	size_t got = 0, n;

	while (!r->body_ended && got <= FCGI_DISCARD_BYTES_MAX && !is_late(r)) {
		n = read_piece(r, piece, sizeof(piece));
		got += n;
	}
}

static bool put_head(struct fcgi_request *r, int status, const char *headers, size_t headers_len)
{
	char line[STATUS_LINE_BYTES];

	if (r->replied || !str_format(line, sizeof(line), "Status: %d\r\n", status))
		return false;
	r->replied = true;
	return FCGX_PutS(line, r->x.out) >= 0 &&
	       (headers_len == 0 || FCGX_PutStr(headers, (int)headers_len, r->x.out) >= 0) &&
	       FCGX_PutS("\r\n", r->x.out) >= 0;
}

bool fcgi_reply(struct fcgi_request *r, int status, const char *headers, size_t headers_len,
        const void *body, size_t body_len)
{
	return put_head(r, status, headers, headers_len) &&
	       (body_len == 0 || FCGX_PutStr(body, (int)body_len, r->x.out) >= 0);
}

bool fcgi_reply_begin(struct fcgi_request *r, int status, const char *headers, size_t headers_len)
{
	return put_head(r, status, headers, headers_len) && FCGX_FFlush(r->x.out) == 0;
}

bool fcgi_reply_piece(struct fcgi_request *r, const void *bytes, size_t len)
{
	if (r->aborted || FCGX_PutStr(bytes, (int)len, r->x.out) < 0 || FCGX_FFlush(r->x.out) != 0)
		return false;
	fcgi_alive(r);
	return true;
}

void fcgi_reply_abort(struct fcgi_request *r)
{
	r->aborted = true;
}

bool fcgi_peer_gone(const struct fcgi_request *r)
{
	struct pollfd peer = {.fd = r->x.ipcFd, .events = POLLRDHUP};

	return poll(&peer, 1, 0) == 1 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void fcgi_alive(struct fcgi_request *r)
{
	if (r->slot != NULL)
		atomic_store_explicit(
		        &r->slot->busy_since_ns, clock_mono_ns(), memory_order_relaxed);
}

/* What libfcgi still holds is dropped; the record that is begun here never ends. */
static void cut(struct fcgi_request *r)
{
	static const unsigned char HEAD[FCGI_HEADER_LEN] = {
	        [0] = FCGI_VERSION_1, [1] = FCGI_STDOUT, [3] = 1, [4] = 0xff, [5] = 0xff};

	(void)send(r->x.ipcFd, HEAD, sizeof(HEAD), MSG_NOSIGNAL);
	FCGX_Free(&r->x, 0);
}

bool fcgi_stream_begin(struct fcgi_request *r, int status, const char *headers, size_t headers_len,
        struct fcgi_stream *out)
{
	const int send_bytes = FCGI_STREAM_SEND_BYTES;
	int fd = r->x.ipcFd;

	/* Nothing of the request may stay in the library's buffer. */
	discard_body(r);
	if (!put_head(r, status, headers, headers_len) || FCGX_FFlush(r->x.out) < 0 ||
	        FCGX_GetError(r->x.out) != 0 ||
	        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes));
	*out = (struct fcgi_stream){.fd = fd, .request_id = (uint16_t)r->x.requestId};
	r->taken = true;
	r->x.ipcFd = -1;
	return true;
}

void fcgi_request_end(struct fcgi_request *r)
{
	if (r->taken) {
		FCGX_Free(&r->x, 0);
		return;
	}
	if (!r->replied)
		fcgi_reply(r, 500, NULL, 0, NULL, 0);
	/* The web server sends the whole body before it reads the reply. */
	discard_body(r);
	r->x.keepConnection = 1; /* or the library waits up to 2 s for the peer to close first */
	if (r->aborted)
		cut(r);
	else
		FCGX_Finish_r(&r->x);
	if (r->x.ipcFd >= 0)
		close(r->x.ipcFd);
	r->x.ipcFd = -1;
}

const char *fcgi_param(const struct fcgi_request *r, const char *name)
{
	size_t len = strlen(name);

	/* Asked often; most entries differ in a letter that is quickly looked at. */
	for (char **p = r->x.envp; p != NULL && *p != NULL; p++) {
		const char *entry = *p;

		if (entry[0] == name[0] && strncmp(entry, name, len) == 0 && entry[len] == '=')
			return entry + len + 1;
	}
	return NULL;
}

static const char *param_or_empty(const struct fcgi_request *r, const char *name)
{
	const char *value = fcgi_param(r, name);

	return value != NULL ? value : "";
}

const char *fcgi_method(const struct fcgi_request *r)
{
	return param_or_empty(r, "REQUEST_METHOD");
}

const char *fcgi_path(const struct fcgi_request *r)
{
	return r->path;
}

const char *fcgi_query(const struct fcgi_request *r)
{
	return r->query;
}

const char *fcgi_remote_addr(const struct fcgi_request *r)
{
	return param_or_empty(r, "REMOTE_ADDR");
}

int64_t fcgi_started_ns(const struct fcgi_request *r)
{
	return r->started_ns;
}

enum err fcgi_refusal(const struct fcgi_request *r)
{
	return r->refusal;
}

/* CGI: present and empty means the client sent none. Caddy invents one then, which only the absence
 * of the header itself shows. */
static const char *content_type(const struct fcgi_request *r)
{
	const char *type = fcgi_param(r, "CONTENT_TYPE");
	const char *sent = fcgi_param(r, "HTTP_CONTENT_TYPE");

	if (sent != NULL || type == NULL)
		return sent;
	return type[0] == '\0' || strcmp(type, "application/x-www-form-urlencoded") == 0 ? NULL
	                                                                                 : type;
}

const char *fcgi_header(const struct fcgi_request *r, const char *name)
{
	char param[sizeof("HTTP_") + HEADER_NAME_BYTES_MAX] = "HTTP_";
	size_t n = strlen("HTTP_");

	for (; *name != '\0' && n < sizeof(param) - 1; name++)
		param[n++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	param[n] = '\0';
	return strcmp(param, "HTTP_CONTENT_TYPE") == 0 ? content_type(r) : fcgi_param(r, param);
}

int64_t fcgi_content_length(const struct fcgi_request *r)
{
	int64_t length;

	if (!str_parse_int(param_or_empty(r, "CONTENT_LENGTH"), 0, INT64_MAX, &length))
		return -1;
	return length;
}

void fcgi_set_label(struct fcgi_request *r, const char *route, const char *request_id)
{
	if (r->slot == NULL)
		return;
	if (route != NULL)
		str_copy(r->slot->route, sizeof(r->slot->route), route);
	if (request_id != NULL)
		str_copy(r->slot->request_id, sizeof(r->slot->request_id), request_id);
}
