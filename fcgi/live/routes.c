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
        WEB_DASHBOARD_CODES,
        .authenticate = live_authenticate,
        .admit = live_admit,
        .refused = live_refused,
};
