/* SPDX-License-Identifier: MIT
 * What the parts of yavio-dashboard share.
 *
 * How to add a route:
 *
 *  1. Write h_<resource>.c: one function a route, `enum err h_x(struct request *, struct reply *,
 *     struct app *)`, and above it the table of its fields:
 *
 *         enum { NAME, SLUG };
 *         static const struct web_field CREATE[] = {
 *                 [NAME] = {.name = "name", .type = WEB_TEXT, .min = 2, .max = 100,
 *                         .code = ERR_DASH_INVALID_WORKSPACE_NAME},
 *                 [SLUG] = {.name = "slug", .type = WEB_SLUG, .min = 3, .max = 48,
 *                         .flags = WEB_OPTIONAL, .code = ERR_DASH_INVALID_SLUG_FORMAT,
 *                         .check = not_reserved},
 *         };
 *         const struct web_fields h_workspace_create_fields = WEB_FIELDS(CREATE);
 *
 *     (web/web_field.h). On GET the table is the query's; lists begin it with
 *     WEB_LIST_FIELDS(sort words). Declare handler and table in the header of your
 *     area, which routes.c includes.
 *  2. Add one row to routes.c, in the order of the API's tables. The row is what the dispatcher
 *     enforces, in this order: route, method, size, media type, origin, CSRF, limit of the address,
 *     login, limit of the user, workspace or project visible, role, recent login, JSON, fields. A
 *     handler checks none of it again.
 *  3. Describe it in docs/api/openapi.yaml; tests/it/api-*.test.mjs then try it with every role,
 *     without login, with another tenant's ids and with bad input, from the row.
 *
 * What a handler finds:
 *
 *  - web_text(req, NAME), web_int, web_bool, web_given: valid values; web_path_param(req, "id").
 *    A wrong value that only the handler can find: return web_refuse_field(req, NAME, "reserved").
 *  - Routes with a login (WEB_AUTH_SESSION and the roles): app->login tells who; a transaction of
 *    that user is open on app->pg. The dispatcher commits it when the handler returns ERR_OK and
 *    rolls back otherwise; after a deadlock it runs the handler again, so a handler changes nothing
 *    but the database and its reply. app->access names workspace, project and role of the path.
 *  - Rows with DASHBOARD_DETACHED (argon2, OAuth, mail): the transaction is closed before the
 *    handler runs. It opens its own with dashboard_tx(app, app->login.user_id, fn, arg), short ones
 *    around its slow work.
 *  - Rows without a login (WEB_AUTH_NONE): nothing is open. Functions such as auth_login run alone
 *    by pg_exec; then dashboard_tx as the user that one of them returned, or a new account's id.
 *  - WEB_AUTH_OPTIONAL: as SESSION with a valid cookie, of either stage; else as NONE
 *    (app->logged_in tells).
 *  - Views of the events (/api/analytics/): analytics.h. What asks ClickHouse is DETACHED.
 *  - Errors of lib/store and lib/pg are returned as they are: PostgreSQL being away is answered
 *    3851, anything without a status is logged and answered 3999.
 *  - Every change writes its audit row in its transaction: dashboard_audit.
 *  - Replies: web_reply_object, web_list_begin; rep->status = 201, 202, 204 where it is not 200. */
#ifndef YAVIO_FCGI_DASHBOARD_DASHBOARD_H
#define YAVIO_FCGI_DASHBOARD_DASHBOARD_H

#include "auth/auth_csrf.h"
#include "auth/auth_provider.h"
#include "auth/auth_password.h"
#include "ch/ch.h"
#include "crypto/crypto_seal.h"
#include "fcgi/fcgi.h"
#include "pg/pg.h"
#include "shm/shm.h"
#include "shm/shm_rate.h"
#include "shm/shm_slots.h"
#include "store/store.h"
#include "store/store_access.h"
#include "store/store_page.h"
#include "store/store_session.h"
#include "store/store_totp.h"
#include "web/web.h"
#include "web/web_health.h"
#include "web/web_start.h"

enum {
	DASHBOARD_BODY_CAP = 64 * 1024,
	DASHBOARD_REPLY_CAP = 16 * 1024 * 1024,
	DASHBOARD_PROBE_MS = 1000,
	DASHBOARD_PG_ANSWER_MS = 6000, /* a little more than the server's statement_timeout */
	DASHBOARD_RECENT_LOGIN_S = 600,
	DASHBOARD_ORIGIN_BYTES = 512,
	DASHBOARD_AUTH_FAILURES = 7, /* errors that mean refused credentials */
};

/* Services whose health is watched, in the order of the health reply. */
enum dashboard_service {
	DASHBOARD_POSTGRES,
	DASHBOARD_CLICKHOUSE,
	DASHBOARD_MAIL, /* the last two as yavio-jobs sees them; pages are served without them */
	DASHBOARD_JOBS
};

/* Classes of limits. Those up to DASHBOARD_RATE_BY_USER count requests of an address, the others of
 * a user, the last of a workspace. */
enum dashboard_rate {
	DASHBOARD_RATE_CEILING, /* all of /api/, besides the class of the route */
	DASHBOARD_RATE_AUTH_STRICT,
	DASHBOARD_RATE_AUTH,
	DASHBOARD_RATE_WEBHOOK,
	DASHBOARD_RATE_HEALTH,
	DASHBOARD_RATE_BY_USER,
	DASHBOARD_RATE_MANAGE = DASHBOARD_RATE_BY_USER,
	DASHBOARD_RATE_ANALYTICS,
	DASHBOARD_RATE_BILLING,
	DASHBOARD_RATE_MAIL_INVITE, /* of a workspace, besides the class of the route */
	DASHBOARD_RATE_COUNT
};

/* What a row of the route table may ask for besides its authentication. */
enum dashboard_flag {
	DASHBOARD_CSRF = 1 << 0,       /* X-CSRF-Token, for routes that need no login */
	DASHBOARD_RECENT = 1 << 1,     /* credentials proven within DASHBOARD_RECENT_LOGIN_S */
	DASHBOARD_OR_SELF = 1 << 2,    /* the role is not needed where {userId} is oneself */
	DASHBOARD_DETACHED = 1 << 3,   /* no transaction is open while the handler runs */
	DASHBOARD_ANY_ORIGIN = 1 << 4, /* a webhook: called by another server */
	/* A GET whose handler asks one statement, and before that does not look at app->login or
	 * app->access.role: login, rights and statement go in one round trip; what was found is
	 * thrown away when login or rights say no. */
	DASHBOARD_ONE_TRIP = 1 << 5,
	DASHBOARD_EXPORT = 1 << 6, /* data leaves: who may not has a code of its own */
};

/* What the settings say; made anew at a reload. */
struct dashboard_settings {
	struct conf *conf; /* owns the texts below */
	struct web_networks trusted_proxies;
	const char *metrics_token; /* "" when unset */
	const char *app_url;       /* NEXTAUTH_URL: begins every link that leaves the server */
	bool secure;               /* the public origin is https */
	bool mail;                 /* SMTP_HOST is set: jobs send mail */
	char jobs_health[WEB_PATH_BYTES], mail_health[WEB_PATH_BYTES]; /* what yavio-jobs says */
	struct store_secrets key_secrets;                              /* hash API keys */
	char pg_url[PG_URL_BYTES];
	struct conf_ch_endpoint store;
	struct ch_options query; /* limits of queries */
	int64_t session_days, session_max_days;
	uint8_t csrf_key[AUTH_KEY_BYTES];
	uint8_t oauth_key[AUTH_KEY_BYTES]; /* seals the cookie of a sign-in with a provider */
	struct crypto_keyring keyring;     /* ENCRYPTION_KEY: what is sealed at rest */
	struct auth_provider_site providers[AUTH_PROVIDERS];
	struct store_totp_limit totp_limit;
	struct shm_rate_limit rates[DASHBOARD_RATE_COUNT];
};

/* The program as its master made it; workers inherit a copy. */
struct dashboard {
	struct web_start start;
	struct dashboard_settings settings;
	struct fcgi_pool pool;
	struct shm *shm;
	struct web_health *health;
	struct shm_rate *rates;
	struct auth_hasher hasher; /* owns its slots */
	struct shm_slots *queries; /* workers that may wait for the event store at one time */
	struct shm_slots *exports; /* exports that may run at one time, one a user */
};

/* Which page of a list is wanted where the request does not say it: of an export. size 0: what the
 * request says. */
struct app_paging {
	int64_t number, size;
};

/* One a worker. */
struct app {
	const struct dashboard *dashboard;
	struct web_worker web;
	struct pg *pg;
	struct httpc *http;                 /* to the providers; made with its first call */
	struct analytics_worker *analytics; /* to the event store; analytics.h */
	/* of the request in hand */
	struct reply *reply;   /* set when its handler runs */
	bool cookie_sent;      /* the request has a cookie of a login, good or not */
	bool logged_in;        /* login is set */
	bool undecided;        /* login and rights are found out with the handler's statement */
	struct pg_login login; /* stage "totp" only on WEB_AUTH_STAGE and _OPTIONAL */
	struct store_access access;
	struct app_paging paging;
};

enum {
	DASHBOARD_METRIC_RATE_LIMITED = WEB_METRIC_COUNT,
	DASHBOARD_METRIC_HASH_WAIT,
	DASHBOARD_METRIC_AUTH_FAILURES,
	DASHBOARD_METRIC_COUNT
};
extern const struct shm_metric dashboard_metrics[DASHBOARD_METRIC_COUNT];

extern const struct web_program dashboard_program; /* routes.c */

/* options.c: settings from c, which they own from then on also when an error is returned (then
 * released). A fault has been logged. */
enum err dashboard_settings_load(struct conf *c, struct dashboard_settings *out) MUST_CHECK;
void dashboard_settings_release(struct dashboard_settings *s);
/* A key of its own for a use ("csrf", "oauth cookie"), made from the server's secrets. */
enum err dashboard_key(
        const struct conf *c, const char *label, uint8_t out[AUTH_KEY_BYTES]) MUST_CHECK;

/* hasher.c: how passwords are hashed, by the settings. Free its slots with shm_slots_close. */
enum err dashboard_hasher_make(
        const struct conf *c, struct shm *shm, struct auth_hasher *out) MUST_CHECK;

/* monitor.c: probes the services and sets gauges until it is told to end. */
void dashboard_monitor(void *dashboard);

/* guard.c: hooks of the dispatcher. */
enum err dashboard_admit(
        struct request *req, struct reply *rep, struct app *app, enum web_step step) MUST_CHECK;
enum err dashboard_authenticate(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err dashboard_refused(
        struct request *req, struct reply *rep, struct app *app, enum err e) MUST_CHECK;
/* For handlers that also draw from a limit of the workspace of the path. */
enum err dashboard_draw_workspace(const struct request *req, struct reply *rep,
        const struct app *app, enum dashboard_rate class) MUST_CHECK;

/* tx.c: calls the handler inside its transaction, or after it. */
enum err dashboard_run(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
void dashboard_done(struct request *req, struct app *app);
/* For detached handlers: fn in a transaction as a user, again after a deadlock, with a reply that
 * is as it was before. */
enum err dashboard_tx(struct app *app, const char *user_id, pg_tx_fn *fn, void *arg) MUST_CHECK;
/* For them, where fn writes into the reply: back to no body and so many bytes of headers, at the
 * begin of fn and when it all failed. */
void dashboard_reply_reset(struct reply *rep, size_t headers_len);

/* login.c: logins and their cookie. */
struct dashboard_login {
	const char *user_id; /* tenant of the open transaction */
	const char *method;  /* "password", "github", "google", "setup", "invitation" */
	bool stage;          /* the second factor is still outstanding */
};
/* Stores a new login and sends its cookie; in an open transaction of the user. */
enum err dashboard_login_start(const struct request *req, struct reply *rep, struct app *app,
        const struct dashboard_login *l) MUST_CHECK;
/* Tells the browser to forget its login. */
void dashboard_login_forget(struct reply *rep, const struct app *app);

/* audit.c */
struct dashboard_audit {
	const char *action;                  /* "key.create" */
	const char *workspace_id;            /* NULL: an event of the account */
	const char *target_type, *target_id; /* "key", its id; may be NULL */
	const char *detail;  /* a JSON object, never a secret; NULL: {}; see audit_detail */
	const char *user_id; /* who; NULL: the one logged in */
};
/* Adds the row to the transaction that is open on app->pg. What it returns is returned by the
 * handler, so that a change which cannot be recorded does not happen (3760). */
enum err dashboard_audit(
        const struct request *req, struct app *app, const struct dashboard_audit *a) MUST_CHECK;

/* Page of a list for lib/store. */
struct store_page dashboard_page(const struct web_page *page);

/* handlers: h_health.c, h_metrics.c */
enum err h_health(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_health_live(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_metrics(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
