/* SPDX-License-Identifier: MIT
 * Settings and metric table of yavio-dashboard. */
#include "base/log.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include "fcgi/dashboard/dashboard.h"
#include "fcgi/dashboard/oauth.h"
#include "store/store_sealed.h"
#include "web/web_rate.h"

const struct shm_metric dashboard_metrics[DASHBOARD_METRIC_COUNT] = {
        WEB_METRIC_ROWS("dashboard"),
        [DASHBOARD_METRIC_RATE_LIMITED] = {"yavio_dashboard_rate_limited_total", SHM_COUNTER,
                "Requests refused by a limit", {"class"}, DASHBOARD_RATE_COUNT, NULL},
        [DASHBOARD_METRIC_HASH_WAIT] = {"yavio_dashboard_password_hash_wait_seconds", SHM_HISTOGRAM,
                "Waiting for the turn to hash a password", {NULL}, 0, &shm_buckets_d},
        [DASHBOARD_METRIC_AUTH_FAILURES] = {"yavio_dashboard_auth_failures_total", SHM_COUNTER,
                "Credentials that were refused", {"reason"}, DASHBOARD_AUTH_FAILURES, NULL},
};

static const enum conf_id RATES[DASHBOARD_RATE_COUNT] = {
        [DASHBOARD_RATE_CEILING] = CONF_YAVIO_RL_CEILING,
        [DASHBOARD_RATE_AUTH_STRICT] = CONF_YAVIO_RL_AUTH_STRICT,
        [DASHBOARD_RATE_AUTH] = CONF_YAVIO_RL_AUTH,
        [DASHBOARD_RATE_WEBHOOK] = CONF_YAVIO_RL_WEBHOOK,
        [DASHBOARD_RATE_HEALTH] = CONF_YAVIO_RL_HEALTH,
        [DASHBOARD_RATE_MANAGE] = CONF_YAVIO_RL_MANAGE,
        [DASHBOARD_RATE_ANALYTICS] = CONF_YAVIO_RL_ANALYTICS,
        [DASHBOARD_RATE_BILLING] = CONF_YAVIO_RL_BILLING,
        [DASHBOARD_RATE_MAIL_INVITE] = CONF_YAVIO_RL_MAIL_INVITE,
};

enum err dashboard_key(const struct conf *c, const char *label, uint8_t out[AUTH_KEY_BYTES])
{
	struct conf_key active;
	enum err e = ERR_INFRA_INVALID_ENV_VAR;

	if (conf_key_at(c, CONF_ENCRYPTION_KEY, 0, &active))
		e = auth_key_derive(conf_str(c, CONF_NEXTAUTH_SECRET), active.text, label, out);
	crypto_wipe(&active, sizeof(active));
	return e;
}

enum err dashboard_settings_load(struct conf *c, struct dashboard_settings *out)
{
	struct dashboard_settings s = {.conf = c,
	        .metrics_token = conf_str(c, CONF_METRICS_BEARER_TOKEN),
	        .app_url = conf_str(c, CONF_NEXTAUTH_URL),
	        .secure = str_starts_with(conf_str(c, CONF_NEXTAUTH_URL), "https:"),
	        .mail = conf_str(c, CONF_SMTP_HOST)[0] != '\0',
	        .session_days = conf_int(c, CONF_YAVIO_SESSION_DAYS),
	        .session_max_days = conf_int(c, CONF_YAVIO_SESSION_MAX_DAYS)};

	if (!conf_pg_url(c, s.pg_url, sizeof(s.pg_url)) || !conf_ch_endpoint(c, &s.store) ||
	        !conf_home_path(c, WEB_HEALTH_JOBS, s.jobs_health, sizeof(s.jobs_health)) ||
	        !conf_home_path(c, WEB_HEALTH_MAIL, s.mail_health, sizeof(s.mail_health)) ||
	        !web_networks_parse(conf_str(c, CONF_YAVIO_TRUSTED_PROXIES), &s.trusted_proxies) ||
	        dashboard_key(c, "csrf", s.csrf_key) != ERR_OK ||
	        dashboard_key(c, "oauth cookie", s.oauth_key) != ERR_OK ||
	        store_keyring_load(c, &s.keyring) != ERR_OK ||
	        store_secrets_parse(conf_str(c, CONF_API_KEY_HASH_SECRET),
	                conf_str(c, CONF_API_KEY_HASH_SECRET_PREVIOUS), &s.key_secrets) != ERR_OK) {
		log_fatal(ERR_INFRA_INVALID_ENV_VAR, "settings cannot be used");
		dashboard_settings_release(&s);
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	for (size_t i = 0; i < DASHBOARD_RATE_COUNT; i++)
		s.rates[i] = web_rate_limit(conf_rate(c, RATES[i]));
	oauth_sites_load(c, s.providers);
	s.totp_limit = (struct store_totp_limit){.count = conf_rate(c, CONF_YAVIO_RL_TOTP).count,
	        .seconds = conf_rate(c, CONF_YAVIO_RL_TOTP).seconds};
	s.query = (struct ch_options){.query_timeout_ms = conf_int(c, CONF_YAVIO_QUERY_TIMEOUT),
	        .query_memory = conf_int(c, CONF_YAVIO_QUERY_MEMORY),
	        .query_max_rows = conf_int(c, CONF_YAVIO_QUERY_MAX_ROWS),
	        .query_threads = conf_int(c, CONF_YAVIO_QUERY_THREADS),
	        .cluster = conf_str(c, CONF_CLICKHOUSE_CLUSTER)};
	*out = s;
	return ERR_OK;
}

void dashboard_settings_release(struct dashboard_settings *s)
{
	store_secrets_release(&s->key_secrets);
	crypto_keyring_release(&s->keyring);
	conf_free(s->conf);
	*s = (struct dashboard_settings){.conf = NULL};
}
