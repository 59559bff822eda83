/* SPDX-License-Identifier: MIT
 * yavio logs: the last lines of all programs in order of time, then what follows. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/log_line.h"
#include "cli/stack.h"

enum {
	LINES = 100,
	TAIL_BYTES_MAX = 16 << 20,
	LINE_BYTES_MAX = 256 * 1024,
	FOLLOW_PAUSE_MS = 100,
};

struct tail {
	enum program_id program;
	int fd; /* -1: no log yet */
	ino_t inode;
	struct buf partial; /* of a line that is not complete yet */
};

struct filter {
	const struct cli *cli;
	int level;
	const char *request_id;
};

struct shown {
	int64_t time_ms;
	enum program_id program;
	size_t order;
	char *text;
};

static bool wanted(const struct filter *f, const char *text, struct log_line *line)
{
	log_line_read(text, line);
	return line->level >= f->level &&
	       (!f->request_id || strcmp(line->request_id, f->request_id) == 0);
}

static void print_line(const struct filter *f, enum program_id id, const char *text)
{
	struct buf out;

	if (f->cli->json) {
		puts(text);
		return;
	}
	buf_init(&out, (size_t)LINE_BYTES_MAX * 2);
	log_line_show(programs[id].name, text, &out);
	fputs(buf_str(&out), stdout);
	buf_release(&out);
}

static bool open_current(const struct cli *cli, struct tail *t)
{
	char path[PATH_MAX];
	struct stat st;

	if (!str_format(
	            path, sizeof(path), "%s/log/%s/current", cli->home, programs[t->program].name))
		return false;
	t->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0 || fstat(t->fd, &st) != 0)
		return false;
	t->inode = st.st_ino;
	return true;
}

/* Reads what is there; the file's last part when it is larger than a look needs. */
static bool read_rest(struct tail *t, struct buf *text, bool from_tail)
{
	if (from_tail)
		(void)lseek(t->fd, -(off_t)TAIL_BYTES_MAX / 4,
		        SEEK_END); /* fails on a short file: from its start */
	(void)buf_add_fd(text, t->fd);
	return text->len > 0;
}

static bool keep(struct shown **list, size_t *count, const struct shown *line)
{
	struct shown *grown;

	if ((*count & (*count - 1)) == 0) { /* room doubles at each power of two */
		grown = realloc(*list, (*count ? *count * 2 : 1) * sizeof(*grown));
		if (!grown)
			return false;
		*list = grown;
	}
	(*list)[(*count)++] = *line;
	return true;
}

static void collect(const struct filter *f, struct tail *t, struct shown **list, size_t *count)
{
	struct buf text;
	struct log_line line;
	char *at, *end;
	int64_t last_ms = 0;

	buf_init(&text, TAIL_BYTES_MAX);
	(void)read_rest(t, &text, true);
	for (at = text.data; at && (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		if (!*at || !wanted(f, at, &line))
			continue;
		/* a line without a time belongs to the one before it */
		last_ms = line.time_ms ? line.time_ms : last_ms;
		if (!keep(list, count, &(struct shown){last_ms, t->program, *count, strdup(at)}))
			break;
	}
	if (at && *at)
		(void)buf_add_str(&t->partial, at);
	buf_release(&text);
}

static int by_time(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void show_last(const struct filter *f, struct tail *tails, size_t len, size_t lines)
{
	struct shown *list = NULL;
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		if (tails[i].fd >= 0)
			collect(f, &tails[i], &list, &count);
	}
	if (count)
		qsort(list, count, sizeof(*list), by_time);
	for (size_t i = 0; i < count; i++) {
		if (i + lines >= count && list[i].text)
			print_line(f, list[i].program, list[i].text);
		free(list[i].text);
	}
	free(list);
	(void)fflush(stdout);
}

static void follow_one(const struct filter *f, struct tail *t)
{
	struct log_line line;
	char *at, *end;

	if (!read_rest(t, &t->partial, false))
		return;
	for (at = t->partial.data; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		if (*at && wanted(f, at, &line))
			print_line(f, t->program, at);
	}
	t->partial.len -= (size_t)(at - t->partial.data);
	memmove(t->partial.data, at, t->partial.len + 1);
	if (t->partial.failed)
		buf_clear(&t->partial);
}

/* svlogd rotates by renaming current: the old file is read to its end, then the new one. */
static void reopen_if_rotated(const struct cli *cli, struct tail *t)
{
	char path[PATH_MAX];
	struct stat st;

	if (!str_format(path, sizeof(path), "%s/log/%s/current", cli->home,
	            programs[t->program].name) ||
	        stat(path, &st) != 0 || (t->fd >= 0 && st.st_ino == t->inode))
		return;
	if (t->fd >= 0)
		(void)close(t->fd);
	if (!open_current(cli, t) && t->fd >= 0) {
		(void)close(t->fd);
		t->fd = -1;
	}
}

static void follow(const struct filter *f, struct tail *tails, size_t len)
{
	while (!ferror(stdout)) {
		for (size_t i = 0; i < len; i++) {
			if (tails[i].fd >= 0)
				follow_one(f, &tails[i]);
			reopen_if_rotated(f->cli, &tails[i]);
		}
		if (fflush(stdout) != 0)
			break;
		clock_sleep_ms(FOLLOW_PAUSE_MS);
	}
}

enum cli_exit cmd_logs(struct cli *cli)
{
	struct tail tails[PROGRAM_COUNT];
	struct filter f = {.cli = cli, .request_id = cli_flag(cli, "--request")};
	const char *level = cli_flag(cli, "--level");
	enum program_id only = PROGRAM_COUNT;
	enum log_level floor = 0;
	size_t len = 0;

	if (level && !log_level_parse(level, &floor))
		return cli_usage_error(cli, "--level is trace, debug, info, warn, error or fatal");
	f.level = level ? (int)floor : 0;
	if (cli->arg_count) {
		only = program_find(cli->args[0]);
		if (only == PROGRAM_COUNT)
			return cli_fail(cli, ERR_CLI_SERVICE_NOT_RECOGNIZED, NULL,
			        "%s is none of: %s", cli->args[0], program_names());
	}
	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		if (only != PROGRAM_COUNT && only != id)
			continue;
		tails[len] = (struct tail){.program = id, .fd = -1};
		buf_init(&tails[len].partial, LINE_BYTES_MAX);
		(void)open_current(cli, &tails[len]);
		len++;
	}
	show_last(&f, tails, len, (size_t)cli_flag_int(cli, "--lines", LINES));
	if (!cli_flag(cli, "--no-follow"))
		follow(&f, tails, len);
	for (size_t i = 0; i < len; i++) {
		if (tails[i].fd >= 0)
			(void)close(tails[i].fd);
		buf_release(&tails[i].partial);
	}
	return CLI_DONE;
}
