/* SPDX-License-Identifier: MIT
 * Rules between settings: what must be there, what contradicts, what is not safe. */
#include "base/str.h"
#include "conf/conf_internal.h"
#include "conf/conf_pg.h"

enum { HOST_BYTES_MAX = 256 };

static bool given(const struct conf *c, enum conf_id id)
{
	return c->value[id].text != NULL;
}

static int64_t number(const struct conf *c, enum conf_id id)
{
	return c->value[id].number[0];
}

static bool is(const struct conf *c, enum conf_id id, const char *text)
{
	return strcmp(conf_text(c, id), text) == 0;
}

static const char *name_of(enum conf_id id)
{
	return conf_option(id)->name;
}

/* A password that its URL may carry instead. */
static const struct {
	enum conf_id password, url;
} IN_URL[] = {
        {CONF_POSTGRES_APP_PASSWORD, CONF_DATABASE_URL},
        {CONF_POSTGRES_INGEST_PASSWORD, CONF_DATABASE_INGEST_URL},
        {CONF_POSTGRES_SERVICE_PASSWORD, CONF_DATABASE_SERVICE_URL},
};

static bool in_url(const struct conf *c, enum conf_id id)
{
	for (size_t i = 0; i < ARRAY_LEN(IN_URL); i++) {
		if (IN_URL[i].password == id)
			return given(c, IN_URL[i].url) || c->bad[IN_URL[i].url];
	}
	return false;
}

static void check_required(struct conf *c)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		enum conf_id id = (enum conf_id)i;

		if ((conf_option(id)->flags & CONF_FLAG_REQUIRED) != 0 && conf_visible(c, id) &&
		        !given(c, id) && !c->bad[id] && !in_url(c, id))
			conf_fault(c, ERR_INFRA_REQUIRED_ENV_VAR_MISSING,
			        "%s is missing; run scripts/setup-env.sh", name_of(id));
	}
}

/* second is needed once first is set (or, for a BOOL, true). */
static const struct {
	enum conf_id first, second;
	enum err e;
} NEEDS[] = {
        {CONF_GITHUB_CLIENT_ID, CONF_GITHUB_CLIENT_SECRET, ERR_INFRA_ENV_CONFLICT},
        {CONF_GITHUB_CLIENT_SECRET, CONF_GITHUB_CLIENT_ID, ERR_INFRA_ENV_CONFLICT},
        {CONF_GOOGLE_CLIENT_ID, CONF_GOOGLE_CLIENT_SECRET, ERR_INFRA_ENV_CONFLICT},
        {CONF_GOOGLE_CLIENT_SECRET, CONF_GOOGLE_CLIENT_ID, ERR_INFRA_ENV_CONFLICT},
        {CONF_YAVIO_INTELLIGENCE_URL, CONF_YAVIO_INTELLIGENCE_TOKEN, ERR_INFRA_ENV_CONFLICT},
        {CONF_YAVIO_INTELLIGENCE_URL, CONF_CLICKHOUSE_INTELLIGENCE_PASSWORD,
                ERR_INFRA_REQUIRED_ENV_VAR_MISSING},
        {CONF_YAVIO_CLOUD, CONF_STRIPE_SECRET_KEY, ERR_INFRA_REQUIRED_ENV_VAR_MISSING},
        {CONF_YAVIO_CLOUD, CONF_STRIPE_WEBHOOK_SECRET, ERR_INFRA_REQUIRED_ENV_VAR_MISSING},
        {CONF_YAVIO_CLOUD, CONF_STRIPE_PRO_PRICE_ID, ERR_INFRA_REQUIRED_ENV_VAR_MISSING},
        {CONF_YAVIO_INGEST_DOMAIN, CONF_YAVIO_DOMAIN, ERR_INFRA_ENV_CONFLICT},
        {CONF_YAVIO_TLS_CERT, CONF_YAVIO_TLS_KEY, ERR_INFRA_ENV_CONFLICT},
        {CONF_YAVIO_TLS_KEY, CONF_YAVIO_TLS_CERT, ERR_INFRA_ENV_CONFLICT},
};

static void check_needs(struct conf *c)
{
	for (size_t i = 0; i < ARRAY_LEN(NEEDS); i++) {
		enum conf_id first = NEEDS[i].first, second = NEEDS[i].second;
		bool on = conf_option(first)->type == CONF_TYPE_BOOL ? number(c, first) != 0
		                                                     : given(c, first);

		if (on && conf_visible(c, first) && conf_visible(c, second) && !given(c, second) &&
		        !c->bad[second])
			conf_fault(c, NEEDS[i].e, "%s needs %s too; set both or neither",
			        name_of(first), name_of(second));
	}
	if (is(c, CONF_YAVIO_TLS, "files") && conf_visible(c, CONF_YAVIO_TLS) &&
	        !given(c, CONF_YAVIO_TLS_CERT) && !c->bad[CONF_YAVIO_TLS_CERT])
		conf_fault(c, ERR_INFRA_ENV_CONFLICT,
		        "YAVIO_TLS=files needs YAVIO_TLS_CERT and YAVIO_TLS_KEY; set both");
}

/* The first must not be greater than the second. */
static const struct {
	enum conf_id low, high;
} ORDERED[] = {
        {CONF_YAVIO_SPOOL_SEGMENT_BYTES, CONF_YAVIO_SPOOL_MAX_BYTES},
        {CONF_YAVIO_MAX_BODY_BYTES, CONF_YAVIO_MAX_INFLATED_BYTES},
        {CONF_YAVIO_MAX_EVENT_BYTES, CONF_YAVIO_MAX_INFLATED_BYTES},
        {CONF_YAVIO_SESSION_DAYS, CONF_YAVIO_SESSION_MAX_DAYS},
        {CONF_YAVIO_KEY_CACHE, CONF_YAVIO_KEY_CACHE_STALE},
        {CONF_YAVIO_QUERY_MEMORY, CONF_YAVIO_STORE_MEMORY},
};

static void check_order(struct conf *c)
{
	for (size_t i = 0; i < ARRAY_LEN(ORDERED); i++) {
		enum conf_id low = ORDERED[i].low, high = ORDERED[i].high;

		if (conf_visible(c, low) && conf_visible(c, high) && !c->bad[low] &&
		        !c->bad[high] && number(c, low) > number(c, high))
			conf_fault(c, ERR_INFRA_ENV_CONFLICT,
			        "%s contradicts %s: it must not be greater; lower it", name_of(low),
			        name_of(high));
	}
	if (conf_visible(c, CONF_YAVIO_HTTP_PORT) && number(c, CONF_YAVIO_HTTP_PORT) != 0 &&
	        number(c, CONF_YAVIO_HTTP_PORT) == number(c, CONF_YAVIO_INGEST_PORT))
		conf_fault(c, ERR_INFRA_ENV_CONFLICT,
		        "YAVIO_HTTP_PORT contradicts YAVIO_INGEST_PORT: both name one port; change "
		        "one");
}

static bool has_own_strength(enum conf_id id)
{
	enum conf_type type = conf_option(id)->type;

	return type == CONF_TYPE_SECRET || type == CONF_TYPE_HASHRING || type == CONF_TYPE_KEYRING;
}

/* One secret under two names: whoever learns one has both. */
static void check_shared_secrets(struct conf *c)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		if (!given(c, (enum conf_id)i) || !has_own_strength((enum conf_id)i))
			continue;
		for (int j = i + 1; j < CONF_ID_COUNT; j++) {
			bool seen = conf_visible(c, (enum conf_id)i) ||
			            conf_visible(c, (enum conf_id)j);

			if (seen && given(c, (enum conf_id)j) &&
			        has_own_strength((enum conf_id)j) &&
			        strcmp(c->value[i].text, c->value[j].text) == 0)
				conf_fault(c, ERR_INFRA_ENV_CONFLICT,
				        "%s contradicts %s: one secret under two names; run "
				        "scripts/setup-env.sh --rotate %s",
				        name_of((enum conf_id)j), name_of((enum conf_id)i),
				        name_of((enum conf_id)j));
		}
	}
}

/* Fatal, or with the switch that permits it a warning at every start. */
static void insecure(struct conf *c, bool permitted, const char *what, const char *fix)
{
	if (permitted)
		conf_warning(c, ERR_INFRA_INSECURE_CONFIGURATION, "%s", what);
	else
		conf_fault(c, ERR_INFRA_INSECURE_CONFIGURATION, "%s; %s", what, fix);
}

static bool binds_beyond_loopback(const struct conf *c)
{
	const char *cursor = conf_text(c, CONF_YAVIO_BIND);
	char address[64];

	while (conf_list_next(&cursor, address, sizeof(address))) {
		if (!conf_host_loopback(address))
			return true;
	}
	return false;
}

static void check_plain_http(struct conf *c)
{
	bool permitted = number(c, CONF_YAVIO_INSECURE_HTTP) != 0;
	const char *url = conf_text(c, CONF_NEXTAUTH_URL);
	char host[HOST_BYTES_MAX];

	conf_url_host(url, host, sizeof(host));
	if (conf_visible(c, CONF_NEXTAUTH_URL) && str_starts_with(url, "http://") &&
	        !conf_host_loopback(host))
		insecure(c, permitted, "NEXTAUTH_URL is plain HTTP beyond loopback",
		        "use https, or set YAVIO_INSECURE_HTTP=1");
	if (conf_visible(c, CONF_YAVIO_BIND) && binds_beyond_loopback(c) &&
	        is(c, CONF_YAVIO_TLS, "off") && !given(c, CONF_YAVIO_TRUSTED_PROXIES))
		insecure(c, permitted, "YAVIO_BIND opens plain HTTP beyond loopback",
		        "set YAVIO_DOMAIN, YAVIO_TLS or YAVIO_TRUSTED_PROXIES, or "
		        "YAVIO_INSECURE_HTTP=1");
}

static void check_remote_databases(struct conf *c)
{
	static const enum conf_id urls[] = {
	        CONF_DATABASE_URL, CONF_DATABASE_INGEST_URL, CONF_DATABASE_SERVICE_URL};

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const char *url = conf_text(c, urls[i]);

		if (conf_visible(c, urls[i]) && url[0] != '\0' && !conf_pgurl_local(url) &&
		        !conf_pgurl_has(url, "sslmode", "verify-full"))
			conf_fault(c, ERR_INFRA_INSECURE_CONFIGURATION,
			        "%s names another host without sslmode=verify-full; add it",
			        name_of(urls[i]));
	}
}

static void check_redis(struct conf *c)
{
	const char *url = conf_text(c, CONF_REDIS_URL);
	char host[HOST_BYTES_MAX];

	if (!conf_visible(c, CONF_REDIS_URL) || url[0] == '\0' || str_starts_with(url, "unix:"))
		return;
	conf_url_host(url, host, sizeof(host));
	if (!conf_host_loopback(host) &&
	        (!str_starts_with(url, "rediss://") || strchr(url, '@') == NULL))
		conf_fault(c, ERR_DB_REDIS_INSECURE,
		        "REDIS_URL names another host without TLS or password; use "
		        "rediss://:PASSWORD@host");
}

/* A client secret, a token and mail passwords travel there. */
static void check_plain_peers(struct conf *c)
{
	static const enum conf_id endpoints[] = {CONF_GITHUB_ISSUER, CONF_GITHUB_AUTHORIZE_URL,
	        CONF_GITHUB_TOKEN_URL, CONF_GITHUB_USER_URL, CONF_GITHUB_EMAILS_URL,
	        CONF_GITHUB_REVOKE_URL, CONF_GOOGLE_REVOKE_URL, CONF_GOOGLE_ISSUER,
	        CONF_GOOGLE_AUTHORIZE_URL, CONF_GOOGLE_TOKEN_URL, CONF_GOOGLE_USERINFO_URL};
	char host[HOST_BYTES_MAX];

	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
		const char *url = conf_text(c, endpoints[i]);

		conf_url_host(url, host, sizeof(host));
		if (conf_visible(c, endpoints[i]) && str_starts_with(url, "http://") &&
		        !conf_host_loopback(host))
			conf_fault(c, ERR_INFRA_INSECURE_CONFIGURATION,
			        "%s is plain HTTP beyond loopback; use https",
			        name_of(endpoints[i]));
	}
	if (conf_visible(c, CONF_SMTP_TLS) && is(c, CONF_SMTP_TLS, "none") &&
	        given(c, CONF_SMTP_HOST) && !conf_host_loopback(conf_text(c, CONF_SMTP_HOST)))
		conf_fault(c, ERR_INFRA_INSECURE_CONFIGURATION,
		        "SMTP_TLS=none sends mail unencrypted beyond loopback; use starttls or "
		        "tls");
	conf_url_host(conf_text(c, CONF_CLICKHOUSE_URL), host, sizeof(host));
	if (conf_visible(c, CONF_CLICKHOUSE_URL) &&
	        str_starts_with(conf_text(c, CONF_CLICKHOUSE_URL), "http://") &&
	        !conf_host_loopback(host))
		conf_warning(c, ERR_INFRA_INSECURE_CONFIGURATION,
		        "CLICKHOUSE_URL is plain HTTP beyond loopback; use https unless the "
		        "network "
		        "is private");
}

static void check_losses(struct conf *c)
{
	static const enum conf_id limits[] = {CONF_YAVIO_RATE_KEY, CONF_YAVIO_RATE_IP,
	        CONF_YAVIO_RATE_WIDGET, CONF_YAVIO_RATE_MINT};
	static const enum conf_id hashing[] = {
	        CONF_YAVIO_ARGON2_KIB, CONF_YAVIO_ARGON2_T, CONF_YAVIO_ARGON2_P};
	bool production = is(c, CONF_YAVIO_ENV, "production");

	if (conf_visible(c, CONF_YAVIO_SPOOL_FSYNC) && !is(c, CONF_YAVIO_SPOOL_FSYNC, "always") &&
	        given(c, CONF_YAVIO_SPOOL_FSYNC))
		insecure(c, !production || number(c, CONF_YAVIO_SPOOL_ALLOW_LOSS) != 0,
		        "YAVIO_SPOOL_FSYNC can lose acknowledged events on power loss",
		        "set it to always, or set YAVIO_SPOOL_ALLOW_LOSS=true");
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (conf_visible(c, limits[i]) && given(c, limits[i]) && number(c, limits[i]) == 0)
			conf_warning(c, ERR_INFRA_INSECURE_CONFIGURATION,
			        "%s=0 turns that limit off", name_of(limits[i]));
	}
	for (size_t i = 0; production && i < ARRAY_LEN(hashing); i++) {
		int64_t least;

		if (conf_visible(c, hashing[i]) && given(c, hashing[i]) &&
		        str_parse_int(conf_option(hashing[i])->fallback, 0, INT64_MAX, &least) &&
		        number(c, hashing[i]) < least)
			conf_fault(c, ERR_INFRA_INVALID_ENV_VAR,
			        "%s is too weak: at least %lld in production; raise it",
			        name_of(hashing[i]), (long long)least);
	}
}

/* Whoever sets it must not believe that it works. Secrets that setup-env.sh makes are not set by
 * anybody. */
static void check_inactive(struct conf *c)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		enum conf_id id = (enum conf_id)i;
		unsigned flags = conf_option(id)->flags;

		if ((flags & CONF_FLAG_PLANNED) != 0 && (flags & CONF_FLAG_GENERATED) == 0 &&
		        conf_visible(c, id) && c->value[i].origin > CONF_FROM_SETTING)
			conf_warning(c, ERR_INFRA_SETTING_INACTIVE,
			        "%s is accepted but not used yet", name_of(id));
	}
}

void conf_check(struct conf *c)
{
	check_required(c);
	check_needs(c);
	check_order(c);
	check_shared_secrets(c);
	check_plain_http(c);
	check_remote_databases(c);
	check_redis(c);
	check_plain_peers(c);
	check_losses(c);
	check_inactive(c);
}
