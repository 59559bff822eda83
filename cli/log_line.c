/* SPDX-License-Identifier: MIT
 * Reads and shows log lines of three makers: our programs, Caddy, PostgreSQL. */
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "json/json.h"

#include "cli/log_line.h"

enum { LINE_DEPTH_MAX = 32 };

/* Shown in their own place, or of no use to a person. */
static const char *const known_keys[] = {
        "time", "ts", "level", "service", "pid", "msg", "logger", "err"};

static const char *level_name(int level)
{
	if (level >= LOG_FATAL)
		return "fatal";
	if (level >= LOG_ERROR)
		return "error";
	if (level >= LOG_WARN)
		return "warn";
	if (level >= LOG_INFO)
		return "info";
	return level >= LOG_DEBUG ? "debug" : "trace";
}

static void read_json(json_value *root, struct log_line *out)
{
	enum log_level level;
	const char *text;
	int64_t number;
	double seconds;

	if (json_int(json_get(root, "time"), &number))
		out->time_ms = number;
	else if (json_num(json_get(root, "ts"), &seconds))
		out->time_ms = (int64_t)(seconds * 1000);
	if (json_int(json_get(root, "level"), &number))
		out->level = (int)number;
	else if (json_str(json_get(root, "level"), &text) && log_level_parse(text, &level))
		out->level = level;
	if (json_str(json_get(root, "requestId"), &text))
		(void)str_copy(out->request_id, sizeof(out->request_id), text);
}

/* "2026-11-21 09:26:35.123 UTC [17] LOG:  ready" */
static void read_postgres(const char *text, struct log_line *out)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {{"] PANIC:", LOG_FATAL}, {"] FATAL:", LOG_FATAL}, {"] ERROR:", LOG_ERROR},
	        {"] WARNING:", LOG_WARN}, {"] DEBUG", LOG_DEBUG}};

	if (!rest)
		return;
	out->time_ms = (int64_t)timegm(&tm) * 1000;
	if (*rest == '.')
		out->time_ms += strtol(rest + 1, NULL, 10) % 1000;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strstr(rest, words[i].word))
			out->level = words[i].level;
	}
}

void log_line_read(const char *text, struct log_line *out)
{
	struct json_doc *doc = NULL;

	*out = (struct log_line){.level = LOG_INFO};
	if (*text == '{' && json_parse(text, strlen(text), LINE_DEPTH_MAX, &doc, NULL))
		read_json(json_root(doc), out);
	else
		read_postgres(text, out);
	json_free(doc);
}

static void add_visible(struct buf *b, const char *text)
{
	for (; *text; text++)
		buf_add_char(b, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

static bool add_field(const char *key, json_value *v, void *arg)
{
	struct buf *out = arg;
	const char *text;
	double number;

	for (size_t i = 0; i < ARRAY_LEN(known_keys); i++) {
		if (strcmp(key, known_keys[i]) == 0)
			return true;
	}
	buf_addf(out, "  %s=", key);
	if (json_str(v, &text))
		add_visible(out, text);
	else if (json_kind(v) == JSON_KIND_NUM && json_num(v, &number))
		buf_addf(out, "%.4g", number);
	else
		json_dump(v, out);
	return true;
}

static void show_json(json_value *root, struct buf *out)
{
	const char *text;

	if (json_str(json_get(json_get(root, "err"), "code"), &text))
		buf_addf(out, "%s ", text);
	if (json_str(json_get(root, "msg"), &text))
		add_visible(out, text);
	json_each(root, add_field, out);
}

void log_line_show(const char *program, const char *text, struct buf *out)
{
	struct json_doc *doc = NULL;
	char at[CLOCK_TEXT_BYTES] = "                       ";
	struct log_line line;

	log_line_read(text, &line);
	if (line.time_ms)
		clock_format_ch(line.time_ms, at);
	buf_addf(out, "%s %-5s %-9s ", at + 11, level_name(line.level), program);
	if (*text == '{' && json_parse(text, strlen(text), LINE_DEPTH_MAX, &doc, NULL)) {
		show_json(json_root(doc), out);
	} else {
		const char *rest = line.time_ms ? strchr(text, ']') : NULL;

		add_visible(out, rest ? rest + 1 + (rest[1] == ' ') : text);
	}
	json_free(doc);
	buf_add_char(out, '\n');
}

void log_line_short(const char *text, char *out, size_t out_size)
{
	struct json_doc *doc = NULL;
	const char *code = "", *message = text;

	if (*text == '{' && json_parse(text, strlen(text), LINE_DEPTH_MAX, &doc, NULL)) {
		json_value *root = json_root(doc);

		if (!json_str(json_get(json_get(root, "err"), "code"), &code))
			code = "";
		if (!json_str(json_get(root, "msg"), &message))
			message = text;
	}
	(void)snprintf(out, out_size, "%s%s%s", code, *code ? " " : "", message);
	json_free(doc);
}
