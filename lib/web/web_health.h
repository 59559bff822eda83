/* SPDX-License-Identifier: MIT
 * What a program knows about the services it needs: found out by one process, read by all workers,
 * so that a health request asks nobody. */
#ifndef YAVIO_WEB_WEB_HEALTH_H
#define YAVIO_WEB_WEB_HEALTH_H

#include "base/base.h"
#include "base/buf.h"
#include "base/errors.h"

enum {
	WEB_HEALTH_SERVICES_MAX = 8,
	WEB_HEALTH_INTERVAL_MS = 2000, /* between two rounds of probes */
	WEB_HEALTH_SLOW_MS = 1000,     /* 7001, still healthy */
	WEB_HEALTH_STALE_MS = 15000,   /* nobody asked for so long: not known to be healthy */
};

struct web_health;

/* Shared memory for the services names (NULL-ended, static texts; their order is their id). Before
 * the fork. NULL: no memory. */
struct web_health *web_health_new(const char *const *names);
void web_health_free(struct web_health *h); /* NULL-safe */

/* Result of a probe that took ns. e: ERR_OK, or why the service cannot be used. A change is logged
 * (7000 gone, 7001 slow). */
void web_health_report(struct web_health *h, unsigned service, enum err e, int64_t ns);
/* A service that the settings do not use counts as up. */
void web_health_use(struct web_health *h, unsigned service, bool used);

struct web_health_state {
	bool up;
	bool slow;
	bool disabled;
	enum err cause; /* ERR_INFRA_NOT_READY before the first probe and when stale */
	int64_t latency_ms;
};
void web_health_get(const struct web_health *h, unsigned service, struct web_health_state *out);
/* Adds {"postgres":{"status":"healthy","latencyMs":2},...}. */
void web_health_json(const struct web_health *h, struct buf *out);
/* A service that only one program may reach: what that program found out, in a file that others
 * read. False: not written. */
bool web_health_publish(const char *path, enum err e, int64_t ns);
/* Such files of yavio-jobs, under YAVIO_HOME. */
#define WEB_HEALTH_JOBS "run/jobs.health"
#define WEB_HEALTH_MAIL "run/mail.health"
/* True: there is such a file. Then *e is what it says, ERR_INFRA_NOT_READY when it is older than
 * WEB_HEALTH_STALE_MS or no such file's text, and *ns how long the probe took (untouched then). */
bool web_health_published(const char *path, enum err *e, int64_t *ns) MUST_CHECK;
const char *web_health_name(const struct web_health *h, unsigned service);
unsigned web_health_count(const struct web_health *h);

#endif
