/* SPDX-License-Identifier: MIT
 * GET /api/auth/providers, csrf, session and POST logout: what a page asks before and after
 * somebody logs in. */
#include "base/clock.h"
#include "fcgi/dashboard/login.h"
#include "fcgi/dashboard/session.h"
#include "store/store_user.h"
#include "web/web_cookie.h"

enum { CSRF_RENEW_S = 12 * 3600 }; /* a cookie with less life left is made anew */

static bool is_set(const struct app *app, enum conf_id id)
{
	return conf_str(app->dashboard->settings.conf, id)[0] != '\0';
}

enum err h_providers_get(struct request *req, struct reply *rep, struct app *app)
{
	const struct conf *c = app->dashboard->settings.conf;
	struct json_writer w;
	bool setup_needed;
	enum err e = store_setup_needed(app->pg, &setup_needed);

	(void)req;
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_bool(&w, "password", true);
	json_write_bool(&w, "github", is_set(app, CONF_GITHUB_CLIENT_ID));
	json_write_bool(&w, "google", is_set(app, CONF_GOOGLE_CLIENT_ID));
	json_write_bool(&w, "mail", app->dashboard->settings.mail);
	json_write_str(&w, "registration",
	        conf_bool(c, CONF_YAVIO_DISABLE_REGISTRATION) ? "invite" : "open");
	json_write_bool(&w, "setupNeeded", setup_needed);
	json_write_end_object(&w);
	return ERR_OK;
}

enum err h_csrf_get(struct request *req, struct reply *rep, struct app *app)
{
	const struct dashboard_settings *s = &app->dashboard->settings;
	const struct web_cookie_spec spec = {
	        .name = DASHBOARD_CSRF_COOKIE, .secure = s->secure, .max_age_s = AUTH_CSRF_LIFE_S};
	char name[WEB_COOKIE_NAME_BYTES], cookie[AUTH_CSRF_COOKIE_BYTES];
	char token[AUTH_CSRF_TOKEN_BYTES];
	int64_t now_s = clock_wall_ms() / 1000;
	struct json_writer w;
	enum err e;

	web_cookie_name(DASHBOARD_CSRF_COOKIE, s->secure, name);
	/* One that is young enough stays: other pages hold its token. */
	if (web_cookie(req, name, cookie, sizeof(cookie)) != WEB_COOKIE_GIVEN ||
	        !auth_csrf_token(s->csrf_key, cookie, now_s, CSRF_RENEW_S, token)) {
		e = auth_csrf_cookie(now_s, cookie);
		if (e != ERR_OK)
			return e;
		if (!auth_csrf_token(s->csrf_key, cookie, now_s, 0, token) ||
		        !web_set_cookie(rep, &spec, cookie))
			return ERR_DASH_INTERNAL_ERROR;
	}
	web_reply_object(rep, &w);
	json_write_str(&w, "csrfToken", token);
	json_write_end_object(&w);
	return ERR_OK;
}

void dashboard_write_user(struct json_writer *w, const char *key, const struct store_user *u)
{
	json_write_object(w, key);
	json_write_str(w, "id", u->id);
	json_write_str(w, "email", u->email);
	json_write_str(w, "name", u->name);
	json_write_bool(w, "hasPassword", u->has_password);
	json_write_bool(w, "emailVerified", u->email_verified);
	json_write_bool(w, "twoFactor", u->two_factor);
	json_write_int(w, "recoveryCodesLeft", u->recovery_codes_left);
	web_write_time(w, "createdAt", u->created_ms);
	json_write_end_object(w);
}

static void write_workspace(struct json_writer *w, const struct store_my_workspace *ws)
{
	json_write_object(w, NULL);
	json_write_str(w, "id", ws->id);
	json_write_str(w, "name", ws->name);
	json_write_str(w, "slug", ws->slug);
	json_write_str(w, "role", store_role_name(ws->role));
	json_write_str(w, "plan", ws->plan);
	json_write_end_object(w);
}

enum err h_session_get(struct request *req, struct reply *rep, struct app *app)
{
	struct store_my_workspace workspaces[STORE_MY_WORKSPACES_MAX];
	struct store_user user;
	struct json_writer w;
	size_t len;
	enum err e = store_user_session(app->pg, &user, workspaces, &len);

	(void)req;
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	dashboard_write_user(&w, "user", &user);
	json_write_object(&w, "session");
	json_write_str(&w, "id", app->login.session_id);
	web_write_time(&w, "authAt", app->login.auth_at_ms);
	web_write_time(&w, "expiresAt", app->login.expires_at_ms);
	json_write_end_object(&w);
	json_write_array(&w, "workspaces");
	for (size_t i = 0; i < len; i++)
		write_workspace(&w, &workspaces[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
	return ERR_OK;
}

enum err h_logout_post(struct request *req, struct reply *rep, struct app *app)
{
	enum err e = ERR_OK;

	dashboard_login_forget(rep, app);
	rep->status = 204;
	if (!app->logged_in)
		return ERR_OK;
	e = store_session_end(app->pg, app->login.session_id);
	if (e == ERR_OK)
		e = dashboard_audit(req, app, &(struct dashboard_audit){.action = "auth.logout"});
	return e;
}
