/* SPDX-License-Identifier: MIT
 * What each type of setting accepts: numbers, sizes, times, words and lists. Texts with a grammar
 * of their own are in conf_text.c. */
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "conf/conf_internal.h"
#include "conf/conf_text.h"

typedef bool parse_fn(const struct conf_option *option, const char *text, struct conf_value *v);

static bool in_range(const struct conf_option *option, int64_t value)
{
	return value >= option->min && value <= option->max;
}

static bool parse_int(const struct conf_option *option, const char *text, struct conf_value *v)
{
	return str_parse_int(text, option->min, option->max, &v->number[0]);
}

static bool parse_bool(const struct conf_option *option, const char *text, struct conf_value *v)
{
	static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};

	(void)option;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			v->number[0] = (int64_t)(i % 2);
			return true;
		}
	}
	return false;
}

static bool parse_decimal(const struct conf_option *option, const char *text, struct conf_value *v)
{
	size_t digits = strspn(text, "0123456789.");
	char *end;
	double value;

	if (digits == 0 || text[digits] != '\0')
		return false;
	value = strtod(text, &end);
	if (end == text || *end != '\0' || value < (double)option->min ||
	        value > (double)option->max)
		return false;
	v->decimal = value;
	return true;
}

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit SIZE_UNITS[] = {
        {"", 1}, {"K", 1LL << 10}, {"M", 1LL << 20}, {"G", 1LL << 30}};
static const struct unit TIME_UNITS[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

/* "64M" -> digits and the unit after them; no sign, no blanks, no fraction. */
static bool parse_with_unit(const char *text, const struct unit *units, size_t unit_count,
        const char *bare_unit, int64_t *out)
{
	char digits[20];
	size_t len = strspn(text, "0123456789");
	const char *unit = text + len;
	int64_t number;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!str_parse_int(digits, 0, INT64_MAX, &number))
		return false;
	if (*unit == '\0' && number == 0) {
		*out = 0;
		return true;
	}
	if (*unit == '\0' && bare_unit != NULL)
		unit = bare_unit;
	for (size_t i = 0; i < unit_count; i++) {
		if (strcasecmp(unit, units[i].name) == 0)
			return !__builtin_mul_overflow(number, units[i].factor, out);
	}
	return false;
}

static bool parse_size(const struct conf_option *option, const char *text, struct conf_value *v)
{
	int64_t bytes;

	if (!parse_with_unit(text, SIZE_UNITS, ARRAY_LEN(SIZE_UNITS), NULL, &bytes) ||
	        !in_range(option, bytes))
		return false;
	v->number[0] = bytes;
	return true;
}

static bool parse_time(const struct conf_option *option, const char *text, struct conf_value *v)
{
	int64_t ms;

	if (!parse_with_unit(text, TIME_UNITS, ARRAY_LEN(TIME_UNITS), option->extra, &ms) ||
	        !in_range(option, ms))
		return false;
	v->number[0] = ms;
	return true;
}

/* number[0] becomes the index of the word. */
static bool parse_enum(const struct conf_option *option, const char *text, struct conf_value *v)
{
	size_t len = strlen(text);
	int64_t index = 0;

	for (const char *word = option->extra; *word != '\0'; index++) {
		size_t word_len = strcspn(word, "|");

		if (word_len == len && memcmp(word, text, len) == 0) {
			v->number[0] = index;
			return true;
		}
		word += word_len + (word[word_len] == '|' ? 1 : 0);
	}
	return false;
}

/* number[0] becomes the enum log_level. */
static bool parse_level(const struct conf_option *option, const char *text, struct conf_value *v)
{
	enum log_level level;

	(void)option;
	if (!log_level_parse(text, &level))
		return false;
	v->number[0] = level;
	return true;
}

/* Numbers with one separator between: "600/60", "2:6:1". */
static bool parse_numbers(const char *text, char separator, size_t count, int64_t out[])
{
	for (size_t i = 0; i < count; i++) {
		char digits[20];
		size_t len = strspn(text, "0123456789");

		if (len == 0 || len >= sizeof(digits) ||
		        text[len] != (i + 1 < count ? separator : '\0'))
			return false;
		memcpy(digits, text, len);
		digits[len] = '\0';
		if (!str_parse_int(digits, 0, INT64_MAX, &out[i]))
			return false;
		text += len + 1;
	}
	return true;
}

enum { RATE_SECONDS_MAX = 86400, POOL_CONNECTIONS_MAX = 64 };

static bool parse_rate(const struct conf_option *option, const char *text, struct conf_value *v)
{
	return parse_numbers(text, '/', 2, v->number) && in_range(option, v->number[0]) &&
	       v->number[1] >= 1 && v->number[1] <= RATE_SECONDS_MAX;
}

static bool parse_pools(const struct conf_option *option, const char *text, struct conf_value *v)
{
	if (!parse_numbers(text, ':', 3, v->number))
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!in_range(option, v->number[i]))
			return false;
	}
	return v->number[0] + v->number[1] + v->number[2] <= POOL_CONNECTIONS_MAX;
}

/* number[0] becomes the minute of the day, -1 for off. */
static bool parse_clock(const struct conf_option *option, const char *text, struct conf_value *v)
{
	int64_t part[2];

	(void)option;
	if (strcmp(text, "off") == 0) {
		v->number[0] = -1;
		return true;
	}
	if (strlen(text) != 5 || !parse_numbers(text, ':', 2, part) || part[0] > 23 || part[1] > 59)
		return false;
	v->number[0] = part[0] * 60 + part[1];
	return true;
}

static bool parse_text(const struct conf_option *option, const char *text, struct conf_value *v)
{
	(void)v;
	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return false;
	}
	return in_range(option, (int64_t)strlen(text));
}

static bool fits(const struct conf_option *option, const char *text)
{
	return option->max == 0 || (int64_t)strlen(text) <= option->max;
}

/* How short is too short: conf_secret.c says it with the reason. */
static bool parse_secret(const struct conf_option *option, const char *text, struct conf_value *v)
{
	struct conf_option any_length = *option;

	any_length.min = 0;
	any_length.max = CONF_TEXT_BYTES_MAX;
	return parse_text(&any_length, text, v);
}

static bool parse_path(const struct conf_option *option, const char *text, struct conf_value *v)
{
	return text[0] != '\0' && parse_text(option, text, v);
}

static bool parse_port(const struct conf_option *option, const char *text, struct conf_value *v)
{
	return parse_int(option, text, v);
}

#define TEXT_PARSER(name)                                                                          \
	static bool parse_##name(                                                                  \
	        const struct conf_option *option, const char *text, struct conf_value *v)          \
	{                                                                                          \
		(void)v;                                                                           \
		return fits(option, text) && conf_text_##name(text);                               \
	}
TEXT_PARSER(origin)
TEXT_PARSER(pgurl)
TEXT_PARSER(redisurl)
TEXT_PARSER(host)
TEXT_PARSER(ips)
TEXT_PARSER(cidrs)
TEXT_PARSER(name)
TEXT_PARSER(mail)

/* What is not secret is shown, so it may not carry a login. */
static bool parse_url(const struct conf_option *option, const char *text, struct conf_value *v)
{
	(void)v;
	return fits(option, text) && conf_text_url(text) &&
	       ((option->flags & CONF_FLAG_SECRET) != 0 || !conf_url_has_login(text));
}

static const struct {
	parse_fn *parse;
	const char *form; /* completes "... is needed" */
} TYPES[CONF_TYPE_COUNT] = {
        [CONF_TYPE_TEXT] = {parse_text, "a text of one line"},
        [CONF_TYPE_PATH] = {parse_path, "a path"},
        [CONF_TYPE_URL] = {parse_url, "an http:// or https:// URL without a login"},
        [CONF_TYPE_ORIGIN] = {parse_origin, "an http:// or https:// URL without a path"},
        [CONF_TYPE_PGURL] = {parse_pgurl, "a postgresql:// URL"},
        [CONF_TYPE_REDISURL] = {parse_redisurl, "a redis://, rediss:// or unix:// URL"},
        [CONF_TYPE_HOST] = {parse_host, "a host name or address"},
        [CONF_TYPE_PORT] = {parse_port, NULL},
        [CONF_TYPE_BOOL] = {parse_bool, "0, 1, true or false"},
        [CONF_TYPE_INT] = {parse_int, NULL},
        [CONF_TYPE_DECIMAL] = {parse_decimal, NULL},
        [CONF_TYPE_SIZE] = {parse_size, NULL},
        [CONF_TYPE_TIME] = {parse_time, NULL},
        [CONF_TYPE_ENUM] = {parse_enum, NULL},
        [CONF_TYPE_LEVEL] = {parse_level, NULL},
        [CONF_TYPE_SECRET] = {parse_secret, "a text of one line"},
        [CONF_TYPE_HASHRING] = {parse_secret, "a text of one line"},
        [CONF_TYPE_KEYRING] = {parse_secret, "a text of one line"},
        [CONF_TYPE_IPS] = {parse_ips, "a list of IP addresses"},
        [CONF_TYPE_CIDRS] = {parse_cidrs, "a list of networks such as 10.0.0.0/8"},
        [CONF_TYPE_NAME] = {parse_name, "a name of letters, digits and _ that starts with a "
                                        "letter or _"},
        [CONF_TYPE_MAIL] = {parse_mail, "a mail address"},
        [CONF_TYPE_RATE] = {parse_rate, "count/seconds such as 60/60, neither 0, at most 86400 "
                                        "seconds"},
        [CONF_TYPE_POOLS] = {parse_pools, "insert:select:admin such as 2:6:1, each at least 1, "
                                          "together at most 64"},
        [CONF_TYPE_CLOCK] = {parse_clock, "HH:MM or off"},
};

static void format_size(int64_t bytes, char *out, size_t out_size)
{
	static const char units[] = " KMG";
	size_t unit = 0;

	while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	(void)snprintf(out, out_size, unit == 0 ? "%lld" : "%lld%c", (long long)bytes, units[unit]);
}

static void format_time(int64_t ms, char *out, size_t out_size)
{
	size_t unit = 0;

	for (size_t i = 1; i < ARRAY_LEN(TIME_UNITS); i++) {
		if (ms != 0 && ms % TIME_UNITS[i].factor == 0)
			unit = i;
	}
	(void)snprintf(out, out_size, "%lld%s", (long long)(ms / TIME_UNITS[unit].factor),
	        ms == 0 ? "" : TIME_UNITS[unit].name);
}

/* The allowed form of a number, from its range. */
static void describe_form(const struct conf_option *option, char *out, size_t out_size)
{
	char low[32], high[32];

	if (option->type == CONF_TYPE_SIZE) {
		format_size(option->min, low, sizeof(low));
		format_size(option->max, high, sizeof(high));
		(void)snprintf(out, out_size, "a size from %s to %s (units K, M, G)", low, high);
	} else if (option->type == CONF_TYPE_TIME) {
		format_time(option->min, low, sizeof(low));
		format_time(option->max, high, sizeof(high));
		(void)snprintf(
		        out, out_size, "a time from %s to %s (units ms, s, m, h, d)", low, high);
	} else if (option->type == CONF_TYPE_ENUM || option->type == CONF_TYPE_LEVEL) {
		(void)snprintf(out, out_size, "one of %s", option->extra);
	} else {
		(void)snprintf(out, out_size, "%s from %lld to %lld",
		        option->type == CONF_TYPE_PORT  ? "a port"
		        : option->type == CONF_TYPE_INT ? "a whole number"
		                                        : "a number",
		        (long long)option->min, (long long)option->max);
	}
}

static enum err refuse_form(const struct conf_option *option, char *why, size_t why_size)
{
	char form[CONF_WHY_BYTES / 2];

	if (TYPES[option->type].form != NULL)
		str_copy(form, sizeof(form), TYPES[option->type].form);
	else
		describe_form(option, form, sizeof(form));
	(void)snprintf(why, why_size, "is malformed: %s is needed%s", form,
	        (option->flags & CONF_FLAG_AUTO) != 0 ? ", or auto" : "");
	return option->type == CONF_TYPE_LEVEL ? ERR_INFRA_LOG_LEVEL_INVALID
	                                       : ERR_INFRA_INVALID_ENV_VAR;
}

enum err conf_value_parse(const struct conf_option *option, const char *text, struct conf_value *v,
        char *why, size_t why_size)
{
	if ((option->flags & CONF_FLAG_AUTO) != 0 && strcmp(text, "auto") == 0)
		return ERR_OK;
	if (!TYPES[option->type].parse(option, text, v))
		return refuse_form(option, why, why_size);
	if (option->type == CONF_TYPE_SECRET || option->type == CONF_TYPE_HASHRING ||
	        option->type == CONF_TYPE_KEYRING)
		return conf_secret_check(option, text, why, why_size);
	return ERR_OK;
}
