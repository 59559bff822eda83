/* SPDX-License-Identifier: MIT
 * Tells others on this machine whether a store elsewhere answers: ingest knows neither its address
 * nor a login, and its health shall be right all the same. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/shipper/shipper.h"
#include "web/web_health.h"

enum { PULSE_PING_MS = 1000, PULSE_POLL_MS = 50 };

struct pulse {
	const char *path;
	struct ch *ch;
	pthread_t thread;
	_Atomic bool stop;
};

static bool stops(void *arg)
{
	const struct pulse *p = arg;

	return atomic_load(&p->stop);
}

static void *run(void *arg)
{
	struct pulse *p = arg;

	while (!stops(p)) {
		int64_t began = clock_mono_ns(), next = clock_mono_ms() + WEB_HEALTH_INTERVAL_MS;
		enum err e = ch_ping(p->ch, PULSE_PING_MS);

		if (!stops(p) && !web_health_publish(p->path, e, clock_mono_ns() - began))
			log_warn(ERR_INFRA_HOME_UNUSABLE, "state of the store not written",
			        F_STR("path", p->path));
		while (!stops(p) && clock_mono_ms() < next)
			clock_sleep_ms(PULSE_POLL_MS);
	}
	return NULL;
}

struct pulse *pulse_start(const struct options *o)
{
	const struct ch_options call = {0};
	struct pulse *p;

	unlink(o->store_path);
	/* The embedded store is asked by whoever wants to know. */
	if (o->store.unix_socket[0] != '\0')
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->path = o->store_path;
	p->ch = ch_open(&o->store, &call);
	if (p->ch != NULL && pthread_create(&p->thread, NULL, run, p) == 0)
		return p;
	log_error(ERR_DB_INTERNAL_ERROR, "the store cannot be watched");
	ch_close(p->ch);
	free(p);
	return NULL;
}

void pulse_stop(struct pulse *p)
{
	if (p == NULL)
		return;
	atomic_store(&p->stop, true);
	pthread_join(p->thread, NULL);
	ch_close(p->ch);
	free(p);
}
