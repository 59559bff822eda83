/* SPDX-License-Identifier: MIT
 * Settings of yavio-store, read once from lib/conf and checked against each other. */
#ifndef YAVIO_STORE_OPTIONS_H
#define YAVIO_STORE_OPTIONS_H

#include "base/base.h"
#include "base/errors.h"

enum { OPTIONS_PATH_BYTES = 512, OPTIONS_SOCKET_BYTES = 108 };

struct conf;

struct options {
	struct conf *conf; /* owns the texts below */
	char data_dir[OPTIONS_PATH_BYTES], run_dir[OPTIONS_PATH_BYTES];
	char engine_config[OPTIONS_PATH_BYTES]; /* written for the engine */
	char ready_path[OPTIONS_PATH_BYTES], port_path[OPTIONS_PATH_BYTES];
	char socket_path[OPTIONS_SOCKET_BYTES];
	int port; /* 0: chosen by the kernel, written to port_path */
	const char *database;
	const char *admin_name;
	/* "" for intelligence means that the user does not exist */
	const char *admin_password, *ingest_password, *dashboard_password, *eraser_password,
	        *intelligence_password;
	int64_t memory_bytes;
	unsigned insert_places, select_places, admin_places;
	int64_t query_timeout_ms, query_memory_bytes, query_rows_max, query_threads;
};

/* Also sets up the log. Faults are printed by lib/conf or here, one line each. Released by
 * options_release. */
enum err options_load(struct options *out) MUST_CHECK;
void options_release(struct options *o);

#endif
