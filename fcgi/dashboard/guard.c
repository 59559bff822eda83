/* SPDX-License-Identifier: MIT
 * What stands before a handler: origin, CSRF, limits, login, what it may see, role. */
#include "auth/auth_cookie.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/dashboard.h"
#include "fcgi/dashboard/login.h"
#include "web/web_rate.h"

static bool flag(const struct request *req, enum dashboard_flag f)
{
	return (req->route->flags & f) != 0;
}

/* ---- origin and CSRF ------------------------------------------------------------------------- */

/* A browser says where a request comes from in one of two headers; what says nothing is refused. */
static enum err check_origin(const struct request *req, const struct app *app)
{
	const char *origin = web_header(req, "Origin");
	const char *site = web_header(req, "Sec-Fetch-Site");

	if (req->route->method == WEB_GET || flag(req, DASHBOARD_ANY_ORIGIN))
		return ERR_OK;
	if (origin == NULL && site == NULL)
		return ERR_DASH_ORIGIN_VALIDATION_FAILED;
	if (origin != NULL && strcmp(origin, app->dashboard->settings.app_url) != 0)
		return ERR_DASH_ORIGIN_VALIDATION_FAILED;
	if (site != NULL && strcmp(site, "same-origin") != 0)
		return ERR_DASH_ORIGIN_VALIDATION_FAILED;
	return ERR_OK;
}

static enum err check_csrf(const struct request *req, const struct app *app)
{
	const struct dashboard_settings *s = &app->dashboard->settings;
	const char *token = web_header(req, "X-CSRF-Token");
	char name[WEB_COOKIE_NAME_BYTES], cookie[AUTH_CSRF_COOKIE_BYTES];

	if (!flag(req, DASHBOARD_CSRF))
		return ERR_OK;
	web_cookie_name(DASHBOARD_CSRF_COOKIE, s->secure, name);
	if (token != NULL && web_cookie(req, name, cookie, sizeof(cookie)) == WEB_COOKIE_GIVEN &&
	        auth_csrf_check(s->csrf_key, cookie, token, clock_wall_ms() / 1000))
		return ERR_OK;
	return ERR_DASH_CSRF_VALIDATION_FAILED;
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const enum err REFUSALS[DASHBOARD_RATE_COUNT] = {
        [DASHBOARD_RATE_CEILING] = ERR_DASH_PUBLIC_ROUTE_LIMIT,
        [DASHBOARD_RATE_AUTH_STRICT] = ERR_DASH_AUTH_ROUTE_RATE_LIMITED,
        [DASHBOARD_RATE_AUTH] = ERR_DASH_AUTH_ROUTE_RATE_LIMITED,
        [DASHBOARD_RATE_WEBHOOK] = ERR_DASH_PUBLIC_ROUTE_LIMIT,
        [DASHBOARD_RATE_HEALTH] = ERR_DASH_PUBLIC_ROUTE_LIMIT,
        [DASHBOARD_RATE_MANAGE] = ERR_DASH_MANAGEMENT_ROUTE_RATE_LIMITED,
        [DASHBOARD_RATE_ANALYTICS] = ERR_DASH_ANALYTICS_QUERY_RATE_LIMITED,
        [DASHBOARD_RATE_MAIL_INVITE] = ERR_DASH_INVITE_MAIL_LIMIT,
};

/* of: the user; NULL: the address. */
static enum err draw(const struct request *req, struct reply *rep, const struct app *app,
        enum dashboard_rate class, const char *of)
{
	const struct dashboard *d = app->dashboard;
	const char *name = dashboard_program.class_names[class];
	uint8_t key[SHM_CACHE_KEY_BYTES];

	if (of != NULL)
		web_rate_key(name, of, "", key);
	else
		web_rate_addr_key(name, req, key);
	if (web_rate_take(d->rates, key, &d->settings.rates[class], rep))
		return ERR_OK;
	shm_add(d->shm, DASHBOARD_METRIC_RATE_LIMITED, SHM_LABELS(name), 1);
	return REFUSALS[class];
}

static enum err admit_addr(const struct request *req, struct reply *rep, const struct app *app)
{
	enum dashboard_rate class = req->route->rate_class;
	enum err e;

	/* The machine's own tools may ask how it is as often as they need while it starts. */
	if (class == DASHBOARD_RATE_HEALTH && web_is_loopback(req))
		return ERR_OK;
	e = draw(req, rep, app, DASHBOARD_RATE_CEILING, NULL);
	if (e != ERR_OK || class == DASHBOARD_RATE_CEILING || class >= DASHBOARD_RATE_BY_USER)
		return e;
	return draw(req, rep, app, class, NULL);
}

/* ---- login ----------------------------------------------------------------------------------- */

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

/* What the path names, as far as it can be the id of anything. */
static void name_wanted(const struct request *req, struct store_access *a)
{
	const char *workspace = web_path_param(req, "workspaceId");
	const char *project = web_path_param(req, "projectId");

	*a = (struct store_access){.role = STORE_ROLE_NONE};
	if (workspace != NULL && !web_is_id(workspace))
		return; /* nobody's: nothing is asked */
	a->want_workspace = workspace;
	if (project != NULL && web_is_id(project))
		a->want_project = project;
}

/* Whether all that the path names can be the id of something. */
static bool is_named(const struct request *req, const struct store_access *a)
{
	return (web_path_param(req, "workspaceId") == NULL || a->want_workspace != NULL) &&
	       (web_path_param(req, "projectId") == NULL || a->want_project != NULL);
}

/* The token of the request's cookie into app->login; ERR_DASH_SESSION_EXPIRED: it has none. */
static enum err take_cookie(const struct request *req, struct app *app)
{
	const struct dashboard_settings *s = &app->dashboard->settings;
	enum web_cookie_state state;

	app->login = (struct pg_login){
	        .session_days = s->session_days, .session_max_days = s->session_max_days};
	state = auth_cookie_hash(req, s->secure, app->login.token_hash);
	app->cookie_sent = state != WEB_COOKIE_ABSENT;
	if (state != WEB_COOKIE_GIVEN)
		return ERR_DASH_SESSION_EXPIRED;
	name_wanted(req, &app->access);
	return ERR_OK;
}

enum err dashboard_begin(const struct request *req, struct app *app)
{
	enum err e = take_cookie(req, app);

	return e == ERR_OK ? store_access_begin(app->pg, &app->login, &app->access) : e;
}

enum err dashboard_judge_login(struct request *req, struct reply *rep, struct app *app, enum err e)
{
	enum web_auth auth = req->route->auth;
	bool staged;

	if (e == ERR_DASH_SESSION_EXPIRED) {
		if (app->cookie_sent)
			dashboard_login_forget(rep, app);
		return auth == WEB_AUTH_OPTIONAL ? ERR_OK : e;
	}
	if (e != ERR_OK)
		return e;
	app->logged_in = true;
	req->principal = &app->login;
	staged = strcmp(app->login.stage, "full") != 0;
	if (auth == WEB_AUTH_STAGE)
		return staged ? ERR_OK : ERR_DASH_SESSION_EXPIRED;
	if (staged && auth != WEB_AUTH_OPTIONAL)
		return ERR_DASH_SECOND_FACTOR_OUTSTANDING;
	if (app->login.touched)
		auth_cookie_renew(
		        req, rep, app->dashboard->settings.secure, app->login.expires_at_ms);
	return ERR_OK;
}

enum err dashboard_authenticate(struct request *req, struct reply *rep, struct app *app)
{
	enum err e;

	app->logged_in = app->undecided = false;
	if (req->route->auth == WEB_AUTH_METRICS)
		return check_metrics_token(req, rep, app->dashboard->settings.metrics_token);
	e = take_cookie(req, app);
	if (e == ERR_OK && flag(req, DASHBOARD_ONE_TRIP) && is_named(req, &app->access)) {
		app->undecided = true;
		return ERR_OK;
	}
	return dashboard_judge_login(req, rep, app,
	        e == ERR_OK ? store_access_begin(app->pg, &app->login, &app->access) : e);
}

/* ---- what it may see and do ------------------------------------------------------------------ */

static enum err check_visible(struct request *req, const struct app *app)
{
	const struct store_access *a = &app->access;

	if (web_path_param(req, "workspaceId") != NULL && a->role == STORE_ROLE_NONE)
		return ERR_DASH_WORKSPACE_NOT_FOUND;
	if (web_path_param(req, "projectId") != NULL && a->project_id[0] == '\0')
		return ERR_DASH_PROJECT_NOT_FOUND;
	req->workspace_id = a->workspace_id[0] != '\0' ? a->workspace_id : NULL;
	req->project_id = a->project_id[0] != '\0' ? a->project_id : NULL;
	return ERR_OK;
}

static enum store_role wanted_role(enum web_auth auth)
{
	switch (auth) {
	case WEB_AUTH_VIEWER:
		return STORE_ROLE_VIEWER;
	case WEB_AUTH_MEMBER:
		return STORE_ROLE_MEMBER;
	case WEB_AUTH_ADMIN:
		return STORE_ROLE_ADMIN;
	case WEB_AUTH_OWNER:
		return STORE_ROLE_OWNER;
	default:
		return STORE_ROLE_NONE;
	}
}

static enum err check_role(const struct request *req, const struct app *app)
{
	const char *who = web_path_param(req, "userId");

	if (app->access.role >= wanted_role(req->route->auth))
		return ERR_OK;
	if (flag(req, DASHBOARD_OR_SELF) && who != NULL && strcmp(who, app->login.user_id) == 0)
		return ERR_OK;
	return flag(req, DASHBOARD_EXPORT) ? ERR_DASH_VIEWER_EXPORT_DENIED
	                                   : ERR_DASH_INSUFFICIENT_ROLE;
}

static enum err check_recent(const struct request *req, const struct app *app)
{
	int64_t age_ms = clock_wall_ms() - app->login.auth_at_ms;

	return !flag(req, DASHBOARD_RECENT) || age_ms < DASHBOARD_RECENT_LOGIN_S * 1000
	               ? ERR_OK
	               : ERR_DASH_RECENT_LOGIN_NEEDED;
}

enum err dashboard_judge_rights(struct request *req, struct reply *rep, struct app *app)
{
	enum dashboard_rate class = req->route->rate_class;
	enum err e = ERR_OK;

	if (!app->logged_in)
		return ERR_OK;
	if (class >= DASHBOARD_RATE_BY_USER)
		e = draw(req, rep, app, class, app->login.user_id);
	if (e == ERR_OK)
		e = check_visible(req, app);
	if (e == ERR_OK)
		e = check_role(req, app);
	return e == ERR_OK ? check_recent(req, app) : e;
}

enum err dashboard_admit(
        struct request *req, struct reply *rep, struct app *app, enum web_step step)
{
	enum err e;

	if (step == WEB_STEP_ADMIT_AFTER_AUTH)
		return dashboard_judge_rights(req, rep, app);
	e = check_origin(req, app);
	if (e == ERR_OK)
		e = check_csrf(req, app);
	return e == ERR_OK ? admit_addr(req, rep, app) : e;
}

/* A request without any cookie of a login is no failure of one. */
static void count_failure(const struct app *app, enum err e)
{
	static const enum err FAILURES[DASHBOARD_AUTH_FAILURES] = {ERR_DASH_SESSION_EXPIRED,
	        ERR_DASH_INVALID_CREDENTIALS, ERR_DASH_ACCOUNT_LOCKED_BRUTE_FORCE,
	        ERR_DASH_ACCOUNT_LOCKED_ESCALATED, ERR_DASH_ACCOUNT_LOCKED_MANUAL,
	        ERR_DASH_SECOND_FACTOR_WRONG, ERR_DASH_SETUP_TOKEN_WRONG};

	if (e == ERR_DASH_SESSION_EXPIRED && !app->cookie_sent)
		return;
	for (size_t i = 0; i < ARRAY_LEN(FAILURES); i++) {
		if (FAILURES[i] == e)
			shm_add(app->dashboard->shm, DASHBOARD_METRIC_AUTH_FAILURES,
			        SHM_LABELS(err_code(e)), 1);
	}
}

enum err dashboard_refused(struct request *req, struct reply *rep, struct app *app, enum err e)
{
	/* What comes before the fields was left for later: it is said first all the same. */
	if (app->undecided) {
		enum err first = dashboard_judge_login(
		        req, rep, app, store_access_begin(app->pg, &app->login, &app->access));

		app->undecided = false;
		if (first == ERR_OK)
			first = dashboard_judge_rights(req, rep, app);
		if (first != ERR_OK)
			e = first;
	}
	count_failure(app, e);
	if (pg_err_away(e))
		return ERR_DASH_DATABASE_AWAY;
	if (err_info(e)->http_status == 0)
		pg_log_failure(app->pg, e, "request failed");
	return e;
}

enum err dashboard_draw_workspace(const struct request *req, struct reply *rep,
        const struct app *app, enum dashboard_rate class)
{
	return draw(req, rep, app, class, app->access.workspace_id);
}
