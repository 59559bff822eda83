/* SPDX-License-Identifier: MIT
 * The routes of yavio-dashboard: one row names handler, authentication, class of limits, flags and
 * fields. How to add one: dashboard.h. */
#include "fcgi/dashboard/account.h"
#include "fcgi/dashboard/session.h"

static const struct web_fields NO_FIELDS = {NULL, 0};

/* A row that takes no body. On GET the fields are the query's. */
#define READ(path_, auth_, rate_, handler_, fields_)                                               \
	{                                                                                          \
		.method = WEB_GET, .path = path_, .auth = WEB_AUTH_##auth_,                        \
		.rate_class = DASHBOARD_RATE_##rate_, .handler = handler_, .fields = fields_       \
	}
/* A row that takes JSON; with NO_FIELDS also no body at all. */
#define WRITE(method_, path_, auth_, rate_, handler_, fields_, ...)                                \
	{                                                                                          \
		.method = WEB_##method_, .path = path_, .auth = WEB_AUTH_##auth_,                  \
		.rate_class = DASHBOARD_RATE_##rate_, .body_cap = DASHBOARD_BODY_CAP,              \
		.media = WEB_MEDIA_JSON | WEB_MEDIA_EMPTY, .handler = handler_, .fields = fields_, \
		__VA_ARGS__                                                                        \
	}

/* Order: of the API's tables; a fixed word before a {parameter} in the same place. */
static const struct web_route ROUTES[] = {
        /* health and numbers */
        READ("/api/health", NONE, HEALTH, h_health, NULL),
        READ("/api/health/live", NONE, HEALTH, h_health_live, NULL),
        READ("/api/metrics", METRICS, HEALTH, h_metrics, NULL),
        READ("/metrics", METRICS, HEALTH, h_metrics, NULL),

        /* before a login */
        READ("/api/auth/providers", NONE, AUTH, h_providers_get, NULL),
        READ("/api/auth/csrf", NONE, AUTH, h_csrf_get, NULL),
        WRITE(POST, "/api/setup", NONE, AUTH_STRICT, h_setup_post, &h_setup_fields,
                .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/register", NONE, AUTH_STRICT, h_register_post, &h_register_fields,
                .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/login", NONE, AUTH_STRICT, h_login_post, &h_login_fields,
                .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/verify-email", NONE, AUTH_STRICT, h_verify_email_post,
                &h_verify_email_fields, .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/resend-verification", NONE, AUTH_STRICT, h_resend_verification_post,
                &h_mail_fields, .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/forgot-password", NONE, AUTH_STRICT, h_forgot_password_post,
                &h_mail_fields, .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/reset-password", NONE, AUTH_STRICT, h_reset_password_post,
                &h_reset_fields, .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/unlock", NONE, AUTH_STRICT, h_unlock_post, &h_unlock_fields,
                .flags = DASHBOARD_CSRF),

        /* logins */
        WRITE(POST, "/api/auth/logout", OPTIONAL, AUTH, h_logout_post, &NO_FIELDS),
        READ("/api/auth/session", SESSION, MANAGE, h_session_get, NULL),
        WRITE(POST, "/api/auth/reauth", SESSION, AUTH_STRICT, h_reauth_post, &h_reauth_fields,
                .flags = DASHBOARD_DETACHED),

        /* one's own account */
        READ("/api/auth/account", SESSION, MANAGE, h_account_get, NULL),
        WRITE(PATCH, "/api/auth/account", SESSION, MANAGE, h_account_patch,
                &h_account_patch_fields),
        WRITE(POST, "/api/auth/account/password", SESSION, AUTH_STRICT, h_account_password_post,
                &h_account_password_fields, .flags = DASHBOARD_DETACHED),
        WRITE(DELETE, "/api/auth/account", SESSION, AUTH_STRICT, h_account_delete,
                &h_account_delete_fields, .flags = DASHBOARD_RECENT | DASHBOARD_DETACHED),
        READ("/api/auth/sessions", SESSION, MANAGE, h_sessions_list, &h_sessions_list_fields),
        WRITE(DELETE, "/api/auth/sessions/{id}", SESSION, MANAGE, h_session_delete, &NO_FIELDS,
                .missing = ERR_DASH_LOGIN_NOT_FOUND),
        WRITE(DELETE, "/api/auth/sessions", SESSION, MANAGE, h_sessions_delete, &NO_FIELDS),
};

static const enum web_step ORDER[] = {WEB_STEP_BODY, WEB_STEP_MEDIA, WEB_STEP_ADMIT, WEB_STEP_AUTH,
        WEB_STEP_ADMIT_AFTER_AUTH, WEB_STEP_FIELDS, WEB_STEP_END};

static const char *const CLASS_NAMES[] = {
        [DASHBOARD_RATE_CEILING] = "ceiling",
        [DASHBOARD_RATE_AUTH_STRICT] = "auth_strict",
        [DASHBOARD_RATE_AUTH] = "auth",
        [DASHBOARD_RATE_WEBHOOK] = "webhook",
        [DASHBOARD_RATE_HEALTH] = "health",
        [DASHBOARD_RATE_MANAGE] = "manage",
        [DASHBOARD_RATE_ANALYTICS] = "analytics",
        [DASHBOARD_RATE_BILLING] = "billing",
};

static const char *const FLAG_NAMES[] = {
        "csrf", "recent", "or_self", "detached", "any_origin", NULL};

const struct web_program dashboard_program = {
        .name = "dashboard",
        .routes = ROUTES,
        .routes_len = ARRAY_LEN(ROUTES),
        .order = ORDER,
        .cors = WEB_CORS_NONE,
        .class_names = CLASS_NAMES,
        .flag_names = FLAG_NAMES,
        .reply_cap = DASHBOARD_REPLY_CAP,
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
        .authenticate = dashboard_authenticate,
        .admit = dashboard_admit,
        .refused = dashboard_refused,
        .run = dashboard_run,
        .done = dashboard_done,
};
