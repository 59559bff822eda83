/* SPDX-License-Identifier: MIT
 * GET /metrics: the numbers of ingest, shipper and store, one text for all processes. */
#include "fcgi/ingest/ingest.h"

enum err h_metrics(struct request *req, struct reply *rep, struct app *app)
{
	static const char *const PROGRAMS[] = {"ingest", "shipper", "store", NULL};

	(void)req;
	rep->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return shm_render_dir(app->ingest->start.metrics_dir, PROGRAMS, rep->body);
}
