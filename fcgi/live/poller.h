/* SPDX-License-Identifier: MIT
 * The threads that ask the store: few, so that live views never take the connections that the
 * dashboard needs; projects wait for their turn. */
#ifndef YAVIO_LIVE_POLLER_H
#define YAVIO_LIVE_POLLER_H

#include "fcgi/live/job.h"

enum { LIVE_POLLERS = 2 };

struct live_pollers;

/* done: called by their threads with each job when it is answered; it owns it then.
 * NULL: no memory, or no thread. */
struct live_pollers *live_pollers_start(const struct conf_ch_endpoint *at,
        const struct ch_options *limits, void (*done)(struct live_job *job, void *arg), void *arg);
/* Takes the job. */
void live_pollers_add(struct live_pollers *p, struct live_job *job);
/* Ends what they ask, frees what waits, and them. NULL-safe. */
void live_pollers_stop(struct live_pollers *p);

#endif
