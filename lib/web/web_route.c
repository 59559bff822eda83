/* SPDX-License-Identifier: MIT
 * Finding the row of a route table that a request belongs to. */
#include "base/str.h"
#include "web/web_internal.h"

static const struct {
	const char *name;
	unsigned method;
} METHODS[] = {
        {"GET", WEB_GET},
        {"HEAD", WEB_GET},
        {"POST", WEB_POST},
        {"PUT", WEB_PUT},
        {"PATCH", WEB_PATCH},
        {"DELETE", WEB_DELETE},
};

unsigned web_method_of(const char *method)
{
	for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
		if (strcmp(METHODS[i].name, method) == 0)
			return METHODS[i].method;
	}
	return 0;
}

void web_allow_text(unsigned methods, bool options, char *out, size_t out_size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
		if ((methods & METHODS[i].method) == 0)
			continue;
		if (!str_format(out + n, out_size - n, "%s%s", n > 0 ? ", " : "", METHODS[i].name))
			return;
		n += strlen(out + n);
	}
	if (options)
		str_copy(out + n, out_size - n, n > 0 ? ", OPTIONS" : "OPTIONS");
}

static size_t segment_len(const char *p)
{
	return strcspn(p, "/");
}

/* A {name} of the pattern takes one whole, non-empty segment. */
static bool take_param(struct request *req, const char *pattern, size_t pattern_len,
        const char *value, size_t value_len)
{
	struct web_path_param *param;

	if (value_len == 0 || req->params_len == WEB_PATH_PARAMS_MAX ||
	        value_len >= WEB_PATH_PARAM_BYTES || pattern_len < 3 ||
	        pattern_len - 2 >= sizeof(param->name))
		return false;
	param = &req->params[req->params_len++];
	memcpy(param->name, pattern + 1, pattern_len - 2);
	param->name[pattern_len - 2] = '\0';
	memcpy(param->value, value, value_len);
	param->value[value_len] = '\0';
	return true;
}

static bool path_matches(struct request *req, const char *pattern, const char *path)
{
	const char *word = pattern;

	req->params_len = 0;
	/* Most rows differ from the path before their first {name}: no more is looked at of them.
	 */
	while (*word != '\0' && *word != '{' && *word == path[word - pattern])
		word++;
	if (*word != '\0' && *word != '{')
		return false;
	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = segment_len(++pattern);
		size_t len = segment_len(++path);

		if (pattern[0] == '{') {
			if (!take_param(req, pattern, pattern_len, path, len))
				return false;
		} else if (len != pattern_len || memcmp(pattern, path, len) != 0) {
			return false;
		}
		pattern += pattern_len;
		path += len;
		if (*pattern == '\0' && strcmp(path, "/") == 0)
			return true; /* one trailing slash */
	}
	return *pattern == '\0' && *path == '\0';
}

bool web_route_find(const struct web_program *p, struct web_exchange *x)
{
	unsigned method = web_method_of(x->req.method);

	for (size_t i = 0; i < p->routes_len; i++) {
		const struct web_route *route = &p->routes[i];

		if (!path_matches(&x->req, route->path, x->req.path))
			continue;
		x->allowed |= route->method;
		if ((method & route->method) == 0)
			continue;
		x->req.route = route;
		return true;
	}
	x->req.params_len = 0;
	return false;
}
