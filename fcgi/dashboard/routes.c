/* SPDX-License-Identifier: MIT
 * The routes of yavio-dashboard: one row names handler, authentication, rate class and body cap. */
#include "fcgi/dashboard/dashboard.h"

static const struct web_route ROUTES[] = {
        {WEB_GET, "/api/health", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, h_health},
        {WEB_GET, "/api/health/live", WEB_AUTH_NONE, 0, 0, WEB_MEDIA_NONE, h_health_live},
        {WEB_GET, "/api/metrics", WEB_AUTH_METRICS, 0, 0, WEB_MEDIA_NONE, h_metrics},
        {WEB_GET, "/metrics", WEB_AUTH_METRICS, 0, 0, WEB_MEDIA_NONE, h_metrics},
};

static const enum web_step ORDER[] = {WEB_STEP_SIZE, WEB_STEP_MEDIA, WEB_STEP_ADMIT, WEB_STEP_AUTH,
        WEB_STEP_ADMIT_AFTER_AUTH, WEB_STEP_END};

const struct web_program dashboard_program = {
        .name = "dashboard",
        .routes = ROUTES,
        .routes_len = ARRAY_LEN(ROUTES),
        .order = ORDER,
        .cors = WEB_CORS_NONE,
        .reply_cap = DASHBOARD_REPLY_CAP,
        .err_route = ERR_DASH_ROUTE_NOT_FOUND,
        .err_method = ERR_DASH_METHOD_NOT_ALLOWED,
        .err_too_large = ERR_DASH_BODY_TOO_LARGE,
        .err_media = ERR_DASH_UNSUPPORTED_MEDIA_TYPE,
        .err_coding = ERR_DASH_UNSUPPORTED_MEDIA_TYPE,
        .err_body_short = ERR_DASH_MALFORMED_JSON,
        .err_body_late = ERR_DASH_MALFORMED_JSON,
        .err_internal = ERR_DASH_INTERNAL_ERROR,
        .authenticate = dashboard_authenticate,
};
