/* SPDX-License-Identifier: MIT
 * Whether a connection URL may be used: it names its server, and another machine only over verified
 * TLS. */
#include <stdlib.h>

#include "base/str.h"
#include "pg/pg_internal.h"

static const char *option(const PQconninfoOption *options, const char *keyword)
{
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0)
			return o->val == NULL ? "" : o->val;
	return "";
}

static bool is_local(const char *host, size_t len)
{
	char name[256];

	if (len == 0 || host[0] == '/' || host[0] == '@')
		return true;
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcmp(name, "localhost") == 0 || strcmp(name, "::1") == 0 ||
	       (str_starts_with(name, "127.") && strspn(name, "0123456789.") == len);
}

/* Every entry of a comma-separated host list is this machine. */
static bool all_local(const char *hosts)
{
	for (;;) {
		size_t len = strcspn(hosts, ",");

		if (!is_local(hosts, len))
			return false;
		if (hosts[len] == '\0')
			return true;
		hosts += len + 1;
	}
}

/* Settings of libpq's own environment that would choose another server than the URL shows. */
static bool environment_chooses(void)
{
	return getenv("PGHOST") != NULL || getenv("PGHOSTADDR") != NULL ||
	       getenv("PGSERVICE") != NULL;
}

enum err pg_url_check(const char *url)
{
	PQconninfoOption *options;
	const char *host, *hostaddr;
	enum err e = ERR_OK;

	if (!str_starts_with(url, "postgresql://") && !str_starts_with(url, "postgres://"))
		return ERR_INFRA_INVALID_ENV_VAR;
	/* Its error text may quote the URL, password included: never asked for. */
	options = PQconninfoParse(url, NULL);
	if (options == NULL)
		return ERR_INFRA_INVALID_ENV_VAR;
	host = option(options, "host");
	hostaddr = option(options, "hostaddr");
	if ((host[0] == '\0' && hostaddr[0] == '\0' && environment_chooses()) ||
	        option(options, "service")[0] != '\0')
		e = ERR_INFRA_INVALID_ENV_VAR;
	else if (!(all_local(host) && all_local(hostaddr)) &&
	         strcmp(option(options, "sslmode"), "verify-full") != 0)
		e = ERR_INFRA_INSECURE_CONFIGURATION;
	PQconninfoFree(options);
	return e;
}
