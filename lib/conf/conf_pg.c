/* SPDX-License-Identifier: MIT
 * The PostgreSQL URL of each program: given, or the private cluster's socket. */
#include <ctype.h>

#include "base/str.h"
#include "conf/conf_internal.h"
#include "conf/conf_pg.h"

enum { POSTGRES_PORT_DEFAULT = 5432, ENCODED_BYTES = 3 * 1024 + 1 };

static bool percent_encode(const char *text, char *out, size_t out_size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (used + 4 > out_size)
			return false;
		if (isalnum(byte) || strchr("-._~", byte) != NULL) {
			out[used++] = (char)byte;
			continue;
		}
		out[used++] = '%';
		out[used++] = digits[byte >> 4];
		out[used++] = digits[byte & 15];
	}
	out[used] = '\0';
	return true;
}

/* Authority of url: *start after "://", *end at the path or query, *host after the login. */
static bool split_url(const char *url, const char **start, const char **host, const char **end)
{
	const char *scheme_end = strstr(url, "://");

	if (scheme_end == NULL)
		return false;
	*start = *host = scheme_end + 3;
	*end = *start + strcspn(*start, "/?#");
	for (const char *p = *start; p < *end; p++) {
		if (*p == '@')
			*host = p + 1;
	}
	return true;
}

bool conf_pgurl_with_login(
        const char *url, const char *role, const char *password, char *out, size_t out_size)
{
	char encoded[ENCODED_BYTES];
	const char *start, *host, *end;
	bool ok;

	if (!split_url(url, &start, &host, &end) ||
	        !percent_encode(password, encoded, sizeof(encoded)))
		return false;
	ok = str_format(
	        out, out_size, "%.*s%s:%s@%s", (int)(start - url), url, role, encoded, host);
	explicit_bzero(encoded, sizeof(encoded));
	return ok;
}

/* Value of key in the query part, up to "&"; NULL: not there. */
static const char *query_value(const char *url, const char *key, size_t *len)
{
	const char *p = strchr(url, '?');
	size_t key_len = strlen(key);

	for (; p != NULL; p = strchr(p + 1, '&')) {
		if (strncmp(p + 1, key, key_len) == 0 && p[1 + key_len] == '=') {
			*len = strcspn(p + 2 + key_len, "&#");
			return p + 2 + key_len;
		}
	}
	return NULL;
}

bool conf_pgurl_has(const char *url, const char *key, const char *value)
{
	size_t len;
	const char *found = query_value(url, key, &len);

	return found != NULL && len == strlen(value) && memcmp(found, value, len) == 0;
}

static bool host_local(const char *host, size_t len)
{
	char name[256];

	if (len == 0 || host[0] == '/' || strncasecmp(host, "%2f", 3) == 0)
		return true;
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (name[0] == '[') {
		name[strcspn(name, "]")] = '\0';
		return conf_host_loopback(name + 1);
	}
	name[strcspn(name, ":")] = '\0';
	return name[0] == '\0' || conf_host_loopback(name);
}

/* Each entry of a comma list; host= in the query part overrides the authority. */
static bool hosts_local(const char *hosts, size_t len)
{
	const char *end = hosts + len;

	for (;;) {
		const char *comma = memchr(hosts, ',', (size_t)(end - hosts));
		const char *host_end = comma != NULL ? comma : end;

		if (!host_local(hosts, (size_t)(host_end - hosts)))
			return false;
		if (comma == NULL)
			return true;
		hosts = comma + 1;
	}
}

bool conf_pgurl_local(const char *url)
{
	const char *start, *host, *end, *value;
	size_t len;

	if (!split_url(url, &start, &host, &end) || !hosts_local(host, (size_t)(end - host)))
		return false;
	value = query_value(url, "hostaddr", &len);
	if (value != NULL && !hosts_local(value, len))
		return false;
	value = query_value(url, "host", &len);
	return value == NULL || hosts_local(value, len);
}

struct login {
	const char *role;
	enum conf_id password, url;
};

static struct login login_of(enum conf_program program)
{
	switch (program) {
	case CONF_INGEST:
		return (struct login){
		        "yavio_ingest", CONF_POSTGRES_INGEST_PASSWORD, CONF_DATABASE_INGEST_URL};
	case CONF_DASHBOARD:
	case CONF_LIVE:
		return (struct login){"yavio_app", CONF_POSTGRES_APP_PASSWORD, CONF_DATABASE_URL};
	default:
		return (struct login){
		        "yavio_service", CONF_POSTGRES_SERVICE_PASSWORD, CONF_DATABASE_SERVICE_URL};
	}
}

bool conf_pg_url(const struct conf *c, char *out, size_t out_size)
{
	struct login login = login_of(c->program);
	char socket_dir[CONF_PATH_BYTES], encoded_dir[3 * CONF_PATH_BYTES], base[4096];
	const char *given = conf_str(c, login.url), *password = conf_str(c, login.password);
	int64_t port = conf_int(c, CONF_POSTGRES_PORT);

	if (given[0] != '\0' && (password[0] == '\0' || strchr(given, '@') != NULL))
		return str_copy(out, out_size, given);
	if (given[0] != '\0')
		return conf_pgurl_with_login(given, login.role, password, out, out_size);
	if (!conf_socket_dir(c, socket_dir, sizeof(socket_dir)) ||
	        !percent_encode(socket_dir, encoded_dir, sizeof(encoded_dir)))
		return false;
	return str_format(base, sizeof(base), "postgresql:///yavio?host=%s&port=%lld", encoded_dir,
	               (long long)(port != 0 ? port : POSTGRES_PORT_DEFAULT)) &&
	       conf_pgurl_with_login(base, login.role, password, out, out_size);
}
