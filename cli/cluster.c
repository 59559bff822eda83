/* SPDX-License-Identifier: MIT
 * The private PostgreSQL cluster of a stack: made once, no trust, no TCP unless asked for. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/proc.h"
#include "cli/stack.h"

#define SERVER_ROOT "/usr/lib/postgresql"

enum { VERSION_MIN = 15, INITDB_MS = 120000, READY_MS = 3000, OUTPUT_BYTES = 64 * 1024 };

/* Major version of the cluster that is there, 0: none yet. */
static int cluster_version(const struct cli *cli)
{
	char path[PATH_MAX], text[16] = "";
	int fd;
	ssize_t n;

	if (!str_format(path, sizeof(path), "%s/postgres/PG_VERSION", cli->home))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	return n > 0 ? (int)strtol(text, NULL, 10) : 0;
}

/* Newest installed server; with a cluster there, only one of its own version can open it. */
bool cluster_bin(const struct cli *cli, char *out, size_t out_size)
{
	int wanted = cluster_version(cli), best = 0;
	DIR *dir = opendir(SERVER_ROOT);

	*out = '\0';
	if (!dir)
		return false;
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		char path[PATH_MAX];
		int version = (int)strtol(e->d_name, NULL, 10);

		if (version >= VERSION_MIN && version > best && (!wanted || version == wanted) &&
		        str_format(path, sizeof(path), SERVER_ROOT "/%s/bin/initdb", e->d_name) &&
		        access(path, X_OK) == 0)
			best = version;
	}
	(void)closedir(dir);
	return best && str_format(out, out_size, SERVER_ROOT "/%d/bin", best);
}

static bool write_private(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

static bool write_access_rules(const struct cli *cli, const char *data)
{
	char path[PATH_MAX];
	bool tcp = conf_int(cli->conf, CONF_POSTGRES_PORT) > 0;

	return str_format(path, sizeof(path), "%s/pg_hba.conf", data) &&
	       write_private(path, tcp ? "local all all scram-sha-256\n"
	                                 "host all all 127.0.0.1/32 scram-sha-256\n"
	                               : "local all all scram-sha-256\n");
}

static void remove_tree(const char *path)
{
	char *argv[] = {(char *)"rm", (char *)"-rf", (char *)path, NULL};

	(void)proc_run(argv, NULL, INITDB_MS, NULL);
}

static enum cli_exit init_failed(const struct cli *cli, const struct buf *out)
{
	const char *text = buf_str(out);
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return cli_fail(cli, ERR_DB_PG_INIT_FAILED,
	        "make room or repair rights, then run make run again", "initdb: %.*s", (int)len,
	        len ? text : "could not be run");
}

static enum cli_exit run_initdb(struct cli *cli, const char *bin, const char *data)
{
	char initdb[PATH_MAX], password_file[PATH_MAX], pwfile[PATH_MAX];
	char *argv[] = {initdb, (char *)"-D", (char *)data, (char *)"--data-checksums",
	        (char *)"--auth=scram-sha-256", (char *)"--username=postgres", pwfile,
	        (char *)"--encoding=UTF8", (char *)"--locale=C.UTF-8", (char *)"--no-instructions",
	        NULL};
	enum cli_exit rc = CLI_DONE;
	struct buf out;

	if (!str_format(initdb, sizeof(initdb), "%s/initdb", bin) ||
	        !str_format(password_file, sizeof(password_file), "%s/run/initdb.password",
	                cli->home) ||
	        !str_format(pwfile, sizeof(pwfile), "--pwfile=%s", password_file))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
	buf_init(&out, OUTPUT_BYTES);
	if (!write_private(password_file, conf_str(cli->conf, CONF_POSTGRES_SUPERUSER_PASSWORD)) ||
	        proc_run(argv, NULL, INITDB_MS, &out) != 0 || !write_access_rules(cli, data))
		rc = init_failed(cli, &out);
	(void)unlink(password_file);
	buf_release(&out);
	return rc;
}

enum cli_exit cluster_create(struct cli *cli)
{
	char bin[PATH_MAX], data[PATH_MAX], fresh[PATH_MAX];
	enum cli_exit rc;

	if (!cluster_bin(cli, bin, sizeof(bin)))
		return cli_fail(cli, ERR_DB_PG_VERSION_UNSUPPORTED, "scripts/install-deps.sh",
		        cluster_version(cli) ? "no PostgreSQL %d here, which made %s/postgres"
		                             : "no PostgreSQL of version %d or newer is installed",
		        cluster_version(cli) ? cluster_version(cli) : VERSION_MIN, cli->home);
	if (!str_format(data, sizeof(data), "%s/postgres", cli->home) ||
	        !str_format(fresh, sizeof(fresh), "%s.new", data))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE, NULL, "path too long");
	if (cluster_version(cli))
		return write_access_rules(cli, data) ? CLI_DONE
		                                     : cli_fail(cli, ERR_DB_PG_INIT_FAILED, NULL,
		                                               "%s: %s", data, strerror(errno));
	if (!conf_is_set(cli->conf, CONF_POSTGRES_SUPERUSER_PASSWORD))
		return cli_fail(cli, ERR_INFRA_REQUIRED_ENV_VAR_MISSING, "scripts/setup-env.sh",
		        "POSTGRES_SUPERUSER_PASSWORD is missing");
	/* made beside and renamed: a set-up that was cut off leaves no half cluster */
	remove_tree(fresh);
	rc = run_initdb(cli, bin, fresh);
	if (rc == CLI_DONE && rename(fresh, data) != 0)
		rc = cli_fail(cli, ERR_DB_PG_INIT_FAILED, NULL, "%s: %s", data, strerror(errno));
	if (rc != CLI_DONE)
		remove_tree(fresh);
	else
		cli_say(cli, "%s PostgreSQL cluster created in %s", cli_mark(CLI_MARK_OK), data);
	return rc;
}

bool cluster_ready(const struct cli *cli)
{
	char bin[PATH_MAX], program[PATH_MAX], sockets[PATH_MAX], port[16];
	int64_t number = conf_int(cli->conf, CONF_POSTGRES_PORT);
	char *argv[] = {program, (char *)"-q", (char *)"-t", (char *)"2", (char *)"-h", sockets,
	        (char *)"-p", port, NULL};

	return cluster_bin(cli, bin, sizeof(bin)) &&
	       str_format(program, sizeof(program), "%s/pg_isready", bin) &&
	       conf_socket_dir(cli->conf, sockets, sizeof(sockets)) &&
	       str_format(port, sizeof(port), "%lld", (long long)(number > 0 ? number : 5432)) &&
	       proc_run(argv, NULL, READY_MS, NULL) == 0;
}
