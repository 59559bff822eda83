/* SPDX-License-Identifier: MIT
 * Invitations: made, listed, sent again and cancelled by admins; looked at and accepted by whoever
 * got one. */
#include "auth/auth_token.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/tenancy.h"
#include "store/store_job.h"

enum { INVITE_URL_BYTES = DASHBOARD_ORIGIN_BYTES + 64, MASKED_BYTES = STORE_EMAIL_BYTES + 8 };

enum { EMAIL, ROLE };
static const struct web_field CREATE[] = {
        [EMAIL] = {.name = "email", .type = WEB_EMAIL},
        [ROLE] = {.name = "role",
                .type = WEB_WORD,
                .code = ERR_DASH_INVALID_ROLE,
                .words = tenancy_roles},
};
const struct web_fields h_invitations_create_fields = WEB_FIELDS(CREATE);

static const struct web_field LIST[] = {WEB_LIST_FIELDS(store_invitation_sorts)};
const struct web_fields h_invitations_list_fields = WEB_FIELDS(LIST);

enum { TOKEN };
static const struct web_field INVITE[] = {
        [TOKEN] = {.name = "token", .type = WEB_TOKEN, .min = 1, .max = 200}};
const struct web_fields h_invite_fields = WEB_FIELDS(INVITE);

/* "a…@example.com": enough to know again, and nobody's address after the account is gone. */
static void mask(const char *email, char out[MASKED_BYTES])
{
	const char *at = strchr(email, '@');

	snprintf(out, MASKED_BYTES, "%c\xe2\x80\xa6%s", email[0], at != NULL ? at : "");
}

static enum err audit_invitation(const struct request *req, struct app *app, const char *action,
        const struct store_invitation *i)
{
	char masked[MASKED_BYTES];
	struct tenancy_audit audit;

	mask(i->email, masked);
	tenancy_audit_begin(&audit, app, action, "invitation", i->id);
	json_write_str(&audit.detail, "email", masked);
	json_write_str(&audit.detail, "role", i->role);
	return tenancy_audit_end(&audit, req, app, ERR_OK);
}

/* url: "" when the link is sent by mail. */
static void write_created(struct reply *rep, const struct store_invitation *i, const char *url)
{
	struct json_writer w;

	rep->status = 201;
	web_reply_object(rep, &w);
	json_write_object(&w, "invitation");
	json_write_str(&w, "id", i->id);
	json_write_str(&w, "email", i->email);
	json_write_str(&w, "role", i->role);
	web_write_time(&w, "expiresAt", i->expires_at_ms);
	json_write_end_object(&w);
	if (url[0] != '\0')
		json_write_str(&w, "inviteUrl", url);
	json_write_end_object(&w);
}

/* With mail a job makes the token and sends it; without, the admin passes the link on. */
static enum err make_link(
        const struct app *app, struct auth_token *token, char url[INVITE_URL_BYTES])
{
	enum err e;

	url[0] = '\0';
	if (app->dashboard->settings.mail)
		return ERR_OK;
	e = auth_token_new(token);
	if (e == ERR_OK && !str_format(url, INVITE_URL_BYTES, "%s/invite#t=%s",
	                           app->dashboard->settings.app_url, token->text))
		e = ERR_DASH_INTERNAL_ERROR;
	return e;
}

enum err h_invitations_create(struct request *req, struct reply *rep, struct app *app)
{
	struct store_invitation invitation;
	char url[INVITE_URL_BYTES];
	struct auth_token token;
	enum err e = dashboard_draw_workspace(req, rep, app, DASHBOARD_RATE_MAIL_INVITE);

	if (e == ERR_OK)
		e = make_link(app, &token, url);
	if (e != ERR_OK)
		return e;
	e = store_invitation_create(app->pg, app->access.workspace_id, app->login.user_id,
	        web_text(req, EMAIL), web_text(req, ROLE), url[0] != '\0' ? token.hash : NULL,
	        &invitation);
	if (e == ERR_OK)
		e = audit_invitation(req, app, "invitation.create", &invitation);
	if (e == ERR_OK)
		write_created(rep, &invitation, url);
	crypto_wipe(&token, sizeof(token));
	crypto_wipe(url, sizeof(url));
	return e;
}

static void write_invitation(struct json_writer *w, const void *row)
{
	const struct store_invitation *i = row;

	json_write_str(w, "id", i->id);
	json_write_str(w, "email", i->email);
	json_write_str(w, "role", i->role);
	tenancy_write_person(w, "invitedBy", i->inviter_id, i->inviter);
	web_write_time(w, "sentAt", i->sent_at_ms);
	web_write_time(w, "expiresAt", i->expires_at_ms);
	web_write_time(w, "createdAt", i->created_at_ms);
}

enum err h_invitations_list(struct request *req, struct reply *rep, struct app *app)
{
	struct tenancy_list l;
	enum err e;

	tenancy_list_begin(&l, req, true);
	e = store_invitation_list(app->pg, app->access.workspace_id, &l.page, &l.rows);
	return tenancy_list_reply(&l, rep, e, sizeof(struct store_invitation), write_invitation);
}

enum err h_invitation_resend(struct request *req, struct reply *rep, struct app *app)
{
	const char *id = web_path_param(req, "id");
	struct store_invitation invitation;
	enum err e = store_invitation_get(app->pg, app->access.workspace_id, id, &invitation);

	if (e == ERR_OK && !app->dashboard->settings.mail)
		e = ERR_DASH_MAIL_NOT_CONFIGURED;
	if (e == ERR_OK)
		e = dashboard_draw_workspace(req, rep, app, DASHBOARD_RATE_MAIL_INVITE);
	if (e == ERR_OK)
		e = store_job_mail_invite(app->pg, id);
	if (e == ERR_OK)
		e = audit_invitation(req, app, "invitation.resend", &invitation);
	rep->status = 202;
	return e;
}

enum err h_invitation_delete(struct request *req, struct reply *rep, struct app *app)
{
	struct store_invitation invitation;
	enum err e = store_invitation_cancel(
	        app->pg, app->access.workspace_id, web_path_param(req, "id"), &invitation);

	rep->status = 204;
	return e == ERR_OK ? audit_invitation(req, app, "invitation.cancel", &invitation) : e;
}

static enum err find(const struct request *req, struct app *app, uint8_t hash[],
        struct store_invitation_preview *out)
{
	if (!auth_token_hash(web_text(req, TOKEN), hash))
		return ERR_DASH_INVALID_INVITE_TOKEN;
	return store_invitation_preview(app->pg, hash, out);
}

enum err h_invite_preview(struct request *req, struct reply *rep, struct app *app)
{
	struct store_invitation_preview p;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
	struct json_writer w;
	enum err e = find(req, app, hash, &p);

	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_str(&w, "email", p.email);
	json_write_str(&w, "role", p.role);
	web_write_time(&w, "expiresAt", p.expires_at_ms);
	web_write_text(&w, "inviterName", p.inviter);
	json_write_object(&w, "workspace");
	json_write_str(&w, "name", p.workspace);
	json_write_end_object(&w);
	json_write_end_object(&w);
	return ERR_OK;
}

static enum err audit_joined(
        const struct request *req, struct app *app, const struct store_invitation_preview *p)
{
	static const struct {
		const char *action, *type;
	} ROWS[] = {{"invitation.accept", "invitation"}, {"member.joined", "user"}};
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < ARRAY_LEN(ROWS); i++) {
		struct tenancy_audit audit;

		tenancy_audit_begin(&audit, app, ROWS[i].action, ROWS[i].type,
		        i == 0 ? p->id : app->login.user_id);
		audit.row.workspace_id = p->workspace_id;
		json_write_str(&audit.detail, "role", p->role);
		e = tenancy_audit_end(&audit, req, app, ERR_OK);
	}
	return e;
}

enum err h_invite_accept(struct request *req, struct reply *rep, struct app *app)
{
	struct store_invitation_preview p;
	uint8_t hash[AUTH_TOKEN_HASH_BYTES];
	struct store_workspace joined;
	struct json_writer w;
	enum err e = find(req, app, hash, &p);

	if (e == ERR_OK)
		e = store_invitation_accept(app->pg, hash, &joined);
	if (e == ERR_OK)
		e = audit_joined(req, app, &p);
	if (e != ERR_OK)
		return e;
	web_reply_object(rep, &w);
	json_write_object(&w, "workspace");
	json_write_str(&w, "id", joined.id);
	json_write_str(&w, "slug", joined.slug);
	json_write_end_object(&w);
	json_write_str(&w, "role", joined.role);
	json_write_end_object(&w);
	return ERR_OK;
}
