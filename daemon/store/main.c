/* SPDX-License-Identifier: MIT
 * yavio-store: the embedded ClickHouse behind ClickHouse's own HTTP interface. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "daemon/store/http.h"
#include "daemon/store/lock.h"
#include "daemon/store/scrub.h"
#include "daemon/store/store.h"

enum {
	STOP_WAIT_MS = 20000,  /* for statements that run when SIGTERM comes; then they are ended */
	STOP_FORCE_MS = 28000, /* then the process goes, before a supervisor kills it at 30 s */
	STOP_POLL_MS = 50,
	UPLOAD_BYTES_LEAST = 128 * 1024 * 1024,
	EXIT_USAGE = 2,
};

/* Blocked in every thread, the engine's too, and taken by serve alone. */
static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

static void signals_set(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t stop;
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	stop_signals(&stop);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
}

static bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

static enum err database_create(struct store *store)
{
	char sql[160];
	struct engine_answer answer = {0};
	struct engine_conn *c = engine_connect(store->engine);
	enum err err = ERR_DB_STORE_OPEN_FAILED;
	if (c &&
	        str_format(sql, sizeof(sql), "CREATE DATABASE IF NOT EXISTS `%s`",
	                store->options.database) &&
	        engine_query(c, sql, strlen(sql), "Null", &answer))
		err = ERR_OK;
	else
		log_fatal(err, "database not created", F_STR("why", answer.error));
	engine_answer_release(&answer);
	engine_disconnect(c);
	return err;
}

static enum err store_open(struct store *s)
{
	const struct options *o = &s->options;
	struct engine_options engine = {.data_dir = o->data_dir,
	        .config_path = o->engine_config,
	        .memory_bytes = o->memory_bytes};
	if (mkdir(o->run_dir, 0700) != 0 && errno != EEXIST) {
		log_fatal(ERR_INFRA_HOME_UNUSABLE, "run directory not made",
		        F_STR("directory", o->run_dir), F_STR("why", strerror(errno)));
		return ERR_INFRA_HOME_UNUSABLE;
	}
	users_init(&s->users, o);
	settings_limits_init(&s->limits, o);
	pool_init(&s->pools[STORE_POOL_INSERT], "insert", o->insert_places);
	pool_init(&s->pools[STORE_POOL_SELECT], "select", o->select_places);
	pool_init(&s->pools[STORE_POOL_ADMIN], "admin", o->admin_places);
	s->upload_bytes_max = o->memory_bytes / 4;
	if (s->upload_bytes_max < UPLOAD_BYTES_LEAST)
		s->upload_bytes_max = UPLOAD_BYTES_LEAST;
	enum err err = lock_take(o->data_dir, &s->lock_fd);
	if (err != ERR_OK)
		return err;
	unlink(o->ready_path); /* of a process that was killed */
	err = scrub_closed(o->data_dir);
	if (err == ERR_OK)
		err = engine_open(&engine, &s->engine);
	if (err == ERR_OK)
		err = database_create(s);
	if (err != ERR_OK)
		return err;
	s->verdicts = verdicts_new();
	s->watch = watch_start(s->engine);
	return s->verdicts && s->watch ? ERR_OK : ERR_DB_INTERNAL_ERROR;
}

static void store_close(struct store *s)
{
	watch_stop(s->watch);
	verdicts_free(s->verdicts);
	engine_close(s->engine);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	for (size_t i = 0; i < STORE_POOL_COUNT; i++)
		pool_release(&s->pools[i]);
}

/* Lets what runs come to its end, then ends it. False: something does not end. */
static bool drain(struct store *s)
{
	int64_t began = clock_mono_ms();
	bool ended = false;
	atomic_store(&s->draining, true);
	while (atomic_load(&s->requests) > 0) {
		int64_t waited = clock_mono_ms() - began;
		if (waited > STOP_FORCE_MS)
			return false;
		if (waited > STOP_WAIT_MS && !ended) {
			log_warn(ERR_INFRA_SHUTDOWN_FORCED, "statements are cut off",
			        F_INT("count", atomic_load(&s->requests)));
			watch_end_all(s->watch);
			ended = true;
		}
		clock_sleep_ms(STOP_POLL_MS);
	}
	return true;
}

static void serve(struct store *s, struct http *http, int port)
{
	char text[16];
	sigset_t stop;
	int signal = 0;
	if (!str_format(text, sizeof(text), "%d\n", port) ||
	        !file_write(s->options.port_path, text) || !file_write(s->options.ready_path, ""))
		log_warn(ERR_INFRA_HOME_UNUSABLE, "readiness not written",
		        F_STR("why", strerror(errno)));
	log_info("store is ready", F_INT("port", port), F_STR("socket", s->options.socket_path),
	        F_STR("engine", engine_version(s->engine)));
	stop_signals(&stop);
	sigwait(&stop, &signal);
	log_info("store stops", F_INT("signal", signal));
	unlink(s->options.ready_path);
	http_quiesce(http);
	if (!drain(s)) {
		log_error(ERR_INFRA_SHUTDOWN_FORCED, "statements did not end");
		_exit(1);
	}
}

static enum err run(struct store *s)
{
	struct http *http = NULL;
	int port = s->options.port;
	signals_set();
	enum err err = store_open(s);
	if (err == ERR_OK)
		err = http_start(s, &http, &port);
	if (err == ERR_OK)
		serve(s, http, port);
	http_stop(http);
	if (http) {
		unlink(s->options.port_path);
		unlink(s->options.socket_path);
	}
	store_close(s);
	return err;
}

static int usage(void)
{
	fprintf(stderr, "usage: yavio-store [--check-config | --version]\n");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static struct store store = {.lock_fd = -1};
	bool check = argc == 2 && strcmp(argv[1], "--check-config") == 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("yavio-store %s\n", YAVIO_VERSION);
		return 0;
	}
	if (argc > 1 && !check)
		return usage();
	umask(0077);
	log_init("store", LOG_INFO, true);
	enum err err = options_load(&store.options);
	if (err != ERR_OK)
		return err_exit_code(err);
	if (!check && geteuid() == 0) {
		fprintf(stderr, "yavio-store: %s refusing to run as root; start it as user yavio\n",
		        err_code(ERR_INFRA_RUNNING_AS_ROOT));
		err = ERR_INFRA_RUNNING_AS_ROOT;
	} else if (!check) {
		err = run(&store);
	}
	options_release(&store.options);
	return err == ERR_OK ? 0 : err_exit_code(err);
}
