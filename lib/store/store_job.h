/* SPDX-License-Identifier: MIT
 * The durable queue in PostgreSQL: which kinds of jobs exist, what each carries, how one is added,
 * claimed and finished. */
#ifndef YAVIO_STORE_STORE_JOB_H
#define YAVIO_STORE_STORE_JOB_H

#include "base/base.h"
#include "base/errors.h"
#include "base/id.h"
#include "pg/pg.h"

enum {
	STORE_JOB_KIND_BYTES = 48,
	STORE_JOB_PAYLOAD_BYTES = 8192 + 1,
	STORE_JOB_OWNER_BYTES = 128,
	STORE_JOB_ERROR_BYTES = 300,
	STORE_JOB_CRON_BYTES = 96,
};

/* --- kinds that a request may add, and the payload of each --- */

enum store_job_kind {
	STORE_JOB_MAIL_VERIFY, /* {"email"}: confirms the unverified account of that address */
	STORE_JOB_MAIL_ACCOUNT_EXISTS, /* {"email"}: somebody registered the address of an account
	                                */
	STORE_JOB_MAIL_RESET,          /* {"email"}: link to set a new password */
	STORE_JOB_MAIL_INVITE,         /* {"invitationId"} */
	STORE_JOB_MAIL_LOCKED,         /* {"email", "tier": 2 or 3}: 3 carries an unlock link */
	STORE_JOB_MAIL_SECURITY,       /* {"userId", "event": enum store_security_event as text} */
	STORE_JOB_ERASE,               /* {"erasureId"} */
	STORE_JOB_KIND_COUNT,
};
/* "mail.verify", ...; what column kind holds. */
const char *store_job_kind_text(enum store_job_kind kind);

/* What a security mail tells of. */
enum store_security_event {
	STORE_SECURITY_PASSWORD_CHANGED, /* also by a reset link */
	STORE_SECURITY_TOTP_ON,
	STORE_SECURITY_TOTP_OFF,
	STORE_SECURITY_CODES_RENEWED,
	STORE_SECURITY_RECOVERY_USED,
	STORE_SECURITY_OAUTH_LINKED,
	STORE_SECURITY_OAUTH_UNLINKED,
	STORE_SECURITY_COUNT,
};
/* "password_changed", "totp_on", ...; STORE_SECURITY_COUNT: NULL. */
const char *store_security_event_text(enum store_security_event event);

/* Adds a job, in the open transaction of an app or service connection (or alone): it runs when that
 * commits, and not at all when it rolls back. A mail of an address that nobody has is added all the
 * same and ends without a mail, so that a request does not tell the difference.
 * Errors as pg_exec. */
enum err store_job_mail_email(
        struct pg *pg, enum store_job_kind kind, const char *email) MUST_CHECK;
enum err store_job_mail_locked(struct pg *pg, const char *email, int tier) MUST_CHECK;
enum err store_job_mail_invite(struct pg *pg, const char *invitation_id) MUST_CHECK;
enum err store_job_mail_security(
        struct pg *pg, const char *user_id, enum store_security_event event) MUST_CHECK;
enum err store_job_erase(struct pg *pg, const char *erasure_id) MUST_CHECK;

/* The general form. payload: a JSON object, NULL: {}. dedupe_key: not added while a job with it
 * waits or runs; NULL: always added. run_at_ms: 0: now. */
struct store_job_new {
	const char *kind;
	const char *payload;
	const char *dedupe_key;
	int64_t run_at_ms;
};
enum err store_job_enqueue(struct pg *pg, const struct store_job_new *job) MUST_CHECK;

/* --- the worker's side, on service connections --- */

struct store_job {
	int64_t id;
	char kind[STORE_JOB_KIND_BYTES];
	char payload[STORE_JOB_PAYLOAD_BYTES];
	int64_t attempts; /* with this one */
	int64_t created_at_ms;
};

/* A job of the lane (mail or everything else) becomes owner's for lease_ms. ERR_OK and out->id 0:
 * none is due. */
enum err store_job_claim(struct pg *pg, const char *owner, bool mail, int64_t lease_ms,
        struct store_job *out) MUST_CHECK;
/* *held false, here and below: the lease was lost, somebody else has the job; nothing changed. */
enum err store_job_renew(
        struct pg *pg, int64_t id, const char *owner, int64_t lease_ms, bool *held) MUST_CHECK;
enum err store_job_done(struct pg *pg, int64_t id, const char *owner, bool *held) MUST_CHECK;
/* Queued again after pause_ms; why: one line for the operator, without secrets. */
enum err store_job_later(struct pg *pg, int64_t id, const char *owner, const char *why,
        int64_t pause_ms, bool *held) MUST_CHECK;
/* The same without counting the attempt: it was not the job's fault, or all went well so far. */
enum err store_job_release(
        struct pg *pg, int64_t id, const char *owner, int64_t pause_ms, bool *held) MUST_CHECK;
enum err store_job_dead(
        struct pg *pg, int64_t id, const char *owner, const char *why, bool *held) MUST_CHECK;
/* Jobs whose lease is over wait again. *count: how many. */
enum err store_job_expire(struct pg *pg, int64_t *count) MUST_CHECK;
/* Milliseconds until something of the lane may be due; -1: nothing waits. */
enum err store_job_next(struct pg *pg, bool mail, int64_t *ms) MUST_CHECK;
/* Adds the job of a schedule's slot unless somebody did already. name: "cleanup.logins". */
enum err store_job_cron(struct pg *pg, const char *kind, int64_t slot) MUST_CHECK;
/* Has pg told when a job is added: pg_wait_notify. */
void store_job_listen(struct pg *pg);

struct store_job_gauge {
	char kind[STORE_JOB_KIND_BYTES];
	int64_t queued, running, dead;
	int64_t oldest_s; /* of the due ones: how long overdue */
};
/* Per kind, what is not done. Caller frees *out with free. */
enum err store_job_gauges(struct pg *pg, struct store_job_gauge **out, size_t *len) MUST_CHECK;

/* --- the operator's side, on service connections --- */

struct store_job_row {
	int64_t id;
	char kind[STORE_JOB_KIND_BYTES], state[12];
	int64_t attempts;
	int64_t created_at_ms, run_at_ms, finished_at_ms; /* 0: none */
	char error[STORE_JOB_ERROR_BYTES], owner[STORE_JOB_OWNER_BYTES];
	char payload[STORE_JOB_PAYLOAD_BYTES];
};
struct store_job_filter {
	const char *state, *kind; /* NULL: any */
	int64_t id;               /* 0: any */
	int64_t limit;
};
/* Newest first. Caller frees *out with free. */
enum err store_job_list(struct pg *pg, const struct store_job_filter *filter,
        struct store_job_row **out, size_t *len) MUST_CHECK;
/* id 0: all dead jobs (of kind, unless NULL). A dead job begins anew, a waiting one is due now. */
enum err store_job_retry(struct pg *pg, int64_t id, const char *kind, int64_t *count) MUST_CHECK;
/* Deletes dead jobs that ended older_ms ago or earlier; id and kind as above. */
enum err store_job_purge(
        struct pg *pg, int64_t id, const char *kind, int64_t older_ms, int64_t *count) MUST_CHECK;

#endif
