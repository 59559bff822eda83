/* SPDX-License-Identifier: MIT
 * Tests of lib/fcgi within one process: the socket's rules and one request over a socket pair. The
 * pool itself is tested with a real binary (tests/it/fcgi.test.mjs). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "fcgi/fcgi_internal.h"

#include <cmocka.h>

enum { BEGIN = 1, PARAMS = 4, STDIN = 5 };

static void add_record(struct buf *b, int type, const void *content, size_t len)
{
	const char head[8] = {1, (char)type, 0, 1, (char)(len >> 8), (char)len, 0, 0};

	assert_true(buf_add(b, head, sizeof(head)));
	if (len > 0)
		assert_true(buf_add(b, content, len));
}

static void add_param(struct buf *b, const char *name, const char *value)
{
	assert_true(buf_add_char(b, (char)strlen(name)));
	assert_true(buf_add_char(b, (char)strlen(value)));
	assert_true(buf_add_str(b, name));
	assert_true(buf_add_str(b, value));
}

/* A request of the given head and body as a web server sends it. */
static void write_request(int fd, const char *uri, const char *length, const char *body)
{
	struct buf params, all;
	const char begin[8] = {0, 1};

	buf_init(&params, 10000);
	buf_init(&all, 100000);
	add_param(&params, "REQUEST_METHOD", "POST");
	add_param(&params, "REQUEST_URI", uri);
	add_param(&params, "CONTENT_LENGTH", length);
	add_param(&params, "CONTENT_TYPE", "");
	add_param(&params, "HTTP_X_ODD_NAME", "value");
	add_record(&all, BEGIN, begin, sizeof(begin));
	add_record(&all, PARAMS, params.data, params.len);
	add_record(&all, PARAMS, NULL, 0);
	if (body[0] != '\0')
		add_record(&all, STDIN, body, strlen(body));
	add_record(&all, STDIN, NULL, 0);
	assert_int_equal(write(fd, all.data, all.len), (ssize_t)all.len);
	buf_release(&params);
	buf_release(&all);
}

struct one {
	struct fcgi_request *request;
	int peer;
};

static struct one begin(const char *uri, const char *length, const char *body)
{
	struct one one;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	one.peer = pair[0];
	one.request = fcgi_request_new(NULL);
	assert_non_null(one.request);
	write_request(one.peer, uri, length, body);
	assert_true(fcgi_request_begin(one.request, pair[1]));
	return one;
}

static void end(struct one *one, char *answer, size_t size)
{
	ssize_t n;

	fcgi_request_end(one->request);
	n = read(one->peer, answer, size - 1);
	assert_true(n > 0);
	answer[n] = '\0';
	close(one->peer);
	fcgi_request_free(one->request);
}

static void test_a_request(void **state)
{
	struct one one = begin("/a/b?x=1", "4", "body");
	char answer[4096];
	struct buf body;

	(void)state;
	assert_string_equal(fcgi_method(one.request), "POST");
	assert_string_equal(fcgi_path(one.request), "/a/b");
	assert_string_equal(fcgi_query(one.request), "x=1");
	assert_string_equal(fcgi_header(one.request, "X-Odd-Name"), "value");
	assert_null(fcgi_header(one.request, "Content-Type"));
	assert_null(fcgi_header(one.request, "Absent"));
	assert_int_equal(fcgi_content_length(one.request), 4);
	assert_int_equal(fcgi_refusal(one.request), ERR_OK);
	buf_init(&body, 100);
	assert_int_equal(fcgi_body_read(one.request, 100, &body), FCGI_BODY_OK);
	assert_string_equal(buf_str(&body), "body");
	assert_true(fcgi_reply(one.request, 201, "A: b\r\n", 6, "yes", 3));
	assert_false(fcgi_reply(one.request, 200, NULL, 0, NULL, 0));
	end(&one, answer, sizeof(answer));
	assert_true(str_starts_with(answer + 8, "Status: 201\r\nA: b\r\n\r\nyes"));
	buf_release(&body);
}

static void test_a_request_without_reply_is_500(void **state)
{
	struct one one = begin("/", "", "unread body");
	char answer[4096];

	(void)state;
	assert_int_equal(fcgi_content_length(one.request), -1);
	end(&one, answer, sizeof(answer));
	assert_true(str_starts_with(answer + 8, "Status: 500\r\n\r\n"));
}

static void test_a_reply_that_goes_on(void **state)
{
	struct one one = begin("/", "4", "body");
	struct fcgi_stream stream = {.fd = -1};
	char answer[4096];
	struct buf out;
	ssize_t n;

	(void)state;
	assert_true(fcgi_stream_begin(one.request, 200, "A: b\r\n", 6, &stream));
	assert_false(fcgi_reply(one.request, 200, NULL, 0, NULL, 0));
	fcgi_request_end(one.request);
	fcgi_request_free(one.request);
	n = read(one.peer, answer, sizeof(answer) - 1);
	assert_true(n > 8);
	answer[n] = '\0';
	assert_true(str_starts_with(answer + 8, "Status: 200\r\nA: b\r\n\r\n"));
	buf_init(&out, 1000);
	assert_true(fcgi_stream_frame(&stream, "data", 4, &out));
	assert_true(fcgi_stream_frame_end(&stream, &out));
	assert_int_equal(write(stream.fd, out.data, out.len), (ssize_t)out.len);
	close(stream.fd);
	n = read(one.peer, answer, sizeof(answer));
	assert_int_equal(n, 8 + 4 + 8 + 16);
	assert_memory_equal(answer, "\x01\x06\0\x01\0\x04\0\0data\x01\x06\0\x01\0\0\0\0", 20);
	assert_memory_equal(answer + 20, "\x01\x03\0\x01\0\x08\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(read(one.peer, answer, sizeof(answer)), 0);
	close(one.peer);
	buf_release(&out);
}

static void test_a_long_piece_is_several_records(void **state)
{
	const struct fcgi_stream stream = {.fd = -1, .request_id = 258};
	enum { LONG = 65528 + 5 };
	char *text = malloc(LONG);
	struct buf out, small;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LONG);
	buf_init(&out, 100000);
	assert_true(fcgi_stream_frame(&stream, text, LONG, &out));
	assert_int_equal(out.len, LONG + 16);
	assert_memory_equal(out.data, "\x01\x06\x01\x02\xff\xf8\0\0", 8);
	assert_memory_equal(out.data + 8 + 65528, "\x01\x06\x01\x02\0\x05\0\0xxxxx", 13);
	buf_init(&small, 100);
	assert_false(fcgi_stream_frame(&stream, text, LONG, &small));
	buf_release(&small);
	buf_release(&out);
	free(text);
}

static void test_body_lengths(void **state)
{
	static const struct {
		const char *length, *body;
		size_t cap;
		enum fcgi_body expected;
	} CASES[] = {
	        {"5", "12345", 5, FCGI_BODY_OK},
	        {"6", "12345", 10, FCGI_BODY_SHORT},
	        {"5", "12345", 4, FCGI_BODY_TOO_LARGE},
	        {"", "12345", 4, FCGI_BODY_TOO_LARGE},
	        {"-1", "12345", 5, FCGI_BODY_OK},
	        {"0", "", 0, FCGI_BODY_OK},
	        {"", "", 0, FCGI_BODY_OK},
	        {"x", "1", 0, FCGI_BODY_TOO_LARGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
		struct one one = begin("/", CASES[i].length, CASES[i].body);
		char answer[4096];
		struct buf body;

		buf_init(&body, 100);
		assert_int_equal(
		        fcgi_body_read(one.request, CASES[i].cap, &body), CASES[i].expected);
		buf_release(&body);
		end(&one, answer, sizeof(answer));
	}
}

static void test_a_broken_connection_is_no_request(void **state)
{
	struct fcgi_request *r = fcgi_request_new(NULL);
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], "nonsense nonsense", 17), 17);
	close(pair[0]);
	assert_false(fcgi_request_begin(r, pair[1]));
	assert_int_equal(close(pair[1]), -1); /* it owned the descriptor */
	fcgi_request_free(r);
}

/* ---- socket ---- */

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	str_copy(addr.sun_path, sizeof(addr.sun_path), path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void test_socket_is_made_and_removed(void **state)
{
	char dir[] = "/tmp/yavio-fcgi-XXXXXX", path[64], lock[80];
	struct fcgi_socket s;
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(str_format(path, sizeof(path), "%s/s", dir));
	assert_int_equal(fcgi_socket_open(&s, path), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	fd = connect_to(path);
	assert_true(fd >= 0);
	close(fd);
	fcgi_socket_unlink(&s);
	assert_int_equal(connect_to(path), -1);
	fcgi_socket_close(&s);
	/* One that nobody removed, as after a crash, is replaced. */
	assert_int_equal(fcgi_socket_open(&s, path), ERR_OK);
	s.owned = false;
	fcgi_socket_close(&s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(connect_to(path), -1);
	assert_int_equal(fcgi_socket_open(&s, path), ERR_OK);
	fcgi_socket_close(&s);
	assert_true(str_format(lock, sizeof(lock), "%s.lock", path));
	unlink(lock);
	assert_int_equal(rmdir(dir), 0);
}

static void test_socket_of_a_living_master_is_refused(void **state)
{
	char dir[] = "/tmp/yavio-fcgi-XXXXXX", path[64], lock[80];
	struct fcgi_socket s, second;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(str_format(path, sizeof(path), "%s/s", dir));
	assert_int_equal(fcgi_socket_open(&s, path), ERR_OK);
	if (fork() == 0)
		_exit(fcgi_socket_open(&second, path) == ERR_INFRA_FCGI_SOCKET_FAILED ? 0 : 1);
	wait(&status);
	assert_int_equal(status, 0);
	/* Without the lock too: the listener lives. */
	assert_true(str_format(lock, sizeof(lock), "%s.lock", path));
	unlink(lock);
	if (fork() == 0)
		_exit(fcgi_socket_open(&second, path) == ERR_INFRA_FCGI_SOCKET_FAILED ? 0 : 1);
	wait(&status);
	assert_int_equal(status, 0);
	assert_true(connect_to(path) >= 0);
	fcgi_socket_close(&s);
	unlink(lock);
	assert_int_equal(rmdir(dir), 0);
}

static void test_a_path_that_does_not_fit_is_refused(void **state)
{
	char path[200];
	struct fcgi_socket s;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	memcpy(path, "/tmp/", 5);
	assert_int_equal(fcgi_socket_open(&s, path), ERR_INFRA_FCGI_SOCKET_FAILED);
	assert_int_equal(fcgi_socket_open(&s, "/nonexistent/s"), ERR_INFRA_FCGI_SOCKET_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_request),
	        cmocka_unit_test(test_a_request_without_reply_is_500),
	        cmocka_unit_test(test_a_reply_that_goes_on),
	        cmocka_unit_test(test_a_long_piece_is_several_records),
	        cmocka_unit_test(test_body_lengths),
	        cmocka_unit_test(test_a_broken_connection_is_no_request),
	        cmocka_unit_test(test_socket_is_made_and_removed),
	        cmocka_unit_test(test_socket_of_a_living_master_is_refused),
	        cmocka_unit_test(test_a_path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests_name("fcgi", tests, NULL, NULL);
}
