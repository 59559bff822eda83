/* SPDX-License-Identifier: MIT
 * The queue as a request sees it: kinds and their payloads. */
#include <stdlib.h>

#include "base/buf.h"
#include "json/json.h"
#include "store/store_job.h"

static const char *const kinds[STORE_JOB_KIND_COUNT] = {
        [STORE_JOB_MAIL_VERIFY] = "mail.verify",
        [STORE_JOB_MAIL_ACCOUNT_EXISTS] = "mail.account_exists",
        [STORE_JOB_MAIL_RESET] = "mail.reset",
        [STORE_JOB_MAIL_INVITE] = "mail.invite",
        [STORE_JOB_MAIL_LOCKED] = "mail.locked",
        [STORE_JOB_MAIL_SECURITY] = "mail.security",
        [STORE_JOB_ERASE] = "erase.events",
};

static const char *const security_events[STORE_SECURITY_COUNT] = {
        [STORE_SECURITY_PASSWORD_CHANGED] = "password_changed",
        [STORE_SECURITY_TOTP_ON] = "totp_on",
        [STORE_SECURITY_TOTP_OFF] = "totp_off",
        [STORE_SECURITY_CODES_RENEWED] = "codes_renewed",
        [STORE_SECURITY_RECOVERY_USED] = "recovery_used",
        [STORE_SECURITY_OAUTH_LINKED] = "oauth_linked",
        [STORE_SECURITY_OAUTH_UNLINKED] = "oauth_unlinked",
};

const char *store_job_kind_text(enum store_job_kind kind)
{
	return kind < STORE_JOB_KIND_COUNT ? kinds[kind] : NULL;
}

const char *store_security_event_text(enum store_security_event event)
{
	return event < STORE_SECURITY_COUNT ? security_events[event] : NULL;
}

enum err store_job_enqueue(struct pg *pg, const struct store_job_new *job)
{
	return pg_exec(pg, PGQ_JOB_ENQUEUE,
	        PG_PARAMS(PG_TEXT(job->kind), PG_TEXT(job->payload ? job->payload : "{}"),
	                PG_TEXT(job->dedupe_key),
	                job->run_at_ms ? PG_TIME_MS(job->run_at_ms) : PG_NULL()),
	        NULL);
}

/* One text member, and one number when its key is not NULL. */
struct payload {
	const char *key, *text;
	const char *second_key, *second_text;
	int64_t second_number; /* when second_text is NULL */
};

static enum err enqueue(struct pg *pg, enum store_job_kind kind, const struct payload *p)
{
	struct store_job_new job = {.kind = store_job_kind_text(kind)};
	struct json_writer w;
	struct buf b;
	enum err e = ERR_DB_INTERNAL_ERROR;

	buf_init(&b, STORE_JOB_PAYLOAD_BYTES - 1);
	json_write_init(&w, &b);
	json_write_object(&w, NULL);
	json_write_str(&w, p->key, p->text);
	if (p->second_text)
		json_write_str(&w, p->second_key, p->second_text);
	else if (p->second_key)
		json_write_int(&w, p->second_key, p->second_number);
	json_write_end_object(&w);
	job.payload = buf_str(&b);
	if (job.kind && !b.failed)
		e = store_job_enqueue(pg, &job);
	buf_release(&b);
	return e;
}

enum err store_job_mail_email(struct pg *pg, enum store_job_kind kind, const char *email)
{
	return enqueue(pg, kind, &(struct payload){.key = "email", .text = email});
}

enum err store_job_mail_locked(struct pg *pg, const char *email, int tier)
{
	struct payload p = {
	        .key = "email", .text = email, .second_key = "tier", .second_number = tier};

	return enqueue(pg, STORE_JOB_MAIL_LOCKED, &p);
}

enum err store_job_mail_invite(struct pg *pg, const char *invitation_id)
{
	struct payload p = {.key = "invitationId", .text = invitation_id};

	return enqueue(pg, STORE_JOB_MAIL_INVITE, &p);
}

enum err store_job_mail_security(
        struct pg *pg, const char *user_id, enum store_security_event event)
{
	struct payload p = {.key = "userId",
	        .text = user_id,
	        .second_key = "event",
	        .second_text = store_security_event_text(event)};

	if (!p.second_text)
		return ERR_DB_INTERNAL_ERROR;
	return enqueue(pg, STORE_JOB_MAIL_SECURITY, &p);
}

enum err store_job_erase(struct pg *pg, const char *erasure_id)
{
	return enqueue(
	        pg, STORE_JOB_ERASE, &(struct payload){.key = "erasureId", .text = erasure_id});
}
