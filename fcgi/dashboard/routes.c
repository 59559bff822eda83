/* SPDX-License-Identifier: MIT
 * The routes of yavio-dashboard: one row names handler, authentication, class of limits, flags and
 * fields. How to add one: dashboard.h. */
#include "fcgi/dashboard/account.h"
#include "fcgi/dashboard/analytics.h"
#include "fcgi/dashboard/export.h"
#include "fcgi/dashboard/oauth.h"
#include "fcgi/dashboard/session.h"
#include "fcgi/dashboard/tenancy.h"
#include "fcgi/dashboard/totp.h"

static const struct web_fields NO_FIELDS = {.list = NULL};

/* A row that takes no body. On GET the fields are the query's. */
#define READ(path_, auth_, rate_, handler_, fields_, ...)                                          \
	{                                                                                          \
		.method = WEB_GET, .path = path_, .auth = WEB_AUTH_##auth_,                        \
		.rate_class = DASHBOARD_RATE_##rate_, .handler = handler_, .fields = fields_,      \
		__VA_ARGS__                                                                        \
	}
/* The same for a handler of one statement. */
#define READ_ONCE(path_, auth_, rate_, handler_, fields_)                                          \
	{                                                                                          \
		.method = WEB_GET, .path = path_, .auth = WEB_AUTH_##auth_,                        \
		.rate_class = DASHBOARD_RATE_##rate_, .handler = handler_, .fields = fields_,      \
		.flags = DASHBOARD_ONE_TRIP                                                        \
	}
/* A view of a project's events. */
#define VIEW(path_, handler_, fields_)                                                             \
	READ(path_, VIEWER, ANALYTICS, handler_, fields_, .flags = DASHBOARD_DETACHED)
/* A table as a file. */
#define EXPORT(path_, table_)                                                                      \
	READ(path_, MEMBER, ANALYTICS, h_export, &export_fields[EXPORT_##table_],                  \
	        .flags = DASHBOARD_DETACHED | DASHBOARD_EXPORT)
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
        WRITE(POST, "/api/auth/totp", STAGE, AUTH_STRICT, h_totp_login, &h_totp_login_fields,
                .flags = DASHBOARD_CSRF | DASHBOARD_DETACHED),
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
        WRITE(POST, "/api/auth/signin/{provider}", OPTIONAL, AUTH_STRICT, h_oauth_signin,
                &h_oauth_signin_fields, .flags = DASHBOARD_CSRF),
        READ("/api/auth/callback/{provider}", OPTIONAL, AUTH, h_oauth_callback, NULL,
                .flags = DASHBOARD_DETACHED),

        /* logins */
        WRITE(POST, "/api/auth/logout", OPTIONAL, AUTH, h_logout_post, &NO_FIELDS),
        READ_ONCE("/api/auth/session", SESSION, MANAGE, h_session_get, NULL),
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
        READ("/api/auth/account/audit", SESSION, MANAGE, h_account_audit, &h_account_audit_fields),
        WRITE(DELETE, "/api/auth/account/oauth/{provider}", SESSION, MANAGE, h_oauth_unlink,
                &NO_FIELDS, .flags = DASHBOARD_RECENT | DASHBOARD_DETACHED),
        WRITE(POST, "/api/auth/account/totp/enrol", SESSION, MANAGE, h_totp_enrol, &NO_FIELDS,
                .flags = DASHBOARD_RECENT),
        WRITE(POST, "/api/auth/account/totp/confirm", SESSION, MANAGE, h_totp_confirm,
                &h_totp_confirm_fields, .flags = DASHBOARD_DETACHED),
        WRITE(POST, "/api/auth/account/totp/disable", SESSION, MANAGE, h_totp_disable,
                &h_totp_disable_fields, .flags = DASHBOARD_RECENT | DASHBOARD_DETACHED),
        WRITE(POST, "/api/auth/account/totp/recovery-codes", SESSION, MANAGE, h_totp_recovery,
                &h_totp_recovery_fields, .flags = DASHBOARD_RECENT | DASHBOARD_DETACHED),
        READ_ONCE("/api/auth/sessions", SESSION, MANAGE, h_sessions_list, &h_sessions_list_fields),
        WRITE(DELETE, "/api/auth/sessions/{id}", SESSION, MANAGE, h_session_delete, &NO_FIELDS,
                .missing = ERR_DASH_LOGIN_NOT_FOUND),
        WRITE(DELETE, "/api/auth/sessions", SESSION, MANAGE, h_sessions_delete, &NO_FIELDS),

        /* invitations, by whoever got one */
        WRITE(POST, "/api/auth/invite", NONE, AUTH_STRICT, h_invite_preview, &h_invite_fields,
                .flags = DASHBOARD_CSRF),
        WRITE(POST, "/api/auth/invite/accept", SESSION, AUTH, h_invite_accept, &h_invite_fields),

        /* erasures */
        READ("/api/erasures", SESSION, MANAGE, h_erasures_list, &h_erasures_list_fields),
        WRITE(POST, "/api/erasures/status", NONE, AUTH_STRICT, h_erasure_status,
                &h_erasure_status_fields, .flags = DASHBOARD_CSRF),
        READ("/api/erasures/{id}", SESSION, MANAGE, h_erasure_get, NULL,
                .missing = ERR_DASH_ERASURE_NOT_FOUND),

        /* workspaces */
        WRITE(POST, "/api/workspaces", SESSION, MANAGE, h_workspaces_create,
                &h_workspaces_create_fields),
        READ_ONCE("/api/workspaces", SESSION, MANAGE, h_workspaces_list, &h_workspaces_list_fields),
        READ_ONCE("/api/workspaces/{workspaceId}", VIEWER, MANAGE, h_workspace_get, NULL),
        WRITE(PATCH, "/api/workspaces/{workspaceId}", ADMIN, MANAGE, h_workspace_update,
                &h_workspace_update_fields),
        WRITE(DELETE, "/api/workspaces/{workspaceId}", OWNER, MANAGE, h_workspace_delete,
                &h_workspace_delete_fields, .flags = DASHBOARD_RECENT),
        WRITE(POST, "/api/workspaces/{workspaceId}/transfer", OWNER, MANAGE, h_workspace_transfer,
                &h_workspace_transfer_fields, .flags = DASHBOARD_RECENT),

        /* members and invitations of a workspace */
        READ_ONCE("/api/workspaces/{workspaceId}/members", MEMBER, MANAGE, h_members_list,
                &h_members_list_fields),
        WRITE(POST, "/api/workspaces/{workspaceId}/members/invite", ADMIN, MANAGE,
                h_invitations_create, &h_invitations_create_fields),
        WRITE(PATCH, "/api/workspaces/{workspaceId}/members/{userId}", ADMIN, MANAGE,
                h_member_update, &h_member_update_fields, .missing = ERR_DASH_MEMBER_NOT_FOUND),
        WRITE(DELETE, "/api/workspaces/{workspaceId}/members/{userId}", ADMIN, MANAGE,
                h_member_delete, &NO_FIELDS, .flags = DASHBOARD_OR_SELF,
                .missing = ERR_DASH_MEMBER_NOT_FOUND),
        READ_ONCE("/api/workspaces/{workspaceId}/invitations", ADMIN, MANAGE, h_invitations_list,
                &h_invitations_list_fields),
        WRITE(POST, "/api/workspaces/{workspaceId}/invitations/{id}/resend", ADMIN, MANAGE,
                h_invitation_resend, &NO_FIELDS, .missing = ERR_DASH_INVITATION_NOT_FOUND),
        WRITE(DELETE, "/api/workspaces/{workspaceId}/invitations/{id}", ADMIN, MANAGE,
                h_invitation_delete, &NO_FIELDS, .missing = ERR_DASH_INVITATION_NOT_FOUND),
        READ_ONCE("/api/workspaces/{workspaceId}/audit", ADMIN, MANAGE, h_audit_list,
                &h_audit_list_fields),

        /* projects and their keys */
        WRITE(POST, "/api/workspaces/{workspaceId}/projects", ADMIN, MANAGE, h_projects_create,
                &h_projects_create_fields),
        READ_ONCE("/api/workspaces/{workspaceId}/projects", VIEWER, MANAGE, h_projects_list,
                &h_projects_list_fields),
        READ_ONCE("/api/workspaces/{workspaceId}/projects/{projectId}", VIEWER, MANAGE,
                h_project_get, NULL),
        WRITE(PATCH, "/api/workspaces/{workspaceId}/projects/{projectId}", ADMIN, MANAGE,
                h_project_update, &h_project_update_fields),
        WRITE(DELETE, "/api/workspaces/{workspaceId}/projects/{projectId}", ADMIN, MANAGE,
                h_project_delete, &h_project_delete_fields, .flags = DASHBOARD_RECENT),
        WRITE(POST, "/api/workspaces/{workspaceId}/projects/{projectId}/keys", ADMIN, MANAGE,
                h_keys_create, &h_keys_create_fields),
        READ_ONCE("/api/workspaces/{workspaceId}/projects/{projectId}/keys", MEMBER, MANAGE,
                h_keys_list, &h_keys_list_fields),
        WRITE(DELETE, "/api/workspaces/{workspaceId}/projects/{projectId}/keys/{id}", ADMIN, MANAGE,
                h_key_delete, &NO_FIELDS, .missing = ERR_DASH_API_KEY_NOT_FOUND),
        WRITE(POST, "/api/workspaces/{workspaceId}/projects/{projectId}/keys/{id}/rotate", ADMIN,
                MANAGE, h_key_rotate, &h_key_rotate_fields, .missing = ERR_DASH_API_KEY_NOT_FOUND),

        /* views of the events */
        VIEW("/api/analytics/workspaces/{workspaceId}/projects", h_project_counts,
                &h_project_counts_fields),
        VIEW("/api/analytics/{projectId}/overview", h_overview, &h_overview_fields),
        VIEW("/api/analytics/{projectId}/tools", h_tools, &h_tools_fields),
        VIEW("/api/analytics/{projectId}/tools/{tool}", h_tool, &h_tool_fields),
        VIEW("/api/analytics/{projectId}/tools/{tool}/invocations", h_invocations,
                &h_invocations_fields),
        VIEW("/api/analytics/{projectId}/funnels", h_funnels, &h_funnels_fields),
        VIEW("/api/analytics/{projectId}/funnels/examples", h_funnel_examples,
                &h_funnel_examples_fields),
        VIEW("/api/analytics/{projectId}/users", h_users, &h_users_fields),
        VIEW("/api/analytics/{projectId}/users/retention", h_retention, &h_retention_fields),
        VIEW("/api/analytics/{projectId}/users/active", h_active, &h_active_fields),
        VIEW("/api/analytics/{projectId}/users/by-id", h_user_by_id, &h_user_by_id_fields),
        VIEW("/api/analytics/{projectId}/users/{id}", h_user, &h_user_fields),
        VIEW("/api/analytics/{projectId}/users/by-id/events", h_user_events_by_id,
                &h_user_events_by_id_fields),
        VIEW("/api/analytics/{projectId}/users/{id}/events", h_user_events, &h_user_events_fields),
        VIEW("/api/analytics/{projectId}/paths", h_paths, &h_paths_fields),
        VIEW("/api/analytics/{projectId}/errors", h_errors, &h_errors_fields),
        VIEW("/api/analytics/{projectId}/errors/groups", h_error_groups, &h_error_groups_fields),
        VIEW("/api/analytics/{projectId}/errors/series", h_error_series, &h_error_series_fields),
        VIEW("/api/analytics/{projectId}/errors/list", h_error_list, &h_error_list_fields),
        VIEW("/api/analytics/{projectId}/intents", h_intents, &h_intents_fields),
        VIEW("/api/analytics/{projectId}/sessions", h_visits, &h_visits_fields),
        VIEW("/api/analytics/{projectId}/sessions/{session}", h_visit, &h_visit_fields),
        VIEW("/api/analytics/{projectId}/traces/{trace}", h_trace, &h_trace_fields),

        /* their tables as files */
        EXPORT("/api/analytics/{projectId}/export/tools", TOOLS),
        EXPORT("/api/analytics/{projectId}/export/invocations", INVOCATIONS),
        EXPORT("/api/analytics/{projectId}/export/sessions", SESSIONS),
        EXPORT("/api/analytics/{projectId}/export/errors", ERRORS),
        EXPORT("/api/analytics/{projectId}/export/error-groups", ERROR_GROUPS),
        EXPORT("/api/analytics/{projectId}/export/intents", INTENTS),
        EXPORT("/api/analytics/{projectId}/export/overview", OVERVIEW),
        EXPORT("/api/analytics/{projectId}/export/users", USERS),
        EXPORT("/api/analytics/{projectId}/export/active-users", ACTIVE_USERS),
        EXPORT("/api/analytics/{projectId}/export/new-vs-returning", NEW_VS_RETURNING),
        EXPORT("/api/analytics/{projectId}/export/retention", RETENTION),
        EXPORT("/api/analytics/{projectId}/export/funnel", FUNNEL),
        EXPORT("/api/analytics/{projectId}/export/path-links", PATH_LINKS),
        EXPORT("/api/analytics/{projectId}/export/path-sequences", PATH_SEQUENCES),
        EXPORT("/api/analytics/{projectId}/export/events", EVENTS),
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
        [DASHBOARD_RATE_MAIL_INVITE] = "mail_invite",
};

static const char *const FLAG_NAMES[] = {
        "csrf", "recent", "or_self", "detached", "any_origin", "one_trip", "export", NULL};

const struct web_program dashboard_program = {
        .name = "dashboard",
        .routes = ROUTES,
        .routes_len = ARRAY_LEN(ROUTES),
        .order = ORDER,
        .cors = WEB_CORS_NONE,
        .class_names = CLASS_NAMES,
        .flag_names = FLAG_NAMES,
        .reply_cap = DASHBOARD_REPLY_CAP,
        WEB_DASHBOARD_CODES,
        .authenticate = dashboard_authenticate,
        .admit = dashboard_admit,
        .refused = dashboard_refused,
        .run = dashboard_run,
        .done = dashboard_done,
};
