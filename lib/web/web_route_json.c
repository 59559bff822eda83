/* SPDX-License-Identifier: MIT
 * The route table as JSON: what tests and checks read instead of a second list. */
#include "base/err.h"
#include "web/web_internal.h"

static const char *const AUTHS[] = {
        [WEB_AUTH_NONE] = "none",
        [WEB_AUTH_METRICS] = "metrics",
        [WEB_AUTH_API_KEY] = "api_key",
        [WEB_AUTH_API_KEY_OR_WIDGET] = "api_key_or_widget",
        [WEB_AUTH_OPTIONAL] = "optional",
        [WEB_AUTH_STAGE] = "stage",
        [WEB_AUTH_SESSION] = "session",
        [WEB_AUTH_VIEWER] = "viewer",
        [WEB_AUTH_MEMBER] = "member",
        [WEB_AUTH_ADMIN] = "admin",
        [WEB_AUTH_OWNER] = "owner",
};

static const char *const TYPES[] = {
        [WEB_TEXT] = "text",
        [WEB_SECRET] = "secret",
        [WEB_TOKEN] = "token",
        [WEB_EMAIL] = "email",
        [WEB_UUID] = "uuid",
        [WEB_SLUG] = "slug",
        [WEB_WORD] = "word",
        [WEB_INT] = "int",
        [WEB_BOOL] = "bool",
        [WEB_TIME] = "time",
};

static const char *need(const struct web_field *f)
{
	if ((f->flags & WEB_ONE_OF) != 0)
		return "one_of";
	if ((f->flags & WEB_ANY_OF) != 0)
		return "any_of";
	return (f->flags & WEB_OPTIONAL) != 0 ? "optional" : "required";
}

static void write_field(struct json_writer *w, const struct web_field *f)
{
	json_write_object(w, NULL);
	json_write_str(w, "name", f->name);
	json_write_str(w, "type", TYPES[f->type]);
	json_write_str(w, "need", need(f));
	json_write_int(w, "min", f->min);
	json_write_int(w, "max", f->max);
	json_write_int(w, "items", (int64_t)f->items_max);
	json_write_bool(w, "future", (f->flags & WEB_FUTURE) != 0);
	json_write_str(w, "code", f->code != ERR_OK ? err_code(f->code) : NULL);
	json_write_array(w, "words");
	for (size_t i = 0; f->words != NULL && f->words[i] != NULL; i++)
		json_write_str(w, NULL, f->words[i]);
	json_write_end_array(w);
	json_write_end_object(w);
}

static void write_flags(struct json_writer *w, const struct web_program *p, unsigned flags)
{
	json_write_array(w, "flags");
	for (size_t i = 0; p->flag_names != NULL && p->flag_names[i] != NULL; i++) {
		if ((flags & 1u << i) != 0)
			json_write_str(w, NULL, p->flag_names[i]);
	}
	json_write_end_array(w);
}

static void write_route(
        struct json_writer *w, const struct web_program *p, const struct web_route *route)
{
	char method[64];

	web_allow_text(route->method, false, method, sizeof(method));
	json_write_object(w, NULL);
	json_write_str(w, "method", route->method == WEB_GET ? "GET" : method);
	json_write_str(w, "path", route->path);
	json_write_str(w, "auth", AUTHS[route->auth]);
	json_write_str(
	        w, "class", p->class_names != NULL ? p->class_names[route->rate_class] : NULL);
	write_flags(w, p, route->flags);
	json_write_int(w, "bodyCap", (int64_t)route->body_cap);
	json_write_str(w, "missing", route->missing != ERR_OK ? err_code(route->missing) : NULL);
	if (route->fields != NULL) {
		json_write_bool(w, "strict", route->fields->strict);
		json_write_array(w, "fields");
		for (size_t i = 0; i < route->fields->len; i++)
			write_field(w, &route->fields->list[i]);
		json_write_end_array(w);
	}
	json_write_end_object(w);
}

void web_routes_json(const struct web_program *p, struct buf *out)
{
	struct json_writer w;

	json_write_init(&w, out);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < p->routes_len; i++)
		write_route(&w, p, &p->routes[i]);
	json_write_end_array(&w);
}
