/* SPDX-License-Identifier: MIT
 * The numbers that every program behind FastCGI keeps: first rows of its metric table. */
#ifndef YAVIO_WEB_WEB_METRICS_H
#define YAVIO_WEB_WEB_METRICS_H

#include "fcgi/fcgi.h"
#include "shm/shm.h"
#include "web/web_health.h"

enum web_metric {
	WEB_METRIC_DURATION,
	WEB_METRIC_ERRORS,
	WEB_METRIC_DEPENDENCY_UP,
	WEB_METRIC_WORKERS,
	WEB_METRIC_RESTARTS,
	WEB_METRIC_BUSY,
	WEB_METRIC_UPTIME,
	WEB_METRIC_BUILD,
	WEB_METRIC_COUNT /* the program's own follow */
};

/* program: string literal, "ingest". */
#define WEB_METRIC_ROWS(program)                                                                   \
	[WEB_METRIC_DURATION] = {"yavio_" program "_http_request_duration_seconds", SHM_HISTOGRAM, \
	        "Time of a request", {"method", "route", "status"}, 256, &shm_buckets_d},          \
	[WEB_METRIC_ERRORS] = {"yavio_errors_total", SHM_COUNTER, "Errors answered or logged",     \
	        {"service", "code"}, 128, NULL},                                                   \
	[WEB_METRIC_DEPENDENCY_UP] = {"yavio_dependency_up", SHM_GAUGE,                            \
	        "1 while a needed service answers", {"service", "dependency"}, 8, NULL},           \
	[WEB_METRIC_WORKERS] = {"yavio_worker_processes", SHM_GAUGE, "Worker processes",           \
	        {"service", "state"}, 8, NULL},                                                    \
	[WEB_METRIC_RESTARTS] = {"yavio_worker_restarts_total", SHM_COUNTER, "Workers replaced",   \
	        {"service", "reason"}, 8, NULL},                                                   \
	[WEB_METRIC_BUSY] = {"yavio_worker_busy_ratio", SHM_GAUGE,                                 \
	        "Share of the workers' time spent in requests", {"service"}, 1, NULL},             \
	[WEB_METRIC_UPTIME] = {"yavio_uptime_seconds", SHM_GAUGE, "Since the master started",      \
	        {"service"}, 1, NULL},                                                             \
	[WEB_METRIC_BUILD] = {"yavio_build_info", SHM_GAUGE, "1, its version as label",            \
	        {"service", "version"}, 1, NULL}

/* What web_metrics_update needs from one call to the next; starts as {0}. */
struct web_metrics_before {
	uint64_t busy_ns;
	int64_t at_ns;
};

/* Sets the gauges of the pool and of the services; to be called every few seconds by one process.
 */
void web_metrics_update(struct shm *shm, const char *service, const struct fcgi_shared *pool,
        const struct web_health *health, struct web_metrics_before *before);

#endif
