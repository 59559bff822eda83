/* SPDX-License-Identifier: MIT
 * Renders mail templates. */
#include "base/str.h"
#include "mail_templates.h"
#include "daemon/jobs/template.h"

enum { TEXT_COLUMNS = 72, LINE_BYTES_MAX = 4096 };

static const char *const texts[TEMPLATE_COUNT] = {
        [TEMPLATE_VERIFY] = mail_text_verify,
        [TEMPLATE_ACCOUNT_EXISTS] = mail_text_account_exists,
        [TEMPLATE_RESET] = mail_text_reset,
        [TEMPLATE_INVITE] = mail_text_invite,
        [TEMPLATE_LOCKED] = mail_text_locked,
        [TEMPLATE_LOCKED_UNLOCK] = mail_text_locked_unlock,
        [TEMPLATE_SECURITY] = mail_text_security,
};

struct values {
	const struct template_value *list;
	size_t len;
};

static const char *value_of(const struct values *v, const char *name, size_t name_len)
{
	for (size_t i = 0; i < v->len; i++)
		if (strlen(v->list[i].name) == name_len &&
		        memcmp(v->list[i].name, name, name_len) == 0)
			return v->list[i].value;
	return NULL;
}

/* No value may begin a line, a header or a tag of its own. */
static void add_plain(struct buf *out, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		buf_add_char(out, c < 0x20 || c == 0x7F ? ' ' : (char)c);
	}
}

static void add_html(struct buf *out, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (value[i]) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		case '\'':
			buf_add_str(out, "&#39;");
			break;
		default:
			add_plain(out, value + i, 1);
		}
	}
}

typedef void add_fn(struct buf *out, const char *value, size_t len);

/* A line with its values, all of it through add. */
static bool fill(struct buf *out, const char *line, size_t len, const struct values *v, add_fn *add)
{
	const char *end = line + len;

	while (line < end) {
		const char *open = memmem(line, (size_t)(end - line), "{{", 2), *close, *value;

		if (!open) {
			add(out, line, (size_t)(end - line));
			break;
		}
		add(out, line, (size_t)(open - line));
		close = memmem(open, (size_t)(end - open), "}}", 2);
		value = close ? value_of(v, open + 2, (size_t)(close - open) - 2) : NULL;
		if (!value)
			return false;
		add(out, value, strlen(value));
		line = close + 2;
	}
	return !out->failed;
}

/* Breaks at blanks; words that are longer than a line, as links are, stay whole. */
static void add_wrapped(struct buf *out, const char *text)
{
	size_t column = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t word = strcspn(text, " ");

		if (column > 0 && column + 1 + word > TEXT_COLUMNS) {
			buf_add_char(out, '\n');
			column = 0;
		} else if (column > 0) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, text, word);
		column += word;
		text += word;
	}
	buf_add_str(out, "\n\n");
}

static bool add_paragraph(
        const char *at, size_t len, const struct values *v, struct buf *text, struct buf *content)
{
	struct buf line;
	bool ok;

	buf_init(&line, LINE_BYTES_MAX);
	ok = fill(&line, at, len, v, add_plain);
	add_wrapped(text, buf_str(&line));
	buf_release(&line);
	buf_add_str(content, "<p>");
	ok = ok && fill(content, at, len, v, add_html);
	buf_add_str(content, "</p>\n");
	return ok;
}

static bool add_link(
        const char *at, size_t len, const struct values *v, struct buf *text, struct buf *content)
{
	const char *link = value_of(v, "link", strlen("link"));
	bool ok;

	if (!link)
		return false;
	ok = fill(text, at, len, v, add_plain);
	buf_add_str(text, ":\n");
	add_plain(text, link, strlen(link));
	buf_add_str(text, "\n\n");
	buf_add_str(content, "<p><a style=\"display:inline-block;padding:10px 18px;"
	                     "background:#18181b;color:#ffffff;border-radius:6px;"
	                     "text-decoration:none\" href=\"");
	add_html(content, link, strlen(link));
	buf_add_str(content, "\">");
	ok = ok && fill(content, at, len, v, add_html);
	buf_add_str(content, "</a></p>\n");
	return ok;
}

static bool add_lines(const char *source, const struct values *v, struct buf *subject,
        struct buf *text, struct buf *content)
{
	bool ok = true;

	for (const char *line = source; ok && *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n"), word = strcspn(line, " \n");
		const char *rest = line + word + 1;
		size_t rest_len = len - word - 1;

		if (str_starts_with(line, "subject "))
			ok = fill(subject, rest, rest_len, v, add_plain);
		else if (str_starts_with(line, "p "))
			ok = add_paragraph(rest, rest_len, v, text, content);
		else
			ok = str_starts_with(line, "link ") &&
			     add_link(rest, rest_len, v, text, content);
	}
	return ok;
}

/* The layout takes two values that are HTML already. */
static void add_layout(struct buf *html, const char *subject, const char *content)
{
	const char *rest = mail_text_layout, *at;

	while ((at = strstr(rest, "{{")) != NULL) {
		buf_add(html, rest, (size_t)(at - rest));
		if (str_starts_with(at, "{{content}}"))
			buf_add_str(html, content);
		else
			add_html(html, subject, strlen(subject));
		rest = strstr(at, "}}") + 2;
	}
	buf_add_str(html, rest);
}

bool template_render(enum template_id id, const struct template_value *values, size_t values_len,
        struct buf *subject, struct buf *text, struct buf *html)
{
	const struct values v = {.list = values, .len = values_len};
	struct buf content;
	bool ok;

	buf_init(&content, html->cap);
	ok = add_lines(texts[id], &v, subject, text, &content);
	add_layout(html, buf_str(subject), buf_str(&content));
	ok = ok && !content.failed;
	buf_release(&content);
	return ok && !subject->failed && !text->failed && !html->failed;
}
