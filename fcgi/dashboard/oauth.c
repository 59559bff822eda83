/* SPDX-License-Identifier: MIT
 * What an identity leads to: a login, a new account, a link, a login proven again. */
#include <stdlib.h>

#include "base/str.h"
#include "crypto/crypto_seal.h"
#include "fcgi/dashboard/account.h"
#include "store/store_job.h"
#include "store/store_sealed.h"

#include "fcgi/dashboard/oauth.h"

static const char *provider_name(const struct oauth_arrival *a)
{
	return auth_provider_name(a->site->provider);
}

/* ---- rows, with their tokens sealed ---------------------------------------------------------- */

struct sealed_link {
	struct store_oauth_link link;
	struct buf access, refresh;
};

static enum err seal(const struct oauth_arrival *a, const char *column, const char *row_id,
        const char *token, struct buf *out, const char **text)
{
	const struct crypto_place place = {column, row_id};
	enum err e = ERR_OK;

	*text = NULL;
	if (token[0] != '\0')
		e = crypto_seal(
		        &a->app->dashboard->settings.keyring, &place, token, strlen(token), out);
	if (e == ERR_OK && token[0] != '\0')
		*text = buf_str(out);
	return e;
}

/* s->link.id is the row's, which its tokens are bound to. Release in any case. */
static enum err seal_link(const struct oauth_arrival *a, struct sealed_link *s)
{
	enum err e;

	buf_init(&s->access, CRYPTO_SEAL_TEXT_BYTES_MAX);
	buf_init(&s->refresh, CRYPTO_SEAL_TEXT_BYTES_MAX);
	s->link.provider = provider_name(a);
	s->link.account_id = a->identity.account_id;
	s->link.email = a->email;
	s->link.expires_at_ms = a->tokens.expires_at_ms;
	e = seal(a, STORE_SEALED_ACCESS_TOKEN, s->link.id, a->tokens.access, &s->access,
	        &s->link.access_enc);
	if (e == ERR_OK)
		e = seal(a, STORE_SEALED_REFRESH_TOKEN, s->link.id, a->tokens.refresh, &s->refresh,
		        &s->link.refresh_enc);
	return e;
}

static void release_link(struct sealed_link *s)
{
	buf_release(&s->access);
	buf_release(&s->refresh);
}

static enum err refresh_link(struct pg *pg, const struct oauth_arrival *a, const char *user_id)
{
	struct store_oauth_row row;
	struct sealed_link s;
	enum err e = store_oauth_get(pg, user_id, provider_name(a), &row);

	free(row.access_enc);
	if (e != ERR_OK)
		return e;
	str_copy(s.link.id, sizeof(s.link.id), row.id);
	e = seal_link(a, &s);
	if (e == ERR_OK)
		e = store_oauth_update(pg, user_id, &s.link);
	release_link(&s);
	return e;
}

static enum err add_link(struct pg *pg, const struct oauth_arrival *a, const char *user_id)
{
	struct sealed_link s;
	enum err e;

	id_uuid4(s.link.id);
	e = seal_link(a, &s);
	if (e == ERR_OK)
		e = store_oauth_insert(pg, user_id, &s.link);
	release_link(&s);
	if (e == ERR_OK && a->email != NULL)
		e = store_oauth_proven(pg, user_id, a->email);
	if (e == ERR_OK)
		e = dashboard_audit(a->req, a->app,
		        &(struct dashboard_audit){.action = "auth.oauth_linked",
		                .user_id = user_id,
		                .target_type = "provider",
		                .target_id = provider_name(a)});
	return e;
}

/* ---- transactions ---------------------------------------------------------------------------- */

struct settling {
	struct oauth_arrival *a;
	const char *user_id;
	bool invited;       /* a new account gets no workspace of its own */
	size_t headers_len; /* of the reply before it, since a transaction may run again */
};

static enum err log_in(struct pg *pg, const struct settling *s)
{
	struct oauth_arrival *a = s->a;
	struct store_user user;
	struct dashboard_login login = {.user_id = s->user_id, .method = provider_name(a)};
	enum err e = store_user_self(pg, &user);

	if (e != ERR_OK)
		return e;
	login.stage = user.two_factor;
	a->stage = login.stage;
	return account_log_in(a->req, a->rep, a->app, &login, NULL, NULL);
}

static enum err enter(struct pg *pg, void *arg)
{
	const struct settling *s = arg;
	enum err e;

	dashboard_reply_reset(s->a->rep, s->headers_len);
	e = refresh_link(pg, s->a, s->user_id);
	return e == ERR_OK ? log_in(pg, s) : e;
}

static enum err link_and_tell(struct pg *pg, const struct settling *s)
{
	enum err e = add_link(pg, s->a, s->user_id);

	return e == ERR_OK ? store_job_mail_security(pg, s->user_id, STORE_SECURITY_OAUTH_LINKED)
	                   : e;
}

/* The address is that of an account which mail or a provider proved to belong to the same person.
 */
static enum err link_and_enter(struct pg *pg, void *arg)
{
	const struct settling *s = arg;
	enum err e;

	dashboard_reply_reset(s->a->rep, s->headers_len);
	e = link_and_tell(pg, s);
	return e == ERR_OK ? log_in(pg, s) : e;
}

/* What the provider calls the person, else the local part of the address. */
static void account_name(const struct oauth_arrival *a, char out[STORE_NAME_BYTES])
{
	if (web_name_problem(a->identity.name, 100, out, STORE_NAME_BYTES) == NULL)
		return;
	str_copy(out, STORE_NAME_BYTES, a->email);
	out[strcspn(out, "@")] = '\0';
}

static enum err create(struct pg *pg, void *arg)
{
	const struct settling *s = arg;
	struct oauth_arrival *a = s->a;
	char name[STORE_NAME_BYTES];
	const struct store_new_account account = {.id = s->user_id,
	        .email = a->email,
	        .name = name,
	        .active = true,
	        .proof = "oauth"};
	bool taken;
	enum err e;

	dashboard_reply_reset(a->rep, s->headers_len);
	account_name(a, name);
	e = store_account_create(pg, &account, &taken);
	if (e == ERR_OK && taken)
		e = ERR_DASH_OAUTH_IDENTITY_CONFLICT;
	if (e == ERR_OK)
		e = add_link(pg, a, s->user_id);
	if (e == ERR_OK)
		e = s->invited ? dashboard_audit(a->req, a->app,
		                         &(struct dashboard_audit){.action = "account.created",
		                                 .user_id = s->user_id})
		               : account_activate(a->req, a->app, s->user_id, name);
	return e == ERR_OK ? log_in(pg, s) : e;
}

static enum err link_here(struct pg *pg, void *arg)
{
	return link_and_tell(pg, arg);
}

static enum err refresh_here(struct pg *pg, void *arg)
{
	const struct settling *s = arg;

	return refresh_link(pg, s->a, s->user_id);
}

static enum err prove_here(struct pg *pg, void *arg)
{
	const struct settling *s = arg;

	return store_session_proven(pg, s->a->app->login.session_id);
}

/* ---- which of them --------------------------------------------------------------------------- */

static bool is_proven(const char *proof)
{
	return strcmp(proof, "mail") == 0 || strcmp(proof, "oauth") == 0;
}

static enum err may_create(const struct oauth_arrival *a, const struct store_oauth_found *found)
{
	bool setup_needed;
	enum err e = store_setup_needed(a->app->pg, &setup_needed);

	if (e == ERR_OK && setup_needed)
		e = ERR_DASH_SETUP_NOT_DONE;
	if (e == ERR_OK && !found->invited &&
	        conf_bool(a->app->dashboard->settings.conf, CONF_YAVIO_DISABLE_REGISTRATION))
		e = ERR_DASH_REGISTRATION_CLOSED;
	return e;
}

static enum err settle_login(struct oauth_arrival *a, const struct store_oauth_found *found)
{
	struct settling s = {
	        .a = a, .headers_len = a->rep->headers->len, .invited = found->invited};
	char new_id[ID_UUID_BYTES];
	enum err e;

	if (found->owner[0] != '\0') {
		s.user_id = found->owner;
		return dashboard_tx(a->app, s.user_id, enter, &s);
	}
	if (a->email == NULL)
		return ERR_DASH_OAUTH_ERROR;
	if (found->holder[0] != '\0' && found->holder_active) {
		s.user_id = found->holder;
		return is_proven(found->holder_proof)
		               ? dashboard_tx(a->app, s.user_id, link_and_enter, &s)
		               : ERR_DASH_OAUTH_IDENTITY_CONFLICT;
	}
	e = may_create(a, found);
	if (e != ERR_OK)
		return e;
	id_uuid4(new_id);
	s.user_id = new_id;
	return dashboard_tx(a->app, new_id, create, &s);
}

static enum err settle_here(struct oauth_arrival *a, const struct store_oauth_found *found)
{
	struct settling s = {.a = a, .user_id = a->flow.user_id};
	bool mine = strcmp(found->owner, a->flow.user_id) == 0;

	if (!a->app->logged_in || strcmp(a->app->login.stage, "full") != 0 ||
	        strcmp(a->app->login.user_id, a->flow.user_id) != 0)
		return ERR_DASH_SESSION_EXPIRED;
	if (a->flow.purpose == AUTH_OAUTH_REAUTH)
		return mine ? dashboard_tx(a->app, s.user_id, prove_here, &s)
		            : ERR_DASH_OAUTH_ERROR;
	if (found->owner[0] != '\0' && !mine)
		return ERR_DASH_OAUTH_IDENTITY_CONFLICT;
	return dashboard_tx(a->app, s.user_id, mine ? refresh_here : link_here, &s);
}

static enum err settle_once(struct oauth_arrival *a)
{
	struct store_oauth_found found;
	enum err e = store_oauth_find(
	        a->app->pg, provider_name(a), a->identity.account_id, a->email, &found);

	if (e != ERR_OK)
		return e;
	return a->flow.purpose == AUTH_OAUTH_LOGIN ? settle_login(a, &found)
	                                           : settle_here(a, &found);
}

enum err oauth_settle(struct oauth_arrival *a)
{
	enum err e = account_connect(a->app);

	if (e == ERR_OK)
		e = settle_once(a);
	/* Of two arrivals at once the second finds what the first one made. */
	return e == ERR_DASH_OAUTH_IDENTITY_CONFLICT ? settle_once(a) : e;
}
