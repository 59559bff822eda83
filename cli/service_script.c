/* SPDX-License-Identifier: MIT
 * Writes the scripts of a runit service directory. Each run script ends in exec, so that runsv is
 * the parent of the program itself. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/caddy.h"
#include "cli/service_script.h"

#define SERVICE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* PostgreSQL of a stack: everything else stays at its default. */
static const char *const postgres_settings[] = {"listen_addresses=", "unix_socket_permissions=0700",
        "shared_buffers=64MB", "logging_collector=off", "log_destination=stderr",
        "log_line_prefix=%m [%p] ", "log_timezone=UTC", "password_encryption=scram-sha-256"};

enum { CONNECTIONS_MIN = 60, CONNECTIONS_SPARE = 20 };

void service_script_quote(struct buf *b, const char *text)
{
	buf_add_char(b, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_str(b, "'\\''");
		else
			buf_add_char(b, *text);
	}
	buf_add_char(b, '\'');
}

static void add_pair(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, " \\\n  %s=", name);
	service_script_quote(b, value);
}

static void add_inherited(struct buf *b, const char *name)
{
	const char *value = getenv(name);

	if (value && *value)
		add_pair(b, name, value);
}

/* The program's environment is this and nothing else; its settings come from the file. */
static void add_environment(const struct cli *cli, enum program_id id, struct buf *b)
{
	char path[PATH_MAX];

	buf_add_str(b, "exec env -i PATH=" SERVICE_PATH " LANG=C.UTF-8");
	if (str_format(path, sizeof(path), "%s/service/%s", cli->home, programs[id].name))
		add_pair(b, "RUNIT_SERVICE", path);
	add_pair(b, "YAVIO_HOME", cli->home);
	add_inherited(b, "XDG_RUNTIME_DIR");
	add_inherited(b, "TMPDIR");
	if (programs[id].binary && settings_path(cli, path, sizeof(path)))
		add_pair(b, "YAVIO_ENV_FILE", path);
	if (id == PROGRAM_CADDY)
		caddy_environment(cli, add_pair, b);
}

/* A supervisor that is killed takes its program with it: the next one starts a fresh one, never a
 * second. PostgreSQL gets SIGQUIT, its way to stop at once. */
static void add_death_pact(const struct cli *cli, enum program_id id, struct buf *b)
{
	buf_addf(b, " \\\n  setpriv --pdeathsig %s", id == PROGRAM_POSTGRES ? "QUIT" : "KILL");
	if (*conf_str(cli->conf, CONF_YAVIO_DOMAIN) && id != PROGRAM_CADDY)
		buf_add_str(b, " --ambient-caps=-all --inh-caps=-all");
	/* Caddy may have the right to low ports from its file (setcap) */
	if (id != PROGRAM_CADDY)
		buf_add_str(b, " --no-new-privs");
}

static int64_t connections(const struct cli *cli)
{
	int64_t wanted = conf_int(cli->conf, CONF_YAVIO_INGEST_WORKERS) +
	                 conf_int(cli->conf, CONF_YAVIO_DASHBOARD_WORKERS) + CONNECTIONS_SPARE;

	return wanted > CONNECTIONS_MIN ? wanted : CONNECTIONS_MIN;
}

static void add_postgres(const struct cli *cli, struct buf *b)
{
	char bin[PATH_MAX], sockets[PATH_MAX];
	int64_t port = conf_int(cli->conf, CONF_POSTGRES_PORT);

	if (!cluster_bin(cli, bin, sizeof(bin)) ||
	        !conf_socket_dir(cli->conf, sockets, sizeof(sockets)))
		return;
	buf_addf(b, " \\\n  %s/postgres -D ", bin);
	service_script_quote(b, cli->home);
	buf_add_str(b, "/postgres");
	for (size_t i = port > 0 ? 1 : 0; i < ARRAY_LEN(postgres_settings); i++) {
		buf_add_str(b, " \\\n  -c ");
		service_script_quote(b, postgres_settings[i]);
	}
	buf_add_str(b, " \\\n  -c unix_socket_directories=");
	service_script_quote(b, sockets);
	if (port > 0)
		buf_addf(b, " \\\n  -c listen_addresses=127.0.0.1 -c port=%lld", (long long)port);
	buf_addf(b, " \\\n  -c max_connections=%lld\n", (long long)connections(cli));
}

static void add_command(const struct cli *cli, enum program_id id, struct buf *b)
{
	if (id == PROGRAM_POSTGRES) {
		add_postgres(cli, b);
		return;
	}
	buf_add_str(b, " \\\n  ");
	if (id == PROGRAM_CADDY) {
		caddy_command(cli, b);
	} else {
		service_script_quote(b, cli->bin);
		buf_addf(b, "/%s\n", programs[id].binary);
	}
}

/* Backends of a postmaster that was killed hold its shared memory for a moment, and a new one would
 * refuse to start: waits for them, 2 s at most. */
static void add_postgres_wait(const struct cli *cli, struct buf *b)
{
	buf_add_str(b, "tries=0\nwhile [ $tries -lt 40 ] && ls -ld /proc/[0-9]*/cwd 2>/dev/null | "
	               "grep -qF -- ");
	buf_add_str(b, "' -> '");
	service_script_quote(b, cli->home);
	buf_add_str(b, "/postgres; do\n  sleep 0.05\n  tries=$((tries + 1))\ndone\n");
}

void service_script_run(const struct cli *cli, enum program_id id, struct buf *b)
{
	buf_add_str(b, "#!/bin/sh\n# Written by `yavio up`, and again at the next one.\nexec 2>&1\n"
	               "date +%s >started\n");
	/* spool and sockets are for the group too */
	buf_addf(b, "umask %s\n", service_replaces_itself(id) ? "0027" : "0077");
	buf_add_str(b, "ulimit -n 65536 2>/dev/null || ulimit -n \"$(ulimit -Hn)\"\nrm -f ");
	service_script_quote(b, cli->home);
	buf_addf(b, "/run/%s.ready\n", programs[id].name);
	if (id == PROGRAM_POSTGRES)
		add_postgres_wait(cli, b);
	add_environment(cli, id, b);
	add_death_pact(cli, id, b);
	add_command(cli, id, b);
}

void service_script_finish(struct buf *b)
{
	buf_add_str(b, "#!/bin/sh\n"
	               "# runsv calls this when the program has ended: $1 is its exit code, -1 "
	               "after a signal.\n"
	               "echo \"$1\" >exit\n"
	               "if [ \"$1\" = 78 ]; then # settings are wrong: another start cannot help\n"
	               "  : >down\n"
	               "  printf d >supervise/control\n"
	               "fi\n"
	               "[ ! -e down ] || exit 0\n"
	               "began=0 delay=0\n"
	               "[ ! -s started ] || read -r began <started\n"
	               "[ ! -s backoff ] || read -r delay <backoff\n"
	               "[ $(($(date +%s) - began)) -lt 60 ] || delay=0\n"
	               "next=$((delay * 2))\n"
	               "[ $next -gt 0 ] || next=1\n"
	               "[ $next -le 30 ] || next=30\n"
	               "echo $next >backoff\n"
	               "while [ $delay -gt 0 ] && [ ! -e down ]; do\n"
	               "  sleep 1\n"
	               "  delay=$((delay - 1))\n"
	               "done\n"
	               "exit 0\n");
}

void service_script_log(const struct cli *cli, enum program_id id, struct buf *b)
{
	buf_add_str(b, "#!/bin/sh\nexec svlogd -l 8192 -b 16384 ");
	service_script_quote(b, cli->home);
	buf_addf(b, "/log/%s\n", programs[id].name);
}

void service_script_term(enum program_id id, struct buf *b)
{
	/* SIGTERM would wait until the last client has gone, SIGINT ends their sessions */
	if (id == PROGRAM_POSTGRES)
		buf_add_str(b, "#!/bin/sh\nread -r pid <supervise/pid && kill -INT \"$pid\"\n");
}
