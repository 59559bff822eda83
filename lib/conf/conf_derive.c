/* SPDX-License-Identifier: MIT
 * Defaults that are made from other settings or from the machine. */
#include <sched.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/conf_internal.h"
#include "conf/conf_pg.h"

#define INSTALLED_HOME "/var/lib/yavio"

enum {
	STORE_MEMORY_MIN_BYTES = 256 << 20,
	DISK_RESERVE_MIN_BYTES = 512 << 20,
	QUERY_THREADS_MAX = 8, /* more would mostly wait for each other */
};

static bool given(const struct conf *c, enum conf_id id)
{
	return c->value[id].text != NULL;
}

/* Relative paths start from the checkout, not from wherever the program was called. */
static enum err make_absolute(struct conf *c)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		struct conf_value *v = &c->value[i];
		char path[CONF_PATH_BYTES];
		size_t len;

		if (conf_option((enum conf_id)i)->type != CONF_TYPE_PATH || v->text == NULL)
			continue;
		if (!str_format(path, sizeof(path), "%s%s%s", v->text[0] == '/' ? "" : c->base_dir,
		            v->text[0] == '/' ? "" : "/", v->text))
			return ERR_INFRA_INVALID_ENV_VAR;
		for (len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
			path[len - 1] = '\0';
		if (!conf_set(c, (enum conf_id)i, path, v->origin))
			return ERR_INFRA_INTERNAL_ERROR;
	}
	return ERR_OK;
}

static bool derive_home(const struct conf *c, char *out, size_t out_size)
{
	if (c->installed)
		return str_copy(out, out_size, INSTALLED_HOME);
	return str_format(out, out_size, "%s/var", c->base_dir);
}

static bool derive_env(const struct conf *c, char *out, size_t out_size)
{
	return str_copy(out, out_size,
	        c->installed || given(c, CONF_YAVIO_DOMAIN) ? "production" : "development");
}

static bool derive_tls(const struct conf *c, char *out, size_t out_size)
{
	return str_copy(out, out_size, given(c, CONF_YAVIO_DOMAIN) ? "auto" : "off");
}

static bool derive_origin(const struct conf *c, char *out, size_t out_size)
{
	if (given(c, CONF_YAVIO_DOMAIN))
		return str_format(out, out_size, "https://%s", conf_text(c, CONF_YAVIO_DOMAIN));
	if (c->value[CONF_YAVIO_HTTP_PORT].number[0] == 0)
		return str_copy(out, out_size, "http://localhost");
	return str_format(out, out_size, "http://localhost:%s", conf_text(c, CONF_YAVIO_HTTP_PORT));
}

static bool derive_log_level(const struct conf *c, char *out, size_t out_size)
{
	bool development = strcmp(conf_text(c, CONF_YAVIO_ENV), "development") == 0;

	return str_copy(out, out_size, development ? "debug" : "info");
}

static bool derive_spool(const struct conf *c, char *out, size_t out_size)
{
	return str_format(out, out_size, "%s/spool", conf_text(c, CONF_YAVIO_HOME));
}

static bool derive_backup(const struct conf *c, char *out, size_t out_size)
{
	return str_format(out, out_size, "%s/backup", conf_text(c, CONF_YAVIO_HOME));
}

/* DATABASE_URL with another login; nothing to make when there is no DATABASE_URL or no password. */
static bool derive_url(
        const struct conf *c, const char *role, enum conf_id password, char *out, size_t out_size)
{
	if (!given(c, CONF_DATABASE_URL) || !given(c, password))
		return str_copy(out, out_size, "");
	return conf_pgurl_with_login(
	        conf_text(c, CONF_DATABASE_URL), role, conf_text(c, password), out, out_size);
}

static bool derive_ingest_url(const struct conf *c, char *out, size_t out_size)
{
	return derive_url(c, "yavio_ingest", CONF_POSTGRES_INGEST_PASSWORD, out, out_size);
}

static bool derive_service_url(const struct conf *c, char *out, size_t out_size)
{
	return derive_url(c, "yavio_service", CONF_POSTGRES_SERVICE_PASSWORD, out, out_size);
}

/* In this order: later ones use earlier ones. */
static const struct {
	enum conf_id id;
	bool (*make)(const struct conf *c, char *out, size_t out_size);
} DERIVED[] = {
        {CONF_YAVIO_HOME, derive_home},
        {CONF_YAVIO_ENV, derive_env},
        {CONF_YAVIO_TLS, derive_tls},
        {CONF_NEXTAUTH_URL, derive_origin},
        {CONF_LOG_LEVEL, derive_log_level},
        {CONF_YAVIO_SPOOL_DIR, derive_spool},
        {CONF_YAVIO_BACKUP_DIR, derive_backup},
        {CONF_DATABASE_INGEST_URL, derive_ingest_url},
        {CONF_DATABASE_SERVICE_URL, derive_service_url},
};

static int64_t read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long long value = -1;

	if (f == NULL)
		return -1;
	if (fscanf(f, "%lld", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

/* memory.max of the cgroup v2 this process is in; -1: none. */
static int64_t cgroup_memory(void)
{
	char line[512], path[640];
	FILE *f = fopen("/proc/self/cgroup", "re");
	int64_t limit = -1;

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (str_starts_with(line, "0::") &&
		        str_format(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", line + 3))
			limit = read_number(path);
	}
	fclose(f);
	if (limit < 0)
		limit = read_number("/sys/fs/cgroup/memory.max");
	if (limit < 0)
		limit = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
	return limit;
}

static int64_t memory_bytes(void)
{
	int64_t ram = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	int64_t limit = cgroup_memory();

	return limit > 0 && limit < ram ? limit : ram;
}

static int64_t core_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static int64_t between(int64_t low, int64_t value, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Of the file system that will hold the spool: the nearest directory above it that exists. */
static int64_t disk_reserve(const struct conf *c)
{
	char path[CONF_PATH_BYTES];
	struct statvfs status;

	str_copy(path, sizeof(path), conf_text(c, CONF_YAVIO_SPOOL_DIR));
	while (statvfs(path, &status) != 0) {
		char *slash = strrchr(path, '/');

		if (slash == NULL || slash == path)
			return DISK_RESERVE_MIN_BYTES;
		*slash = '\0';
	}
	return between(DISK_RESERVE_MIN_BYTES,
	        (int64_t)((unsigned __int128)status.f_blocks * status.f_frsize / 20), INT64_MAX);
}

static int64_t auto_number(const struct conf *c, enum conf_id id)
{
	switch ((int)id) {
	case CONF_YAVIO_INGEST_WORKERS:
		return between(2, 6 * core_count(), 64);
	case CONF_YAVIO_DASHBOARD_WORKERS:
		return between(4, 3 * core_count(), 64);
	case CONF_YAVIO_ARGON2_CONCURRENT:
		return between(2, core_count(), 1024);
	case CONF_YAVIO_STORE_MEMORY:
		return between(STORE_MEMORY_MIN_BYTES, memory_bytes() / 10 * 4, INT64_MAX);
	case CONF_YAVIO_QUERY_MEMORY:
		return c->value[CONF_YAVIO_STORE_MEMORY].number[0] / 4;
	case CONF_YAVIO_QUERY_THREADS:
		return between(1, core_count(), QUERY_THREADS_MAX);
	case CONF_YAVIO_DISK_RESERVE:
		return disk_reserve(c);
	default:
		return 0;
	}
}

static void fill_autos(struct conf *c)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		if ((conf_option((enum conf_id)i)->flags & CONF_FLAG_AUTO) != 0 &&
		        strcmp(conf_text(c, (enum conf_id)i), "auto") == 0)
			c->value[i].number[0] = auto_number(c, (enum conf_id)i);
	}
}

enum err conf_derive(struct conf *c)
{
	struct conf_value *origin = &c->value[CONF_NEXTAUTH_URL];
	enum err e = make_absolute(c);

	if (e != ERR_OK)
		return e;
	if (origin->text != NULL && str_ends_with(origin->text, "/"))
		origin->text[strlen(origin->text) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(DERIVED); i++) {
		char text[CONF_PATH_BYTES + 1024];

		if (given(c, DERIVED[i].id))
			continue;
		if (!DERIVED[i].make(c, text, sizeof(text)))
			return ERR_INFRA_INVALID_ENV_VAR;
		if (text[0] != '\0' && !conf_set(c, DERIVED[i].id, text, CONF_FROM_SETTING))
			return ERR_INFRA_INTERNAL_ERROR;
		explicit_bzero(text, sizeof(text));
	}
	fill_autos(c);
	return ERR_OK;
}
