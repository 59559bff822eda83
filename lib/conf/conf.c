/* SPDX-License-Identifier: MIT
 * Getters of a loaded configuration. */
#include <stdlib.h>

#include "base/str.h"
#include "conf/conf_internal.h"

bool conf_visible(const struct conf *c, enum conf_id id)
{
	return conf_option_visible(id, c->program);
}

/* A program that asks beyond its column would work in a checkout and fail where each program has
 * its own file: stop it in the first test. */
static const struct conf_value *value_of(const struct conf *c, enum conf_id id)
{
	if (!conf_visible(c, id)) {
		fprintf(stderr, "%s: asked for %s, which options.def does not give it\n",
		        conf_program_name(c->program), conf_option(id)->name);
		abort();
	}
	return &c->value[id];
}

const char *conf_text(const struct conf *c, enum conf_id id)
{
	return c->value[id].text != NULL ? c->value[id].text : "";
}

const char *conf_str(const struct conf *c, enum conf_id id)
{
	const struct conf_value *v = value_of(c, id);

	return v->text != NULL ? v->text : "";
}

int64_t conf_int(const struct conf *c, enum conf_id id)
{
	return value_of(c, id)->number[0];
}

bool conf_bool(const struct conf *c, enum conf_id id)
{
	return value_of(c, id)->number[0] != 0;
}

double conf_decimal(const struct conf *c, enum conf_id id)
{
	return value_of(c, id)->decimal;
}

bool conf_is_set(const struct conf *c, enum conf_id id)
{
	return value_of(c, id)->origin > CONF_FROM_DEFAULT;
}

struct conf_rate conf_rate(const struct conf *c, enum conf_id id)
{
	const struct conf_value *v = value_of(c, id);

	return (struct conf_rate){.count = v->number[0], .seconds = v->number[1]};
}

struct conf_pools conf_pools(const struct conf *c, enum conf_id id)
{
	const struct conf_value *v = value_of(c, id);

	return (struct conf_pools){
	        .insert = v->number[0], .select = v->number[1], .admin = v->number[2]};
}

bool conf_key_at(const struct conf *c, enum conf_id id, size_t index, struct conf_key *out)
{
	char prefix = conf_option(id)->type == CONF_TYPE_KEYRING ? 'k' : 'h';

	return conf_ring_at(conf_str(c, id), prefix, index, out);
}

bool conf_list_next(const char **cursor, char *out, size_t out_size)
{
	const char *p = *cursor + strspn(*cursor, ", \t");
	size_t len = strcspn(p, ", \t");

	*cursor = p + len;
	if (len == 0 || len >= out_size)
		return false;
	memcpy(out, p, len);
	out[len] = '\0';
	return true;
}

const char *conf_env_file(const struct conf *c)
{
	return c->env_file;
}

const char *conf_show(const struct conf *c, enum conf_id id)
{
	const char *text = conf_str(c, id);

	return conf_option_secret(id) && text[0] != '\0' ? "set" : text;
}

enum conf_origin conf_origin(const struct conf *c, enum conf_id id)
{
	return value_of(c, id)->origin;
}

const char *conf_origin_name(enum conf_origin origin)
{
	static const char *const names[] = {
	        [CONF_FROM_NOTHING] = "",
	        [CONF_FROM_DEFAULT] = "default",
	        [CONF_FROM_SETTING] = "setting",
	        [CONF_FROM_ENV_FILE] = ".env",
	        [CONF_FROM_SECRET_FILE] = "file",
	        [CONF_FROM_ENVIRONMENT] = "environment",
	};

	return names[origin];
}

const char *conf_program_name(enum conf_program program)
{
	switch (program) {
	case CONF_INGEST:
		return "yavio-ingest";
	case CONF_DASHBOARD:
		return "yavio-dashboard";
	case CONF_LIVE:
		return "yavio-live";
	case CONF_SHIPPER:
		return "yavio-shipper";
	case CONF_STORE:
		return "yavio-store";
	case CONF_JOBS:
		return "yavio-jobs";
	case CONF_CLI:
	case CONF_CADDY:
	case CONF_ALL:
		break;
	}
	return "yavio";
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		if (c->value[i].text != NULL && conf_option_secret((enum conf_id)i))
			explicit_bzero(c->value[i].text, strlen(c->value[i].text));
		free(c->value[i].text);
	}
	free(c);
}
