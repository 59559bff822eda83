/* SPDX-License-Identifier: MIT
 * The table of kinds: who works on each, how long after a failure, and what runs by the clock. */
#include "daemon/jobs/jobs.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* 8 attempts within two days. */
static const int64_t mail_pauses[] = {
        1 * MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR};
/* Seven days. */
static const int64_t erase_pauses[] = {1 * MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR,
        12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR,
        12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR};
/* The next slot of the schedule does what this one could not. */
static const int64_t cron_pauses[] = {1 * MINUTE, 5 * MINUTE, 15 * MINUTE};

#define MAIL(name)                                                                                 \
	{                                                                                          \
		name, h_mail, mail_pauses, ARRAY_LEN(mail_pauses), 0, NULL                         \
	}
#define CRON(name, h, every)                                                                       \
	{                                                                                          \
		name, h, cron_pauses, ARRAY_LEN(cron_pauses), every, NULL                          \
	}

const struct job_kind job_kinds[] = {
        MAIL("mail.verify"),
        MAIL("mail.account_exists"),
        MAIL("mail.reset"),
        MAIL("mail.invite"),
        MAIL("mail.locked"),
        MAIL("mail.security"),
        {"erase.events", h_erase, erase_pauses, ARRAY_LEN(erase_pauses), 0, h_erase_dead},
        CRON("erase.sweep", h_sweep, DAY),
        CRON("retention", h_retention, DAY),
        CRON("cleanup.sessions", h_cleanup, HOUR),
        CRON("cleanup.users", h_cleanup, HOUR),
        CRON("cleanup.totp", h_cleanup, HOUR),
        CRON("cleanup.attempts", h_cleanup, HOUR),
        CRON("cleanup.tokens", h_cleanup, DAY),
        CRON("cleanup.invitations", h_cleanup, DAY),
        CRON("cleanup.keys", h_cleanup, DAY),
        CRON("cleanup.audit", h_cleanup, DAY),
        CRON("cleanup.erasures", h_cleanup, DAY),
        CRON("cleanup.jobs", h_cleanup, DAY),
        CRON("cleanup.stripe", h_cleanup, DAY),
};
const size_t job_kinds_len = ARRAY_LEN(job_kinds);

const struct job_kind *job_kind_find(const char *kind)
{
	for (size_t i = 0; i < job_kinds_len; i++)
		if (strcmp(job_kinds[i].kind, kind) == 0)
			return &job_kinds[i];
	return NULL;
}

int64_t job_pause_ms(const struct job_kind *kind, int64_t attempts)
{
	const int64_t *pauses = kind ? kind->pauses_s : mail_pauses;
	size_t len = kind ? kind->pauses_len : ARRAY_LEN(mail_pauses);

	if (attempts < 1)
		attempts = 1;
	return (uint64_t)attempts > len ? -1 : pauses[attempts - 1] * 1000;
}
