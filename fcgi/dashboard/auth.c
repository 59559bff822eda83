/* SPDX-License-Identifier: MIT
 * Who may call a route. */
#include "crypto/crypto.h"
#include "fcgi/dashboard/dashboard.h"

/* Without a token the numbers are for this machine alone, and nobody else learns that there are
 * any. */
static enum err check_metrics_token(const struct request *req, struct reply *rep, const char *token)
{
	const char *bearer = web_bearer(req);

	if (token[0] == '\0')
		return web_is_loopback(req) ? ERR_OK : ERR_DASH_ROUTE_NOT_FOUND;
	if (bearer != NULL && crypto_equal_text(token, bearer))
		return ERR_OK;
	web_reply_header(rep, "WWW-Authenticate", "Bearer");
	return ERR_INFRA_METRICS_AUTH_FAILED;
}

enum err dashboard_authenticate(struct request *req, struct reply *rep, struct app *app)
{
	if (req->route->auth == WEB_AUTH_METRICS)
		return check_metrics_token(req, rep, app->dashboard->settings.metrics_token);
	return ERR_DASH_INTERNAL_ERROR;
}
