/* SPDX-License-Identifier: MIT
 * Rows of the audit log about what a request does. */
#include "fcgi/dashboard/dashboard.h"
#include "store/store_audit.h"

enum err dashboard_audit(
        const struct request *req, struct app *app, const struct dashboard_audit *a)
{
	char agent[WEB_USER_AGENT_BYTES];

	web_user_agent(req, agent);
	return store_audit_add(
	        app->pg, &(struct store_audit){.workspace_id = a->workspace_id,
	                         .user_id = a->user_id != NULL ? a->user_id : app->login.user_id,
	                         .action = a->action,
	                         .target_type = a->target_type,
	                         .target_id = a->target_id,
	                         .ip = req->addr,
	                         .user_agent = agent,
	                         .request_id = req->id,
	                         .detail = a->detail});
}
