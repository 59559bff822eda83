/* SPDX-License-Identifier: MIT
 * Logins: made, sent as a cookie, forgotten. */
#include "auth/auth_token.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include "web/web_cookie.h"
#include "fcgi/dashboard/login.h"

enum { DAY_S = 24 * 3600 };

static bool send_cookie(
        struct reply *rep, const struct app *app, const char *value, int64_t max_age_s)
{
	const struct web_cookie_spec spec = {.name = DASHBOARD_SESSION_COOKIE,
	        .secure = app->dashboard->settings.secure,
	        .max_age_s = max_age_s};

	return web_set_cookie(rep, &spec, value);
}

enum err dashboard_login_start(const struct request *req, struct reply *rep, struct app *app,
        const struct dashboard_login *l)
{
	const struct dashboard_settings *s = &app->dashboard->settings;
	int64_t days =
	        s->session_days < s->session_max_days ? s->session_days : s->session_max_days;
	int64_t life_s = days * DAY_S;
	char agent[WEB_USER_AGENT_BYTES];
	struct auth_token token;
	enum err e = auth_token_new(&token);

	if (e != ERR_OK)
		return e;
	web_user_agent(req, agent);
	e = store_session_create(app->pg,
	        &(struct store_new_session){.user_id = l->user_id,
	                .method = l->method,
	                .stage = l->stage,
	                .ip = req->addr,
	                .user_agent = agent,
	                .life_s = life_s},
	        token.hash, NULL);
	if (e == ERR_OK &&
	        !send_cookie(rep, app, token.text, l->stage ? STORE_SESSION_STAGE_S : life_s))
		e = ERR_DASH_INTERNAL_ERROR;
	crypto_wipe(&token, sizeof(token));
	return e;
}

void dashboard_login_renew(const struct request *req, struct reply *rep, const struct app *app)
{
	int64_t left_s = (app->login.expires_at_ms - clock_wall_ms()) / 1000;
	char name[WEB_COOKIE_NAME_BYTES], value[AUTH_TOKEN_BYTES];

	web_cookie_name(DASHBOARD_SESSION_COOKIE, app->dashboard->settings.secure, name);
	if (web_cookie(req, name, value, sizeof(value)) == WEB_COOKIE_GIVEN)
		(void)send_cookie(rep, app, value, left_s);
	crypto_wipe(value, sizeof(value));
}

void dashboard_login_forget(struct reply *rep, const struct app *app)
{
	(void)send_cookie(rep, app, "", 0);
}
