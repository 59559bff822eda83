/* SPDX-License-Identifier: MIT
 * Root opens the files of a private checkout, then becomes user yavio, and only then writes the
 * copies: root never writes where yavio could have put a link. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/app.h"

#define ENGINE "libchdb.so"

enum { APP_FILES_MAX = 4000, COPY_BYTES = 1 << 20, TREE_FDS = 16, ENGINE_MODE = 0755 };

static bool add_file(struct app *app, const char *source, const char *path)
{
	struct app_file *grown;
	struct stat st;
	int fd = open(source, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || app->count >= APP_FILES_MAX || fstat(fd, &st) != 0)
		goto failed;
	grown = realloc(app->files, (app->count + 1) * sizeof(*grown));
	if (!grown)
		goto failed;
	app->files = grown;
	app->files[app->count] = (struct app_file){.path = strdup(path),
	        .fd = fd,
	        .mode = st.st_mode & 0755,
	        .size = st.st_size,
	        .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
	if (!app->files[app->count].path)
		goto failed;
	app->count++;
	return true;
failed:
	if (fd >= 0)
		(void)close(fd);
	return false;
}

/* nftw gives its visitor no argument. */
static struct app *walk_app;
static size_t walk_prefix;

static int visit(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)at;
	if (kind != FTW_F)
		return 0;
	return add_file(walk_app, path, path + walk_prefix) ? 0 : 1;
}

static bool add_tree(struct cli *cli, struct app *app, const char *name)
{
	char root[PATH_MAX];

	if (!str_format(root, sizeof(root), "%s/%s", cli->share, name))
		return false;
	if (access(root, F_OK) != 0)
		return true;
	walk_app = app;
	walk_prefix = strlen(cli->share) + 1;
	return nftw(root, visit, TREE_FDS, FTW_PHYS) == 0;
}

/* A directory of the home for root to work in, which no link of its owner can turn elsewhere: -1
 * when it is not there or a link is on the way. */
static int open_plain_directory(const char *path)
{
	struct open_how how = {
	        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* app/ belongs to whoever the home belongs to; app/lib stays root's, like the file in it. */
static bool give_to_owner(int home, int app)
{
	struct stat st;

	return fstat(home, &st) == 0 && fchownat(app, "", st.st_uid, st.st_gid, AT_EMPTY_PATH) == 0;
}

/* The engine is 560 MB: on the same file system it gets a second name, made by root beside the
 * other copies; false: it has to be copied. */
static bool link_engine(struct cli *cli, const char *source)
{
	char path[PATH_MAX];
	int home, app = -1, lib = -1;
	bool ok = false;

	home = open_plain_directory(cli->home);
	if (home < 0)
		return false;
	(void)mkdirat(home, "app", ENGINE_MODE);
	if (str_format(path, sizeof(path), "%s/app", cli->home))
		app = open_plain_directory(path);
	if (app >= 0) {
		(void)mkdirat(app, "lib", ENGINE_MODE);
		(void)give_to_owner(home, app);
	}
	if (app >= 0 && str_format(path, sizeof(path), "%s/app/lib", cli->home))
		lib = open_plain_directory(path);
	if (lib >= 0) {
		(void)unlinkat(lib, ENGINE, 0);
		ok = linkat(AT_FDCWD, source, lib, ENGINE, 0) == 0;
	}
	if (lib >= 0)
		(void)close(lib);
	if (!ok && app >= 0)
		(void)unlinkat(app, "lib", AT_REMOVEDIR); /* the owner makes his own */
	if (app >= 0)
		(void)close(app);
	(void)close(home);
	return ok;
}

enum cli_exit app_open(struct cli *cli, struct app *app)
{
	char source[PATH_MAX], path[PATH_MAX];
	bool ok = true;

	for (enum program_id id = 0; ok && id < PROGRAM_COUNT; id++) {
		if (programs[id].binary)
			ok = str_format(source, sizeof(source), "%s/%s", cli->bin,
			             programs[id].binary) &&
			     str_format(path, sizeof(path), "bin/%s", programs[id].binary) &&
			     add_file(app, source, path);
	}
	/* beside the programs' directory, as their own search path has it */
	if (ok && str_format(source, sizeof(source), "%s/../../lib/" ENGINE, cli->bin) &&
	        access(source, R_OK) == 0 && !link_engine(cli, source))
		ok = add_file(app, source, "lib/" ENGINE);
	ok = ok && add_tree(cli, app, "caddy") && add_tree(cli, app, "web/static");
	if (!ok)
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, "build it: make build",
		        "run-time files of %s cannot be read: %s", cli->share, strerror(errno));
	return CLI_DONE;
}

static bool is_current(const char *path, const struct app_file *f)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size == f->size &&
	       (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == f->mtime_ns;
}

static bool copy_bytes(int from, int to, off_t size)
{
	off_t done = 0;

	while (done < size) {
		ssize_t n = copy_file_range(from, &done, to, NULL, (size_t)(size - done), 0);

		if (n > 0)
			continue;
		if (n == 0 || (errno != EXDEV && errno != EINVAL && errno != ENOSYS))
			return false;
		for (char *block = malloc(COPY_BYTES); block;) {
			n = pread(from, block, COPY_BYTES, done);
			if (n <= 0 || write(to, block, (size_t)n) != n) {
				free(block);
				return n == 0 && done == size;
			}
			done += n;
		}
		return false;
	}
	return true;
}

static bool copy_file(const char *path, const struct app_file *f)
{
	char directory[PATH_MAX], temporary[PATH_MAX];
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
	        {.tv_sec = f->mtime_ns / 1000000000, .tv_nsec = f->mtime_ns % 1000000000}};
	int fd;
	bool ok;

	if (!str_copy(directory, sizeof(directory), path) ||
	        !str_format(temporary, sizeof(temporary), "%s.new", path))
		return false;
	*strrchr(directory, '/') = '\0';
	if (!home_make_dirs(directory, 0755))
		return false;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, f->mode);
	if (fd < 0)
		return false;
	ok = copy_bytes(f->fd, fd, f->size) && fchmod(fd, f->mode) == 0 && futimens(fd, times) == 0;
	ok = close(fd) == 0 && ok;
	return ok && rename(temporary, path) == 0;
}

enum cli_exit app_install(struct cli *cli, const struct app *app)
{
	char root[CLI_PATH_BYTES], path[PATH_MAX];
	size_t copied = 0;

	if (app->count == 0)
		return CLI_DONE;
	if (!str_format(root, sizeof(root), "%s/app", cli->home))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
	for (size_t i = 0; i < app->count; i++) {
		if (!str_format(path, sizeof(path), "%s/%s", root, app->files[i].path))
			return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
		if (is_current(path, &app->files[i]))
			continue;
		copied++;
		if (!copy_file(path, &app->files[i]))
			return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "%s: %s", path,
			        strerror(errno));
	}
	cli_say(cli, "  user yavio cannot reach %s: run-time files are in %s (%zu copied now)",
	        cli->share, root, copied);
	if (!str_format(cli->bin, sizeof(cli->bin), "%s/bin", root) ||
	        !str_copy(cli->share, sizeof(cli->share), root))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
	return CLI_DONE;
}

void app_release(struct app *app)
{
	for (size_t i = 0; i < app->count; i++) {
		(void)close(app->files[i].fd);
		free(app->files[i].path);
	}
	free(app->files);
	*app = (struct app){0};
}
