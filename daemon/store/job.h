/* SPDX-License-Identifier: MIT
 * A statement while it runs: its place in a pool, its connection, its watched client. */
#ifndef YAVIO_STORE_JOB_H
#define YAVIO_STORE_JOB_H

#include "base/base.h"
#include "base/errors.h"
#include "daemon/store/request.h"

struct job {
	struct store *store;
	struct pool *pool; /* NULL: holds no place */
	struct engine_conn *conn;
	struct watched watched;
	bool is_watched;
};

/* Waits for a place, opens a connection, starts to watch the client. ERR_DB_STORE_BUSY,
 * ERR_DB_INTERNAL_ERROR; nothing is held then. */
enum err job_begin(struct job **out, struct request *r, enum store_pool pool) MUST_CHECK;
/* The engine has given everything: place and connection go back, the client stays watched while it
 * reads. */
void job_done(struct job *j);
/* Ends what runs and gives everything back. NULL-safe. */
void job_end(struct job *j);

#endif
