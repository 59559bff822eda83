/* SPDX-License-Identifier: MIT
 * The settings file of a running stack: .env with the environment of `yavio up` on top, in a copy
 * that user yavio can read (root's .env is 0600) and that stays as it is until the next `up`. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/stack.h"

enum { SETTINGS_BYTES_MAX = 1 << 20 };

static const char *const alias_names[] = {
#define CONF_ALIAS(other, name) #other,
#include "conf/options.def"
};

bool settings_path(const struct cli *cli, char *out, size_t out_size)
{
	return str_format(out, out_size, "%s/service/.env", cli->home);
}

static const char *environment_value(const struct cli *cli, const char *name)
{
	size_t len = strlen(name);

	for (char **e = cli->environment; e && *e; e++) {
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			return *e + len + 1;
	}
	return NULL;
}

/* NAME or NAME_FILE of the caller's environment, when it is there. */
static void add_from_environment(struct cli *cli, const char *name, struct buf *text)
{
	char file_name[128];
	const char *value = environment_value(cli, name);

	if (value && *value && !strchr(value, '\n')) {
		buf_addf(text, "%s=", name);
		settings_quote(text, value);
		buf_add_char(text, '\n');
	}
	if (!str_format(file_name, sizeof(file_name), "%s_FILE", name) ||
	        strcmp(file_name, "YAVIO_ENV_FILE") == 0)
		return;
	value = environment_value(cli, file_name);
	if (value && *value && !strchr(value, '\n')) {
		buf_addf(text, "%s=", file_name);
		settings_quote(text, value);
		buf_add_char(text, '\n');
	}
}

/* Whether a line of the file sets a name that the environment sets too. */
static bool overridden(const struct cli *cli, const char *line, size_t len)
{
	char name[128];
	const char *value;
	size_t n;

	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (len > 7 && strncmp(line, "export ", 7) == 0) {
		line += 7;
		len -= 7;
	}
	for (n = 0; n < len && line[n] != '=' && line[n] != ' '; n++)
		;
	if (n == 0 || n >= len || n >= sizeof(name) || *line == '#')
		return false;
	memcpy(name, line, n);
	name[n] = '\0';
	value = environment_value(cli, name);
	return strcmp(name, "YAVIO_HOME") == 0 || strcmp(name, "YAVIO_ENV_FILE") == 0 ||
	       (value && *value);
}

static bool read_whole(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && buf_add_fd(b, fd);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

enum cli_exit settings_collect(struct cli *cli, struct buf *text)
{
	struct buf file;
	const char *path = conf_env_file(cli->conf);
	bool ok;

	buf_init(&file, SETTINGS_BYTES_MAX);
	buf_add_str(text, "# Written by `yavio up` from .env and its environment: change those.\n");
	ok = !*path || read_whole(path, &file);
	for (const char *line = buf_str(&file); ok && *line;) {
		size_t len = strcspn(line, "\n");

		if (!overridden(cli, line, len)) {
			buf_add(text, line, len);
			buf_add_char(text, '\n');
		}
		line += len + (line[len] == '\n');
	}
	for (enum conf_id id = 0; id < CONF_ID_COUNT; id++) {
		if (id != CONF_YAVIO_HOME && id != CONF_YAVIO_ENV_FILE)
			add_from_environment(cli, conf_option(id)->name, text);
	}
	for (size_t i = 0; i < ARRAY_LEN(alias_names); i++)
		add_from_environment(cli, alias_names[i], text);
	buf_release(&file);
	if (!ok || text->failed)
		return cli_fail(cli, ERR_CLI_ENV_FILE_MISSING, NULL, "%s cannot be read: %s", path,
		        strerror(errno));
	return CLI_DONE;
}

enum cli_exit settings_write(struct cli *cli, const struct buf *text, bool *changed)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	struct buf old;
	int fd;
	bool ok;

	if (!settings_path(cli, path, sizeof(path)) ||
	        !str_format(temporary, sizeof(temporary), "%s.new", path))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
	buf_init(&old, SETTINGS_BYTES_MAX);
	ok = read_whole(path, &old) && old.len == text->len &&
	     (old.len == 0 || memcmp(old.data, text->data, old.len) == 0);
	buf_release(&old);
	if (ok)
		return CLI_DONE;
	*changed = true;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ok = fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len;
	ok = fd >= 0 && close(fd) == 0 && ok;
	if (!ok || rename(temporary, path) != 0)
		return cli_fail(
		        cli, ERR_INFRA_HOME_UNUSABLE, NULL, "%s: %s", path, strerror(errno));
	return CLI_DONE;
}

/* In double quotes, where the .env format knows these four escapes. */
void settings_quote(struct buf *b, const char *value)
{
	buf_add_char(b, '"');
	for (; *value; value++) {
		if (strchr("\"\\$`", *value))
			buf_add_char(b, '\\');
		buf_add_char(b, *value);
	}
	buf_add_char(b, '"');
}
