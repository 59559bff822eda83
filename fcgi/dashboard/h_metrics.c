/* SPDX-License-Identifier: MIT
 * GET /api/metrics: the numbers of dashboard, live and jobs, one text for all processes. */
#include "fcgi/dashboard/dashboard.h"

enum err h_metrics(struct request *req, struct reply *rep, struct app *app)
{
	static const char *const PROGRAMS[] = {"dashboard", "live", "jobs", NULL};

	(void)req;
	rep->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return shm_render_dir(app->dashboard->start.metrics_dir, PROGRAMS, rep->body);
}
