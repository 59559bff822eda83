/* SPDX-License-Identifier: MIT
 * How every program behind FastCGI starts: command line, settings, logs, what it refuses. */
#ifndef YAVIO_WEB_WEB_START_H
#define YAVIO_WEB_WEB_START_H

#include "base/base.h"
#include "base/errors.h"
#include "conf/conf.h"
#include "fcgi/fcgi.h"
#include "web/web.h"

enum {
	WEB_PATH_BYTES = 1024,
	WEB_DESCRIPTORS_WANTED = 65536,
	WEB_EXIT_USAGE = 2,
};

struct web_start {
	const char *name; /* "ingest" */
	enum conf_program program;
	const struct web_program *web; /* for --routes */
	bool check_config;             /* --check-config was given */
	const char *env_file;          /* --env FILE, else NULL */
	struct conf *conf;
	/* paths of this program under YAVIO_HOME; they stay for its life */
	char socket_path[WEB_PATH_BYTES];
	char ready_path[WEB_PATH_BYTES];
	char metrics_dir[WEB_PATH_BYTES];
	char metrics_path[WEB_PATH_BYTES];
};

/* Reads the command line (--check-config, --routes, --version, --help, --env FILE), the settings,
 * and makes logs and directories. True: go on. False: the program ends with *exit_code (0 after
 * --version,
 * --routes or a good --check-config, 2 on an unknown argument, else of the fault, which has been
 * reported). Refuses to run as root (7211). s->name and s->program are set by the caller;
 * web_start_release afterwards in any case. */
bool web_start(struct web_start *s, int argc, char **argv, int *exit_code) MUST_CHECK;
void web_start_release(struct web_start *s);

/* For SIGHUP: reads the settings again and logs as they say. ERR_OK: *out is the new settings,
 * caller frees or keeps them; else the fault has been reported. */
enum err web_start_reload(const struct web_start *s, struct conf **out) MUST_CHECK;

/* Fills what is the same in every program: paths, and how long a request may take. */
void web_start_paths(const struct web_start *s, struct fcgi_pool *pool);
/* That, and what the settings say about the pool: workers, times. */
void web_start_pool(const struct web_start *s, const struct conf *c, enum conf_id workers,
        struct fcgi_pool *pool);

#endif
