/* SPDX-License-Identifier: MIT
 * Headers of mails: addresses, RFC 2047 words, folds, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "httpc/httpc_mail.h"

#include <cmocka.h>

static void header_is(const char *value, const char *expected)
{
	struct buf b;

	buf_init(&b, 8192);
	assert_true(httpc_mail_header(&b, "Subject", value));
	assert_string_equal(buf_str(&b), expected);
	buf_release(&b);
}

static void header_refused(const char *value)
{
	struct buf b;

	buf_init(&b, 8192);
	buf_add_str(&b, "before");
	assert_false(httpc_mail_header(&b, "Subject", value));
	assert_string_equal(buf_str(&b), "before");
	buf_release(&b);
}

static void test_header(void **state)
{
	(void)state;
	header_is("Hello", "Subject: Hello");
	header_is("", "Subject: ");
	header_is("Zoë", "Subject: =?UTF-8?Q?Zo=C3=AB?=");
	header_is("a b=?_", "Subject: =?UTF-8?Q?a_b=3D=3F=5F?=");
	header_is("12345678 12345678 12345678 12345678 12345678 12345678 12345678 12345678",
	        "Subject: 12345678 12345678 12345678 12345678 12345678 12345678 12345678\r\n "
	        "12345678");
	header_is("äääääääääää",
	        "Subject: =?UTF-8?Q?=C3=A4=C3=A4=C3=A4=C3=A4=C3=A4=C3=A4=C3=A4=C3=A4=C3=A4?=\r\n "
	        "=?UTF-8?Q?=C3=A4=C3=A4?=");
}

static void test_header_refused(void **state)
{
	char too_long[HTTPC_MAIL_HEADER_BYTES_MAX + 2];

	(void)state;
	header_refused("a\r\nBcc: x@y.z");
	header_refused("a\nb");
	header_refused("a\rb");
	header_refused("a\tb");
	header_refused("\x7F");
	header_refused("\xC2\x85");
	header_refused("\xFF");
	header_refused("cut \xC3");
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	header_refused(too_long);
}

static void test_address(void **state)
{
	static const char *const good[] = {"a@b", "first.last+tag@sub.example.com", "o'k=?@x-y.z"};
	static const char *const bad[] = {"", "@", "a@", "@b", "a", "a@b@c", "a b@c", "a@b\r\nX: y",
	        "<a@b>", "a@b>", "ä@b.c", "a\"@b", "a,b@c"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(httpc_mail_address_ok(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(httpc_mail_address_ok(bad[i]));
}

static enum httpc_mail_result send(const struct httpc_mail *m)
{
	/* a port that nobody listens on: what could be built fails only there */
	const struct httpc_mail_server server = {
	        .host = "127.0.0.1", .port = 1, .security = HTTPC_MAIL_CLEAR};

	return httpc_mail_send(&server, m, NULL);
}

static void test_what_cannot_be_sent(void **state)
{
	const struct httpc_mail good = {.from = "a@b.c",
	        .to = "d@e.f",
	        .from_name = "Yavio",
	        .subject = "x",
	        .message_id = "1@b.c",
	        .text = "t",
	        .html = "h"};
	struct httpc_mail m = good;

	(void)state;
	assert_int_equal(send(&m), HTTPC_MAIL_LATER);
	m.from_name = "Größe";
	assert_int_equal(send(&m), HTTPC_MAIL_LATER);
	m.from_name = NULL;
	assert_int_equal(send(&m), HTTPC_MAIL_LATER);
	m.from_name = "a\"b";
	assert_int_equal(send(&m), HTTPC_MAIL_INVALID);
	m = good;
	m.subject = "a\r\nBcc: x@y.z";
	assert_int_equal(send(&m), HTTPC_MAIL_INVALID);
	m = good;
	m.to = "a@b\r\nRCPT TO:<x@y.z>";
	assert_int_equal(send(&m), HTTPC_MAIL_INVALID);
	m = good;
	m.message_id = "no id";
	assert_int_equal(send(&m), HTTPC_MAIL_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_header),
	        cmocka_unit_test(test_header_refused),
	        cmocka_unit_test(test_address),
	        cmocka_unit_test(test_what_cannot_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
