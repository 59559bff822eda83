/* SPDX-License-Identifier: MIT
 * Names that people give, and the slugs made of them. */
#include "base/str.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include "store/store_internal.h"
#include "store/store_tenancy.h"

enum {
	SLUG_FROM_NAME_MAX = 40,
	SLUG_MIN = 2,
	WORKSPACE_SLUG_MIN = 3,
	SLUG_TAIL_RANDOM = 2, /* bytes; "-" and 4 hex digits are added */
};

bool store_name_is_valid(const char *name, size_t min, size_t max)
{
	size_t avail = strlen(name), chars = 0;
	bool blank = true;

	for (size_t i = 0; i < avail; chars++) {
		unsigned char c = (unsigned char)name[i];
		size_t len = str_utf8_len(name + i, avail - i);

		/* C0, DEL, and C1 as UTF-8 */
		if (len == 0 || c < 0x20 || c == 0x7f ||
		        (c == 0xc2 && (unsigned char)name[i + 1] < 0xa0))
			return false;
		blank = blank && c == ' ';
		i += len;
	}
	return !blank && chars >= min && chars <= max;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_slug_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void store_slug_from_name(const char *name, char out[STORE_SLUG_BYTES])
{
	size_t len = 0;

	for (; *name != '\0' && len < SLUG_FROM_NAME_MAX; name++) {
		char c = lower(*name);

		if (is_slug_char(c))
			out[len++] = c;
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	out[len < SLUG_MIN ? 0 : len] = '\0';
}

bool store_slug_is_reserved(const char *slug, bool project)
{
	static const char *const workspace[] = {"api", "admin", "login", "logout", "register",
	        "setup", "invite", "settings", "account", "oauth", "v1", "health", "metrics",
	        "static", "assets", "new", "www", "forgot-password", "reset-password",
	        "verify-email", "unlock", NULL};
	static const char *const of_project[] = {
	        "settings", "members", "billing", "audit", "new", NULL};

	for (const char *const *p = project ? of_project : workspace; *p != NULL; p++)
		if (strcmp(*p, slug) == 0)
			return true;
	return false;
}

bool store_slug_is_valid(const char *slug, bool project)
{
	size_t len = strlen(slug);

	if (len < (project ? SLUG_MIN : WORKSPACE_SLUG_MIN) || len >= STORE_SLUG_BYTES)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_slug_char(slug[i]) && (slug[i] != '-' || i == 0 || i == len - 1))
			return false;
	return !store_slug_is_reserved(slug, project);
}

void store_slug_candidate(const char *name, bool project, int attempt, char out[STORE_SLUG_BYTES])
{
	uint8_t random[SLUG_TAIL_RANDOM];
	char tail[2 * SLUG_TAIL_RANDOM + 1];
	size_t len;

	store_slug_from_name(name, out);
	if (out[0] == '\0')
		str_copy(out, STORE_SLUG_BYTES, project ? "project" : "workspace");
	if (attempt == 0 && store_slug_is_valid(out, project))
		return;
	len = strlen(out);
	crypto_random(random, sizeof(random));
	str_hex(random, sizeof(random), tail);
	snprintf(out + len, STORE_SLUG_BYTES - len, "-%s", tail);
}
