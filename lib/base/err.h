/* SPDX-License-Identifier: MIT
 * The one error idiom: functions return enum err, and this tells what an error is called and means.
 */
#ifndef YAVIO_BASE_ERR_H
#define YAVIO_BASE_ERR_H

#include "base/base.h"
#include "base/errors.h"
#include "base/log.h"

struct err_info {
	int number;
	const char *code; /* "YAVIO-2101" */
	const char *name; /* "MISSING_REQUIRED_FIELD" */
	int http_status;  /* 0: never a reply */
	enum log_level level;
	bool retry;          /* the same request may succeed later: a reply carries Retry-After */
	const char *message; /* fixed text, safe to show */
	const char *fix;     /* what to do, may be "" */
};

extern const struct err_info err_table[];
extern const size_t err_table_len;

/* Never NULL: a number that is not in the table gives the entry of 7999. */
const struct err_info *err_info(enum err e);

/* "YAVIO-nnnn"; static. ERR_OK gives "YAVIO-0". */
const char *err_code(enum err e);
const char *err_message(enum err e);

/* Exit code of a program that stops for e: 78 configuration, 75 dependency missing, 70 internal
 * (x999), else 1. */
int err_exit_code(enum err e);

#endif
