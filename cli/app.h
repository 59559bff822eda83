/* SPDX-License-Identifier: MIT
 * Copies of the run-time files, for a checkout that user yavio cannot reach. */
#ifndef YAVIO_CLI_APP_H
#define YAVIO_CLI_APP_H

#include <sys/types.h>

#include "cli/stack.h"

struct app_file {
	char *path; /* below the app directory */
	int fd;     /* open for reading, since root */
	mode_t mode;
	off_t size;
	int64_t mtime_ns;
};

struct app {
	struct app_file *files;
	size_t count;
};

/* As root: opens every file that programs need at run time. */
enum cli_exit app_open(struct cli *cli, struct app *app) MUST_CHECK;
/* As the owner: brings YAVIO_HOME/app up to date and makes it the place of programs, cli->bin and
 * cli->share. Nothing to do when app is empty. */
enum cli_exit app_install(struct cli *cli, const struct app *app) MUST_CHECK;
void app_release(struct app *app);

#endif
