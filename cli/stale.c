/* SPDX-License-Identifier: MIT
 * Does a running program still run what is there now: its binary, its settings, its script? */
#include <limits.h>
#include <sys/stat.h>

#include "base/str.h"
#include "cli/stack.h"

/* Nanoseconds since 1970 of a file's last change, 0: not there. */
static int64_t changed_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec
	                            : 0;
}

static int64_t in_service(const struct cli *cli, enum program_id id, const char *name)
{
	char path[PATH_MAX];

	return str_format(
	               path, sizeof(path), "%s/service/%s/%s", cli->home, programs[id].name, name)
	               ? changed_at(path)
	               : 0;
}

/* When the present image began: a program that re-executed itself wrote its ready file again. */
static int64_t began_at(const struct cli *cli, enum program_id id)
{
	int64_t began = in_service(cli, id, "started"), ready = 0;
	char path[PATH_MAX];

	if (programs[id].binary &&
	        str_format(path, sizeof(path), "%s/run/%s.ready", cli->home, programs[id].name))
		ready = changed_at(path);
	return ready > began ? ready : began;
}

static int64_t caddyfile_at(const struct cli *cli)
{
	static const char *const names[] = {
	        "Caddyfile", "site-local.caddy", "site-domain.caddy", "site-proxy.caddy"};
	char path[PATH_MAX];
	int64_t newest = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int64_t at = str_format(path, sizeof(path), "%s/caddy/%s", cli->share, names[i])
		                     ? changed_at(path)
		                     : 0;

		newest = at > newest ? at : newest;
	}
	return newest;
}

enum stale service_stale(const struct cli *cli, enum program_id id)
{
	int64_t began = began_at(cli, id);
	char path[PATH_MAX];

	if (in_service(cli, id, "run") > in_service(cli, id, "started"))
		return STALE_SCRIPT;
	if (id == PROGRAM_CADDY && caddyfile_at(cli) > began)
		return STALE_SCRIPT;
	if (!programs[id].binary)
		return STALE_NOT;
	if (str_format(path, sizeof(path), "%s/%s", cli->bin, programs[id].binary) &&
	        changed_at(path) > began)
		return STALE_IMAGE;
	if (settings_path(cli, path, sizeof(path)) && changed_at(path) > began)
		return STALE_IMAGE;
	return STALE_NOT;
}
