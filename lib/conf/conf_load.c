/* SPDX-License-Identifier: MIT
 * Loading: gathers each setting by precedence, parses it, reports every fault, cuts the
 * environment. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/conf_envfile.h"
#include "conf/conf_internal.h"

#define INSTALLED_ENV_FILE "/etc/yavio/yavio.env"

extern char **environ;

enum { REPORT_BYTES_MAX = 1024, CHECKOUT_DEPTH_MAX = 8 };

PRINTF_LIKE(4, 0)
static void report(struct conf *c, enum err e, bool fatal, const char *fmt, va_list args)
{
	char text[REPORT_BYTES_MAX], line[REPORT_BYTES_MAX + 32];

	(void)vsnprintf(text, sizeof(text), fmt, args);
	(void)snprintf(line, sizeof(line), "%s %s", err_code(e), text);
	if (fatal && c->first_fault == ERR_OK)
		c->first_fault = e;
	if (c->report != NULL)
		c->report(c->report_data, e, fatal, line);
	else
		fprintf(stderr, "%s: %s%s\n", conf_program_name(c->program),
		        fatal ? "" : "warning: ", line);
}

void conf_fault(struct conf *c, enum err e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(c, e, true, fmt, args);
	va_end(args);
}

void conf_warning(struct conf *c, enum err e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(c, e, false, fmt, args);
	va_end(args);
}

/* The nearest directory above the executable that is a checkout of this project. */
bool conf_checkout_root(char *out, size_t out_size)
{
	static const char *const marks[] = {"VERSION", "Makefile", "lib/conf/options.def"};
	char path[CONF_PATH_BYTES], mark[CONF_PATH_BYTES + 32];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0 || (size_t)len == sizeof(path) - 1)
		return false;
	path[len] = '\0';
	for (int depth = 0; depth < CHECKOUT_DEPTH_MAX; depth++) {
		char *slash = strrchr(path, '/');
		size_t found = 0;

		if (slash == NULL || slash == path)
			return false;
		*slash = '\0';
		for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
			if (str_format(mark, sizeof(mark), "%s/%s", path, marks[i]) &&
			        access(mark, F_OK) == 0)
				found++;
		}
		if (found == ARRAY_LEN(marks))
			return str_copy(out, out_size, path);
	}
	return false;
}

/* Reads at most max bytes; -1 with errno when it cannot, EFBIG when there is more. */
static ssize_t read_file(const char *path, char *out, size_t max, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	if (fstat(fd, status) != 0) {
		close(fd);
		return -1;
	}
	while ((n = read(fd, out + used, max + 1 - used)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		used += (size_t)n;
		if (used > max) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	close(fd);
	return n < 0 ? -1 : (ssize_t)used;
}

/* Which file, and whether somebody named it: only then must it be there. */
static bool choose_env_file(struct conf *c, const char *asked)
{
	const char *named = asked != NULL ? asked : getenv("YAVIO_ENV_FILE");

	if (named != NULL && named[0] != '\0') {
		str_copy(c->env_file, sizeof(c->env_file), named);
		return true;
	}
	if (c->installed)
		str_copy(c->env_file, sizeof(c->env_file), INSTALLED_ENV_FILE);
	else
		(void)!str_format(c->env_file, sizeof(c->env_file), "%s/.env", c->base_dir);
	return false;
}

static void load_env_file(struct conf *c, const char *asked, struct conf_envfile *file)
{
	bool named = choose_env_file(c, asked);
	struct stat status;
	char *text = malloc(CONF_ENVFILE_BYTES_MAX + 1);
	ssize_t len;

	if (text == NULL) {
		conf_fault(c, ERR_INFRA_INTERNAL_ERROR, "out of memory");
		return;
	}
	len = read_file(c->env_file, text, CONF_ENVFILE_BYTES_MAX, &status);
	if (len < 0) {
		/* systemd reads a file for us that we may not read ourselves. */
		if (named || (errno != ENOENT && errno != EACCES && errno != ENOTDIR))
			conf_fault(c, ERR_CLI_ENV_FILE_MISSING,
			        "the settings file %s cannot be read: %s", c->env_file,
			        strerror(errno));
		c->env_file[0] = '\0';
	} else {
		if (S_ISREG(status.st_mode) && (status.st_mode & 0007) != 0)
			conf_warning(c, ERR_CLI_ENV_FILE_PERMISSIONS,
			        "%s can be read by every user; run chmod 600 %s", c->env_file,
			        c->env_file);
		if (!conf_envfile_parse(text, (size_t)len, file))
			conf_fault(c, ERR_INFRA_INVALID_ENV_VAR, "%s line %d: %s", c->env_file,
			        file->fault_line, file->fault);
		explicit_bzero(text, (size_t)len);
	}
	free(text);
}

/* Where a raw value was found. */
struct source {
	const char *value; /* NULL: nowhere */
	enum conf_origin origin;
	int line;
};

static struct source from_environment(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || value[0] == '\0')
		return (struct source){0};
	return (struct source){.value = value, .origin = CONF_FROM_ENVIRONMENT};
}

static struct source from_env_file(const struct conf_envfile *file, const char *name)
{
	const struct conf_entry *entry = conf_envfile_find(file, name);

	if (entry == NULL || entry->value[0] == '\0')
		return (struct source){0};
	return (struct source){
	        .value = entry->value, .origin = CONF_FROM_ENV_FILE, .line = entry->line};
}

/* NAME, then each alias of it, at one level; two that differ contradict. */
static struct source at_level(
        struct conf *c, enum conf_id id, const struct conf_envfile *file, const char *suffix)
{
	char name[96];
	const char *alias, *first_name = NULL;
	struct source first = {0};
	enum conf_id alias_id;

	for (size_t i = 0;; i++) {
		struct source s;

		if (i == 0) {
			alias = conf_option(id)->name;
			alias_id = id;
		} else if (!conf_alias_at(i - 1, &alias, &alias_id)) {
			break;
		}
		if (alias_id != id || !str_format(name, sizeof(name), "%s%s", alias, suffix))
			continue;
		s = file == NULL ? from_environment(name) : from_env_file(file, name);
		if (s.value == NULL)
			continue;
		if (first.value == NULL) {
			first = s;
			first_name = alias;
		} else if (strcmp(first.value, s.value) != 0 && conf_visible(c, id)) {
			conf_fault(c, ERR_INFRA_ENV_CONFLICT,
			        "%s contradicts %s: they name one setting; remove one of them",
			        alias, first_name);
		}
	}
	return first;
}

static struct source from_secret_file(struct conf *c, enum conf_id id,
        const struct conf_envfile *file, char buffer[CONF_TEXT_BYTES_MAX + 1])
{
	struct source path = at_level(c, id, file, "_FILE");
	struct stat status;
	ssize_t len;

	if (path.value == NULL || !conf_option_secret(id))
		return (struct source){0};
	len = read_file(path.value, buffer, CONF_TEXT_BYTES_MAX - 1, &status);
	if (len < 0) {
		if (conf_visible(c, id)) {
			conf_fault(c, ERR_INFRA_INVALID_ENV_VAR,
			        "%s_FILE names a file that cannot be read: %s",
			        conf_option(id)->name, strerror(errno));
			c->bad[id] = true;
		}
		return (struct source){0};
	}
	while (len > 0 && (buffer[len - 1] == '\n' || buffer[len - 1] == '\r'))
		len--;
	buffer[len] = '\0';
	if (len == 0)
		return (struct source){0};
	return (struct source){.value = buffer, .origin = CONF_FROM_SECRET_FILE};
}

static struct source find_source(struct conf *c, enum conf_id id, const struct conf_envfile *file,
        char buffer[CONF_TEXT_BYTES_MAX + 1])
{
	struct source s = at_level(c, id, NULL, "");

	if (s.value == NULL)
		s = from_secret_file(c, id, NULL, buffer);
	if (s.value == NULL)
		s = at_level(c, id, file, "");
	if (s.value == NULL)
		s = from_secret_file(c, id, file, buffer);
	if (s.value == NULL && conf_option(id)->fallback[0] != '\0')
		s = (struct source){
		        .value = conf_option(id)->fallback, .origin = CONF_FROM_DEFAULT};
	return s;
}

static void advice(enum conf_id id, char *out, size_t out_size)
{
	const struct conf_option *option = conf_option(id);

	if ((option->flags & CONF_FLAG_GENERATED) != 0)
		(void)snprintf(out, out_size, "run scripts/setup-env.sh --rotate %s", option->name);
	else
		(void)snprintf(out, out_size, "correct it or remove it");
}

static void refuse(
        struct conf *c, enum conf_id id, enum err e, const struct source *s, const char *why)
{
	char where[CONF_PATH_BYTES + 32] = "", what[128];

	c->bad[id] = true;
	if (!conf_visible(c, id))
		return;
	if (s->origin == CONF_FROM_ENV_FILE)
		(void)snprintf(where, sizeof(where), " (%s line %d)", c->env_file, s->line);
	else if (s->origin == CONF_FROM_ENVIRONMENT)
		(void)snprintf(where, sizeof(where), " (environment)");
	else if (s->origin == CONF_FROM_SECRET_FILE)
		(void)snprintf(where, sizeof(where), " (%s_FILE)", conf_option(id)->name);
	advice(id, what, sizeof(what));
	conf_fault(c, e, "%s %s; %s%s", conf_option(id)->name, why, what, where);
}

static bool store_value(struct conf *c, enum conf_id id, const struct source *s)
{
	struct conf_value v = {.origin = s->origin, .line = s->line};
	char why[CONF_WHY_BYTES] = "is longer than 16384 characters";
	enum err e = ERR_INFRA_INVALID_ENV_VAR;

	if (strlen(s->value) < CONF_TEXT_BYTES_MAX)
		e = conf_value_parse(conf_option(id), s->value, &v, why, sizeof(why));
	if (e != ERR_OK) {
		refuse(c, id, e, s, why);
		return true;
	}
	v.text = strdup(s->value);
	if (v.text == NULL)
		return false;
	c->value[id] = v;
	return true;
}

bool conf_set(struct conf *c, enum conf_id id, const char *text, enum conf_origin origin)
{
	struct conf_value v = {.origin = origin};
	char why[CONF_WHY_BYTES];

	if (conf_value_parse(conf_option(id), text, &v, why, sizeof(why)) != ERR_OK)
		return false;
	v.text = strdup(text);
	if (v.text == NULL)
		return false;
	free(c->value[id].text);
	c->value[id] = v;
	return true;
}

static bool gather(struct conf *c, const struct conf_envfile *file)
{
	char *buffer = malloc(CONF_TEXT_BYTES_MAX + 1);
	bool ok = buffer != NULL;

	for (int i = 0; ok && i < CONF_ID_COUNT; i++) {
		struct source s = find_source(c, (enum conf_id)i, file, buffer);

		if (s.value != NULL)
			ok = store_value(c, (enum conf_id)i, &s);
	}
	if (buffer != NULL)
		explicit_bzero(buffer, CONF_TEXT_BYTES_MAX + 1);
	free(buffer);
	return ok;
}

static bool is_known(const char *name)
{
	char base[96];
	enum conf_id id;
	size_t len = strlen(name);

	if (conf_option_find(name, &id) || conf_internal_name(name))
		return true;
	if (len <= 5 || len - 5 >= sizeof(base) || !str_ends_with(name, "_FILE"))
		return false;
	memcpy(base, name, len - 5);
	base[len - 5] = '\0';
	return conf_option_find(base, &id) && conf_option_secret(id);
}

static void warn_unknown(struct conf *c, const char *name, int line)
{
	const char *instead = conf_foreign(name), *near;
	char where[32] = "the environment";

	if (line > 0)
		(void)snprintf(where, sizeof(where), "line %d", line);
	if (instead != NULL && (line > 0 || strcmp(name, "PORT") == 0)) {
		conf_warning(c, ERR_INFRA_UNKNOWN_ENV_VAR, "%s in %s is ignored; use %s", name,
		        where, instead);
		return;
	}
	if (!str_starts_with(name, "YAVIO_") || is_known(name))
		return;
	near = conf_nearest(name);
	conf_warning(c, ERR_INFRA_UNKNOWN_ENV_VAR, "%.64s in %s is no setting%s%s%s", name, where,
	        near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	        near != NULL ? "?" : "; remove it");
}

static void warn_unknowns(struct conf *c, const struct conf_envfile *file)
{
	for (char **entry = environ; *entry != NULL; entry++) {
		char name[128];
		size_t len = strcspn(*entry, "=");

		if (len >= sizeof(name))
			continue;
		memcpy(name, *entry, len);
		name[len] = '\0';
		warn_unknown(c, name, 0);
	}
	for (size_t i = 0; i < file->count; i++)
		warn_unknown(c, file->entries[i].name, file->entries[i].line);
}

static void hide_name(const char *name, bool secret)
{
	char with_file[96];

	(void)unsetenv(name);
	if (secret && str_format(with_file, sizeof(with_file), "%s_FILE", name))
		(void)unsetenv(with_file);
}

/* A login made from DATABASE_URL must survive a reload, which no longer sees that name. */
static void keep_made_url(const struct conf *c, enum conf_id id)
{
	if (conf_visible(c, id) && c->value[id].origin == CONF_FROM_SETTING &&
	        !conf_visible(c, CONF_DATABASE_URL) &&
	        c->value[CONF_DATABASE_URL].origin == CONF_FROM_ENVIRONMENT)
		(void)setenv(conf_option(id)->name, c->value[id].text, 1);
}

static void cut_environment(const struct conf *c)
{
	const char *alias;
	enum conf_id id;

	keep_made_url(c, CONF_DATABASE_INGEST_URL);
	keep_made_url(c, CONF_DATABASE_SERVICE_URL);
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		if (!conf_visible(c, (enum conf_id)i))
			hide_name(conf_option((enum conf_id)i)->name,
			        conf_option_secret((enum conf_id)i));
	}
	for (size_t i = 0; conf_alias_at(i, &alias, &id); i++) {
		if (!conf_visible(c, id))
			hide_name(alias, conf_option_secret(id));
	}
}

/* What the program may not see leaves its environment and its memory. */
static void cut_down(struct conf *c)
{
	if (c->program != CONF_CLI && c->program != CONF_ALL)
		cut_environment(c);
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		struct conf_value *v = &c->value[i];

		if (conf_visible(c, (enum conf_id)i))
			continue;
		if (v->text != NULL)
			explicit_bzero(v->text, strlen(v->text));
		free(v->text);
		*v = (struct conf_value){0};
	}
}

enum err conf_load_request(const struct conf_request *request, struct conf **out)
{
	struct conf *c = calloc(1, sizeof(*c));
	struct conf_envfile file = {0};
	enum err e = ERR_INFRA_INTERNAL_ERROR;

	*out = NULL;
	if (c == NULL)
		return e;
	c->program = request->program;
	c->report = request->report;
	c->report_data = request->report_data;
	c->installed = !conf_checkout_root(c->base_dir, sizeof(c->base_dir));
	if (c->installed)
		str_copy(c->base_dir, sizeof(c->base_dir), "/");
	load_env_file(c, request->env_file, &file);
	if (request->tolerate && c->first_fault != ERR_OK) {
		e = c->first_fault;
		goto out;
	}
	if (!gather(c, &file))
		goto out;
	warn_unknowns(c, &file);
	e = conf_derive(c);
	if (e != ERR_OK)
		goto out;
	conf_check(c);
	cut_down(c);
	e = request->tolerate ? ERR_OK : c->first_fault;
out:
	conf_envfile_release(&file);
	if (e == ERR_OK)
		*out = c;
	else
		conf_free(c);
	return e;
}

enum err conf_load(enum conf_program program, const char *env_file, struct conf **out)
{
	return conf_load_request(
	        &(struct conf_request){.program = program, .env_file = env_file}, out);
}
