/* SPDX-License-Identifier: MIT
 * Header lines of mails: whatever value comes in, what goes out is one header of legal lines that
 * decodes to the same value. */
#include <stdlib.h>

#include "base/buf.h"
#include "httpc/httpc_mail.h"

enum { OUT_BYTES_MAX = 64 * 1024, INPUT_BYTES_MAX = 2000 };

static void check(bool holds)
{
	if (!holds)
		abort();
}

static int hex(char c)
{
	check((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Decodes RFC 2047 words with nothing but folds between them. */
static void decode_words(const char *at, struct buf *out)
{
	while (*at) {
		check(strncmp(at, "=?UTF-8?Q?", 10) == 0);
		for (at += 10; strncmp(at, "?=", 2) != 0; at++) {
			check(*at > ' ' && *at < 0x7F);
			if (*at == '=') {
				buf_add_char(out, (char)(hex(at[1]) << 4 | hex(at[2])));
				at += 2;
			} else {
				buf_add_char(out, *at == '_' ? ' ' : *at);
			}
		}
		at += 2;
		if (*at) {
			check(strncmp(at, "\r\n ", 3) == 0);
			at += 3;
		}
	}
}

static void decode_plain(const char *at, struct buf *out)
{
	for (; *at; at++) {
		if (*at == '\r') {
			check(at[1] == '\n' && at[2] == ' ');
			at++;
		} else {
			check(*at >= ' ' && *at < 0x7F);
			buf_add_char(out, *at);
		}
	}
}

/* Lines of encoded words keep to their limit; none is empty or blank. */
static void check_lines(const char *line, bool words)
{
	while (*line) {
		size_t len = strcspn(line, "\r");

		check(strspn(line, " ") < len);
		check(!words || len <= HTTPC_MAIL_LINE_MAX);
		line += len;
		if (*line)
			line += 2;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char name[] = "Subject: ";
	char value[INPUT_BYTES_MAX + 1];
	struct buf line, back;

	if (size > INPUT_BYTES_MAX)
		return 0;
	memcpy(value, data, size);
	value[size] = '\0';
	buf_init(&line, OUT_BYTES_MAX);
	buf_init(&back, OUT_BYTES_MAX);
	if (httpc_mail_header(&line, "Subject", value)) {
		const char *text = buf_str(&line);
		bool words;

		check(!strpbrk(value, "\r\n") && strncmp(text, name, sizeof(name) - 1) == 0);
		words = strncmp(text + sizeof(name) - 1, "=?UTF-8?Q?", 10) == 0;
		check_lines(text, words);
		if (words)
			decode_words(text + sizeof(name) - 1, &back);
		else
			decode_plain(text + sizeof(name) - 1, &back);
		check(strcmp(buf_str(&back), value) == 0);
	} else {
		check(line.len == 0);
	}
	(void)httpc_mail_address_ok(value);
	buf_release(&line);
	buf_release(&back);
	return 0;
}
