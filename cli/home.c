/* SPDX-License-Identifier: MIT
 * YAVIO_HOME: where it is, whose it is, and how root becomes its owner. Nothing of a stack runs as
 * root: what root starts, it starts as user yavio. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/proc.h"
#include "cli/stack.h"

#define SERVICE_USER   "yavio"
#define INSTALLED_HOME "/var/lib/yavio"

enum { DESCRIPTORS = 65536, USERADD_MS = 20000 };

/* What a stack writes to; each is made 0700. */
static const char *const home_dirs[] = {"", "/run", "/run/metrics", "/log", "/service", "/spool",
        "/clickhouse", "/postgres", "/backup", "/caddy"};

bool home_find_checkout(struct cli *cli)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return false;
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	if (!str_copy(cli->bin, sizeof(cli->bin), exe))
		return false;
	/* build/<variant>/bin in a checkout, bin beside caddy/ when installed */
	for (int up = 0; up < 4; up++) {
		char probe[PATH_MAX];
		char *slash;

		if (str_format(probe, sizeof(probe), "%s/caddy/Caddyfile", exe) &&
		        access(probe, F_OK) == 0)
			return str_copy(cli->share, sizeof(cli->share), exe);
		slash = strrchr(exe, '/');
		if (!slash || slash == exe)
			break;
		*slash = '\0';
	}
	return str_copy(cli->share, sizeof(cli->share), "/usr/local/share/yavio");
}

/* realpath of what exists of path, with the rest as written. */
static bool resolve_links(const char *path, char out[PATH_MAX])
{
	char head[PATH_MAX], real[PATH_MAX];

	if (!str_copy(head, sizeof(head), path))
		return false;
	for (char *slash; !realpath(head, real); *slash = '\0') {
		slash = strrchr(head, '/');
		if (!slash || slash == head)
			return str_copy(out, PATH_MAX, path);
	}
	return str_format(out, PATH_MAX, "%s%s", real, path + strlen(head));
}

enum cli_exit home_resolve(struct cli *cli)
{
	const char *home = conf_str(cli->conf, CONF_YAVIO_HOME);
	char real[PATH_MAX];

	if (resolve_links(home, real))
		home = real;
	if (*home != '/' || strlen(home) < 2 || !str_copy(cli->home, sizeof(cli->home), home))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE,
		        "set YAVIO_HOME to a short absolute path", "YAVIO_HOME is %s", home);
	while (str_ends_with(cli->home, "/"))
		cli->home[strlen(cli->home) - 1] = '\0';
	return CLI_DONE;
}

static bool become(const struct passwd *user)
{
	return initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
	       setuid(user->pw_uid) == 0;
}

/* Runs check as that user in a child, because root's own answer of access(2) is always yes. */
static bool as_user(const struct passwd *user, bool (*check)(const void *), const void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(become(user) && check(arg) ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool can_run_checkout(const void *arg)
{
	const struct cli *cli = arg;
	char path[PATH_MAX];

	for (enum program_id id = 0; id < PROGRAM_COUNT; id++) {
		if (programs[id].binary &&
		        (!str_format(path, sizeof(path), "%s/%s", cli->bin, programs[id].binary) ||
		                (access(path, X_OK) != 0 && errno == EACCES)))
			return false;
	}
	return str_format(path, sizeof(path), "%s/caddy/Caddyfile", cli->share) &&
	       access(path, R_OK) == 0;
}

bool home_checkout_is_private(const struct cli *cli)
{
	const struct passwd *user = getpwnam(SERVICE_USER);
	/* without that user yet: as somebody who is nobody */
	const struct passwd nobody = {
	        .pw_name = (char *)"nobody", .pw_uid = 65534, .pw_gid = 65534};

	return !as_user(user ? user : &nobody, can_run_checkout, cli);
}

static const struct passwd *service_user(void)
{
	char *const argv[] = {(char *)"useradd", (char *)"--system", (char *)"--user-group",
	        (char *)"--no-create-home", (char *)"--home-dir", (char *)"/nonexistent",
	        (char *)"--shell", (char *)"/usr/sbin/nologin", (char *)SERVICE_USER, NULL};
	const struct passwd *user = getpwnam(SERVICE_USER);
	struct buf out;

	if (user)
		return user;
	buf_init(&out, 4096);
	(void)proc_run(argv, NULL, USERADD_MS, &out);
	buf_release(&out);
	return getpwnam(SERVICE_USER);
}

bool home_make_dirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];

	if (!str_copy(part, sizeof(part), path))
		return false;
	for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	if (mkdir(part, mode) == 0)
		return chmod(part, mode) == 0;
	return errno == EEXIST;
}

static bool can_enter(const void *arg)
{
	return access(arg, R_OK | W_OK | X_OK) == 0;
}

static enum cli_exit unusable(const struct cli *cli, const char *path, const char *why)
{
	return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE,
	        "give it to the user who runs Yavio, or set YAVIO_HOME to another path", "%s: %s",
	        path, why);
}

/* One directory of the home: made, 0700, and the owner's. Never through a link: the owner could
 * have planted it. */
static enum cli_exit own_dir(const struct cli *cli, const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno != ENOENT || !home_make_dirs(path, 0700) || lstat(path, &st) != 0)
			return unusable(cli, path, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return unusable(cli, path, "not a directory");
	if (st.st_uid == 0 && uid != 0 && geteuid() == 0) {
		if (lchown(path, uid, gid) != 0)
			return unusable(cli, path, strerror(errno));
		st.st_uid = uid;
	}
	if (st.st_uid != uid)
		return unusable(cli, path, "belongs to another user");
	if ((st.st_mode & 077) != 0 && chmod(path, 0700) != 0)
		return unusable(cli, path, strerror(errno));
	return CLI_DONE;
}

enum cli_exit home_prepare(struct cli *cli)
{
	const struct passwd *user = NULL;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char path[PATH_MAX];

	if (uid == 0) {
		user = service_user();
		if (!user)
			return cli_fail(cli, ERR_INFRA_RUNNING_AS_ROOT,
			        "useradd --system --no-create-home --shell /usr/sbin/nologin yavio",
			        "there is no user " SERVICE_USER " and it could not be made");
		uid = user->pw_uid;
		gid = user->pw_gid;
	}
	for (size_t i = 0; i < ARRAY_LEN(home_dirs); i++) {
		enum cli_exit rc;

		if (!str_format(path, sizeof(path), "%s%s", cli->home, home_dirs[i]))
			return unusable(cli, cli->home, "path too long");
		rc = own_dir(cli, path, uid, gid);
		if (rc != CLI_DONE)
			return rc;
	}
	if (user && !as_user(user, can_enter, cli->home))
		return cli_fail(cli, ERR_INFRA_HOME_UNUSABLE,
		        "set YAVIO_HOME to a path that user yavio can reach, such "
		        "as " INSTALLED_HOME,
		        "%s: user " SERVICE_USER " cannot reach it", cli->home);
	return home_resolve(cli);
}

/* Keeps CAP_NET_BIND_SERVICE, and only that, for this process and what it starts. */
static bool keep_low_ports(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	data[0].effective = data[0].permitted = data[0].inheritable = 1U << CAP_NET_BIND_SERVICE;
	return syscall(SYS_capset, &header, data) == 0 &&
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) == 0;
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= DESCRIPTORS)
		return;
	limit.rlim_max = DESCRIPTORS;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

enum cli_exit home_become_owner(struct cli *cli, bool low_ports)
{
	const struct passwd *user;
	struct stat st;

	if (stat(cli->home, &st) != 0)
		return CLI_DONE; /* nothing there yet, nothing to own */
	if (geteuid() != 0) {
		if (st.st_uid == geteuid())
			return CLI_DONE;
		user = getpwuid(st.st_uid);
		return cli_fail(cli, ERR_CLI_PERMISSION,
		        "run the command as that user, or with sudo", "%s belongs to %s", cli->home,
		        user ? user->pw_name : "another user");
	}
	if (st.st_uid == 0)
		return CLI_DONE;
	user = getpwuid(st.st_uid);
	raise_descriptors();
	if (!user || (low_ports && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) || !become(user) ||
	        (low_ports && !keep_low_ports()))
		return cli_fail(cli, ERR_CLI_PERMISSION, NULL, "cannot become the owner of %s: %s",
		        cli->home, strerror(errno));
	/* the caller's directory may be one that the owner cannot enter */
	if (chdir("/") != 0)
		return cli_fail(cli, ERR_CLI_PERMISSION, NULL, "/: %s", strerror(errno));
	/* the kernel hides a process that changed its user from /proc readers of that user */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return CLI_DONE;
}

enum cli_exit home_lock(struct cli *cli)
{
	char path[PATH_MAX];

	if (cli->lock_fd >= 0)
		return CLI_DONE;
	if (!str_format(path, sizeof(path), "%s/run", cli->home) ||
	        access(path, F_OK) != 0) /* no stack was ever here: nothing to collide on */
		return CLI_DONE;
	if (!str_format(path, sizeof(path), "%s/run/command.lock", cli->home))
		return unusable(cli, cli->home, "path too long");
	cli->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (cli->lock_fd < 0)
		return unusable(cli, path, strerror(errno));
	if (flock(cli->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return cli_fail(cli, ERR_CLI_COMMAND_LOCKED, NULL,
		        "another yavio command is changing %s", cli->home);
	return CLI_DONE;
}
