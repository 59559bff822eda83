/* SPDX-License-Identifier: MIT
 * The routes of yavio-live. */
#include "fcgi/live/filter.h"
#include "fcgi/live/live.h"

#define READ(path_, auth_, rate_, handler_, fields_)                                               \
	{                                                                                          \
		.method = WEB_GET, .path = path_, .auth = WEB_AUTH_##auth_,                        \
		.rate_class = LIVE_RATE_##rate_, .handler = handler_, .fields = fields_            \
	}

static const struct web_route ROUTES[] = {
        READ("/api/analytics/{projectId}/live", VIEWER, ANALYTICS, h_live_get, &live_fields),
};

static const enum web_step ORDER[] = {
        WEB_STEP_ADMIT, WEB_STEP_AUTH, WEB_STEP_ADMIT_AFTER_AUTH, WEB_STEP_FIELDS, WEB_STEP_END};

static const char *const CLASS_NAMES[] = {
        [LIVE_RATE_CEILING] = "ceiling", [LIVE_RATE_ANALYTICS] = "analytics"};

static const char *const FLAG_NAMES[] = {NULL};

const struct web_program live_program = {
        .name = "live",
        .routes = ROUTES,
        .routes_len = ARRAY_LEN(ROUTES),
        .order = ORDER,
        .cors = WEB_CORS_NONE,
        .class_names = CLASS_NAMES,
        .flag_names = FLAG_NAMES,
        .reply_cap = LIVE_REPLY_CAP,
        .err_route = ERR_DASH_ROUTE_NOT_FOUND,
        .err_method = ERR_DASH_METHOD_NOT_ALLOWED,
        .err_too_large = ERR_DASH_BODY_TOO_LARGE,
        .err_media = ERR_DASH_UNSUPPORTED_MEDIA_TYPE,
        .err_coding = ERR_DASH_UNSUPPORTED_MEDIA_TYPE,
        .err_body_short = ERR_DASH_MALFORMED_JSON,
        .err_body_late = ERR_DASH_MALFORMED_JSON,
        .err_internal = ERR_DASH_INTERNAL_ERROR,
        .err_json = ERR_DASH_MALFORMED_JSON,
        .err_fields = ERR_DASH_VALIDATION_FAILED,
        .authenticate = live_authenticate,
        .admit = live_admit,
        .refused = live_refused,
};
