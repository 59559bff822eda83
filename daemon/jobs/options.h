/* SPDX-License-Identifier: MIT
 * Settings of yavio-jobs. */
#ifndef YAVIO_JOBS_OPTIONS_H
#define YAVIO_JOBS_OPTIONS_H

#include "base/base.h"
#include "base/errors.h"
#include "conf/conf.h"
#include "httpc/httpc_mail.h"
#include "pg/pg.h"
#include "web/web_health.h"
#include "web/web_start.h"

enum { JOBS_TOKEN_KEY_BYTES = 32 };

struct options {
	struct conf *conf;
	char pg_url[PG_URL_BYTES];
	bool pg_prepare;
	struct conf_ch_endpoint eraser, dashboard, admin; /* the store as each of these users */
	const char *cluster;
	const char *spool_dir; /* texts here and below belong to conf */
	bool mail;             /* SMTP_HOST is set */
	struct httpc_mail_server smtp;
	const char *mail_from;
	char mail_host[256]; /* of Message-IDs */
	const char *app_url;
	uint8_t token_key[JOBS_TOKEN_KEY_BYTES]; /* tokens in mails are made with it */
	int64_t session_max_days, audit_days, retention_days;
	int64_t lease_ms;
	char health_path[WEB_PATH_BYTES];      /* how the queue is served */
	char mail_health_path[WEB_PATH_BYTES]; /* whether the mail server took the last mail */
	int64_t haste;                         /* pauses are divided by it: 1, more only in tests */
};

/* Takes conf over, also on failure. What is wrong is logged. */
enum err options_load(struct conf *conf, struct options *out) MUST_CHECK;
void options_release(struct options *o);

#endif
