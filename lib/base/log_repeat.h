/* SPDX-License-Identifier: MIT
 * Warnings and errors that repeat: the first is written, the others are counted, and the count is
 * told every 10 s. Used by log.c alone. */
#ifndef YAVIO_BASE_LOG_REPEAT_H
#define YAVIO_BASE_LOG_REPEAT_H

#include "base/log.h"

enum {
	LOG_REPEAT_MS = 10 * 1000,
	LOG_REPEAT_KINDS = 64,       /* kept apart at a time; others are written as they come */
	LOG_REPEAT_TEXT_BYTES = 128, /* of a message, cut */
};

/* Lines that stand for others. */
struct log_repeat {
	enum log_level level;
	enum err err;
	uint64_t count;
	char msg[LOG_REPEAT_TEXT_BYTES];
};

/* True: this line repeats one of the last 10 s and was only counted. Lines are the same when level,
 * code, text and the fields that say what it is about (name, cause, path, route) are. */
bool log_repeat_hides(enum log_level level, enum err e, const char *msg,
        const struct log_field *fields, int64_t now_ms);

/* All lines are new again; counts not told are lost. */
void log_repeat_forget(void);

/* The next count that is due, or any when all is true; false: there is none. */
bool log_repeat_next(struct log_repeat *out, int64_t now_ms, bool all);

#endif
