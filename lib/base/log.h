/* SPDX-License-Identifier: MIT
 * Logs: one JSON object a line on stderr (or plain text with LOG_FORMAT=text). Never give it a
 * secret, a body or an event's field: there is no scrubbing behind it. */
#ifndef YAVIO_BASE_LOG_H
#define YAVIO_BASE_LOG_H

#include "base/base.h"
#include "base/errors.h"

enum log_level {
	LOG_TRACE = 10,
	LOG_DEBUG = 20,
	LOG_INFO = 30,
	LOG_WARN = 40,
	LOG_ERROR = 50,
	LOG_FATAL = 60,
};

struct log_field {
	const char *key; /* NULL ends a list */
	enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_DOUBLE, LOG_FIELD_BOOL } type;
	union {
		const char *str; /* NULL: the field is left out */
		int64_t integer;
		double number;
		bool boolean;
	} value;
};

#define F_STR(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_STR, .value.str = (v)})
#define F_INT(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_INT, .value.integer = (v)})
#define F_NUM(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_DOUBLE, .value.number = (v)})
#define F_BOOL(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_BOOL, .value.boolean = (v)})

/* Warnings and errors that repeat within 10 s are counted instead of written: base/log_repeat.h.
 * service: static string such as "ingest". Text format is for people at a terminal. */
void log_init(const char *service, enum log_level level, bool json);
void log_set_level(enum log_level level);
/* trace, debug, info, warn, error, fatal. False: unknown, *level untouched. */
bool log_level_parse(const char *text, enum log_level *level) MUST_CHECK;
bool log_enabled(enum log_level level);

/* Request id of the calling thread, put into each of its lines until changed; NULL clears. Copied
 * (≤ 63 bytes). */
void log_set_request_id(const char *request_id);

/* fields: list ended by an entry with key NULL, or NULL. One write(2) a line; lines are cut at 8
 * KiB. */
void log_write(enum log_level level, enum err e, const char *msg, const struct log_field *fields);

#define LOG_AT(level, e, msg, ...)                                                                 \
	do {                                                                                       \
		if (log_enabled(level))                                                            \
			log_write((level), (e), (msg),                                             \
			        (const struct log_field[]){                                        \
			                __VA_ARGS__ __VA_OPT__(, ){.key = NULL}});                 \
	} while (0)

#define log_debug(msg, ...)    LOG_AT(LOG_DEBUG, ERR_OK, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_info(msg, ...)     LOG_AT(LOG_INFO, ERR_OK, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_warn(e, msg, ...)  LOG_AT(LOG_WARN, e, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_error(e, msg, ...) LOG_AT(LOG_ERROR, e, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_fatal(e, msg, ...) LOG_AT(LOG_FATAL, e, msg __VA_OPT__(, ) __VA_ARGS__)

#endif
