/* SPDX-License-Identifier: MIT
 * Notifications: listens again after every reconnect, and says when some may have been missed. */
#include <poll.h>

#include "base/clock.h"
#include "base/str.h"
#include "pg/pg_internal.h"

/* How often a waiting listener looks at its stop flag. */
enum { SLICE_MS = 250 };

void pg_listen(struct pg *pg, enum pg_query listen)
{
	pg->listen = listen;
	pg->listening = true;
	pg->listen_sent = false;
}

static enum err ensure_listening(struct pg *pg)
{
	enum err e = pg_ensure(pg);

	if (e != ERR_OK || pg->listen_sent)
		return e;
	e = pg_exec(pg, pg->listen, PG_NO_PARAMS, NULL);
	if (e != ERR_OK)
		return e;
	pg->listen_sent = true;
	pg->reset_due = true;
	return ERR_OK;
}

static bool take_one(struct pg *pg, struct pg_notify *out)
{
	PGnotify *n;

	if (pg->reset_due) {
		pg->reset_due = false;
		out->kind = PG_NOTIFY_RESET;
		return true;
	}
	n = PQnotifies(pg->conn);
	if (n == NULL)
		return false;
	out->kind = PG_NOTIFY_MESSAGE;
	str_copy(out->channel, sizeof(out->channel), n->relname);
	str_copy(out->payload, sizeof(out->payload), n->extra);
	PQfreemem(n);
	return true;
}

static void wait_input(struct pg *pg, int64_t ms)
{
	struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};

	if (poll(&fd, 1, (int)ms) > 0 && !PQconsumeInput(pg->conn))
		pg_drop(pg);
}

enum err pg_wait_notify(struct pg *pg, int64_t timeout_ms, struct pg_notify *out)
{
	int64_t end = clock_mono_ms() + timeout_ms;

	*out = (struct pg_notify){.kind = PG_NOTIFY_NONE};
	if (!pg->listening)
		return ERR_DB_INTERNAL_ERROR;
	for (;;) {
		enum err e = ensure_listening(pg);
		int64_t now = clock_mono_ms(), left = end - now;

		if (e == ERR_OK && take_one(pg, out))
			return ERR_OK;
		if (e != ERR_OK && !pg_err_away(e))
			return e;
		if (left <= 0 || pg_stopped(pg))
			return e;
		left = left > SLICE_MS ? SLICE_MS : left;
		if (e == ERR_OK)
			wait_input(pg, left);
		else
			clock_sleep_ms(left < pg->retry_at_ms - now ? left
			               : pg->retry_at_ms > now      ? pg->retry_at_ms - now
			                                            : 1);
	}
}
