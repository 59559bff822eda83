/* SPDX-License-Identifier: MIT
 * yavio-shipper: takes acknowledged events from the spool to the store, each exactly once. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "daemon/shipper/shipper.h"

enum {
	EXIT_USAGE = 2,
	WAIT_FIRST_MS = 100, /* between looks for the store at start */
	WAIT_LAST_MS = 5000,
	PING_MS = 1000,
	SCRATCH_BYTES = 160 * 1024 * 1024, /* one insert, or one row of the largest record */
};

static volatile sig_atomic_t stop_signal;

static void on_stop(int number)
{
	stop_signal = number;
}

static void signals_set(void)
{
	struct sigaction stop = {.sa_handler = on_stop}, ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
}

/* ---- the store ---- */

struct lanes {
	struct ch *handle[SHIP_LANES];
};

static enum err lane_insert(
        void *arg, unsigned lane, const struct ch_insert *insert, struct ch_result *result)
{
	struct lanes *lanes = arg;

	return ch_insert(lanes->handle[lane], insert, result);
}

static bool lane_ping(void *arg)
{
	struct lanes *lanes = arg;

	return ch_ping(lanes->handle[0], PING_MS) == ERR_OK;
}

static bool must_stop(void *arg)
{
	return send_must_stop(arg);
}

static bool lanes_open(struct lanes *lanes, struct shipper *s)
{
	struct ch_options o = {.stop = must_stop, .stop_arg = s};

	for (unsigned i = 0; i < SHIP_LANES; i++) {
		lanes->handle[i] = ch_open(&s->options.store, &o);
		s->native[i] = native_new();
		if (lanes->handle[i] == NULL || s->native[i] == NULL)
			return false;
		buf_init(&s->scratch[i], SCRATCH_BYTES);
	}
	return true;
}

static void lanes_close(struct lanes *lanes, struct shipper *s)
{
	for (unsigned i = 0; i < SHIP_LANES; i++) {
		ch_close(lanes->handle[i]);
		buf_release(&s->scratch[i]);
		native_free(s->native[i]);
	}
}

/* Events are safe in the spool meanwhile: no reason to give up. */
static void wait_for_store(struct shipper *s)
{
	int64_t wait = WAIT_FIRST_MS, since = clock_mono_ms();

	while (!stop_signal && !s->sink.ping(s->sink.arg)) {
		log_warn(ERR_DB_CH_CONNECTION_REFUSED, "waiting for the store",
		        F_STR("url", s->options.store.url), F_INT("waitMs", wait),
		        F_INT("sinceMs", clock_mono_ms() - since));
		metrics_store_up(s->metrics, false);
		clock_sleep_ms(wait);
		wait = 2 * wait > WAIT_LAST_MS ? WAIT_LAST_MS : 2 * wait;
	}
}

/* ---- the program ---- */

static void ready_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (fd < 0)
		log_warn(ERR_INFRA_HOME_UNUSABLE, "readiness not written",
		        F_STR("cause", strerror(errno)));
	else
		close(fd);
}

static enum err run(struct shipper *s)
{
	struct lanes lanes = {0};
	struct pulse *pulse = NULL;
	enum err e;

	signals_set();
	unlink(s->options.ready_path);
	e = spool_reader_open(&s->options.spool, &s->reader);
	if (e != ERR_OK) {
		log_fatal(e, err_message(e), F_STR("path", s->options.spool.dir));
		return e;
	}
	s->stop = &stop_signal;
	s->backoff_first_ms = SHIP_BACKOFF_FIRST_MS;
	s->backoff_last_ms = SHIP_BACKOFF_LAST_MS;
	s->sink = (struct sink){.insert = lane_insert, .ping = lane_ping, .arg = &lanes};
	s->metrics = metrics_open(&s->options);
	pulse = pulse_start(&s->options);
	spool_batch_init(&s->batch);
	if (!lanes_open(&lanes, s)) {
		e = ERR_DB_INTERNAL_ERROR;
		goto out;
	}
	wait_for_store(s);
	if (!stop_signal) {
		ready_write(s->options.ready_path);
		metrics_store_up(s->metrics, true);
		log_info("shipper is ready", F_STR("path", s->options.spool.dir));
	}
	e = loop_run(s);
	if (e != ERR_OK)
		log_fatal(e, err_message(e));
	log_info("shipper stops", F_INT("signal", stop_signal),
	        F_INT("eventCount", (int64_t)(s->counters.rows_server + s->counters.rows_widget)),
	        F_INT("quarantined", (int64_t)s->counters.quarantined));
out:
	unlink(s->options.ready_path);
	pulse_stop(pulse);
	lanes_close(&lanes, s);
	metrics_close(s->metrics);
	spool_batch_release(&s->batch);
	spool_reader_close(s->reader);
	return e;
}

static int usage(void)
{
	fprintf(stderr, "usage: yavio-shipper [--check-config | --version]\n");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static struct shipper shipper;
	bool check = argc == 2 && strcmp(argv[1], "--check-config") == 0;
	enum err e;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("yavio-shipper %s\n", YAVIO_VERSION);
		return 0;
	}
	if (argc > 1 && !check)
		return usage();
	umask(0027);
	log_init("shipper", LOG_INFO, true);
	e = options_load(&shipper.options);
	if (e != ERR_OK)
		return err_exit_code(e);
	if (!check && geteuid() == 0) {
		fprintf(stderr,
		        "yavio-shipper: %s refusing to run as root; start it as user yavio\n",
		        err_code(ERR_INFRA_RUNNING_AS_ROOT));
		e = ERR_INFRA_RUNNING_AS_ROOT;
	} else if (!check) {
		e = run(&shipper);
	}
	options_release(&shipper.options);
	return e == ERR_OK ? 0 : err_exit_code(e);
}
