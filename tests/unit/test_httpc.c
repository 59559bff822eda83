/* SPDX-License-Identifier: MIT
 * Tests of lib/httpc against a real socket server that answers canned bytes, well and badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "httpc/httpc.h"

#include <cmocka.h>

/* What the server does with every request it has read whole. */
struct behaviour {
	const char *answer;
	int delay_ms;       /* before the answer */
	bool close_first;   /* close without an answer */
	bool echo;          /* answer with the request as the body */
	bool reset;         /* close with unread data waiting: RST */
	int connections;    /* closes the listener after so many; 0: any number */
	int piece_delay_ms; /* between pieces of 16 bytes */
};

struct server {
	pid_t pid;
	char url[64];
	char path[108];
};

enum { REQUEST_MAX = 1 << 20 };

static size_t content_length(const char *head)
{
	const char *at = strcasestr(head, "\r\ncontent-length:");

	return at ? strtoul(at + 17, NULL, 10) : 0;
}

/* One request with its body; 0 when the client closed. */
static size_t read_request(int fd, char *buf)
{
	size_t len = 0;

	for (;;) {
		char *end;
		ssize_t n = read(fd, buf + len, REQUEST_MAX - 1 - len);

		if (n <= 0)
			return 0;
		len += (size_t)n;
		buf[len] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (!end)
			continue;
		if (strcasestr(buf, "transfer-encoding: chunked")) {
			if (strstr(end, "\r\n0\r\n\r\n"))
				return len;
		} else if (len >= (size_t)(end + 4 - buf) + content_length(buf)) {
			return len;
		}
	}
}

static void write_all(int fd, const char *p, size_t len, int piece_delay_ms)
{
	while (len > 0) {
		size_t piece = piece_delay_ms && len > 16 ? 16 : len;
		ssize_t n = write(fd, p, piece);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
		if (piece_delay_ms)
			clock_sleep_ms(piece_delay_ms);
	}
}

static void answer(int fd, const struct behaviour *b, const char *request, size_t len)
{
	clock_sleep_ms(b->delay_ms);
	if (b->echo) {
		char head[96];

		assert_true(str_format(
		        head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len));
		write_all(fd, head, strlen(head), 0);
		write_all(fd, request, len, 0);
	} else if (b->answer) {
		write_all(fd, b->answer, strlen(b->answer), b->piece_delay_ms);
	}
}

static void serve(int listener, const struct behaviour *b)
{
	static char request[REQUEST_MAX];

	signal(SIGPIPE, SIG_IGN);
	for (int served = 0; b->connections == 0 || served < b->connections; served++) {
		int fd = accept(listener, NULL, NULL);
		size_t len;

		if (fd < 0)
			_exit(1);
		if (b->reset) {
			char byte;

			(void)!read(fd, &byte, 1);
			close(fd);
			continue;
		}
		while ((len = read_request(fd, request)) > 0) {
			if (b->close_first)
				break;
			answer(fd, b, request, len);
			if (b->answer && !strstr(b->answer, "Content-Length") &&
			        !strstr(b->answer, "chunked"))
				break;
			if (b->answer && strstr(b->answer, "X-Cut"))
				break;
		}
		close(fd);
	}
	_exit(0);
}

static void start(struct server *s, const struct behaviour *b, bool on_unix)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(in);
	int fd = socket(on_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	s->path[0] = '\0';
	if (on_unix) {
		assert_true(str_format(
		        s->path, sizeof(s->path), "/tmp/test_httpc.%d.sock", (int)getpid()));
		unlink(s->path);
		str_copy(un.sun_path, sizeof(un.sun_path), s->path);
		assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
		str_copy(s->url, sizeof(s->url), "http://store");
	} else {
		assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
		assert_true(str_format(
		        s->url, sizeof(s->url), "http://127.0.0.1:%d/a?b=c", ntohs(in.sin_port)));
	}
	assert_int_equal(listen(fd, 8), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		serve(fd, b);
	close(fd);
}

static void stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	if (*s->path)
		unlink(s->path);
}

struct outcome {
	enum httpc_result result;
	struct httpc_response response;
	struct buf body;
};

static void call(struct outcome *o, const struct behaviour *b, struct httpc_request r)
{
	struct server s;
	struct httpc *h = httpc_new();

	assert_non_null(h);
	buf_init(&o->body, REQUEST_MAX);
	start(&s, b, false);
	r.url = s.url;
	if (!r.into_buf && !r.sink)
		r.into_buf = &o->body;
	o->result = httpc_call(h, &r, &o->response);
	httpc_free(h);
	stop(&s);
}

static void test_answer_with_headers(void **state)
{
	static const struct behaviour b = {
	        .answer = "HTTP/1.1 500 Oh\r\nX-Code:  60 \r\nx-long: abcdefgh\r\n"
	                  "Content-Length: 5\r\n\r\nhello"};
	char code[8] = "old", cut[5], missing[4] = "old";
	struct httpc_wanted wanted[] = {{"X-Code", code, sizeof(code)},
	        {"X-Long", cut, sizeof(cut)}, {"X-None", missing, sizeof(missing)}};
	struct outcome o;

	(void)state;
	call(&o, &b, (struct httpc_request){.wanted = wanted, .wanted_len = 3});
	assert_int_equal(o.result, HTTPC_OK);
	assert_int_equal(o.response.status, 500);
	assert_int_equal(o.response.bytes, 5);
	assert_string_equal(buf_str(&o.body), "hello");
	assert_string_equal(code, "60");
	assert_string_equal(cut, "abcd");
	assert_string_equal(missing, "");
	buf_release(&o.body);
}

static void test_request_bytes(void **state)
{
	static const struct behaviour b = {.echo = true};
	static const struct httpc_header headers[] = {{"X-A", "1"}, {"X-Empty", ""}};
	struct outcome o;
	const char *t;

	(void)state;
	call(&o, &b,
	        (struct httpc_request){.headers = headers,
	                .headers_len = 2,
	                .user = "me",
	                .password = "p:w",
	                .body = "a\0b",
	                .body_len = 3});
	t = buf_str(&o.body);
	assert_int_equal(o.result, HTTPC_OK);
	assert_memory_equal(t, "POST /a?b=c HTTP/1.1\r\n", 22);
	assert_non_null(strstr(t, "\r\nAuthorization: Basic bWU6cDp3\r\n"));
	assert_non_null(strstr(t, "\r\nX-A: 1\r\n"));
	assert_non_null(strstr(t, "\r\nX-Empty:\r\n"));
	assert_null(strstr(t, "Expect:"));
	assert_memory_equal(o.body.data + o.body.len - 7, "\r\n\r\na\0b", 7);
	buf_release(&o.body);
}

static ptrdiff_t three_pieces(char *out, size_t size, void *arg)
{
	int *left = arg;

	if (*left < 0)
		return -1;
	if (*left == 0)
		return 0;
	(*left)--;
	assert_true(size >= 4);
	memcpy(out, "abcd", 4);
	return 4;
}

static void test_body_from_source(void **state)
{
	static const struct behaviour b = {.echo = true};
	struct outcome o;
	int left = 3;

	(void)state;
	call(&o, &b,
	        (struct httpc_request){
	                .source = three_pieces, .source_arg = &left, .method = "PUT"});
	assert_int_equal(o.result, HTTPC_OK);
	assert_memory_equal(buf_str(&o.body), "PUT /a", 6);
	assert_non_null(strstr(buf_str(&o.body), "Transfer-Encoding: chunked"));
	assert_non_null(strstr(buf_str(&o.body), "abcd"));
	buf_release(&o.body);
	left = -1;
	call(&o, &b, (struct httpc_request){.source = three_pieces, .source_arg = &left});
	assert_int_equal(o.result, HTTPC_STOPPED);
	buf_release(&o.body);
}

static void test_chunked_in_pieces(void **state)
{
	static const struct behaviour b = {
	        .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	                  "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
	        .piece_delay_ms = 5};
	struct outcome o;

	(void)state;
	call(&o, &b, (struct httpc_request){.method = "GET"});
	assert_int_equal(o.result, HTTPC_OK);
	assert_string_equal(buf_str(&o.body), "hello world");
	buf_release(&o.body);
}

static void test_cut_answers(void **state)
{
	static const struct behaviour cut[] = {
	        {.answer = "HTTP/1.1 200 OK\r\nX-Cut: 1\r\nContent-Length: 50\r\n\r\nhello"},
	        {.answer = "HTTP/1.1 200 OK\r\nX-Cut: 1\r\nTransfer-Encoding: "
	                   "chunked\r\n\r\n5\r\nhel"},
	        {.answer = "HTTP/1.1 200 O"},
	        {.close_first = true},
	        {.reset = true},
	        {.answer = "this is not HTTP\r\n\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cut); i++) {
		struct outcome o;

		call(&o, &cut[i],
		        (struct httpc_request){.body = "x", .body_len = 1, .timeout_ms = 3000});
		if (o.result != HTTPC_RESET)
			fail_msg("case %zu: %s", i, httpc_result_text(o.result));
		assert_true(o.response.sent);
		assert_int_equal(o.response.status, 0);
		buf_release(&o.body);
	}
}

static void test_slow_answer(void **state)
{
	static const struct behaviour b = {
	        .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .delay_ms = 5000};
	struct outcome o;

	(void)state;
	call(&o, &b, (struct httpc_request){.timeout_ms = 200});
	assert_int_equal(o.result, HTTPC_TIMEOUT);
	assert_true(o.response.sent);
	assert_true(o.response.took_ms >= 190 && o.response.took_ms < 3000);
	buf_release(&o.body);
}

static void test_too_large(void **state)
{
	static const struct behaviour b = {
	        .answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"};
	struct outcome o;
	struct buf small;

	(void)state;
	call(&o, &b, (struct httpc_request){.response_max = 10});
	assert_int_equal(o.result, HTTPC_TOO_LARGE);
	buf_release(&o.body);
	call(&o, &b, (struct httpc_request){.response_max = 11});
	assert_int_equal(o.result, HTTPC_OK);
	buf_release(&o.body);
	buf_init(&small, 10);
	call(&o, &b, (struct httpc_request){.into_buf = &small});
	assert_int_equal(o.result, HTTPC_TOO_LARGE);
	buf_release(&small);
	buf_release(&o.body);
}

static bool refuse(const char *bytes, size_t len, int status, void *arg)
{
	(void)bytes;
	*(int *)arg = status * 1000 + (int)len;
	return false;
}

static bool say_true(void *arg)
{
	(void)arg;
	return true;
}

static void test_stopped(void **state)
{
	static const struct behaviour b = {
	        .answer = "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nhello"};
	static const struct behaviour slow = {
	        .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .delay_ms = 5000};
	struct outcome o;
	int seen = 0;

	(void)state;
	call(&o, &b, (struct httpc_request){.sink = refuse, .sink_arg = &seen});
	assert_int_equal(o.result, HTTPC_STOPPED);
	assert_int_equal(seen, 404005);
	buf_release(&o.body);
	call(&o, &slow, (struct httpc_request){.stop = say_true});
	assert_int_equal(o.result, HTTPC_STOPPED);
	assert_true(o.response.took_ms < 3000);
	buf_release(&o.body);
}

static void test_nobody_there(void **state)
{
	struct httpc *h = httpc_new();
	struct httpc_response response;
	struct httpc_request r = {.url = "http://127.0.0.1:1/"};

	(void)state;
	assert_int_equal(httpc_call(h, &r, &response), HTTPC_REFUSED);
	assert_false(response.sent);
	r.unix_socket = "/nonexistent/x.sock";
	assert_int_equal(httpc_call(h, &r, NULL), HTTPC_REFUSED);
	httpc_free(h);
	httpc_free(NULL);
}

static void test_invalid_requests(void **state)
{
	static const char *const urls[] = {NULL, "", "ftp://h/", "file:///etc/passwd", "http://",
	        "http://u:p@h/", "https://u@h/", "http://h/a b", "http://h/\r\nX: y", "h/",
	        "http:///x"};
	static const struct httpc_header bad[] = {
	        {"X", "a\r\nY: b"}, {"X\n", "a"}, {"X:", "a"}, {"", "a"}, {"A B", "x"}};
	struct httpc *h = httpc_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct httpc_request r = {.url = urls[i]};

		assert_int_equal(httpc_call(h, &r, NULL), HTTPC_INVALID);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct httpc_request r = {
		        .url = "http://127.0.0.1:1/", .headers = &bad[i], .headers_len = 1};

		assert_int_equal(httpc_call(h, &r, NULL), HTTPC_INVALID);
	}
	httpc_free(h);
}

static void test_connection_is_kept_on_a_unix_socket(void **state)
{
	/* The server accepts one connection only: a second one would be refused. */
	static const struct behaviour b = {.echo = true, .connections = 1};
	struct httpc *h = httpc_new();
	struct server s;
	struct buf body;

	(void)state;
	start(&s, &b, true);
	buf_init(&body, REQUEST_MAX);
	for (int i = 0; i < 5; i++) {
		struct httpc_request r = {.url = s.url, .unix_socket = s.path, .into_buf = &body};
		struct httpc_response response;

		assert_int_equal(httpc_call(h, &r, &response), HTTPC_OK);
		assert_int_equal(response.status, 200);
	}
	assert_non_null(strstr(buf_str(&body), "Host: store"));
	buf_release(&body);
	httpc_free(h);
	stop(&s);
}

static void test_escaping(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	assert_true(httpc_add_escaped(&b, "aZ09-._~ &=+%/?\xc3\xa9"));
	assert_string_equal(buf_str(&b), "aZ09-._~%20%26%3D%2B%25%2F%3F%C3%A9");
	buf_release(&b);
	buf_init(&b, 4);
	assert_false(httpc_add_escaped(&b, "&&"));
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_answer_with_headers),
	        cmocka_unit_test(test_request_bytes),
	        cmocka_unit_test(test_body_from_source),
	        cmocka_unit_test(test_chunked_in_pieces),
	        cmocka_unit_test(test_cut_answers),
	        cmocka_unit_test(test_slow_answer),
	        cmocka_unit_test(test_too_large),
	        cmocka_unit_test(test_stopped),
	        cmocka_unit_test(test_nobody_there),
	        cmocka_unit_test(test_invalid_requests),
	        cmocka_unit_test(test_connection_is_kept_on_a_unix_socket),
	        cmocka_unit_test(test_escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
