/* SPDX-License-Identifier: MIT
 * What the code under test logs: stderr goes into a memory file meanwhile. Include after cmocka. */
#ifndef TESTS_UNIT_LOG_CAPTURE_H
#define TESTS_UNIT_LOG_CAPTURE_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

struct log_capture {
	int saved, file;
	char text[65536]; /* after the end: the first lines */
};

static inline void log_capture_begin(struct log_capture *c)
{
	log_init("unit", LOG_INFO, true);
	c->file = memfd_create("log", MFD_CLOEXEC);
	c->saved = dup(STDERR_FILENO);
	assert_true(c->file >= 0 && c->saved >= 0);
	assert_int_equal(dup2(c->file, STDERR_FILENO), STDERR_FILENO);
}

static inline void log_capture_end(struct log_capture *c)
{
	ssize_t n = pread(c->file, c->text, sizeof(c->text) - 1, 0);

	assert_int_equal(dup2(c->saved, STDERR_FILENO), STDERR_FILENO);
	close(c->saved);
	close(c->file);
	log_set_level(LOG_FATAL);
	assert_true(n >= 0);
	c->text[n] = '\0';
}

/* Lines with that number. */
static inline int log_captured(const struct log_capture *c, enum err e)
{
	char code[32];
	int count = 0;

	snprintf(code, sizeof(code), "\"code\":\"%s\"", err_code(e));
	for (const char *at = c->text; (at = strstr(at, code)) != NULL; at++)
		count++;
	return count;
}

#endif
