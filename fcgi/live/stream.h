/* SPDX-License-Identifier: MIT
 * One viewer: the connection, what is still to be sent over it, and how much it may get. Used by
 * the hub's thread alone, once it has been added there. */
#ifndef YAVIO_LIVE_STREAM_H
#define YAVIO_LIVE_STREAM_H

#include "base/buf.h"
#include "base/id.h"
#include "fcgi/fcgi.h"
#include "fcgi/live/filter.h"
#include "fcgi/live/message.h"
#include "fcgi/live/seats.h"
#include "pg/pg.h"

enum {
	LIVE_EVENTS_PER_S = 100, /* a viewer gets so many, the rest is counted */
	LIVE_BURST = 150,        /* at once, after a pause */
	LIVE_HEARTBEAT_MS = 5000,
	LIVE_SLOW_MS = 30000,                  /* nothing could be sent for so long */
	LIVE_WAITING_BYTES_MAX = 256 * 1024,   /* of live events in one queue */
	LIVE_HELD_BYTES_MAX = 2 * 1024 * 1024, /* of those held back while joining */
	LIVE_ENDING_MS = 2000,                 /* the last message must be out by then */
	LIVE_RETRY_MS = 3000, /* what browsers are told to wait before they reconnect */
};

/* Whose stream it is: what is checked again while it goes on. */
struct live_viewer {
	uint8_t token_hash[PG_TOKEN_HASH_BYTES];
	char user_id[ID_UUID_BYTES], workspace_id[ID_UUID_BYTES], project_id[ID_UUID_BYTES];
};

enum live_stream_state {
	LIVE_JOINING, /* its beginning is still being read; what happens meanwhile is held back */
	LIVE_RUNNING,
	LIVE_ENDING, /* its last message is on the way */
	LIVE_GONE,   /* to be freed */
};

struct live_feed;
struct live_group;
struct live_hub;

struct live_stream {
	struct live_stream *next; /* of its feed, or in the hub's inbox */
	uint64_t serial;
	struct live_hub *hub; /* that it is to be added to */
	struct fcgi_stream conn;
	struct live_seats *seats; /* where its seat is given back */
	struct live_viewer who;
	struct live_query query;
	struct live_feed *feed;
	enum live_stream_state state;
	int64_t connected_ms; /* wall clock */

	/* While JOINING: what brings its beginning, NULL: not asked yet. While RUNNING: what did,
	 * until the feed has come by what it brought. */
	struct live_group *group;
	size_t group_first; /* its part of the group's rows begins there */
	struct live_queue held;

	struct live_queue queue;
	struct buf out; /* records on their way */
	size_t out_at;
	bool blocked;      /* the connection takes no more at the moment */
	bool armed;        /* the hub is told when it does again */
	int64_t moved_ms;  /* clock_mono_ms at which bytes went out, or nothing was to be sent */
	bool closing;      /* what is on its way ends the reply */
	int64_t ending_ms; /* since when the state is ENDING */
	int64_t full_ms;   /* since when nothing more fits; 0: it does */

	double tokens; /* events it may get now */
	int64_t tokens_ms;
	uint64_t dropped;     /* events left out since the last heartbeat */
	uint64_t uncounted;   /* of them, not in the metric yet */
	int64_t heartbeat_ms; /* clock_mono_ms of the next one */
	int64_t check_ms;     /* of the next look at its login; 0: one is under way */
	int64_t checked_ms;   /* of the last one that found it good */

	/* Events of the poll in hand that it gets: places in what is fetched, newest first. */
	uint32_t chosen[LIVE_BURST];
	size_t chosen_len;
};

/* Takes query over; also when memory is out (NULL). Its connection is set when the reply began. */
struct live_stream *live_stream_new(struct live_hub *hub, struct live_seats *seats,
        const struct live_viewer *who, struct live_query *query);
/* Closes the connection, gives the seat back. NULL-safe. */
void live_stream_free(struct live_stream *s);

/* How many of `passing` events it may get now; takes them from its allowance. */
size_t live_stream_allow(struct live_stream *s, size_t passing, int64_t now_ms);
/* Counts events that it does not get. */
void live_stream_leave_out(struct live_stream *s, uint64_t n);
/* An event of the feed: into the queue, held back while joining, or counted where there is no room.
 */
void live_stream_event(struct live_stream *s, struct live_message *m);
/* Anything that must not be left out; m may be NULL (no memory); gives its reference away. */
void live_stream_say(struct live_stream *s, struct live_message *m);
/* Says the last message: id_ms is where to go on, below 0 when that is not known. */
void live_stream_end(struct live_stream *s, int64_t id_ms, enum err e);

/* Writes as much as the connection takes. The state is LIVE_GONE when the peer is, or the last
 * message was sent. */
void live_stream_write(struct live_stream *s, int64_t now_ms);
/* Heartbeat, and an end for a reader that is too slow. id_ms as above. */
void live_stream_tick(struct live_stream *s, int64_t id_ms, int64_t now_ms);

#endif
