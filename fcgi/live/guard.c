/* SPDX-License-Identifier: MIT
 * What stands before a live view: limits, login, what it may see. */
#include "auth/auth_cookie.h"
#include "base/err.h"
#include "fcgi/live/live.h"
#include "web/web_rate.h"

static const struct {
	const char *name;
	enum err refusal;
} RATES[LIVE_RATE_COUNT] = {
        [LIVE_RATE_CEILING] = {"ceiling", ERR_DASH_PUBLIC_ROUTE_LIMIT},
        [LIVE_RATE_ANALYTICS] = {"analytics", ERR_DASH_ANALYTICS_QUERY_RATE_LIMITED},
};

/* of: the user; NULL: the address. */
static enum err draw(const struct request *req, struct reply *rep, const struct app *app,
        enum live_rate class, const char *of)
{
	const struct live *live = app->live;
	uint8_t key[SHM_CACHE_KEY_BYTES];

	if (of != NULL)
		web_rate_key(RATES[class].name, of, "", key);
	else
		web_rate_addr_key(RATES[class].name, req, key);
	if (web_rate_take(live->rates, key, &live->settings.rates[class], rep))
		return ERR_OK;
	shm_add(live->shm, LIVE_METRIC_RATE_LIMITED, SHM_LABELS(RATES[class].name), 1);
	return RATES[class].refusal;
}

/* The transaction is over before the store is asked anything. */
static enum err look_up(struct app *app)
{
	enum err e = store_access_begin(app->pg, &app->login, &app->access);

	if (e == ERR_OK && app->login.touched)
		e = pg_tx_commit(app->pg);
	pg_tx_rollback(app->pg);
	return e;
}

enum err live_authenticate(struct request *req, struct reply *rep, struct app *app)
{
	const struct live_settings *s = &app->live->settings;
	const char *project = web_path_param(req, "projectId");
	enum web_cookie_state cookie;
	enum err e = ERR_DASH_SESSION_EXPIRED;

	app->login = (struct pg_login){
	        .session_days = s->session_days, .session_max_days = s->session_max_days};
	app->access = (struct store_access){
	        .want_project = project != NULL && web_is_id(project) ? project : NULL};
	cookie = auth_cookie_hash(req, s->secure, app->login.token_hash);
	if (cookie == WEB_COOKIE_GIVEN)
		e = look_up(app);
	if (e == ERR_DASH_SESSION_EXPIRED && cookie != WEB_COOKIE_ABSENT)
		auth_cookie_forget(rep, s->secure);
	if (e != ERR_OK)
		return e;
	if (strcmp(app->login.stage, "full") != 0)
		return ERR_DASH_SECOND_FACTOR_OUTSTANDING;
	if (app->login.touched)
		auth_cookie_renew(req, rep, s->secure, app->login.expires_at_ms);
	return ERR_OK;
}

enum err live_admit(struct request *req, struct reply *rep, struct app *app, enum web_step step)
{
	enum err e;

	if (step == WEB_STEP_ADMIT)
		return draw(req, rep, app, LIVE_RATE_CEILING, NULL);
	e = draw(req, rep, app, LIVE_RATE_ANALYTICS, app->login.user_id);
	if (e != ERR_OK)
		return e;
	if (app->access.role < STORE_ROLE_VIEWER || app->access.project_id[0] == '\0')
		return ERR_DASH_PROJECT_NOT_FOUND;
	req->workspace_id = app->access.workspace_id;
	req->project_id = app->access.project_id;
	return ERR_OK;
}

enum err live_refused(struct request *req, struct reply *rep, struct app *app, enum err e)
{
	(void)req;
	(void)rep;
	if (pg_err_away(e))
		return ERR_DASH_DATABASE_AWAY;
	if (err_info(e)->http_status == 0)
		pg_log_failure(app->pg, e, "request failed");
	return e;
}
