/* SPDX-License-Identifier: MIT
 * Fuzzes a request as a worker meets it: the input is "NAME=value" lines, an empty line and a body;
 * it is framed as the web server frames it, so that what clients control is hostile and the records
 * are not (libfcgi trusts their lengths, CVE-2025-23016: the socket is the web server's alone). */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/fcgi_internal.h"

enum {
	INPUT_BYTES_MAX = 60000,
	SENT_BYTES_MAX = 4 * INPUT_BYTES_MAX,
	BODY_CAP = 4096,
	TYPE_BEGIN = 1,
	TYPE_PARAMS = 4,
	TYPE_STDIN = 5,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_record(struct buf *out, uint8_t type, const void *content, size_t len)
{
	const uint8_t head[8] = {1, type, 0, 1, (uint8_t)(len >> 8), (uint8_t)len, 0, 0};

	buf_add(out, head, sizeof(head));
	buf_add(out, content, len);
}

static void add_length(struct buf *out, size_t n)
{
	const uint8_t bytes[4] = {
	        (uint8_t)(n >> 24 | 0x80), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	buf_add(out, bytes, sizeof(bytes));
}

/* Encodes the lines; returns where the body begins. */
static size_t add_params(struct buf *out, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size && data[at] != '\n') {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t len = end != NULL ? (size_t)(end - data) - at : size - at;
		const uint8_t *mark = memchr(data + at, '=', len);
		size_t name = mark != NULL ? (size_t)(mark - data) - at : len;
		size_t value = mark != NULL ? len - name - 1 : 0;

		add_length(out, name);
		add_length(out, value);
		buf_add(out, data + at, name);
		buf_add(out, data + at + len - value, value);
		at += len + (end != NULL);
	}
	return at < size ? at + 1 : size;
}

static void frame(struct buf *out, const uint8_t *data, size_t size)
{
	static const uint8_t responder[8] = {0, 1};
	struct buf params;
	size_t body;

	buf_init(&params, SENT_BYTES_MAX);
	body = add_params(&params, data, size);
	add_record(out, TYPE_BEGIN, responder, sizeof(responder));
	for (size_t at = 0; at < params.len; at += BODY_CAP)
		add_record(out, TYPE_PARAMS, params.data + at,
		        params.len - at < BODY_CAP ? params.len - at : BODY_CAP);
	add_record(out, TYPE_PARAMS, "", 0);
	for (; body < size; body += BODY_CAP)
		add_record(out, TYPE_STDIN, data + body,
		        size - body < BODY_CAP ? size - body : BODY_CAP);
	add_record(out, TYPE_STDIN, "", 0);
	buf_release(&params);
}

/* Every text is readable to its end, and within the caps once the request is not refused. */
static void look_at(struct fcgi_request *r)
{
	static const char *const HEADERS[] = {
	        "Content-Type", "Authorization", "X-Request-Id", "Origin", "X-Forwarded-For"};
	size_t seen = strlen(fcgi_method(r)) + strlen(fcgi_remote_addr(r));
	struct buf body;

	for (size_t i = 0; i < ARRAY_LEN(HEADERS); i++) {
		const char *value = fcgi_header(r, HEADERS[i]);

		seen += value != NULL ? strlen(value) : 0;
	}
	if (fcgi_content_length(r) < -1 || seen > INPUT_BYTES_MAX)
		abort();
	if (fcgi_refusal(r) != ERR_OK)
		return;
	if (fcgi_path(r)[0] != '/' || strlen(fcgi_path(r)) > FCGI_PATH_BYTES_MAX ||
	        strlen(fcgi_query(r)) > FCGI_QUERY_BYTES_MAX || fcgi_method(r)[0] == '\0')
		abort();
	buf_init(&body, BODY_CAP);
	if (fcgi_body_read(r, BODY_CAP, &body) == FCGI_BODY_OK &&
	        fcgi_content_length(r) > (int64_t)body.len)
		abort();
	buf_release(&body);
	if (!fcgi_reply(r, 200, "X-A: b\r\n", 8, "ok", 2))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fcgi_request *r;
	int room = SENT_BYTES_MAX, pair[2];
	struct buf sent;

	if (size > INPUT_BYTES_MAX)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	if (r == NULL)
		r = fcgi_request_new(NULL);
	if (r == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	buf_init(&sent, SENT_BYTES_MAX);
	frame(&sent, data, size);
	/* Not all fits when it is a great many tiny lines: then it is a connection that broke. */
	if (send(pair[0], sent.data, sent.len, MSG_DONTWAIT) < 0)
		abort();
	shutdown(pair[0], SHUT_WR);
	buf_release(&sent);
	if (fcgi_request_begin(r, pair[1])) {
		look_at(r);
		fcgi_request_end(r);
	}
	close(pair[0]);
	return 0;
}
