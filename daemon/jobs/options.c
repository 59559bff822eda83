/* SPDX-License-Identifier: MIT
 * Settings of yavio-jobs, read once from lib/conf. */
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "daemon/jobs/options.h"

enum { LEASE_MS = 60 * 1000, SMTPS_PORT = 465, HASTE_MAX = 1000000 };

#define TOKEN_KEY_LABEL "yavio mail token v1"

/* A name for tests alone: without effect in production. */
static int64_t internal(const struct conf *c, const char *name, int64_t fallback, int64_t max)
{
	const char *text = getenv(name);
	int64_t value = fallback;

	if (text && strcmp(conf_str(c, CONF_YAVIO_ENV), "development") == 0 &&
	        !str_parse_int(text, 1, max, &value))
		value = fallback;
	return value;
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || str_starts_with(host, "127.") ||
	       strcmp(host, "::1") == 0;
}

static enum httpc_mail_security security(const struct conf *c, const char *host, int64_t port)
{
	const char *tls = conf_str(c, CONF_SMTP_TLS);

	if (strcmp(tls, "tls") == 0 || (strcmp(tls, "auto") == 0 && port == SMTPS_PORT))
		return HTTPC_MAIL_TLS;
	/* beyond loopback lib/conf refuses it */
	if (strcmp(tls, "none") == 0)
		return HTTPC_MAIL_CLEAR;
	return strcmp(tls, "auto") == 0 && is_loopback(host) ? HTTPC_MAIL_TRY : HTTPC_MAIL_STARTTLS;
}

static void load_mail(const struct conf *c, struct options *out)
{
	const char *host = conf_str(c, CONF_SMTP_HOST), *at;
	int64_t port = conf_int(c, CONF_SMTP_PORT);

	out->mail = *host != '\0';
	out->smtp = (struct httpc_mail_server){
	        .host = host,
	        .port = port,
	        .security = security(c, host, port),
	        .user = conf_str(c, CONF_SMTP_USER),
	        .password = conf_str(c, CONF_SMTP_PASSWORD),
	        .ca_file = conf_str(c, CONF_SMTP_CA_FILE),
	};
	out->mail_from = conf_str(c, CONF_SMTP_FROM);
	at = strchr(out->mail_from, '@');
	(void)str_copy(out->mail_host, sizeof(out->mail_host), at ? at + 1 : "localhost");
}

static enum err load(struct options *out)
{
	const struct conf *c = out->conf;
	const char *secret = conf_str(c, CONF_NEXTAUTH_SECRET);

	if (!conf_pg_url(c, out->pg_url, sizeof(out->pg_url)) ||
	        !conf_ch_endpoint(c, &out->eraser) ||
	        !conf_home_path(c, WEB_HEALTH_JOBS, out->health_path, sizeof(out->health_path)) ||
	        !conf_home_path(
	                c, WEB_HEALTH_MAIL, out->mail_health_path, sizeof(out->mail_health_path)))
		return ERR_INFRA_HOME_UNUSABLE;
	out->dashboard = out->eraser;
	if (!str_copy(out->dashboard.user, sizeof(out->dashboard.user), "yavio_dashboard") ||
	        !str_copy(out->dashboard.password, sizeof(out->dashboard.password),
	                conf_str(c, CONF_CLICKHOUSE_DASHBOARD_PASSWORD)))
		return ERR_INFRA_HOME_UNUSABLE;
	out->admin = out->eraser;
	if (!str_copy(
	            out->admin.user, sizeof(out->admin.user), conf_str(c, CONF_CLICKHOUSE_USER)) ||
	        !str_copy(out->admin.password, sizeof(out->admin.password),
	                conf_str(c, CONF_CLICKHOUSE_ADMIN_PASSWORD)))
		return ERR_INFRA_HOME_UNUSABLE;
	out->pg_prepare = conf_bool(c, CONF_PG_PREPARE);
	out->cluster = conf_str(c, CONF_CLICKHOUSE_CLUSTER);
	out->spool_dir = conf_str(c, CONF_YAVIO_SPOOL_DIR);
	out->app_url = conf_str(c, CONF_NEXTAUTH_URL);
	out->session_max_days = conf_int(c, CONF_YAVIO_SESSION_MAX_DAYS);
	out->audit_days = conf_int(c, CONF_YAVIO_AUDIT_DAYS);
	out->retention_days = conf_int(c, CONF_YAVIO_RETENTION_DAYS);
	out->lease_ms = internal(c, "YAVIO_JOBS_LEASE_MS", LEASE_MS, LEASE_MS);
	out->haste = internal(c, "YAVIO_JOBS_HASTE", 1, HASTE_MAX);
	load_mail(c, out);
	return crypto_hkdf_sha256(
	        secret, strlen(secret), TOKEN_KEY_LABEL, out->token_key, sizeof(out->token_key));
}

enum err options_load(struct conf *conf, struct options *out)
{
	enum err e;

	*out = (struct options){.conf = conf};
	e = load(out);
	if (e == ERR_OK)
		return ERR_OK;
	log_fatal(e, "the settings cannot be used");
	options_release(out);
	return e;
}

void options_release(struct options *o)
{
	conf_free(o->conf);
	crypto_wipe(o, sizeof(*o));
}
