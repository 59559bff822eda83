/* SPDX-License-Identifier: MIT
 * Logins: made, sent as a cookie, forgotten. */
#include "auth/auth_cookie.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/login.h"

enum { DAY_S = 24 * 3600 };

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
	if (e == ERR_OK && !auth_cookie_send(rep, s->secure, token.text,
	                           l->stage ? STORE_SESSION_STAGE_S : life_s))
		e = ERR_DASH_INTERNAL_ERROR;
	crypto_wipe(&token, sizeof(token));
	return e;
}

void dashboard_login_forget(struct reply *rep, const struct app *app)
{
	auth_cookie_forget(rep, app->dashboard->settings.secure);
}
