/* SPDX-License-Identifier: MIT
 * Forms of URLs, hosts, addresses and names. */
#include <arpa/inet.h>
#include <ctype.h>

#include "base/str.h"
#include "conf/conf_internal.h"
#include "conf/conf_text.h"

enum { HOST_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, ENTRY_BYTES_MAX = 64, USER_BYTES_MAX = 64 };

static bool printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7F)
			return false;
	}
	return true;
}

static bool is_ip(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool is_dns_name(const char *text)
{
	size_t label = 0;

	if (text[0] == '\0' || strlen(text) > HOST_BYTES_MAX)
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '.') {
			if (label == 0 || p[-1] == '-')
				return false;
			label = 0;
			continue;
		}
		/* Compose service names have underscores. */
		if (!isalnum((unsigned char)*p) && *p != '_' && (*p != '-' || label == 0))
			return false;
		if (++label > LABEL_BYTES_MAX)
			return false;
	}
	return label > 0 && text[strlen(text) - 1] != '-';
}

bool conf_text_host(const char *text)
{
	return is_ip(text) || is_dns_name(text);
}

/* After "scheme://[user@]": host and port of len bytes, "[::1]:80". */
static bool is_authority(const char *text, size_t len)
{
	char host[HOST_BYTES_MAX + 8];
	char *port;
	int64_t number;

	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] == '[') {
		char *end = strchr(host, ']');

		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		port = end[1] == ':' ? end + 2 : NULL;
		*end = '\0';
		if (strchr(host + 1, ':') == NULL || !is_ip(host + 1))
			return false;
	} else {
		port = strchr(host, ':');
		if (port != NULL)
			*port++ = '\0';
		if (!conf_text_host(host))
			return false;
	}
	return port == NULL || str_parse_int(port, 1, 65535, &number);
}

static const char *after_scheme(const char *text, const char *const schemes[])
{
	for (; *schemes != NULL; schemes++) {
		if (str_starts_with(text, *schemes))
			return text + strlen(*schemes);
	}
	return NULL;
}

static const char *const HTTP[] = {"http://", "https://", NULL};

bool conf_url_has_login(const char *url)
{
	const char *rest = after_scheme(url, HTTP);
	size_t at = rest == NULL ? 0 : strcspn(rest, "@");

	return rest != NULL && rest[at] == '@' && at < strcspn(rest, "/?#");
}

bool conf_text_url(const char *text)
{
	const char *rest = after_scheme(text, HTTP);

	if (rest == NULL || !printable(text))
		return false;
	/* A Sentry DSN carries its public key before the host. */
	if (conf_url_has_login(text))
		rest = strchr(rest, '@') + 1;
	return is_authority(rest, strcspn(rest, "/?#"));
}

bool conf_text_origin(const char *text)
{
	const char *rest = after_scheme(text, HTTP);
	size_t len;

	if (rest == NULL)
		return false;
	len = strcspn(rest, "/?#@");
	return is_authority(rest, len) && (rest[len] == '\0' || strcmp(rest + len, "/") == 0);
}

bool conf_text_pgurl(const char *text)
{
	static const char *const schemes[] = {"postgresql://", "postgres://", NULL};

	return printable(text) && after_scheme(text, schemes) != NULL;
}

bool conf_text_redisurl(const char *text)
{
	static const char *const schemes[] = {"redis://", "rediss://", NULL};
	const char *rest = after_scheme(text, schemes);
	const char *at;

	if (!printable(text))
		return false;
	if (str_starts_with(text, "unix:///"))
		return true;
	if (rest == NULL)
		return false;
	at = strchr(rest, '@');
	if (at != NULL)
		rest = at + 1;
	return is_authority(rest, strcspn(rest, "/?#"));
}

bool conf_text_ips(const char *text)
{
	char entry[ENTRY_BYTES_MAX];
	size_t count = 0;

	while (conf_list_next(&text, entry, sizeof(entry))) {
		if (!is_ip(entry))
			return false;
		count++;
	}
	return count > 0 && *text == '\0';
}

static bool is_cidr(char *entry)
{
	char *slash = strchr(entry, '/');
	int64_t bits;

	if (slash != NULL)
		*slash = '\0';
	if (!is_ip(entry))
		return false;
	return slash == NULL ||
	       str_parse_int(slash + 1, 0, strchr(entry, ':') != NULL ? 128 : 32, &bits);
}

bool conf_text_cidrs(const char *text)
{
	char entry[ENTRY_BYTES_MAX];
	size_t count = 0;

	while (conf_list_next(&text, entry, sizeof(entry))) {
		if (!is_cidr(entry))
			return false;
		count++;
	}
	return count > 0 && *text == '\0';
}

bool conf_text_name(const char *text)
{
	if (!isalpha((unsigned char)text[0]) && text[0] != '_')
		return false;
	for (; *text != '\0'; text++) {
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	}
	return true;
}

bool conf_text_mail(const char *text)
{
	char address[USER_BYTES_MAX + HOST_BYTES_MAX + 2];
	const char *open = strchr(text, '<');
	size_t len = strlen(text);
	char *at;

	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return false;
	}
	if (open != NULL) {
		if (text[len - 1] != '>')
			return false;
		text = open + 1;
		len = strlen(text) - 1;
	}
	if (len == 0 || len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	at = strrchr(address, '@');
	if (at == NULL || at == address || !printable(address) ||
	        strpbrk(address, "<>,;\"") != NULL)
		return false;
	*at = '\0';
	return strlen(address) <= USER_BYTES_MAX && conf_text_host(at + 1);
}

bool conf_host_loopback(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (strcasecmp(host, "localhost") == 0 || str_ends_with(host, ".localhost"))
		return true;
	if (inet_pton(AF_INET, host, address) == 1)
		return address[0] == 127;
	if (inet_pton(AF_INET6, host, address) == 1)
		return memcmp(address, &in6addr_loopback, sizeof(address)) == 0;
	return false;
}

void conf_url_host(const char *url, char *out, size_t out_size)
{
	const char *rest = strstr(url, "://");
	size_t len;

	out[0] = '\0';
	if (rest == NULL)
		return;
	rest += 3;
	len = strcspn(rest, "/?#");
	/* The last @ before the path ends user and password. */
	for (size_t i = len; i > 0; i--) {
		if (rest[i - 1] == '@') {
			rest += i;
			len -= i;
			break;
		}
	}
	if (len > 0 && rest[0] == '[') {
		rest++;
		len = strcspn(rest, "]");
	} else {
		size_t host_len = strcspn(rest, ":");

		len = host_len < len ? host_len : len;
	}
	if (len >= out_size)
		return;
	memcpy(out, rest, len);
	out[len] = '\0';
}
