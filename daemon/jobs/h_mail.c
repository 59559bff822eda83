/* SPDX-License-Identifier: MIT
 * mail.*: looks up who gets the mail, makes its token, sends it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "daemon/jobs/jobs.h"
#include "daemon/jobs/template.h"
#include "json/json.h"
#include "store/store_mail.h"

enum {
	TOKEN_BYTES = 44, /* base64url of 32 bytes, and NUL */
	LINK_BYTES = 1024,
	VALUES_MAX = 8,
	SUBJECT_BYTES_MAX = 900,
	BODY_BYTES_MAX = 64 * 1024,
	MESSAGE_ID_BYTES = 200,
	PAYLOAD_DEPTH = 4,
	HOUR_MS = 3600 * 1000,
	DAY_HOURS = 24,
	TIER_UNLOCK = 3,
};

/* What a kind of mail is made of. */
struct mail_kind {
	const char *kind;
	enum template_id template;
	const char *path;       /* of its link */
	const char *token_type; /* NULL: no token */
	int64_t life_h;
};
static const struct mail_kind mail_kinds[] = {
        {"mail.verify", TEMPLATE_VERIFY, "/verify-email", "email_verification", DAY_HOURS},
        {"mail.account_exists", TEMPLATE_ACCOUNT_EXISTS, "/login", NULL, 0},
        {"mail.reset", TEMPLATE_RESET, "/reset-password", "password_reset", 1},
        {"mail.invite", TEMPLATE_INVITE, "/invite", NULL, 7 * DAY_HOURS},
        {"mail.locked", TEMPLATE_LOCKED, "/forgot-password", NULL, 0},
        {"mail.security", TEMPLATE_SECURITY, "/settings/account", NULL, 0},
};
static const struct mail_kind unlock_kind = {
        "mail.locked", TEMPLATE_LOCKED_UNLOCK, "/unlock", "account_unlock", DAY_HOURS};

static const struct {
	enum store_security_event event;
	const char *subject, *detail;
} security_texts[] = {
        {STORE_SECURITY_PASSWORD_CHANGED, "Your password was changed",
                "the password was changed, and all other logins were ended."},
        {STORE_SECURITY_TOTP_ON, "Two-factor login was turned on",
                "logging in now needs a code of the authenticator as well."},
        {STORE_SECURITY_TOTP_OFF, "Two-factor login was turned off",
                "logging in no longer needs a code of the authenticator."},
        {STORE_SECURITY_CODES_RENEWED, "Your recovery codes were renewed",
                "new recovery codes were made; the old ones no longer work."},
        {STORE_SECURITY_RECOVERY_USED, "A recovery code was used",
                "somebody logged in with a recovery code instead of the authenticator."},
        {STORE_SECURITY_OAUTH_LINKED, "A sign-in provider was linked",
                "an account of a sign-in provider now logs in to it."},
        {STORE_SECURITY_OAUTH_UNLINKED, "A sign-in provider was unlinked",
                "an account of a sign-in provider no longer logs in to it."},
};

/* A mail on its way from the job to the server. */
struct letter {
	struct lane *lane;
	const struct store_job *job;
	const struct mail_kind *kind;
	json_value *payload;
	char to[STORE_MAIL_ADDRESS_BYTES]; /* "": nobody, the job ends without a mail */
	struct store_mail_user user;
	struct store_mail_invitation invitation;
	const char *invitation_id;
	char token[TOKEN_BYTES], link[LINK_BYTES];
	struct template_value values[VALUES_MAX];
	size_t values_len;
};

static void add_value(struct letter *l, const char *name, const char *value)
{
	if (l->values_len < VALUES_MAX)
		l->values[l->values_len++] = (struct template_value){name, value};
}

static const char *member(const struct letter *l, const char *name)
{
	const char *text = NULL;

	return json_str(json_get(l->payload, name), &text) ? text : NULL;
}

/* ---- who gets it ---- */

static enum err find_user(struct letter *l, const char *email, const char *user_id)
{
	enum err e;

	if (!email && !(user_id && str_is_uuid(user_id)))
		return ERR_INTEL_JOB_PAYLOAD_INVALID;
	e = store_mail_user_find(l->lane->pg, email, user_id, &l->user);
	if (e == ERR_OK && *l->user.id) {
		(void)str_copy(l->to, sizeof(l->to), l->user.email);
		add_value(l, "name", l->user.name);
	}
	return e;
}

static enum err to_verify(struct letter *l)
{
	enum err e = find_user(l, member(l, "email"), NULL);

	if (l->user.verified)
		*l->to = '\0';
	return e;
}

static enum err to_address(struct letter *l)
{
	return find_user(l, member(l, "email"), NULL);
}

static enum err to_locked(struct letter *l)
{
	int64_t tier;

	if (!json_int(json_get(l->payload, "tier"), &tier))
		return ERR_INTEL_JOB_PAYLOAD_INVALID;
	if (tier == TIER_UNLOCK)
		l->kind = &unlock_kind;
	return to_address(l);
}

static enum err to_security(struct letter *l)
{
	const char *event = member(l, "event");

	for (size_t i = 0; event && i < ARRAY_LEN(security_texts); i++) {
		if (strcmp(event, store_security_event_text(security_texts[i].event)) == 0) {
			add_value(l, "event", security_texts[i].subject);
			add_value(l, "detail", security_texts[i].detail);
			return find_user(l, NULL, member(l, "userId"));
		}
	}
	return ERR_INTEL_JOB_PAYLOAD_INVALID;
}

static enum err to_invited(struct letter *l)
{
	enum err e;

	l->invitation_id = member(l, "invitationId");
	if (!l->invitation_id || !str_is_uuid(l->invitation_id))
		return ERR_INTEL_JOB_PAYLOAD_INVALID;
	e = store_mail_invitation_find(l->lane->pg, l->invitation_id, &l->invitation);
	(void)str_copy(l->to, sizeof(l->to), l->invitation.email);
	add_value(l, "workspace", l->invitation.workspace);
	add_value(l, "inviter",
	        *l->invitation.inviter ? l->invitation.inviter : "A member of the workspace");
	return e;
}

static enum err find_recipient(struct letter *l)
{
	static const struct {
		const char *kind;
		enum err (*find)(struct letter *l);
	} finders[] = {
	        {"mail.verify", to_verify},
	        {"mail.account_exists", to_address},
	        {"mail.reset", to_address},
	        {"mail.invite", to_invited},
	        {"mail.locked", to_locked},
	        {"mail.security", to_security},
	};

	for (size_t i = 0; i < ARRAY_LEN(finders); i++)
		if (strcmp(finders[i].kind, l->job->kind) == 0)
			return finders[i].find(l);
	return ERR_INTEL_JOB_UNKNOWN_KIND;
}

/* ---- its token ---- */

/* 256 bits that nobody can tell without the key, and the same ones whenever this job is done again:
 * a mail that went out twice opens with either copy. The queue itself never holds them. */
static enum err make_token(struct letter *l, uint8_t hash[STORE_MAIL_HASH_BYTES])
{
	uint8_t token[CRYPTO_SHA256_BYTES];
	char what[STORE_JOB_KIND_BYTES + 64];
	enum err e = ERR_INTEL_JOBS_INTERNAL_ERROR;

	if (str_format(what, sizeof(what), "%s:%lld:%lld", l->job->kind, (long long)l->job->id,
	            (long long)l->job->created_at_ms))
		e = crypto_hmac_sha256(l->lane->jobs->options.token_key, JOBS_TOKEN_KEY_BYTES, what,
		        strlen(what), token);
	if (e == ERR_OK && !crypto_base64url_encode(token, sizeof(token), l->token, TOKEN_BYTES))
		e = ERR_INTEL_JOBS_INTERNAL_ERROR;
	crypto_wipe(token, sizeof(token));
	return e == ERR_OK ? crypto_sha256(l->token, strlen(l->token), hash) : e;
}

/* *live false: too late, somebody used it or asked for a newer one. */
static enum err store_token(struct letter *l, bool *live)
{
	struct store_mail_token t = {.user_id = l->user.id,
	        .type = l->kind->token_type,
	        .life_ms = l->kind->life_h * HOUR_MS,
	        .requested_ms = l->job->created_at_ms};
	enum err e;

	*live = true;
	if (!l->kind->token_type && !l->invitation_id)
		return ERR_OK;
	e = make_token(l, t.hash);
	if (e != ERR_OK)
		return e;
	return l->invitation_id ? store_mail_invitation_put(l->lane->pg, l->invitation_id, t.hash,
	                                  t.life_ms, t.requested_ms, live)
	                        : store_mail_token_put(l->lane->pg, &t, live);
}

/* ---- the mail ---- */

static bool add_link(struct letter *l)
{
	add_value(l, "link", l->link);
	return str_format(l->link, sizeof(l->link), "%s%s%s%s", l->lane->jobs->options.app_url,
	        l->kind->path, *l->token ? "#t=" : "", l->token);
}

static bool add_message_id(const struct letter *l, char out[MESSAGE_ID_BYTES])
{
	const struct options *o = &l->lane->jobs->options;
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char what[STORE_JOB_KIND_BYTES + 64], hex[2 * 16 + 1];

	/* of this installation, too: job numbers begin at 1 in each */
	if (!str_format(what, sizeof(what), "message-id:%lld:%lld", (long long)l->job->id,
	            (long long)l->job->created_at_ms) ||
	        crypto_hmac_sha256(
	                o->token_key, JOBS_TOKEN_KEY_BYTES, what, strlen(what), digest) != ERR_OK)
		return false;
	str_hex(digest, 16, hex);
	return str_format(out, MESSAGE_ID_BYTES, "%s@%s", hex, o->mail_host);
}

static enum httpc_mail_result send(struct letter *l, struct httpc_mail_reply *reply)
{
	const struct options *o = &l->lane->jobs->options;
	struct httpc_mail_server server = o->smtp;
	struct httpc_mail m = {.from = o->mail_from,
	        .from_name = "Yavio",
	        .to = l->to,
	        .date_ms = l->job->created_at_ms};
	struct buf subject, text, html;
	char message_id[MESSAGE_ID_BYTES];
	enum httpc_mail_result result = HTTPC_MAIL_INVALID;

	server.stop = lane_must_end;
	server.stop_arg = l->lane;
	buf_init(&subject, SUBJECT_BYTES_MAX);
	buf_init(&text, BODY_BYTES_MAX);
	buf_init(&html, BODY_BYTES_MAX);
	(void)str_copy(reply->cause, sizeof(reply->cause), "it cannot be built");
	if (add_link(l) && add_message_id(l, message_id) &&
	        template_render(
	                l->kind->template, l->values, l->values_len, &subject, &text, &html)) {
		m.subject = buf_str(&subject);
		m.text = buf_str(&text);
		m.html = buf_str(&html);
		m.message_id = message_id;
		result = httpc_mail_send(&server, &m, reply);
	}
	buf_release(&subject);
	buf_release(&text);
	buf_release(&html);
	return result;
}

static void judge(struct letter *l, enum httpc_mail_result result,
        const struct httpc_mail_reply *reply, struct outcome *out)
{
	static const struct {
		const char *text;
		enum outcome_kind outcome;
		enum err cause;
	} meanings[] = {
	        [HTTPC_MAIL_SENT] = {"sent", OUTCOME_DONE, ERR_OK},
	        [HTTPC_MAIL_INVALID] = {"invalid", OUTCOME_DEAD, ERR_INTEL_MAIL_REJECTED},
	        [HTTPC_MAIL_LATER] = {"later", OUTCOME_AGAIN, ERR_INTEL_MAIL_SEND_FAILED},
	        [HTTPC_MAIL_REJECTED] = {"rejected", OUTCOME_DEAD, ERR_INTEL_MAIL_REJECTED},
	        [HTTPC_MAIL_NO_TLS] = {"no_tls", OUTCOME_AGAIN, ERR_INTEL_MAIL_TLS_FAILED},
	        [HTTPC_MAIL_STOPPED] = {"stopped", OUTCOME_STOPPED, ERR_OK},
	};
	struct jobs *jobs = l->lane->jobs;
	bool away = result == HTTPC_MAIL_LATER || result == HTTPC_MAIL_NO_TLS;

	out->kind = meanings[result].outcome;
	out->cause = meanings[result].cause;
	(void)str_copy(out->why, sizeof(out->why), reply->cause);
	shm_add(jobs->shm, METRIC_MAIL, SHM_LABELS(l->job->kind, meanings[result].text), 1);
	shm_set(jobs->shm, METRIC_DEPENDENCY_UP, SHM_LABELS("jobs", "smtp"), !away);
	jobs->mail_cause = (int)(away ? out->cause : ERR_OK);
}

static void skip(struct letter *l, const char *why)
{
	log_info(why, F_INT("job", l->job->id), F_STR("kind", l->job->kind));
	shm_add(l->lane->jobs->shm, METRIC_MAIL, SHM_LABELS(l->job->kind, "none"), 1);
}

static void deliver(struct letter *l, struct outcome *out)
{
	struct httpc_mail_reply reply = {0};
	bool live = true;
	enum err e = find_recipient(l);

	if (e == ERR_OK && *l->to)
		e = store_token(l, &live);
	if (e == ERR_INTEL_JOB_PAYLOAD_INVALID || e == ERR_INTEL_JOB_UNKNOWN_KIND) {
		outcome_again(out, e, NULL);
	} else if (e != ERR_OK) {
		pg_log_failure(l->lane->pg, e, "a mail could not be prepared");
		outcome_again(out, ERR_INTEL_MAIL_SEND_FAILED, err_message(e));
	} else if (!*l->to) {
		skip(l, "a mail that nobody gets");
	} else if (!live) {
		skip(l, "a mail that came too late");
	} else {
		judge(l, send(l, &reply), &reply, out);
	}
}

void h_mail(struct lane *lane, const struct store_job *job, struct outcome *out)
{
	struct letter *l = calloc(1, sizeof(*l));
	struct json_doc *payload = NULL;

	if (!l) {
		outcome_again(out, ERR_INTEL_JOBS_INTERNAL_ERROR, NULL);
		return;
	}
	l->lane = lane;
	l->job = job;
	for (size_t i = 0; i < ARRAY_LEN(mail_kinds); i++)
		if (strcmp(mail_kinds[i].kind, job->kind) == 0)
			l->kind = &mail_kinds[i];
	if (!lane->jobs->options.mail) {
		skip(l, "mail is off: SMTP_HOST is not set");
	} else if (!l->kind ||
	           !json_parse(job->payload, strlen(job->payload), PAYLOAD_DEPTH, &payload, NULL)) {
		outcome_again(out, ERR_INTEL_JOB_PAYLOAD_INVALID, NULL);
	} else {
		l->payload = json_root(payload);
		deliver(l, out);
	}
	json_free(payload);
	crypto_wipe(l, sizeof(*l));
	free(l);
}
