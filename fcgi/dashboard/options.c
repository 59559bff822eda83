/* SPDX-License-Identifier: MIT
 * Settings and metric table of yavio-dashboard. */
#include "base/log.h"
#include "fcgi/dashboard/dashboard.h"

const struct shm_metric dashboard_metrics[DASHBOARD_METRIC_COUNT] = {WEB_METRIC_ROWS("dashboard")};

enum err dashboard_settings_load(struct conf *c, struct dashboard_settings *out)
{
	struct dashboard_settings s = {
	        .conf = c, .metrics_token = conf_str(c, CONF_METRICS_BEARER_TOKEN)};

	if (!conf_pg_url(c, s.pg_url, sizeof(s.pg_url)) || !conf_ch_endpoint(c, &s.store) ||
	        !web_networks_parse(conf_str(c, CONF_YAVIO_TRUSTED_PROXIES), &s.trusted_proxies)) {
		log_fatal(ERR_INFRA_INVALID_ENV_VAR, "settings cannot be used");
		dashboard_settings_release(&s);
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	*out = s;
	return ERR_OK;
}

void dashboard_settings_release(struct dashboard_settings *s)
{
	conf_free(s->conf);
	*s = (struct dashboard_settings){.conf = NULL};
}
