/* SPDX-License-Identifier: MIT
 * Writers that share their writes: workers hand small records to one server of their program, which
 * puts what came together on disk with one write and one flush. Where no server is, or it does not
 * answer, a worker appends by itself as ever: nothing depends on the server but speed. */
#ifndef YAVIO_SPOOL_SPOOL_GROUP_H
#define YAVIO_SPOOL_SPOOL_GROUP_H

#include "spool/spool.h"

struct spool_group;
struct spool_seat;

/* Made before fork and shared by all that are forked. ERR_DB_SPOOL_OPEN_FAILED: no memory.
 * spool_group_free gives this process's view of it back; NULL-safe. */
enum err spool_group_new(struct spool_group **out) MUST_CHECK;
void spool_group_free(struct spool_group *g);

/* A worker's place in the group, its own until it leaves or dies. NULL: none is free, or no memory;
 * that is a seat, too. */
struct spool_seat *spool_seat_take(struct spool_group *g);
void spool_seat_leave(struct spool_seat *seat);

/* spool_append, by the server when that pays: the record is small and `busy` workers, this one
 * included, are at work. Same results and the same promise; spool_writer_stats of w tells the
 * durations. What the server did not answer in time is appended here once more: the same rows,
 * which collapse by event_id like those of a client that repeats. */
enum err spool_append_shared(struct spool_seat *seat, struct spool_writer *w,
        const struct spool_record *r, size_t busy) MUST_CHECK;

struct spool_service {
	const struct spool_options *options;
	/* How many workers have a request in hand now: worth waiting a moment for. */
	size_t (*busy)(void *ctx);
	/* Asked at least once a second; NULL: served until the process ends. */
	bool (*stop)(void *ctx);
	void *ctx;
};

/* Serves the group, on a stream of its own; a second server waits until the first is gone. Returns
 * when told to stop. */
void spool_group_serve(struct spool_group *g, const struct spool_service *s);

#endif
