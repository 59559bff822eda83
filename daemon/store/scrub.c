/* SPDX-License-Identifier: MIT
 * Makes the engine forget the tokens of inserts that it did not finish. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/store/tokens.h"
#include "daemon/store/scrub.h"

enum {
	SCRUB_PATH_BYTES = 2048,
	SCRUB_LOG_BYTES_MAX = 256 * 1024 * 1024, /* one file; 20,000 notes of 70 bytes are usual */
	SCRUB_LOGS_MAX = 1024,                   /* of one table; the engine keeps about two */
	SCRUB_LEVELS = 2,                        /* store/abc/UUID, data/database/table */
	LOG_NAME_BYTES = 64,
};

static const char LOGS_DIRECTORY[] = "deduplication_logs";
static const char LOG_NAME[] = "deduplication_log_";
/* In the table's directory, where the engine passes over names that begin so; among the notes a
 * name it cannot read would keep it from opening the table. */
static const char TEMPORARY[] = "tmp_deduplication_log";

/* In data_dir: adds that an insert which failed left behind, until the next start. By then the
 * parts beside the missing one may have been merged, and what came of it seems to hold it. */
static const char UNFINISHED[] = "yavio-store.unfinished";

struct scrub {
	bool engine_runs;
	struct tokens_log known; /* of the file UNFINISHED */
	struct buf orphans;      /* to be added to it while the engine runs */
};

static bool failed(const char *path, const char *what)
{
	log_error(
	        ERR_DB_STORE_OPEN_FAILED, what, F_STR("path", path), F_STR("why", strerror(errno)));
	return false;
}

static bool join(char path[SCRUB_PATH_BYTES], const char *dir, const char *name)
{
	if (str_format(path, SCRUB_PATH_BYTES, "%s/%s", dir, name))
		return true;
	errno = ENAMETOOLONG;
	return failed(dir, "path is too long");
}

/* Calls each for every name in path but . and .., which also gets path and arg. A directory that is
 * not there, or a file, is empty. */
static bool each_name(const char *path,
        bool (*each)(const char *path, const struct dirent *entry, void *arg), void *arg)
{
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT || errno == ENOTDIR ||
		       failed(path, "directory of the store not read");
	bool ok = true;
	const struct dirent *entry;
	while (ok && (errno = 0, entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ok = each(path, entry, arg);
	if (ok && errno != 0)
		ok = failed(path, "directory of the store not read");
	closedir(dir);
	return ok;
}

/* ---- one table ---- */

struct table {
	struct tokens_log *logs;
	size_t count;
	struct tokens_parts parts;
};

static void table_release(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		tokens_log_release(&t->logs[i]);
	free(t->logs);
	tokens_parts_release(&t->parts);
}

static bool log_name(char name[LOG_NAME_BYTES], int64_t number)
{
	return str_format(name, LOG_NAME_BYTES, "%s%lld.txt", LOG_NAME, (long long)number);
}

static bool log_load(struct tokens_log *log, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(path, "notes of the store not read");
	buf_init(&log->text, SCRUB_LOG_BYTES_MAX);
	errno = EFBIG;
	bool ok = buf_add_fd(&log->text, fd) || failed(path, "notes of the store not read");
	close(fd);
	return ok && (tokens_read(log) || failed(path, "notes of the store not read"));
}

/* Names that the engine does not give are its own affair. */
static bool log_number(const char *name, int64_t *number)
{
	char digits[24], again[LOG_NAME_BYTES];
	const char *from = name + sizeof(LOG_NAME) - 1;
	return str_starts_with(name, LOG_NAME) &&
	       str_format(digits, sizeof(digits), "%.*s", (int)strspn(from, "0123456789"), from) &&
	       str_parse_int(digits, 0, INT64_MAX, number) && log_name(again, *number) &&
	       strcmp(again, name) == 0;
}

static bool log_found(const char *path, const struct dirent *entry, void *arg)
{
	struct table *t = arg;
	char file[SCRUB_PATH_BYTES];
	int64_t number;
	const char *name = entry->d_name;
	if (!log_number(name, &number))
		return true;
	if (t->count == SCRUB_LOGS_MAX) {
		errno = EMFILE;
		return failed(path, "too many files of notes");
	}
	struct tokens_log *logs = realloc(t->logs, (t->count + 1) * sizeof(*logs));
	if (!logs)
		return failed(path, "notes of the store not read");
	t->logs = logs;
	logs[t->count] = (struct tokens_log){.number = number};
	return join(file, path, name) && log_load(&logs[t->count++], file);
}

static bool part_found(const char *path, const struct dirent *entry, void *arg)
{
	struct table *t = arg;
	struct tokens_part part;
	struct stat st;
	char dir[SCRUB_PATH_BYTES];
	if (!tokens_part_read(entry->d_name, strlen(entry->d_name), &part))
		return true;
	if (entry->d_type != DT_DIR) {
		if (!join(dir, path, entry->d_name))
			return false;
		if (stat(dir, &st) != 0)
			return errno == ENOENT || failed(dir, "part not read");
		if (!S_ISDIR(st.st_mode))
			return true;
	}
	return tokens_parts_add(&t->parts, entry->d_name) || failed(path, "parts not read");
}

static int log_compare(const void *a, const void *b)
{
	const struct tokens_log *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

/* ---- writing ---- */

static bool write_all(int fd, const struct buf *b)
{
	size_t done = 0;
	while (done < b->len) {
		ssize_t n = write(fd, b->data + done, b->len - done);
		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) == 0;
}

static bool directory_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* All or nothing, with the mode and the owner of the file before. */
static bool file_replace(const char *table, const char *dir, const char *file, const struct buf *b)
{
	char temporary[SCRUB_PATH_BYTES];
	struct stat was, is;
	if (!join(temporary, table, TEMPORARY))
		return false;
	unlink(temporary); /* of one that was killed here */
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && stat(file, &was) == 0 && fstat(fd, &is) == 0 &&
	          ((was.st_uid == is.st_uid && was.st_gid == is.st_gid) ||
	                  fchown(fd, was.st_uid, was.st_gid) == 0) &&
	          fchmod(fd, was.st_mode & 07777) == 0 && write_all(fd, b);
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	ok = ok && rename(temporary, file) == 0 && directory_sync(dir);
	if (!ok) {
		failed(file, "notes of the store not written");
		unlink(temporary);
	}
	return ok;
}

/* Creates it when it is not there. */
static bool file_extend(const char *file, const struct buf *b)
{
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_all(fd, b);
	if (fd >= 0)
		close(fd);
	return ok || failed(file, "unfinished inserts not noted");
}

static bool log_mend(const struct tokens_log *log, const char *table, const char *dir)
{
	char file[SCRUB_PATH_BYTES], name[LOG_NAME_BYTES];
	struct buf text;
	bool ok = false;
	buf_init(&text, SCRUB_LOG_BYTES_MAX);
	if (log_name(name, log->number) && join(file, dir, name))
		ok = (tokens_kept(log, &text) || failed(file, "notes of the store not written")) &&
		     file_replace(table, dir, file, &text);
	buf_release(&text);
	return ok;
}

/* The running engine has its files open and would write over what is added to them; and a line it
 * is just writing is none to judge. */
static bool logs_mend(struct scrub *s, struct table *t, const char *table, const char *dir)
{
	size_t orphans = 0, unknown = 0;
	bool ok = true;
	for (size_t i = 0; i < t->count && ok; i++) {
		const struct tokens_log *log = &t->logs[i];
		size_t unreadable = s->engine_runs ? 0 : log->unknown;
		if (log->orphans + unreadable == 0)
			continue;
		ok = s->engine_runs ? tokens_orphans(log, &s->orphans) ||
		                              failed(table, "unfinished inserts not noted")
		                    : log_mend(log, table, dir);
		orphans += log->orphans;
		unknown += unreadable;
	}
	if (ok && orphans + unknown > 0)
		log_warn(ERR_DB_STORE_INSERT_UNFINISHED,
		        err_message(ERR_DB_STORE_INSERT_UNFINISHED), F_STR("table", table),
		        F_INT("forgotten", (int64_t)orphans),
		        F_INT("unreadable", (int64_t)unknown));
	return ok;
}

/* The notes first: a part that comes meanwhile is found. */
static bool table_scrub(struct scrub *s, const char *table)
{
	struct table t = {0};
	char dir[SCRUB_PATH_BYTES];
	bool ok = join(dir, table, LOGS_DIRECTORY) && each_name(dir, log_found, &t);
	size_t lines = 0;
	for (size_t i = 0; i < t.count; i++)
		lines += t.logs[i].count;
	if (ok && lines > 0) {
		qsort(t.logs, t.count, sizeof(*t.logs), log_compare);
		ok = each_name(table, part_found, &t) &&
		     (tokens_judge(t.logs, t.count, &t.parts) ||
		             failed(table, "notes of the store not read"));
		tokens_known(t.logs, t.count, &s->known, !s->engine_runs);
		ok = ok && logs_mend(s, &t, table, dir);
	}
	table_release(&t);
	return ok;
}

/* ---- all tables ---- */

struct level {
	struct scrub *scrub;
	const char *done; /* what was looked at before, with a slash at its end; "" */
	int left;         /* levels of directories above the tables */
};

/* Databases of the usual kind have links in data/ to what stands in store/. */
static bool is_done(const struct level *level, const char *dir)
{
	char *real = *level->done ? realpath(dir, NULL) : NULL;
	bool done = real && str_starts_with(real, level->done);
	free(real);
	return done;
}

static bool directory_found(const char *path, const struct dirent *entry, void *arg)
{
	struct level *level = arg, below = *level;
	char dir[SCRUB_PATH_BYTES];
	if (strcmp(entry->d_name, "lost+found") == 0) /* of a file system that is mounted there */
		return true;
	if (!join(dir, path, entry->d_name))
		return false;
	if (is_done(level, dir))
		return true;
	below.left--;
	return below.left > 0 ? each_name(dir, directory_found, &below)
	                      : table_scrub(level->scrub, dir);
}

static bool scrub_all(const char *data_dir, struct scrub *s)
{
	char path[SCRUB_PATH_BYTES], done[SCRUB_PATH_BYTES] = "";
	struct level level = {s, "", SCRUB_LEVELS};
	if (!join(path, data_dir, UNFINISHED) ||
	        (access(path, F_OK) == 0 && !log_load(&s->known, path)) ||
	        !join(path, data_dir, "store") || !each_name(path, directory_found, &level))
		return false;
	char *real = realpath(path, NULL);
	bool ok = !real || join(done, real, "");
	free(real);
	level.done = done;
	return ok && join(path, data_dir, "data") && each_name(path, directory_found, &level);
}

enum err scrub_closed(const char *data_dir)
{
	struct scrub s = {.engine_runs = false};
	char path[SCRUB_PATH_BYTES];
	bool ok = scrub_all(data_dir, &s) && join(path, data_dir, UNFINISHED);
	if (ok && s.known.count > 0 && (unlink(path) != 0 || !directory_sync(data_dir)))
		ok = failed(path, "unfinished inserts not removed");
	tokens_log_release(&s.known);
	if (ok)
		return ERR_OK;
	log_fatal(ERR_DB_STORE_OPEN_FAILED, "unfinished inserts not looked for",
	        F_STR("directory", data_dir));
	return ERR_DB_STORE_OPEN_FAILED;
}

bool scrub_open(const char *data_dir, bool *found)
{
	struct scrub s = {.engine_runs = true};
	char path[SCRUB_PATH_BYTES];
	buf_init(&s.orphans, SCRUB_LOG_BYTES_MAX);
	bool ok = scrub_all(data_dir, &s);
	*found = s.orphans.len > 0;
	if (ok && *found)
		ok = join(path, data_dir, UNFINISHED) && file_extend(path, &s.orphans);
	buf_release(&s.orphans);
	tokens_log_release(&s.known);
	return ok;
}
