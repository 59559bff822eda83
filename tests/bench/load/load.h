/* SPDX-License-Identifier: MIT
 * The load generator: requests that are cheap to make, what they took, and what CPU was spent on
 * them by whom. */
#ifndef YAVIO_TESTS_BENCH_LOAD_H
#define YAVIO_TESTS_BENCH_LOAD_H

#include "base/base.h"
#include "base/buf.h"

/* ---- body.c: POST /v1/events with events of about 600 bytes, personal data in one of ten ---- */

enum {
	BODY_EVENTS_MAX = 1000,
	BODY_BYTES_MAX = 1024 * 1024,
	BODY_KEY_BYTES_MAX = 512,
};

/* Requests of a file instead of events: lines "path cookie". */
struct targets {
	char *text;
	char **line; /* NUL-ended, path; its cookie follows behind the NUL */
	size_t len;
};
/* False: not readable, or no line. */
bool targets_load(struct targets *t, const char *path) MUST_CHECK;
void targets_release(struct targets *t);

struct body {
	struct buf request;            /* head and body, ready to be sent */
	const struct targets *targets; /* GET of these by turns; NULL: events */
	size_t target;
	unsigned events; /* how many the body holds */
	uint32_t *id_at; /* where each event's id, trace and time stand */
	uint32_t *trace_at;
	uint32_t *time_at;
};

/* For GET requests: every variant begins at another target. */
bool body_init_get(struct body *b, const struct targets *t, unsigned variant);
/* Makes the request once; variant: which of the many texts its events carry. host for the Host
 * header, key an API key. False: out of memory. */
bool body_init(
        struct body *b, const char *host, const char *key, unsigned events, unsigned variant);
void body_release(struct body *b);
/* New ids, traces and times, or the next target: what makes the next request differ from the last.
 */
void body_renew(struct body *b);

/* ---- histogram.c: durations within 1.6 % ---- */

enum { HISTOGRAM_BUCKETS = 64 * 40 };

struct histogram {
	uint64_t count, max_us;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t us);
/* Upper end in µs of the bucket below which the share q (0-1) of all durations lies; 0 when empty.
 */
uint64_t histogram_quantile(const struct histogram *h, double q);

/* ---- cpu.c: CPU seconds of process trees, from /proc ---- */

enum { CPU_GROUPS_MAX = 16, CPU_NAME_BYTES = 32 };

struct cpu_group {
	char name[CPU_NAME_BYTES];
	int pid; /* with all that descend from it, also those that ended meanwhile */
	double before, after;
};

struct cpu {
	struct cpu_group group[CPU_GROUPS_MAX];
	size_t len;
	double machine_before, machine_after; /* busy seconds of all cores */
};

/* "name:pid"; false: malformed or too many. */
bool cpu_add(struct cpu *c, const char *text) MUST_CHECK;
void cpu_begin(struct cpu *c);
void cpu_end(struct cpu *c);

/* ---- run.c: connections ---- */

enum { RUN_CONNECTIONS_MAX = 1024 };

struct run {
	const char *host;
	int port;
	const char *key;
	struct targets targets; /* len 0: events are sent */
	unsigned connections, events;
	double seconds, warmup; /* warm-up is sent and not counted */
	double rate;            /* requests a second by schedule; 0: as fast as answers come */
	/* results */
	double took;
	uint64_t ok, other, broken; /* answers 200; other answers; connections that failed */
	uint64_t all_ok;            /* answers 200, also those of the warm-up and after the end */
	uint64_t late; /* requests of the schedule that were not sent when the time was over */
	uint64_t bytes_sent;
	unsigned last_status; /* last one that was not 200 */
	struct histogram latency;
	struct cpu cpu;
};

/* Sends until the time is over and the answers under way are in. False: nothing could be sent. */
bool run_load(struct run *r) MUST_CHECK;

#endif
