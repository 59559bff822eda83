/* SPDX-License-Identifier: MIT
 * Parser of the .env format, one pass, everything capped. */
#include <ctype.h>
#include <stdlib.h>

#include "conf/conf_envfile.h"

struct span {
	const char *p;
	const char *end;
};

static void skip_blanks(struct span *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

static bool take_word(struct span *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return false;
	s->p += len;
	return true;
}

static struct span take_name(struct span *s)
{
	struct span name = {s->p, s->p};

	while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '_'))
		s->p++;
	name.end = s->p;
	if (name.p < name.end && isdigit((unsigned char)*name.p))
		name.end = name.p;
	return name;
}

/* After a value only blanks and a comment may follow. */
static bool at_line_end(struct span *s)
{
	skip_blanks(s);
	return s->p == s->end || *s->p == '#';
}

static const char *read_single_quoted(struct span *s, char *out, size_t *len)
{
	for (s->p++; s->p < s->end && *s->p != '\''; s->p++)
		out[(*len)++] = *s->p;
	if (s->p == s->end)
		return "a quote is not closed";
	s->p++;
	return at_line_end(s) ? NULL : "text follows the closing quote";
}

/* \" \\ \$ \` \n \t \r; any other backslash is kept. */
static const char *read_double_quoted(struct span *s, char *out, size_t *len)
{
	static const char from[] = "\"\\$`ntr", to[] = "\"\\$`\n\t\r";

	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		const char *escape;

		if (*s->p != '\\' || s->p + 1 == s->end) {
			out[(*len)++] = *s->p;
			continue;
		}
		escape = memchr(from, s->p[1], sizeof(from) - 1);
		if (escape == NULL) {
			out[(*len)++] = '\\';
			continue;
		}
		out[(*len)++] = to[escape - from];
		s->p++;
	}
	if (s->p == s->end)
		return "a quote is not closed";
	s->p++;
	return at_line_end(s) ? NULL : "text follows the closing quote";
}

/* To the end of the line; " #" begins a comment, blanks at the end fall. */
static const char *read_plain(struct span *s, char *out, size_t *len)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '#' && (*len == 0 || out[*len - 1] == ' ' || out[*len - 1] == '\t'))
			break;
		out[(*len)++] = *s->p;
	}
	while (*len > 0 && (out[*len - 1] == ' ' || out[*len - 1] == '\t'))
		(*len)--;
	return NULL;
}

static const char *read_value(struct span *s, char *out, size_t *len)
{
	const char *fault;

	*len = 0;
	skip_blanks(s);
	if (s->p < s->end && *s->p == '\'')
		fault = read_single_quoted(s, out, len);
	else if (s->p < s->end && *s->p == '"')
		fault = read_double_quoted(s, out, len);
	else
		fault = read_plain(s, out, len);
	if (fault == NULL && memchr(out, '\0', *len) != NULL)
		fault = "a NUL byte";
	return fault;
}

static const char *add_entry(
        struct conf_envfile *f, struct span name, const char *value, size_t value_len, int line)
{
	struct conf_entry *entry;

	if (f->count >= CONF_ENVFILE_ENTRIES_MAX)
		return "too many settings";
	if ((f->count & (f->count - 1)) == 0) { /* room doubles at each power of two */
		size_t room = f->count == 0 ? 1 : f->count * 2;
		struct conf_entry *grown = realloc(f->entries, room * sizeof(*grown));

		if (grown == NULL)
			return "out of memory";
		f->entries = grown;
	}
	entry = &f->entries[f->count];
	entry->line = line;
	entry->name = strndup(name.p, (size_t)(name.end - name.p));
	entry->value = strndup(value, value_len);
	if (entry->name == NULL || entry->value == NULL) {
		free(entry->name);
		free(entry->value);
		return "out of memory";
	}
	f->count++;
	return NULL;
}

static const char *parse_line(struct conf_envfile *f, struct span s, int line)
{
	char value[CONF_ENVFILE_LINE_BYTES_MAX];
	size_t value_len = 0;
	struct span name;
	const char *fault;

	if (s.end > s.p && s.end[-1] == '\r')
		s.end--;
	if (s.end - s.p > CONF_ENVFILE_LINE_BYTES_MAX)
		return "the line is too long";
	if (at_line_end(&s))
		return NULL;
	if (take_word(&s, "export ") || take_word(&s, "export\t"))
		skip_blanks(&s);
	name = take_name(&s);
	skip_blanks(&s);
	if (name.p == name.end || s.p == s.end || *s.p != '=')
		return "NAME=VALUE is needed";
	s.p++;
	fault = read_value(&s, value, &value_len);
	if (fault == NULL)
		fault = add_entry(f, name, value, value_len, line);
	explicit_bzero(value, sizeof(value));
	return fault;
}

bool conf_envfile_parse(const char *text, size_t len, struct conf_envfile *out)
{
	const char *end = text + len;
	int line = 0;

	*out = (struct conf_envfile){0};
	if (len > CONF_ENVFILE_BYTES_MAX) {
		out->fault_line = 1;
		out->fault = "the file is too large";
		return false;
	}
	/* Editors of other systems put a byte order mark first. */
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;
		const char *fault = parse_line(out, (struct span){text, line_end}, ++line);

		if (fault != NULL) {
			out->fault_line = line;
			out->fault = fault;
			return false;
		}
		text = newline != NULL ? newline + 1 : end;
	}
	return true;
}

void conf_envfile_release(struct conf_envfile *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++) {
		explicit_bzero(f->entries[i].value, strlen(f->entries[i].value));
		free(f->entries[i].name);
		free(f->entries[i].value);
	}
	free(f->entries);
	*f = (struct conf_envfile){0};
}

const struct conf_entry *conf_envfile_find(const struct conf_envfile *f, const char *name)
{
	for (size_t i = f->count; i > 0; i--) {
		if (strcmp(f->entries[i - 1].name, name) == 0)
			return &f->entries[i - 1];
	}
	return NULL;
}
