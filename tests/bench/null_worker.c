/* SPDX-License-Identifier: MIT
 * The least a FastCGI worker can do: reads the body to its end and answers 200. What ingest is
 * measured against. usage: null_worker SOCKET WORKERS */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/fcgi.h"

enum { BODY_CAP = 512000 };

static struct buf body; /* one a process: a worker serves one request at a time */

static void serve(struct fcgi_request *r, void *worker)
{
	static const char headers[] = "Content-Type: application/json; charset=utf-8\r\n"
	                              "Cache-Control: no-store\r\n";
	static const char reply[] = "{\"accepted\":0,\"rejected\":0}";
	bool whole;

	(void)worker;
	buf_clear(&body);
	whole = fcgi_body_read(r, BODY_CAP, &body) == FCGI_BODY_OK;
	fcgi_reply(r, whole ? 200 : 400, headers, sizeof(headers) - 1, reply, sizeof(reply) - 1);
}

int main(int argc, char **argv)
{
	struct fcgi_pool pool = {.drain_timeout_ms = 5000, .serve = serve};
	int64_t workers;
	enum err e;

	if (argc != 3 || !str_parse_int(argv[2], 1, FCGI_WORKERS_MAX, &workers))
		return 2;
	log_init("null-worker", LOG_WARN, true);
	buf_init(&body, BODY_CAP);
	pool.socket_path = argv[1];
	pool.workers = (int)workers;
	e = fcgi_pool_init(&pool);
	if (e == ERR_OK)
		e = fcgi_pool_run(&pool);
	fcgi_pool_release(&pool);
	buf_release(&body);
	return e == ERR_OK ? 0 : err_exit_code(e);
}
