/* SPDX-License-Identifier: MIT
 * Paths under YAVIO_HOME, the directory of the sockets, and the ClickHouse endpoint. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/conf_internal.h"

enum { RUN_PATH_BYTES_MAX = 80 };

bool conf_home_path(const struct conf *c, const char *name, char *out, size_t out_size)
{
	return str_format(out, out_size, "%s/%s", conf_str(c, CONF_YAVIO_HOME), name);
}

/* FNV-1a: one short name for one YAVIO_HOME. */
static uint32_t name_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static bool usable_dir(const char *path)
{
	struct stat status;

	return path != NULL && path[0] == '/' && stat(path, &status) == 0 &&
	       S_ISDIR(status.st_mode) && access(path, W_OK | X_OK) == 0;
}

/* Nobody else may have put the directory there: a shared /tmp is among the places. */
static bool make_private(const char *path, const char *home)
{
	struct stat status, home_status;
	bool home_known = stat(home, &home_status) == 0;

	if (mkdir(path, 0700) == 0) {
		if (geteuid() == 0 && home_known &&
		        chown(path, home_status.st_uid, home_status.st_gid) != 0)
			return false;
	} else if (errno != EEXIST) {
		return false;
	}
	if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return false;
	return status.st_uid == geteuid() ||
	       (geteuid() == 0 && (!home_known || status.st_uid == home_status.st_uid));
}

static bool short_dir(const struct conf *c, char *out, size_t out_size)
{
	const char *home = conf_str(c, CONF_YAVIO_HOME), *tmp = getenv("TMPDIR");
	const char *places[] = {"/run/yavio", getenv("XDG_RUNTIME_DIR"),
	        tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp"};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (usable_dir(places[i]) &&
		        str_format(out, out_size, "%s/yavio-%08x", places[i], name_hash(home)) &&
		        strlen(out) <= RUN_PATH_BYTES_MAX && make_private(out, home))
			return true;
	}
	return false;
}

bool conf_socket_dir(const struct conf *c, char *out, size_t out_size)
{
	const char *home = conf_str(c, CONF_YAVIO_HOME);
	struct stat status;

	if (!conf_home_path(c, "run", out, out_size))
		return false;
	if (strlen(out) > RUN_PATH_BYTES_MAX)
		return short_dir(c, out, out_size);
	/* Without its home there is nothing to make yet; the path is right all the same. */
	return stat(out, &status) == 0 || access(home, F_OK) != 0 || make_private(out, home);
}

bool conf_socket_path(const struct conf *c, const char *name, char *out, size_t out_size)
{
	char dir[CONF_PATH_BYTES];

	return conf_socket_dir(c, dir, sizeof(dir)) &&
	       str_format(out, out_size, "%s/%s", dir, name);
}

struct ch_login {
	const char *user;
	enum conf_id password;
};

static struct ch_login ch_login_of(const struct conf *c)
{
	switch (c->program) {
	case CONF_SHIPPER:
		return (struct ch_login){"yavio_ingest", CONF_CLICKHOUSE_INGEST_PASSWORD};
	case CONF_DASHBOARD:
	case CONF_LIVE:
		return (struct ch_login){"yavio_dashboard", CONF_CLICKHOUSE_DASHBOARD_PASSWORD};
	case CONF_JOBS:
		return (struct ch_login){"yavio_eraser", CONF_CLICKHOUSE_ERASER_PASSWORD};
	default:
		return (struct ch_login){
		        conf_str(c, CONF_CLICKHOUSE_USER), CONF_CLICKHOUSE_ADMIN_PASSWORD};
	}
}

bool conf_ch_endpoint(const struct conf *c, struct conf_ch_endpoint *out)
{
	struct ch_login login = ch_login_of(c);
	const char *url = conf_str(c, CONF_CLICKHOUSE_URL);
	int64_t port = conf_int(c, CONF_CLICKHOUSE_HTTP_PORT);
	bool ok;

	*out = (struct conf_ch_endpoint){0};
	ok = str_copy(out->user, sizeof(out->user), login.user) &&
	     str_copy(out->password, sizeof(out->password), conf_str(c, login.password)) &&
	     str_copy(out->database, sizeof(out->database), conf_str(c, CONF_CLICKHOUSE_DATABASE));
	if (url[0] != '\0')
		return ok && str_copy(out->url, sizeof(out->url), url);
	if (port == 0)
		str_copy(out->url, sizeof(out->url), "http://localhost");
	else
		(void)snprintf(
		        out->url, sizeof(out->url), "http://127.0.0.1:%lld", (long long)port);
	return ok && conf_socket_path(c, "store.sock", out->unix_socket, sizeof(out->unix_socket));
}
