/* SPDX-License-Identifier: MIT
 * Processes of this machine: run one and read it, find those of a stack, find who holds a port. */
#ifndef YAVIO_CLI_PROC_H
#define YAVIO_CLI_PROC_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"

enum { PROC_PIDS_MAX = 1024, PROC_NAME_BYTES = 64 };

/* Runs argv (argv[0]: path or name in PATH) with env (NULL: the caller's) and no input, and waits.
 * out (may be NULL: the caller's own stdout and stderr) receives stdout and stderr together.
 * Returns its exit code, 128 + signal, or -1: not started, or killed after timeout_ms. */
int proc_run(char *const argv[], char *const env[], int64_t timeout_ms, struct buf *out);

/* Starts argv in a session of its own with no terminal and no open descriptors, as runsvdir wants
 * it. */
bool proc_detach(char *const argv[], char *const env[]) MUST_CHECK;

/* Every process that belongs to the stack of home: started by its service scripts, or working in
 * its service or database directories. Returns their number, at most max. */
size_t proc_of_home(const char *home, pid_t *pids, size_t max);
/* The runsvdir of home, 0 when none runs. */
pid_t proc_runsvdir(const char *home);
/* Name of a process as the kernel knows it, "?" when gone. */
void proc_name(pid_t pid, char out[PROC_NAME_BYTES]);
bool proc_alive(pid_t pid);

struct proc_holder {
	pid_t pid; /* 0: not to be found out (it belongs to another user) */
	char name[PROC_NAME_BYTES];
};

/* Inode of the socket that listens on port in the text of /proc/net/tcp or tcp6, 0 when none. */
uint64_t proc_listen_inode(const char *net_tcp, uint16_t port);
/* Who listens on that TCP port; false: nobody. */
bool proc_port_holder(uint16_t port, struct proc_holder *out);
/* Whether a program could listen on address (IPv4 or IPv6 text): 0, or the errno of bind(2). */
int proc_port_probe(const char *address, uint16_t port);

#endif
