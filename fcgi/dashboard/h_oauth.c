/* SPDX-License-Identifier: MIT
 * POST /api/auth/signin/{provider}, GET /api/auth/callback/{provider},
 * DELETE /api/auth/account/oauth/{provider}. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "crypto/crypto_seal.h"
#include "fcgi/dashboard/account.h"
#include "fcgi/dashboard/oauth.h"
#include "store/store_job.h"
#include "store/store_sealed.h"
#include "web/web_cookie.h"

enum { REDIRECT_URI_BYTES = 640, LOCATION_BYTES_MAX = 2048, LOGGED_TEXT_BYTES = 200 };

static bool redirect_uri(
        const struct app *app, const struct auth_provider_site *site, char out[REDIRECT_URI_BYTES])
{
	return str_format(out, REDIRECT_URI_BYTES, "%s/api/auth/callback/%s",
	        app->dashboard->settings.app_url, auth_provider_name(site->provider));
}

static bool send_cookie(struct reply *rep, const struct app *app, const char *value)
{
	const struct web_cookie_spec spec = {.name = DASHBOARD_OAUTH_COOKIE,
	        .secure = app->dashboard->settings.secure,
	        .max_age_s = value[0] != '\0' ? AUTH_OAUTH_LIFE_S : 0};

	return web_set_cookie(rep, &spec, value);
}

/* ---- signin ---------------------------------------------------------------------------------- */

static const char *const PURPOSES[] = {[AUTH_OAUTH_LOGIN] = "login",
        [AUTH_OAUTH_LINK] = "link",
        [AUTH_OAUTH_REAUTH] = "reauth",
        NULL};

enum { RETURN_TO, PURPOSE };
static const struct web_field SIGNIN[] = {
        [RETURN_TO] = {.name = "returnTo", .type = WEB_TEXT, .max = 2048, .flags = WEB_OPTIONAL},
        [PURPOSE] = {.name = "purpose", .type = WEB_WORD, .words = PURPOSES},
};
const struct web_fields h_oauth_signin_fields = WEB_FIELDS(SIGNIN);

/* The purposes of somebody who is logged in already. */
static enum err check_login(const struct app *app, enum auth_oauth_purpose purpose)
{
	int64_t age_ms = clock_wall_ms() - app->login.auth_at_ms;

	if (purpose == AUTH_OAUTH_LOGIN)
		return ERR_OK;
	if (!app->logged_in)
		return ERR_DASH_SESSION_EXPIRED;
	if (strcmp(app->login.stage, "full") != 0)
		return ERR_DASH_SECOND_FACTOR_OUTSTANDING;
	return purpose == AUTH_OAUTH_LINK && age_ms >= DASHBOARD_RECENT_LOGIN_S * INT64_C(1000)
	               ? ERR_DASH_RECENT_LOGIN_NEEDED
	               : ERR_OK;
}

static enum err check_setup(struct app *app)
{
	bool setup_needed;
	enum err e = pg_tx_is_open(app->pg) ? ERR_OK : account_connect(app);

	if (e == ERR_OK)
		e = store_setup_needed(app->pg, &setup_needed);
	return e == ERR_OK && setup_needed ? ERR_DASH_SETUP_NOT_DONE : e;
}

static enum err send_flow(
        struct reply *rep, const struct app *app, const struct auth_oauth_flow *flow)
{
	struct buf cookie;
	enum err e;

	buf_init(&cookie, AUTH_OAUTH_COOKIE_BYTES_MAX);
	e = auth_oauth_seal(app->dashboard->settings.oauth_key, flow, &cookie);
	if (e == ERR_OK && !send_cookie(rep, app, buf_str(&cookie)))
		e = ERR_DASH_INTERNAL_ERROR;
	buf_release(&cookie);
	return e;
}

static enum err reply_url(struct reply *rep, const struct app *app,
        const struct auth_provider_site *site, const struct auth_oauth_flow *flow)
{
	char redirect[REDIRECT_URI_BYTES];
	const struct auth_oauth_ask ask = {.authorize_url = site->authorize_url,
	        .client_id = site->client_id,
	        .redirect_uri = redirect};
	struct json_writer w;
	struct buf url;
	bool done;

	buf_init(&url, AUTH_OAUTH_URL_BYTES_MAX);
	done = redirect_uri(app, site, redirect) && auth_oauth_url(&ask, flow, &url);
	if (done) {
		web_reply_object(rep, &w);
		json_write_str(&w, "url", buf_str(&url));
		json_write_end_object(&w);
	}
	buf_release(&url);
	return done ? ERR_OK : ERR_DASH_INTERNAL_ERROR;
}

enum err h_oauth_signin(struct request *req, struct reply *rep, struct app *app)
{
	const struct auth_provider_site *site = oauth_site(req, app);
	const char *return_to = web_text(req, RETURN_TO);
	struct auth_oauth_flow flow = {
	        .purpose = (enum auth_oauth_purpose)web_int(req, PURPOSE, AUTH_OAUTH_LOGIN)};
	enum err e = check_login(app, flow.purpose);

	if (e == ERR_OK && site == NULL)
		e = ERR_DASH_OAUTH_ERROR;
	if (e == ERR_OK)
		e = check_setup(app);
	if (e != ERR_OK)
		return e;
	flow.provider = site->provider;
	auth_oauth_return_to(return_to != NULL ? return_to : "/", flow.return_to);
	if (flow.purpose != AUTH_OAUTH_LOGIN)
		str_copy(flow.user_id, sizeof(flow.user_id), app->login.user_id);
	e = auth_oauth_begin(&flow, clock_wall_ms() / 1000);
	if (e == ERR_OK)
		e = send_flow(rep, app, &flow);
	if (e == ERR_OK)
		e = reply_url(rep, app, site, &flow);
	crypto_wipe(&flow, sizeof(flow));
	return e;
}

/* ---- callback -------------------------------------------------------------------------------- */

/* What the provider says went wrong, for the log alone. */
static enum err told_error(const struct request *req, const struct auth_provider_site *site)
{
	char error[LOGGED_TEXT_BYTES] = "", text[LOGGED_TEXT_BYTES] = "";

	(void)!web_query_param(req, "error", error, sizeof(error));
	(void)!web_query_param(req, "error_description", text, sizeof(text));
	log_info("a provider refused a sign-in",
	        F_STR("provider", auth_provider_name(site->provider)), F_STR("error", error),
	        F_STR("description", text));
	return ERR_DASH_OAUTH_ERROR;
}

static enum err mismatch(const struct auth_provider_site *site, const char *what)
{
	log_warn(ERR_DASH_OAUTH_ERROR, "a sign-in came back wrong",
	        F_STR("provider", auth_provider_name(site->provider)), F_STR("what", what));
	return ERR_DASH_OAUTH_ERROR;
}

/* Takes the flow out of its cookie, holds the query against it, and gives the code. */
static enum err read_callback(struct oauth_arrival *a, char code[AUTH_PROVIDER_CODE_BYTES])
{
	const struct dashboard_settings *s = &a->app->dashboard->settings;
	char name[WEB_COOKIE_NAME_BYTES], cookie[WEB_COOKIE_BYTES];
	char state[2 * AUTH_OAUTH_RANDOM_CHARS], issuer[512];

	web_cookie_name(DASHBOARD_OAUTH_COOKIE, s->secure, name);
	if (web_cookie(a->req, name, cookie, sizeof(cookie)) != WEB_COOKIE_GIVEN ||
	        !auth_oauth_open(s->oauth_key, cookie, clock_wall_ms() / 1000, &a->flow) ||
	        a->flow.provider != a->site->provider)
		return mismatch(a->site, "cookie");
	if (!web_query_param(a->req, "state", state, sizeof(state)) ||
	        !crypto_equal_text(a->flow.state, state))
		return mismatch(a->site, "state");
	/* RFC 9207 */
	if (web_has_query_param(a->req, "iss") &&
	        (!web_query_param(a->req, "iss", issuer, sizeof(issuer)) ||
	                strcmp(issuer, a->site->issuer) != 0))
		return mismatch(a->site, "issuer");
	if (!web_query_param(a->req, "code", code, AUTH_PROVIDER_CODE_BYTES) || code[0] == '\0')
		return told_error(a->req, a->site);
	return ERR_OK;
}

/* The provider is asked with no transaction open. */
static enum err identify(struct oauth_arrival *a, char email[WEB_EMAIL_BYTES_MAX + 1])
{
	char code[AUTH_PROVIDER_CODE_BYTES], redirect[REDIRECT_URI_BYTES];
	enum err e = read_callback(a, code);

	if (e == ERR_OK && a->app->http == NULL)
		a->app->http = httpc_new();
	if (e == ERR_OK && (a->app->http == NULL || !redirect_uri(a->app, a->site, redirect)))
		e = ERR_DASH_INTERNAL_ERROR;
	if (e == ERR_OK)
		e = auth_provider_exchange(
		        a->app->http, a->site, &a->flow, code, redirect, &a->tokens);
	if (e == ERR_OK)
		e = auth_provider_identity(a->app->http, a->site, &a->tokens, &a->identity);
	crypto_wipe(code, sizeof(code));
	if (e == ERR_OK && a->identity.email[0] != '\0' &&
	        web_email_problem(a->identity.email, email) == NULL)
		a->email = email;
	return e;
}

/* The number that goes out for an error, which is logged here if it has none of its own. */
static enum err shown(const struct app *app, enum err e)
{
	if (pg_err_away(e))
		return ERR_DASH_DATABASE_AWAY;
	if (err_info(e)->http_status != 0)
		return e;
	pg_log_failure(app->pg, e, "sign-in with a provider failed");
	return ERR_DASH_INTERNAL_ERROR;
}

static bool add_location(struct buf *to, const struct oauth_arrival *a, enum err e)
{
	buf_add_str(to, a->app->dashboard->settings.app_url);
	if (e != ERR_OK) {
		buf_addf(to, "/login#error=%s", err_code(e));
	} else if (a->stage) {
		buf_add_str(to, "/login?next=");
		(void)httpc_add_escaped(to, a->flow.return_to);
		buf_add_str(to, "#totp");
	} else {
		buf_add_str(to, a->flow.return_to);
	}
	return !to->failed;
}

enum err h_oauth_callback(struct request *req, struct reply *rep, struct app *app)
{
	struct oauth_arrival a = {.req = req, .rep = rep, .app = app, .site = oauth_site(req, app)};
	size_t headers_len = rep->headers->len;
	char email[WEB_EMAIL_BYTES_MAX + 1];
	struct buf to;
	enum err e = a.site != NULL ? identify(&a, email) : ERR_DASH_OAUTH_ERROR;

	if (e == ERR_OK)
		e = oauth_settle(&a);
	if (e != ERR_OK) {
		dashboard_reply_reset(rep, headers_len);
		e = shown(app, e);
	}
	buf_init(&to, LOCATION_BYTES_MAX);
	rep->status = 303;
	e = send_cookie(rep, app, "") && add_location(&to, &a, e) &&
	                    web_reply_header(rep, "Location", buf_str(&to))
	            ? ERR_OK
	            : ERR_DASH_INTERNAL_ERROR;
	buf_release(&to);
	crypto_wipe(&a, sizeof(a));
	return e;
}

/* ---- unlink ---------------------------------------------------------------------------------- */

struct unlinking {
	const struct request *req;
	struct app *app;
	const char *provider;
	struct store_oauth_row row;
};

static enum err unlink_identity(struct pg *pg, void *arg)
{
	struct unlinking *u = arg;
	const char *user_id = u->app->login.user_id;
	enum err e;

	free(u->row.access_enc);
	e = store_oauth_get(pg, user_id, u->provider, &u->row);
	if (e == ERR_OK)
		e = store_oauth_unlink(pg, user_id, u->provider);
	if (e == ERR_OK)
		e = dashboard_audit(u->req, u->app,
		        &(struct dashboard_audit){.action = "auth.oauth_unlinked",
		                .target_type = "provider",
		                .target_id = u->provider});
	return e == ERR_OK ? store_job_mail_security(pg, user_id, STORE_SECURITY_OAUTH_UNLINKED)
	                   : e;
}

/* After the unlinking is done: a provider that does not answer changes nothing of it. */
static void revoke(struct app *app, enum auth_provider p, const struct store_oauth_row *row)
{
	const struct auth_provider_site *site = &app->dashboard->settings.providers[p];
	const struct crypto_place place = {STORE_SEALED_ACCESS_TOKEN, row->id};
	uint8_t token[AUTH_PROVIDER_TOKEN_BYTES];
	size_t len;
	enum err e;

	if (row->access_enc == NULL || site->client_id[0] == '\0')
		return;
	if (app->http == NULL)
		app->http = httpc_new();
	e = crypto_unseal(&app->dashboard->settings.keyring, &place, row->access_enc, token,
	        sizeof(token) - 1, &len);
	if (e != ERR_OK) {
		log_error(e, "a provider's token cannot be opened, so it is not revoked");
	} else if (app->http != NULL) {
		token[len] = '\0';
		auth_provider_revoke(app->http, site, (const char *)token);
	}
	crypto_wipe(token, sizeof(token));
}

enum err h_oauth_unlink(struct request *req, struct reply *rep, struct app *app)
{
	struct unlinking u = {.req = req, .app = app};
	enum auth_provider p;
	enum err e;

	if (!auth_provider_find(web_path_param(req, "provider"), &p))
		return ERR_DASH_OAUTH_ERROR;
	u.provider = auth_provider_name(p);
	e = dashboard_tx(app, app->login.user_id, unlink_identity, &u);
	if (e == ERR_OK)
		revoke(app, p, &u.row);
	free(u.row.access_enc);
	rep->status = 204;
	return e;
}
