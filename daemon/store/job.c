/* SPDX-License-Identifier: MIT
 * A statement while it runs. */
#include <stdlib.h>

#include "daemon/store/job.h"

static int socket_of(struct request *r)
{
	const union MHD_ConnectionInfo *info =
	        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info ? info->connect_fd : -1;
}

enum err job_begin(struct job **out, struct request *r, enum store_pool pool)
{
	struct job *j = calloc(1, sizeof(*j));
	*out = NULL;
	if (!j)
		return ERR_DB_INTERNAL_ERROR;
	j->store = r->store;
	enum err err = pool_take(&r->store->pools[pool], STORE_WAIT_MS);
	if (err != ERR_OK) {
		free(j);
		return err;
	}
	j->pool = &r->store->pools[pool];
	j->conn = engine_connect(r->store->engine);
	if (!j->conn) {
		job_end(j);
		return ERR_DB_INTERNAL_ERROR;
	}
	int fd = socket_of(r);
	if (fd >= 0) {
		watch_add(r->store->watch, &j->watched, fd, r->token, pool != STORE_POOL_SELECT);
		j->is_watched = true;
	}
	*out = j;
	return ERR_OK;
}

void job_done(struct job *j)
{
	engine_disconnect(j->conn);
	j->conn = NULL;
	if (j->pool)
		pool_give(j->pool);
	j->pool = NULL;
}

void job_end(struct job *j)
{
	if (!j)
		return;
	if (j->is_watched)
		watch_remove(j->store->watch, &j->watched);
	job_done(j);
	free(j);
}
