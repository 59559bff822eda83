/* SPDX-License-Identifier: MIT
 * Writes what people read about lib/conf/options.def: "env" the sample .env, "md" the table of the
 * documentation, "names" one name a line with its flags. Built and run by scripts/gen-options.sh.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
enum kind { OPTION, SECTION };
static const struct row {
	enum kind kind;
	const char *name, *type;
	int64_t min, max;
	const char *fallback, *flags, *programs, *extra, *help;
} ROWS[] = {
#define CONF_SECTION(title) {SECTION, title, "", 0, 0, "", "", "", NULL, ""},
#define CONF_OPTION(name, type, min, max, fallback, flags, programs, extra, help) \
	{OPTION, #name, #type, min, max, fallback, #flags, programs, extra, help},
#include "conf/options.def"
};

static const struct pair {
	const char *name, *text;
} ALIASES[] = {
#define CONF_ALIAS(alias, name) {#alias, #name},
#include "conf/options.def"
}, FOREIGN[] = {
#define CONF_FOREIGN(name, instead) {#name, instead},
#include "conf/options.def"
}, INTERNAL[] = {
#define CONF_INTERNAL(name, help) {#name, help},
#include "conf/options.def"
};
/* clang-format on */

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct pair TYPES[] = {
        {"TEXT", "text"},
        {"PATH", "path"},
        {"URL", "http(s) URL"},
        {"ORIGIN", "http(s) URL without path"},
        {"PGURL", "postgresql:// URL"},
        {"REDISURL", "redis://, rediss:// or unix:// URL"},
        {"HOST", "host name"},
        {"PORT", "port"},
        {"BOOL", "true or false"},
        {"INT", "number"},
        {"DECIMAL", "number"},
        {"SIZE", "size"},
        {"TIME", "time"},
        {"ENUM", "one of"},
        {"LEVEL", "one of"},
        {"SECRET", "secret"},
        {"HASHRING", "secret"},
        {"KEYRING", "32 bytes in base64 or hex"},
        {"IPS", "IP addresses"},
        {"CIDRS", "networks"},
        {"NAME", "name"},
        {"MAIL", "mail address"},
        {"RATE", "count/seconds"},
        {"POOLS", "insert:select:admin"},
        {"CLOCK", "HH:MM or off"},
};

static const struct {
	char letter;
	const char *name;
} PROGRAMS[] = {
        {'I', "ingest"},
        {'D', "dashboard"},
        {'L', "live"},
        {'S', "shipper"},
        {'T', "store"},
        {'J', "jobs"},
        {'C', "cli"},
        {'Y', "Caddy"},
        {'K', "SDK"},
        {'P', "compose"},
};

static bool has(const struct row *row, const char *flag)
{
	return strstr(row->flags, flag) != NULL;
}

static bool is(const struct row *row, const char *type)
{
	return strcmp(row->type, type) == 0;
}

static void print_size(int64_t bytes)
{
	static const char *const units[] = {"", "K", "M", "G", "T", "P"};
	size_t unit = 0;

	while (unit + 1 < LEN(units) && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	printf("%" PRId64 "%s", bytes, units[unit]);
}

static void print_time(int64_t ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
	size_t unit = 0;

	if (ms == 0) {
		printf("0");
		return;
	}
	while (ms % units[unit].ms != 0)
		unit++;
	printf("%" PRId64 "%s", ms / units[unit].ms, units[unit].name);
}

static void print_bound(const struct row *row, int64_t value)
{
	if (is(row, "SIZE"))
		print_size(value);
	else if (is(row, "TIME"))
		print_time(value);
	else
		printf("%" PRId64, value);
}

static void print_words(const char *words, const char *between)
{
	for (; *words != '\0'; words++) {
		if (*words == '|')
			printf("%s", between);
		else
			putchar(*words);
	}
}

static void print_type(const struct row *row)
{
	for (size_t i = 0; i < LEN(TYPES); i++) {
		if (is(row, TYPES[i].name))
			printf("%s", TYPES[i].text);
	}
	if (is(row, "ENUM") || is(row, "LEVEL")) {
		putchar(' ');
		print_words(row->extra, ", ");
	} else if (is(row, "SECRET") || is(row, "HASHRING")) {
		printf(" of at least %" PRId64 " characters", row->min);
	} else if (is(row, "PORT") || is(row, "INT") || is(row, "DECIMAL") || is(row, "SIZE") ||
	           is(row, "TIME")) {
		putchar(' ');
		print_bound(row, row->min);
		printf(" to ");
		print_bound(row, row->max);
		if (has(row, "AUTO"))
			printf(", or auto");
	}
}

static void print_aliases(const struct row *row, const char *before, const char *quote)
{
	for (size_t i = 0; i < LEN(ALIASES); i++) {
		if (strcmp(ALIASES[i].text, row->name) == 0)
			printf("%s%s%s%s", before, quote, ALIASES[i].name, quote);
	}
}

static void print_programs(const struct row *row)
{
	const char *comma = "";

	if (strcmp(row->programs, "IDLSTJCY") == 0) {
		printf("all");
		return;
	}
	for (size_t i = 0; i < LEN(PROGRAMS); i++) {
		if (strchr(row->programs, PROGRAMS[i].letter) != NULL) {
			printf("%s%s", comma, PROGRAMS[i].name);
			comma = ", ";
		}
	}
}

static void print_env(void)
{
	printf("# Settings of Yavio. .env.example is generated from lib/conf/options.def; "
	       "scripts/setup-env.sh makes .env\n"
	       "# from it, with the secrets filled in. A line with # in front has its default. The "
	       "real environment wins\n"
	       "# over this file, and NAME_FILE=path works for every secret. All of it as a table: "
	       "docs/configuration.md.\n");
	for (size_t i = 0; i < LEN(ROWS); i++) {
		const struct row *row = &ROWS[i];
		bool active = has(row, "REQUIRED") || has(row, "GENERATED");

		if (row->kind == SECTION) {
			printf("\n# ==== %s ====\n", row->name);
			continue;
		}
		printf("\n# %s\n# %s", row->help,
		        has(row, "REQUIRED") ? "Required. Type: " : "Type: ");
		print_type(row);
		print_aliases(row, "; other name ", "");
		printf("; read by ");
		print_programs(row);
		printf("%s.\n%s%s=%s\n",
		        has(row, "PLANNED") ? "; not used by this version yet" : "",
		        active ? "" : "# ", row->name, row->fallback);
	}
}

static void print_default(const struct row *row)
{
	if (has(row, "REQUIRED"))
		printf("required");
	else if (has(row, "GENERATED"))
		printf("made by setup-env");
	else if (has(row, "DERIVED"))
		printf("see text");
	else if (row->fallback[0] != '\0')
		printf("`%s`", row->fallback);
	else
		printf("empty");
}

static void print_md(void)
{
	printf("# Settings\n\n"
	       "Generated from `lib/conf/options.def` by `scripts/gen-options.sh`: do not edit.\n\n"
	       "Settings are environment variables. They come from the environment, then from the "
	       "file that `NAME_FILE` names\n"
	       "(secrets only), then from `.env` in the checkout or `/etc/yavio/yavio.env` when "
	       "installed, then from the default.\n"
	       "Set to empty counts as unset. Sizes take K, M, G (powers of 1024); times take ms, "
	       "s, "
	       "m, h, d. Each program sees\n"
	       "only the names in its column. ● marks a secret: it is never shown, and "
	       "`scripts/setup-env.sh` makes the required ones.\n");
	for (size_t i = 0; i < LEN(ROWS); i++) {
		const struct row *row = &ROWS[i];

		if (row->kind == SECTION) {
			printf("\n## %s\n\n| Variable | Type | Default | Read by | Meaning |\n"
			       "|---|---|---|---|---|\n",
			        row->name);
			continue;
		}
		printf("| `%s`%s", row->name, has(row, "SECRET") ? " ●" : "");
		print_aliases(row, ", alias ", "`");
		printf(" | ");
		print_type(row);
		printf(" | ");
		print_default(row);
		printf(" | ");
		print_programs(row);
		printf(" | %s%s |\n", row->help,
		        has(row, "PLANNED") ? " Not used by this version yet." : "");
	}
	printf("\n## Names of other products\n\nIgnored with a warning (YAVIO-7207) when `.env` "
	       "has "
	       "them.\n\n| Name | Use instead |\n|---|---|\n");
	for (size_t i = 0; i < LEN(FOREIGN); i++)
		printf("| `%s` | %s |\n", FOREIGN[i].name, FOREIGN[i].text);
	printf("\n## Used inside the project\n\nNo settings: scripts and tests hand them to each "
	       "other.\n\n| Name | Meaning |\n|---|---|\n");
	for (size_t i = 0; i < LEN(INTERNAL); i++)
		printf("| `%s` | %s |\n", INTERNAL[i].name, INTERNAL[i].text);
}

/* For scripts: kind, name, flags, least characters, programs. */
static void print_names(void)
{
	for (size_t i = 0; i < LEN(ROWS); i++) {
		if (ROWS[i].kind == OPTION)
			printf("option %s %s %" PRId64 " %s %s\n", ROWS[i].name, ROWS[i].type,
			        ROWS[i].min, ROWS[i].programs, ROWS[i].flags);
	}
	for (size_t i = 0; i < LEN(ALIASES); i++)
		printf("alias %s %s\n", ALIASES[i].name, ALIASES[i].text);
	for (size_t i = 0; i < LEN(FOREIGN); i++)
		printf("foreign %s\n", FOREIGN[i].name);
	for (size_t i = 0; i < LEN(INTERNAL); i++)
		printf("internal %s\n", INTERNAL[i].name);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "env") == 0)
		print_env();
	else if (strcmp(what, "md") == 0)
		print_md();
	else if (strcmp(what, "names") == 0)
		print_names();
	else
		return 2;
	return fflush(stdout) == 0 ? 0 : 1;
}
