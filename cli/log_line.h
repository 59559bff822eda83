/* SPDX-License-Identifier: MIT
 * One line of a program's log: what it says, and how a person reads it. */
#ifndef YAVIO_CLI_LOG_LINE_H
#define YAVIO_CLI_LOG_LINE_H

#include "base/buf.h"
#include "base/log.h"

struct log_line {
	int64_t time_ms; /* Unix; 0: the line has none */
	int level;       /* as enum log_level; LOG_INFO when it has none */
	char request_id[64];
};

/* Reads our own JSON lines, Caddy's, and PostgreSQL's text. */
void log_line_read(const char *text, struct log_line *out);
/* "09:26:35.123 warn  ingest     message  key=value ..." ended by a newline, without control
 * characters. */
void log_line_show(const char *program, const char *text, struct buf *out);

/* What the line says, without time and fields: "YAVIO-5400 cannot open the spool". */
void log_line_short(const char *text, char *out, size_t out_size);

#endif
