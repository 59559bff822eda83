/* SPDX-License-Identifier: MIT
 * The least a FastCGI worker can do: reads the body to its end and answers 200. What ingest is
 * measured against. With a spool it also puts the body there, on disk, before it answers: the least
 * that an honest 200 costs. usage: null_worker SOCKET WORKERS [SPOOL_DIR] */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi.h"
#include "spool/spool.h"

enum { BODY_CAP = 512000 };

/* One a process: a worker serves one request at a time. */
static struct buf body;

static enum err start(void *ctx, void **worker)
{
	const struct spool_options options = {.dir = ctx,
	        .max_bytes = INT64_C(64) << 30,
	        .segment_bytes = 64 << 20,
	        .reserve_bytes = 64 << 20};

	return spool_writer_open(&options, (struct spool_writer **)worker);
}

static void stop(void *worker)
{
	spool_writer_close(worker);
}

static bool keep(struct spool_writer *spool)
{
	const struct spool_record record = {.accepted_ms = clock_wall_ms(),
	        .rows_server = 1,
	        .events = body.data,
	        .events_len = body.len};

	return spool_append(spool, &record) == ERR_OK;
}

static void serve(struct fcgi_request *r, void *worker)
{
	static const char headers[] = "Content-Type: application/json; charset=utf-8\r\n"
	                              "Cache-Control: no-store\r\n";
	static const char reply[] = "{\"accepted\":0,\"rejected\":0}";
	bool whole;

	buf_clear(&body);
	whole = fcgi_body_read(r, BODY_CAP, &body) == FCGI_BODY_OK;
	if (whole && worker != NULL)
		whole = keep(worker);
	fcgi_reply(r, whole ? 200 : 400, headers, sizeof(headers) - 1, reply, sizeof(reply) - 1);
}

int main(int argc, char **argv)
{
	struct fcgi_pool pool = {.drain_timeout_ms = 5000, .serve = serve};
	int64_t workers;
	enum err e;

	if (argc < 3 || argc > 4 || !str_parse_int(argv[2], 1, FCGI_WORKERS_MAX, &workers))
		return 2;
	log_init("null-worker", LOG_WARN, true);
	buf_init(&body, BODY_CAP);
	pool.socket_path = argv[1];
	pool.workers = (int)workers;
	if (argc == 4) {
		pool.ctx = argv[3];
		pool.start = start;
		pool.stop = stop;
	}
	e = fcgi_pool_init(&pool);
	if (e == ERR_OK)
		e = fcgi_pool_run(&pool);
	fcgi_pool_release(&pool);
	buf_release(&body);
	return e == ERR_OK ? 0 : err_exit_code(e);
}
