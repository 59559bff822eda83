/* SPDX-License-Identifier: MIT
 * The least a FastCGI worker can do: reads the body to its end and answers 200. What ingest and the
 * dashboard are measured against. With a spool it also puts the body there, on disk, before it
 * answers: the least that an honest 200 costs. With YAVIO_BENCH_PG, a URL of the role yavio_app, it
 * asks PostgreSQL for the number 1: the least that a round trip costs.
 * usage: [YAVIO_BENCH_PG=URL] null_worker SOCKET WORKERS [SPOOL_DIR] */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi.h"
#include "pg/pg.h"
#include "spool/spool_group.h"

enum { BODY_CAP = 512000 };

/* One a process: a worker serves one request at a time. */
static struct buf body;

static struct spool_options options = {
        .max_bytes = INT64_C(64) << 30, .segment_bytes = 64 << 20, .reserve_bytes = 64 << 20};
static struct fcgi_pool pool;
static struct spool_group *group; /* all write as the workers of ingest do */
static struct spool_seat *seat;
static struct pg *pg;

static enum err start(void *ctx, void **worker)
{
	(void)ctx;
	seat = spool_seat_take(group);
	return spool_writer_open(&options, (struct spool_writer **)worker);
}

static void stop(void *worker)
{
	spool_seat_leave(seat);
	spool_writer_close(worker);
}

static size_t busy_workers(void *ctx)
{
	(void)ctx;
	return fcgi_pool_busy(pool.shared);
}

static void append_for_workers(void *ctx)
{
	const struct spool_service service = {.options = &options, .busy = busy_workers};

	(void)ctx;
	spool_group_serve(group, &service);
}

static bool keep(struct spool_writer *spool)
{
	const struct spool_record record = {.accepted_ms = clock_wall_ms(),
	        .rows_server = 1,
	        .events = body.data,
	        .events_len = body.len};

	return spool_append_shared(seat, spool, &record, busy_workers(NULL)) == ERR_OK;
}

/* Connects with the first request. */
static enum err start_asking(void *ctx, void **worker)
{
	const struct pg_options asked = {
	        .url = ctx, .role = PG_APP, .application_name = "null-worker", .prepare = true};

	(void)worker;
	return pg_open(&asked, &pg);
}

static void stop_asking(void *worker)
{
	(void)worker;
	pg_close(pg);
}

static void serve(struct fcgi_request *r, void *worker)
{
	static const char headers[] = "Content-Type: application/json; charset=utf-8\r\n"
	                              "Cache-Control: no-store\r\n";
	static const char reply[] = "{\"accepted\":0,\"rejected\":0}";
	bool done;

	buf_clear(&body);
	done = fcgi_body_read(r, BODY_CAP, &body) == FCGI_BODY_OK;
	if (done && pg != NULL)
		done = pg_exec(pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL) == ERR_OK;
	else if (done && worker != NULL)
		done = keep(worker);
	fcgi_reply(r, done ? 200 : 400, headers, sizeof(headers) - 1, reply, sizeof(reply) - 1);
}

int main(int argc, char **argv)
{
	int64_t workers;
	enum err e = ERR_OK;

	if (argc < 3 || argc > 4 || !str_parse_int(argv[2], 1, FCGI_WORKERS_MAX, &workers))
		return 2;
	log_init("null-worker", LOG_WARN, true);
	buf_init(&body, BODY_CAP);
	pool = (struct fcgi_pool){.socket_path = argv[1],
	        .workers = (int)workers,
	        .drain_timeout_ms = 5000,
	        .serve = serve,
	        .ctx = getenv("YAVIO_BENCH_PG")};
	if (pool.ctx != NULL) {
		pool.start = start_asking;
		pool.stop = stop_asking;
	} else if (argc == 4) {
		options.dir = argv[3];
		pool.start = start;
		pool.stop = stop;
		pool.monitor = append_for_workers;
		e = spool_group_new(&group);
	}
	if (e == ERR_OK)
		e = fcgi_pool_init(&pool);
	if (e == ERR_OK)
		e = fcgi_pool_run(&pool);
	fcgi_pool_release(&pool);
	spool_group_free(group);
	buf_release(&body);
	return e == ERR_OK ? 0 : err_exit_code(e);
}
