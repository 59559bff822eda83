/* SPDX-License-Identifier: MIT
 * The start of a program behind FastCGI. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "web/web_start.h"

enum {
	/* The longest a worker may take: its query, then some. Caddy has given up by then. */
	HANG_TIMEOUT_MS = 150000,
	ROUTES_BYTES_MAX = 1024 * 1024,
};

static void print_usage(FILE *to, const char *name)
{
	fprintf(to,
	        "usage: yavio-%s [--env FILE] [--check-config | --routes | --version | --help]\n",
	        name);
}

static bool print_routes(const struct web_program *program)
{
	struct buf text;
	bool done;

	buf_init(&text, ROUTES_BYTES_MAX);
	web_routes_json(program, &text);
	done = !text.failed && puts(buf_str(&text)) >= 0;
	buf_release(&text);
	return done;
}

/* True: go on. */
static bool read_arguments(struct web_start *s, int argc, char **argv, int *exit_code)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--check-config") == 0) {
			s->check_config = true;
		} else if (strcmp(argv[i], "--env") == 0 && i + 1 < argc) {
			s->env_file = argv[++i];
		} else if (strcmp(argv[i], "--routes") == 0) {
			*exit_code = print_routes(s->web) ? 0 : 1;
			return false;
		} else if (strcmp(argv[i], "--version") == 0) {
			printf("yavio-%s %s\n", s->name, YAVIO_VERSION);
			*exit_code = 0;
			return false;
		} else if (strcmp(argv[i], "--help") == 0) {
			print_usage(stdout, s->name);
			*exit_code = 0;
			return false;
		} else {
			fprintf(stderr, "yavio-%s: unknown argument %s\n", s->name, argv[i]);
			print_usage(stderr, s->name);
			*exit_code = WEB_EXIT_USAGE;
			return false;
		}
	}
	return true;
}

static void apply_log_settings(const struct web_start *s, const struct conf *c)
{
	enum log_level level = LOG_INFO;

	if (!log_level_parse(conf_str(c, CONF_LOG_LEVEL), &level))
		level = LOG_INFO; /* conf_load has refused anything else */
	log_init(s->name, level, strcmp(conf_str(c, CONF_LOG_FORMAT), "text") != 0);
}

static bool make_directory(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static enum err prepare_paths(struct web_start *s)
{
	char name[64], run[WEB_PATH_BYTES];
	bool fit = str_format(name, sizeof(name), "%s.sock", s->name) &&
	           conf_socket_path(s->conf, name, s->socket_path, sizeof(s->socket_path)) &&
	           conf_home_path(s->conf, "run", run, sizeof(run)) &&
	           conf_home_path(s->conf, "run/metrics", s->metrics_dir, sizeof(s->metrics_dir)) &&
	           str_format(s->ready_path, sizeof(s->ready_path), "%s/%s.ready", run, s->name) &&
	           str_format(s->metrics_path, sizeof(s->metrics_path), "%s/%s.map", s->metrics_dir,
	                   s->name);

	errno = ENAMETOOLONG;
	if (fit && make_directory(run) && make_directory(s->metrics_dir))
		return ERR_OK;
	log_fatal(ERR_INFRA_HOME_UNUSABLE, "run directory cannot be made",
	        F_STR("home", conf_str(s->conf, CONF_YAVIO_HOME)),
	        F_STR("reason", strerror(errno)));
	return ERR_INFRA_HOME_UNUSABLE;
}

static void check_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= WEB_DESCRIPTORS_WANTED)
		return;
	if (limit.rlim_max >= WEB_DESCRIPTORS_WANTED) {
		limit.rlim_cur = WEB_DESCRIPTORS_WANTED;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
			return;
	}
	log_warn(ERR_INFRA_DESCRIPTOR_LIMIT_LOW, "open-file limit is low",
	        F_INT("limit", (int64_t)limit.rlim_cur));
}

bool web_start(struct web_start *s, int argc, char **argv, int *exit_code)
{
	enum err e;

	if (!read_arguments(s, argc, argv, exit_code))
		return false;
	umask(0027);
	e = conf_load(s->program, s->env_file, &s->conf);
	if (e != ERR_OK || s->check_config) {
		*exit_code = err_exit_code(e);
		return false;
	}
	apply_log_settings(s, s->conf);
	if (geteuid() == 0) {
		log_fatal(ERR_INFRA_RUNNING_AS_ROOT, "refusing to run as root");
		*exit_code = err_exit_code(ERR_INFRA_RUNNING_AS_ROOT);
		return false;
	}
	check_descriptors();
	e = prepare_paths(s);
	*exit_code = err_exit_code(e);
	return e == ERR_OK;
}

void web_start_release(struct web_start *s)
{
	conf_free(s->conf);
	s->conf = NULL;
}

enum err web_start_reload(const struct web_start *s, struct conf **out)
{
	enum err e = conf_load(s->program, s->env_file, out);

	if (e == ERR_OK)
		apply_log_settings(s, *out);
	return e;
}

void web_start_paths(const struct web_start *s, struct fcgi_pool *pool)
{
	pool->socket_path = s->socket_path;
	pool->ready_file = s->ready_path;
	pool->hang_timeout_ms = HANG_TIMEOUT_MS;
}

void web_start_pool(const struct web_start *s, const struct conf *c, enum conf_id workers,
        struct fcgi_pool *pool)
{
	web_start_paths(s, pool);
	pool->workers = (int)conf_int(c, workers);
	pool->max_requests = conf_int(c, CONF_YAVIO_WORKER_MAX_REQUESTS);
	pool->drain_timeout_ms = conf_int(c, CONF_YAVIO_DRAIN_TIMEOUT);
}
