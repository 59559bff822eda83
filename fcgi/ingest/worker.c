/* SPDX-License-Identifier: MIT
 * A worker of yavio-ingest: its connection, its spool stream, its memory. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/ingest/ingest.h"

enum {
	SPOOL_RETRY_MS = 200,
	ROW_OVERHEAD_BYTES = 1024, /* tenant columns and escapes of one event */
};

enum err ingest_spool(struct app *app)
{
	int64_t now = clock_mono_ms();
	enum err e;

	if (app->spool != NULL)
		return ERR_OK;
	if (app->spool_tried_ms != 0 && now - app->spool_tried_ms < SPOOL_RETRY_MS)
		return ERR_INGEST_SPOOL_WRITE_FAILED;
	app->spool_tried_ms = now;
	e = spool_writer_open(&app->ingest->settings.spool, &app->spool);
	if (e == ERR_OK)
		return ERR_OK;
	app->spool = NULL;
	return ERR_INGEST_SPOOL_WRITE_FAILED;
}

static enum err open_pg(const struct ingest *ingest, struct pg **out)
{
	const struct pg_options options = {.url = ingest->settings.pg_url,
	        .role = PG_INGEST,
	        .application_name = "yavio-ingest",
	        .prepare = conf_bool(ingest->settings.conf, CONF_PG_PREPARE),
	        .answer_timeout_ms = INGEST_PG_ANSWER_MS};

	return pg_open(&options, out);
}

enum err ingest_worker_start(void *arg, void **out)
{
	const struct ingest *ingest = arg;
	const struct ingest_settings *s = &ingest->settings;
	struct app *app = calloc(1, sizeof(*app));
	enum err e;

	if (app == NULL)
		return ERR_INGEST_INTERNAL_ERROR;
	app->ingest = ingest;
	web_worker_init(&app->web, &ingest_program, app, ingest->shm);
	app->web.trusted_proxies = s->trusted_proxies;
	buf_init(&app->inflated, s->inflated_cap);
	event_batch_init(
	        &app->batch, 2 * (s->body_cap > s->inflated_cap ? s->body_cap : s->inflated_cap) +
	                             s->limits.batch_events_max * ROW_OVERHEAD_BYTES);
	e = open_pg(ingest, &app->pg);
	if (e != ERR_OK) {
		ingest_worker_stop(app);
		return e;
	}
	if (s->spool.fsync == SPOOL_FSYNC_ALWAYS)
		app->seat = spool_seat_take(ingest->group);
	*out = app;
	return ERR_OK;
}

void ingest_worker_serve(struct fcgi_request *r, void *arg)
{
	struct app *app = arg;

	web_serve(r, &app->web);
}

void ingest_worker_stop(void *arg)
{
	struct app *app = arg;

	spool_seat_leave(app->seat);
	spool_writer_close(app->spool);
	pg_close(app->pg);
	event_batch_release(&app->batch);
	buf_release(&app->inflated);
	web_worker_release(&app->web);
	free(app);
}
