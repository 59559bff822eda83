/* SPDX-License-Identifier: MIT
 * Sign-in with GitHub and Google: its routes, and what an identity leads to. */
#ifndef YAVIO_FCGI_DASHBOARD_OAUTH_H
#define YAVIO_FCGI_DASHBOARD_OAUTH_H

#include "auth/auth_provider.h"
#include "fcgi/dashboard/dashboard.h"
#include "store/store_oauth.h"

#define DASHBOARD_OAUTH_COOKIE "yavio_oauth"

/* oauth_settings.c: the providers as the settings name them. */
void oauth_sites_load(const struct conf *c, struct auth_provider_site out[AUTH_PROVIDERS]);
/* The provider of the path when this server uses it, else NULL. */
const struct auth_provider_site *oauth_site(const struct request *req, const struct app *app);

/* oauth.c: an identity that a provider vouched for, and what comes of it. */
struct oauth_arrival {
	const struct request *req;
	struct reply *rep;
	struct app *app;
	const struct auth_provider_site *site;
	struct auth_oauth_flow flow;
	struct auth_provider_tokens tokens;
	struct auth_identity identity;
	const char *email; /* of identity in lower case; NULL: none that is proven */
	bool stage;        /* result: the second factor is still to come */
};
/* Logs in, links or proves again, as the flow's purpose says. No transaction may be open.
 * ERR_DASH_OAUTH_ERROR, ERR_DASH_OAUTH_IDENTITY_CONFLICT, ERR_DASH_REGISTRATION_CLOSED,
 * ERR_DASH_SETUP_NOT_DONE, ERR_DASH_SESSION_EXPIRED (who began to link is not logged in any more).
 */
enum err oauth_settle(struct oauth_arrival *a) MUST_CHECK;

/* h_oauth.c */
extern const struct web_fields h_oauth_signin_fields;
enum err h_oauth_signin(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_oauth_callback(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_oauth_unlink(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
