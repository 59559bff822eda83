/* SPDX-License-Identifier: MIT
 * Cookies: found strictly, so that nobody slips a second one under a name, and set in one way. */
#include <inttypes.h>

#include "base/str.h"
#include "web/web.h"
#include "web/web_cookie.h"

/* cookie-octet of RFC 6265 §4.1.1. */
static bool is_octet(char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool is_value(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_octet(p[i]))
			return false;
	}
	return true;
}

enum web_cookie_state web_cookie_find(
        const char *header, const char *name, char *out, size_t out_size)
{
	enum web_cookie_state state = WEB_COOKIE_ABSENT;
	size_t name_len = strlen(name);

	out[0] = '\0';
	for (const char *p = header; p != NULL && *p != '\0';) {
		const char *value;
		size_t pair, len;

		p += strspn(p, "; \t");
		pair = strcspn(p, ";");
		if (pair > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
			value = p + name_len + 1;
			len = pair - name_len - 1;
			while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
				len--;
			if (state != WEB_COOKIE_ABSENT || len == 0 || len >= out_size ||
			        !is_value(value, len)) {
				out[0] = '\0';
				return WEB_COOKIE_MALFORMED;
			}
			memcpy(out, value, len);
			out[len] = '\0';
			state = WEB_COOKIE_GIVEN;
		}
		p += pair;
	}
	return state;
}

enum web_cookie_state web_cookie(
        const struct request *req, const char *name, char *out, size_t out_size)
{
	return web_cookie_find(web_header(req, "Cookie"), name, out, out_size);
}

void web_cookie_name(const char *name, bool secure, char out[WEB_COOKIE_NAME_BYTES])
{
	if (!str_format(out, WEB_COOKIE_NAME_BYTES, "%s%s", secure ? "__Host-" : "", name))
		out[0] = '\0'; /* names are ours and short */
}

bool web_set_cookie(struct reply *rep, const struct web_cookie_spec *spec, const char *value)
{
	char name[WEB_COOKIE_NAME_BYTES];
	int64_t max_age_s = spec->max_age_s > 0 ? spec->max_age_s : 0;

	if (!is_value(value, strlen(value)))
		return false;
	web_cookie_name(spec->name, spec->secure, name);
	return buf_addf(rep->headers,
	        "Set-Cookie: %s=%s; Max-Age=%" PRId64 "; Path=/; HttpOnly; SameSite=Lax%s\r\n",
	        name, max_age_s > 0 ? value : "", max_age_s, spec->secure ? "; Secure" : "");
}
