/* SPDX-License-Identifier: MIT
 * Gauges of a worker pool and of the services it needs. */
#include "base/clock.h"
#include "web/web_metrics.h"

static void set_states(struct shm *shm, const char *service, const struct fcgi_stats *s)
{
	const struct {
		const char *name;
		unsigned count;
	} states[] = {{"starting", s->starting}, {"idle", s->idle}, {"busy", s->busy},
	        {"draining", s->draining}};

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		shm_set(shm, WEB_METRIC_WORKERS, SHM_LABELS(service, states[i].name),
		        states[i].count);
}

static void set_restarts(struct shm *shm, const char *service, const struct fcgi_stats *s)
{
	static const char *const REASONS[FCGI_RESTART_COUNT] = {[FCGI_RESTART_CRASH] = "crash",
	        [FCGI_RESTART_RECYCLE] = "recycle",
	        [FCGI_RESTART_RELOAD] = "reload",
	        [FCGI_RESTART_TIMEOUT] = "timeout"};

	for (size_t i = 0; i < FCGI_RESTART_COUNT; i++)
		shm_set_total(
		        shm, WEB_METRIC_RESTARTS, SHM_LABELS(service, REASONS[i]), s->restarts[i]);
}

static void set_busy(struct shm *shm, const char *service, const struct fcgi_stats *s,
        struct web_metrics_before *before)
{
	int64_t now = clock_mono_ns();
	unsigned workers = s->idle + s->busy + s->draining;

	if (before->at_ns != 0 && workers > 0 && now > before->at_ns)
		shm_set(shm, WEB_METRIC_BUSY, SHM_LABELS(service),
		        (double)(s->busy_ns - before->busy_ns) /
		                ((double)(now - before->at_ns) * workers));
	*before = (struct web_metrics_before){.busy_ns = s->busy_ns, .at_ns = now};
}

void web_metrics_update(struct shm *shm, const char *service, const struct fcgi_shared *pool,
        const struct web_health *health, struct web_metrics_before *before)
{
	struct fcgi_stats stats;

	fcgi_pool_stats(pool, &stats);
	set_states(shm, service, &stats);
	set_restarts(shm, service, &stats);
	set_busy(shm, service, &stats, before);
	shm_set(shm, WEB_METRIC_UPTIME, SHM_LABELS(service),
	        (double)(clock_mono_ms() - stats.started_ms) / 1e3);
	shm_set(shm, WEB_METRIC_BUILD, SHM_LABELS(service, YAVIO_VERSION), 1);
	for (unsigned i = 0; i < web_health_count(health); i++) {
		struct web_health_state state;

		web_health_get(health, i, &state);
		shm_set(shm, WEB_METRIC_DEPENDENCY_UP,
		        SHM_LABELS(service, web_health_name(health, i)), state.up);
	}
}
