/* SPDX-License-Identifier: MIT
 * The running stack: its programs, their runit services, the directory they live in. */
#ifndef YAVIO_CLI_STACK_H
#define YAVIO_CLI_STACK_H

#include <sys/types.h>

#include "base/buf.h"
#include "cli/cli.h"

enum program_id {
	PROGRAM_POSTGRES,
	PROGRAM_STORE,
	PROGRAM_SHIPPER,
	PROGRAM_INGEST,
	PROGRAM_DASHBOARD,
	PROGRAM_LIVE,
	PROGRAM_JOBS,
	PROGRAM_CADDY,
	PROGRAM_COUNT,
};

struct program {
	const char *name;   /* as users say it, and name of its service directory */
	const char *alias;  /* second name, or NULL */
	const char *binary; /* in the directory of programs; NULL: not ours */
};

/* In the order of starting; stopping goes backwards. */
extern const struct program programs[PROGRAM_COUNT];

/* PROGRAM_COUNT: unknown. */
enum program_id program_find(const char *name);
/* False when the settings name a server elsewhere, so that this machine runs none. */
bool program_is_local(const struct cli *cli, enum program_id id);
/* "postgres, store, ..." */
const char *program_names(void);

/* --- home.c: YAVIO_HOME and who owns it --- */

/* Directories of the programs and of caddy/ and web/, from the executable's own place. */
bool home_find_checkout(struct cli *cli) MUST_CHECK;
/* YAVIO_HOME of the settings, absolute, without links where it exists, into cli->home. */
enum cli_exit home_resolve(struct cli *cli) MUST_CHECK;
/* As root: true when user yavio cannot run what is in the checkout, so that copies are needed. */
bool home_checkout_is_private(const struct cli *cli);
/* Makes YAVIO_HOME and its directories (0700) and, as root, gives them to user yavio, which is made
 * when absent. */
enum cli_exit home_prepare(struct cli *cli) MUST_CHECK;
/* As root: the process becomes the owner of YAVIO_HOME for good; low_ports keeps the right to ports
 * below 1024. Otherwise checks that the caller is the owner. */
enum cli_exit home_become_owner(struct cli *cli, bool low_ports) MUST_CHECK;
/* Held until the process ends; YAVIO-6420 when another command has it. */
enum cli_exit home_lock(struct cli *cli) MUST_CHECK;
/* mkdir -p; what is new gets mode. */
bool home_make_dirs(const char *path, mode_t mode) MUST_CHECK;

/* --- service.c: one runit service directory each --- */

struct service_state {
	bool supervised; /* a runsv looks after it */
	bool wanted;     /* runsv was told to keep it up */
	bool running;
	bool finishing; /* it ended, its finish script waits before the next start */
	pid_t pid;
	int64_t since_ms; /* Unix time of the last change */
	int exit_code;    /* of its last end; -1 signal or none yet */
};

/* Writes run, finish and log/run of a program. A file that would not change is left alone, so that
 * its time tells when it did. */
enum cli_exit service_write(const struct cli *cli, enum program_id id) MUST_CHECK;
void service_state(const struct cli *cli, enum program_id id, struct service_state *out);
/* Tells its runsv to keep it up, or to end it; desired state survives a restart of runsv. */
bool service_start(const struct cli *cli, enum program_id id) MUST_CHECK;
bool service_stop(const struct cli *cli, enum program_id id) MUST_CHECK;
/* Programs that hold a socket take a new binary and new settings over without letting go of it. */
bool service_replaces_itself(enum program_id id);
/* Tells such a program to do so: it checks both first, keeps its pid, and writes its ready file
 * again when the new workers serve. */
bool service_replace(const struct cli *cli, enum program_id id) MUST_CHECK;
bool service_kill(const struct cli *cli, enum program_id id) MUST_CHECK;
/* Ends a program that is no longer local, with its runsv, and removes its directory. */
void service_remove(const struct cli *cli, enum program_id id);
/* Waits for a state; false after timeout_ms. */
bool service_wait_stopped(const struct cli *cli, enum program_id id, int64_t timeout_ms) MUST_CHECK;
/* Last line of its log, shortened to what a person wants to read ("" when none). */
void service_last_line(const struct cli *cli, enum program_id id, char *out, size_t out_size);

/* --- stale.c --- */

enum stale {
	STALE_NOT,
	STALE_IMAGE,  /* binary or settings are newer than the process */
	STALE_SCRIPT, /* what its run script gives it has changed: it must be started anew */
};
enum stale service_stale(const struct cli *cli, enum program_id id);

/* --- supervise.c: runsvdir --- */

bool supervisor_running(const struct cli *cli);
/* Starts runsvdir detached and waits until each local program has its runsv. */
enum cli_exit supervisor_start(struct cli *cli) MUST_CHECK;
/* Ends every program in reverse order, then runsvdir, then whatever is left. timeout_ms for each.
 * Says what it does unless quiet. */
enum cli_exit supervisor_stop(struct cli *cli, int64_t timeout_ms, bool quiet) MUST_CHECK;

/* --- settings.c: what the services of this stack read --- */

/* Path of the settings file of the running stack. */
bool settings_path(const struct cli *cli, char *out, size_t out_size) MUST_CHECK;
/* Text of the settings file the services get: .env, with the caller's environment on top. */
enum cli_exit settings_collect(struct cli *cli, struct buf *text) MUST_CHECK;
enum cli_exit settings_write(struct cli *cli, const struct buf *text, bool *changed) MUST_CHECK;
/* A value as the settings file wants it. */
void settings_quote(struct buf *b, const char *value);

/* --- cluster.c: the private PostgreSQL --- */

enum cli_exit cluster_create(struct cli *cli) MUST_CHECK;
/* Directory of the server's own programs (initdb, postgres); "" when none of version 15 is there.
 */
bool cluster_bin(const struct cli *cli, char *out, size_t out_size) MUST_CHECK;
bool cluster_ready(const struct cli *cli);

/* --- ready.c --- */

/* Whether the program serves now. */
bool ready_now(struct cli *cli, enum program_id id);
/* GET of a health address of this stack; *status its HTTP status, 0: no answer. body may be NULL.
 */
enum err ready_health(struct cli *cli, enum program_id id, const char *path, int *status,
        struct buf *body) MUST_CHECK;
/* Base URLs as a person opens them: "http://localhost:3000". */
void ready_urls(const struct cli *cli, char dashboard[128], char ingest[128]);

#endif
