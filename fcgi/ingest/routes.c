/* SPDX-License-Identifier: MIT
 * The routes of yavio-ingest: one row names handler, authentication, rate class and body cap. */
#include "fcgi/ingest/ingest.h"

#define JSON_BODY (WEB_MEDIA_JSON | WEB_MEDIA_ABSENT | WEB_MEDIA_GZIP)

static const struct web_route ROUTES[] = {
        WEB_ROUTE(WEB_POST, "/v1/events", WEB_AUTH_API_KEY_OR_WIDGET, INGEST_RATE_EVENTS,
                INGEST_BODY_CAP, JSON_BODY, h_events_post),
        WEB_ROUTE(WEB_POST, "/v1/widget-tokens", WEB_AUTH_API_KEY, INGEST_RATE_MINT,
                INGEST_MINT_BODY_CAP, JSON_BODY, h_widget_tokens_post),
        WEB_ROUTE(WEB_GET, "/health", WEB_AUTH_NONE, INGEST_RATE_NONE, 0, WEB_MEDIA_NONE, h_health),
        WEB_ROUTE(WEB_GET, "/health/ready", WEB_AUTH_NONE, INGEST_RATE_NONE, 0, WEB_MEDIA_NONE,
                h_health_ready),
        WEB_ROUTE(WEB_GET, "/health/live", WEB_AUTH_NONE, INGEST_RATE_NONE, 0, WEB_MEDIA_NONE,
                h_health_live),
        WEB_ROUTE(WEB_GET, "/metrics", WEB_AUTH_METRICS, INGEST_RATE_NONE, 0, WEB_MEDIA_NONE,
                h_metrics),
};

/* Credential, then room in the spool, then what the body claims to be, then its size. */
static const enum web_step ORDER[] = {
        WEB_STEP_AUTH, WEB_STEP_ADMIT_AFTER_AUTH, WEB_STEP_MEDIA, WEB_STEP_SIZE, WEB_STEP_END};

static size_t body_cap(const struct app *app, const struct web_route *route)
{
	return route->body_cap == INGEST_BODY_CAP ? app->ingest->settings.body_cap
	                                          : route->body_cap;
}

const struct web_program ingest_program = {
        .name = "ingest",
        .routes = ROUTES,
        .routes_len = ARRAY_LEN(ROUTES),
        .order = ORDER,
        .cors = WEB_CORS_ANY_ORIGIN,
        .reply_cap = INGEST_METRICS_CAP,
        .err_route = ERR_INGEST_ROUTE_NOT_FOUND,
        .err_method = ERR_INGEST_METHOD_NOT_ALLOWED,
        .err_too_large = ERR_INGEST_BATCH_TOO_LARGE,
        .err_media = ERR_INGEST_UNSUPPORTED_MEDIA_TYPE,
        .err_coding = ERR_INGEST_UNSUPPORTED_ENCODING,
        .err_body_short = ERR_INGEST_BODY_INCOMPLETE,
        .err_body_late = ERR_INGEST_REQUEST_DEADLINE,
        .err_internal = ERR_INGEST_INTERNAL_ERROR,
        .authenticate = ingest_authenticate,
        .admit = ingest_admit,
        .refused = ingest_refused,
        .body_cap = body_cap,
};
