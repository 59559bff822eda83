/* SPDX-License-Identifier: MIT
 * The providers as the settings name them. */
#include "fcgi/dashboard/oauth.h"

/* Options of a provider; what a provider does not have names its issuer, which is never called. */
static const struct site_options {
	enum conf_id client_id, client_secret, issuer, authorize, token, user, emails, revoke;
} OPTIONS[AUTH_PROVIDERS] = {
        [AUTH_GITHUB] = {CONF_GITHUB_CLIENT_ID, CONF_GITHUB_CLIENT_SECRET, CONF_GITHUB_ISSUER,
                CONF_GITHUB_AUTHORIZE_URL, CONF_GITHUB_TOKEN_URL, CONF_GITHUB_USER_URL,
                CONF_GITHUB_EMAILS_URL, CONF_GITHUB_REVOKE_URL},
        [AUTH_GOOGLE] = {CONF_GOOGLE_CLIENT_ID, CONF_GOOGLE_CLIENT_SECRET, CONF_GOOGLE_ISSUER,
                CONF_GOOGLE_AUTHORIZE_URL, CONF_GOOGLE_TOKEN_URL, CONF_GOOGLE_USERINFO_URL,
                CONF_GOOGLE_ISSUER, CONF_GOOGLE_REVOKE_URL},
};

void oauth_sites_load(const struct conf *c, struct auth_provider_site out[AUTH_PROVIDERS])
{
	for (enum auth_provider p = 0; p < AUTH_PROVIDERS; p++) {
		const struct site_options *o = &OPTIONS[p];

		out[p] = (struct auth_provider_site){.provider = p,
		        .client_id = conf_str(c, o->client_id),
		        .client_secret = conf_str(c, o->client_secret),
		        .issuer = conf_str(c, o->issuer),
		        .authorize_url = conf_str(c, o->authorize),
		        .token_url = conf_str(c, o->token),
		        .user_url = conf_str(c, o->user),
		        .emails_url = p == AUTH_GITHUB ? conf_str(c, o->emails) : "",
		        .revoke_url = conf_str(c, o->revoke)};
	}
}

const struct auth_provider_site *oauth_site(const struct request *req, const struct app *app)
{
	const char *name = web_path_param(req, "provider");
	const struct auth_provider_site *site;
	enum auth_provider p;

	if (name == NULL || !auth_provider_find(name, &p))
		return NULL;
	site = &app->dashboard->settings.providers[p];
	return site->client_id[0] != '\0' ? site : NULL;
}
