/* SPDX-License-Identifier: MIT
 * Writes log lines: formatted into a stack buffer, sent with one write(2) so that processes never
 * interleave. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "base/log_repeat.h"
#include "base/log.h"

enum { LOG_LINE_BYTES_MAX = 8192, REQUEST_ID_BYTES_MAX = 64 };

static const char *log_service = "yavio";
static _Atomic int log_threshold = LOG_INFO;
static bool log_json = true;
static _Thread_local char log_request_id[REQUEST_ID_BYTES_MAX];

struct line {
	char text[LOG_LINE_BYTES_MAX];
	size_t len;
};

static const struct {
	enum log_level level;
	const char *name;
} LEVELS[] = {
        {LOG_TRACE, "trace"},
        {LOG_DEBUG, "debug"},
        {LOG_INFO, "info"},
        {LOG_WARN, "warn"},
        {LOG_ERROR, "error"},
        {LOG_FATAL, "fatal"},
};

static void write_last_counts(void);

void log_init(const char *service, enum log_level level, bool json)
{
	static bool registered;

	if (!registered)
		registered = atexit(write_last_counts) == 0;
	log_repeat_forget();
	log_service = service;
	log_json = json;
	log_set_level(level);
}

void log_set_level(enum log_level level)
{
	atomic_store(&log_threshold, (int)level);
}

bool log_enabled(enum log_level level)
{
	return (int)level >= atomic_load(&log_threshold);
}

bool log_level_parse(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++) {
		if (strcmp(text, LEVELS[i].name) == 0) {
			*level = LEVELS[i].level;
			return true;
		}
	}
	return false;
}

static const char *level_name(enum log_level level)
{
	for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++) {
		if (LEVELS[i].level == level)
			return LEVELS[i].name;
	}
	return "unknown";
}

void log_set_request_id(const char *request_id)
{
	str_copy(log_request_id, sizeof(log_request_id), request_id != NULL ? request_id : "");
}

PRINTF_LIKE(2, 3)
static void line_add(struct line *line, const char *fmt, ...)
{
	/* Room is kept for what closes a line, so that a cut line is still one JSON object. */
	size_t room = sizeof(line->text) - 4 - line->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line->text + line->len, room, fmt, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void line_add_json_string(struct line *line, const char *text)
{
	char escaped[2048];

	str_json_escape(escaped, sizeof(escaped), text);
	/* A value is added whole or not at all. */
	if (line->len + strlen(escaped) + 8 < sizeof(line->text))
		line_add(line, "\"%s\"", escaped);
	else
		line_add(line, "\"\"");
}

static void line_add_value(struct line *line, const struct log_field *field)
{
	switch (field->type) {
	case LOG_FIELD_STR:
		line_add_json_string(line, field->value.str);
		break;
	case LOG_FIELD_INT:
		line_add(line, "%lld", (long long)field->value.integer);
		break;
	case LOG_FIELD_DOUBLE:
		if (isfinite(field->value.number))
			line_add(line, "%.6g", field->value.number);
		else
			line_add(line, "null");
		break;
	case LOG_FIELD_BOOL:
		line_add(line, "%s", field->value.boolean ? "true" : "false");
		break;
	}
}

static void format_json(struct line *line, enum log_level level, enum err e, const char *msg,
        const struct log_field *fields)
{
	line_add(line, "{\"time\":%lld,\"level\":%d,\"service\":\"%s\",\"pid\":%d,\"msg\":",
	        (long long)clock_wall_ms(), (int)level, log_service, (int)getpid());
	line_add_json_string(line, msg);
	if (log_request_id[0] != '\0') {
		line_add(line, ",\"requestId\":");
		line_add_json_string(line, log_request_id);
	}
	if (e != ERR_OK) {
		line_add(line, ",\"err\":{\"code\":\"%s\",\"message\":", err_code(e));
		line_add_json_string(line, err_message(e));
		line_add(line, "}");
	}
	for (; fields != NULL && fields->key != NULL; fields++) {
		if (fields->type == LOG_FIELD_STR && fields->value.str == NULL)
			continue;
		if (line->len + strlen(fields->key) + 512 > sizeof(line->text))
			break;
		line_add(line, ",\"%s\":", fields->key);
		line_add_value(line, fields);
	}
	line->text[line->len++] = '}';
}

static void format_text(struct line *line, enum log_level level, enum err e, const char *msg,
        const struct log_field *fields)
{
	line_add(line, "%s: %s", log_service, level_name(level));
	if (e != ERR_OK)
		line_add(line, " %s", err_code(e));
	line_add(line, ": %s", msg);
	for (; fields != NULL && fields->key != NULL; fields++) {
		if (fields->type == LOG_FIELD_STR && fields->value.str == NULL)
			continue;
		line_add(line, " %s=", fields->key);
		line_add_value(line, fields);
	}
}

static void write_line(
        enum log_level level, enum err e, const char *msg, const struct log_field *fields)
{
	struct line line = {.len = 0};
	size_t sent = 0;

	if (log_json)
		format_json(&line, level, e, msg, fields);
	else
		format_text(&line, level, e, msg, fields);
	line.text[line.len++] = '\n';
	while (sent < line.len) {
		ssize_t n = write(STDERR_FILENO, line.text + sent, line.len - sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* nowhere left to report it */
		sent += (size_t)n;
	}
}

static void write_counts(int64_t now_ms, bool all)
{
	struct log_repeat r;

	while (log_repeat_next(&r, now_ms, all))
		write_line(r.level, r.err, r.msg,
		        (const struct log_field[]){
		                F_INT("repeated", (int64_t)r.count), {.key = NULL}});
}

static void write_last_counts(void)
{
	write_counts(clock_mono_ms(), true);
}

void log_write(enum log_level level, enum err e, const char *msg, const struct log_field *fields)
{
	int saved_errno = errno;
	int64_t now = clock_mono_ms();
	bool may_repeat = e != ERR_OK && (level == LOG_WARN || level == LOG_ERROR);

	if (!may_repeat || !log_repeat_hides(level, e, msg, fields, now))
		write_line(level, e, msg, fields);
	write_counts(now, false);
	errno = saved_errno;
}
