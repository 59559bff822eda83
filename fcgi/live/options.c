/* SPDX-License-Identifier: MIT
 * Settings and metric table of yavio-live. */
#include "base/log.h"
#include "base/str.h"
#include "fcgi/live/live.h"
#include "web/web_rate.h"

const struct shm_metric live_metrics[LIVE_METRIC_COUNT] = {
        WEB_METRIC_ROWS("live"),
        [LIVE_METRIC_STREAMS] = {"yavio_dashboard_sse_connections", SHM_GAUGE, "Live views now",
                {NULL}, 0, NULL},
        [LIVE_METRIC_PROJECTS] = {"yavio_live_projects", SHM_GAUGE,
                "Projects that somebody looks on now", {NULL}, 0, NULL},
        [LIVE_METRIC_QUERY] = {"yavio_dashboard_clickhouse_query_duration_seconds", SHM_HISTOGRAM,
                "Time of a query", {"query_type"}, 1, &shm_buckets_d},
        [LIVE_METRIC_EVENTS] = {"yavio_live_events_total", SHM_COUNTER,
                "Events passed on, once for each live view", {NULL}, 0, NULL},
        [LIVE_METRIC_DROPPED] = {"yavio_live_events_dropped_total", SHM_COUNTER,
                "Events left out of a live view", {NULL}, 0, NULL},
        [LIVE_METRIC_ENDED] = {"yavio_live_ended_total", SHM_COUNTER,
                "Live views ended by the server", {"reason"}, 8, NULL},
        [LIVE_METRIC_WAITING] = {"yavio_live_waiting_bytes", SHM_GAUGE,
                "Messages that wait to be sent", {NULL}, 0, NULL},
        [LIVE_METRIC_RATE_LIMITED] = {"yavio_dashboard_rate_limited_total", SHM_COUNTER,
                "Requests refused by a limit", {"class"}, LIVE_RATE_COUNT, NULL},
};

enum err live_settings_load(struct conf *c, struct live_settings *out)
{
	struct live_settings s = {.conf = c,
	        .secure = str_starts_with(conf_str(c, CONF_NEXTAUTH_URL), "https:"),
	        .session_days = conf_int(c, CONF_YAVIO_SESSION_DAYS),
	        .session_max_days = conf_int(c, CONF_YAVIO_SESSION_MAX_DAYS),
	        .streams_per_user = conf_int(c, CONF_YAVIO_SSE_PER_USER),
	        .streams = conf_int(c, CONF_YAVIO_SSE_MAX),
	        .store_limits = {.cluster = conf_str(c, CONF_CLICKHOUSE_CLUSTER)},
	        .rates = {
	                [LIVE_RATE_CEILING] = web_rate_limit(conf_rate(c, CONF_YAVIO_RL_CEILING)),
	                [LIVE_RATE_ANALYTICS] =
	                        web_rate_limit(conf_rate(c, CONF_YAVIO_RL_ANALYTICS)),
	        }};

	if (!conf_pg_url(c, s.pg_url, sizeof(s.pg_url)) || !conf_ch_endpoint(c, &s.store) ||
	        !web_networks_parse(conf_str(c, CONF_YAVIO_TRUSTED_PROXIES), &s.trusted_proxies)) {
		log_fatal(ERR_INFRA_INVALID_ENV_VAR, "settings cannot be used");
		live_settings_release(&s);
		return ERR_INFRA_INVALID_ENV_VAR;
	}
	*out = s;
	return ERR_OK;
}

void live_settings_release(struct live_settings *s)
{
	conf_free(s->conf);
	*s = (struct live_settings){.conf = NULL};
}

enum err live_pg_open(
        const struct live_settings *s, const char *name, bool prepare, struct pg **out)
{
	const struct pg_options options = {.url = s->pg_url,
	        .role = PG_APP,
	        .application_name = name,
	        .prepare = prepare && conf_bool(s->conf, CONF_PG_PREPARE),
	        .answer_timeout_ms = LIVE_PG_ANSWER_MS};

	return pg_open(&options, out);
}
