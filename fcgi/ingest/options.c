/* SPDX-License-Identifier: MIT
 * Settings of yavio-ingest, taken from the option table. */
#include "base/log.h"
#include "base/str.h"
#include "fcgi/ingest/ingest.h"

static enum spool_fsync fsync_of(const char *text)
{
	if (strcmp(text, "interval") == 0)
		return SPOOL_FSYNC_INTERVAL;
	return strcmp(text, "off") == 0 ? SPOOL_FSYNC_OFF : SPOOL_FSYNC_ALWAYS;
}

static void take_limits(const struct conf *c, struct ingest_settings *s)
{
	s->limits = (struct event_limits){
	        .batch_events_max = (size_t)conf_int(c, CONF_YAVIO_MAX_BATCH_EVENTS),
	        .event_bytes_max = (size_t)conf_int(c, CONF_YAVIO_MAX_EVENT_BYTES),
	        .age_max_ms = conf_int(c, CONF_YAVIO_MAX_EVENT_AGE),
	        .lead_max_ms = conf_int(c, CONF_YAVIO_MAX_EVENT_LEAD)};
	s->body_cap = (size_t)conf_int(c, CONF_YAVIO_MAX_BODY_BYTES);
	s->inflated_cap = (size_t)conf_int(c, CONF_YAVIO_MAX_INFLATED_BYTES);
	s->spool = (struct spool_options){.dir = conf_str(c, CONF_YAVIO_SPOOL_DIR),
	        .max_bytes = conf_int(c, CONF_YAVIO_SPOOL_MAX_BYTES),
	        .segment_bytes = conf_int(c, CONF_YAVIO_SPOOL_SEGMENT_BYTES),
	        .reserve_bytes = conf_int(c, CONF_YAVIO_DISK_RESERVE),
	        .fsync = fsync_of(conf_str(c, CONF_YAVIO_SPOOL_FSYNC)),
	        .fsync_interval_ms = conf_int(c, CONF_YAVIO_SPOOL_FSYNC_INTERVAL),
	        .allow_any_fs = conf_bool(c, CONF_YAVIO_SPOOL_ALLOW_LOSS)};
}

static void take_rates(const struct conf *c, struct ingest_settings *s)
{
	s->key_policy = (struct ingest_key_policy){.fresh_ms = conf_int(c, CONF_YAVIO_KEY_CACHE),
	        .stale_ms = conf_int(c, CONF_YAVIO_KEY_CACHE_STALE)};
	s->rate_key = (struct shm_rate_limit){.rate = (double)conf_int(c, CONF_YAVIO_RATE_KEY),
	        .burst = (double)conf_int(c, CONF_YAVIO_RATE_KEY_BURST)};
	s->rate_ip = (struct shm_rate_limit){
	        .rate = (double)conf_int(c, CONF_YAVIO_RATE_IP), .burst = INGEST_RATE_IP_BURST};
	s->rate_mint = (struct shm_rate_limit){
	        .rate = (double)conf_int(c, CONF_YAVIO_RATE_MINT), .burst = INGEST_RATE_MINT_BURST};
	/* A number of events for the life of a trace's token, not a rate. */
	s->rate_widget =
	        (struct shm_rate_limit){.rate = (double)conf_int(c, CONF_YAVIO_RATE_WIDGET),
	                .burst = (double)conf_int(c, CONF_YAVIO_RATE_WIDGET),
	                .window_ms = AUTH_WIDGET_TOKEN_LIFE_MAX_S * INT64_C(1000)};
}

enum err ingest_settings_load(struct conf *c, struct ingest_settings *out)
{
	struct ingest_settings s = {.conf = c};
	enum err e;

	take_limits(c, &s);
	take_rates(c, &s);
	s.jwt_secret = conf_str(c, CONF_JWT_SECRET);
	s.jwt_secret_previous = conf_str(c, CONF_JWT_SECRET_PREVIOUS);
	s.metrics_token = conf_str(c, CONF_METRICS_BEARER_TOKEN);
	e = store_secrets_parse(conf_str(c, CONF_API_KEY_HASH_SECRET),
	        conf_str(c, CONF_API_KEY_HASH_SECRET_PREVIOUS), &s.secrets);
	if (e == ERR_OK && (!conf_pg_url(c, s.pg_url, sizeof(s.pg_url)) ||
	                           !conf_socket_path(c, "store.sock", s.store_socket,
	                                   sizeof(s.store_socket)) ||
	                           !conf_home_path(c, "run/clickhouse.health", s.store_health,
	                                   sizeof(s.store_health)) ||
	                           !web_networks_parse(conf_str(c, CONF_YAVIO_TRUSTED_PROXIES),
	                                   &s.trusted_proxies)))
		e = ERR_INFRA_INVALID_ENV_VAR;
	if (e != ERR_OK) {
		log_fatal(e, "settings cannot be used");
		ingest_settings_release(&s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void ingest_settings_release(struct ingest_settings *s)
{
	store_secrets_release(&s->secrets);
	conf_free(s->conf);
	*s = (struct ingest_settings){.conf = NULL};
}
