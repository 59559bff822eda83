/* SPDX-License-Identifier: MIT
 * Looks at logins, hears of changes, probes the services. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/live/checks.h"

enum { WAIT_MS = 200 }; /* longest wait for a notification, and so for the next check */

struct live_checks {
	const struct live *live;
	void (*done)(struct live_check *check, void *arg);
	void (*changed)(const char *user_id, void *arg);
	void *arg;
	pthread_mutex_t lock;
	struct live_check *first, **last;
	_Atomic bool stopping;
	bool started;
	pthread_t thread;
	struct pg *pg, *listener;
	struct ch *ch;
	int64_t probed_ms;
	struct web_metrics_before before;
};

static struct live_check *take(struct live_checks *c)
{
	struct live_check *check;

	pthread_mutex_lock(&c->lock);
	check = c->first;
	if (check != NULL) {
		c->first = check->next;
		if (c->first == NULL)
			c->last = &c->first;
	}
	pthread_mutex_unlock(&c->lock);
	return check;
}

/* A stream is use of its login, as any request is. */
static enum live_verdict judge(struct live_checks *c, const struct live_viewer *who)
{
	const struct live_settings *s = &c->live->settings;
	struct pg_login login = {
	        .session_days = s->session_days, .session_max_days = s->session_max_days};
	struct store_access access = {.want_project = who->project_id};
	enum err e;

	memcpy(login.token_hash, who->token_hash, sizeof(login.token_hash));
	e = store_access_begin(c->pg, &login, &access);
	if (e == ERR_OK && login.touched)
		e = pg_tx_commit(c->pg);
	pg_tx_rollback(c->pg);
	if (e == ERR_DASH_SESSION_EXPIRED)
		return LIVE_ENDED;
	if (e != ERR_OK) {
		if (!pg_err_away(e))
			pg_log_failure(c->pg, e, "a login could not be looked at");
		return LIVE_UNKNOWN;
	}
	return strcmp(login.stage, "full") == 0 && access.role >= STORE_ROLE_VIEWER &&
	                       strcmp(access.workspace_id, who->workspace_id) == 0 &&
	                       strcmp(access.project_id, who->project_id) == 0
	               ? LIVE_GOOD
	               : LIVE_ENDED;
}

static void probe(struct live_checks *c)
{
	struct web_health *health = c->live->health;
	int64_t now_ms = clock_mono_ms(), began;
	enum err e;

	if (c->probed_ms != 0 && now_ms - c->probed_ms < WEB_HEALTH_INTERVAL_MS)
		return;
	c->probed_ms = now_ms;
	began = clock_mono_ns();
	e = pg_exec(c->pg, PGQ_SERVER_PROBE, PG_NO_PARAMS, NULL);
	web_health_report(health, LIVE_POSTGRES, e, clock_mono_ns() - began);
	began = clock_mono_ns();
	e = ch_ping(c->ch, LIVE_PROBE_MS);
	web_health_report(health, LIVE_CLICKHOUSE, e, clock_mono_ns() - began);
	web_metrics_update(
	        c->live->shm, c->live->start.name, c->live->pool.shared, health, &c->before);
}

/* What was said while nobody listened is lost: then everybody is looked at. */
static void listen(struct live_checks *c)
{
	struct pg_notify n;
	enum err e = pg_wait_notify(c->listener, WAIT_MS, &n);

	if (e != ERR_OK)
		clock_sleep_ms(WAIT_MS);
	else if (n.kind == PG_NOTIFY_MESSAGE)
		c->changed(n.payload, c->arg);
	else if (n.kind == PG_NOTIFY_RESET)
		c->changed("", c->arg);
}

static void *run(void *arg)
{
	struct live_checks *c = arg;
	struct live_check *check;

	while (!c->stopping) {
		while (!c->stopping && (check = take(c)) != NULL) {
			check->verdict = judge(c, &check->who);
			c->done(check, c->arg);
		}
		probe(c);
		listen(c);
	}
	return NULL;
}

static bool open_all(struct live_checks *c)
{
	const struct live_settings *s = &c->live->settings;

	c->ch = ch_open(&s->store, &s->store_limits);
	if (c->ch == NULL || live_pg_open(s, "yavio-live checks", true, &c->pg) != ERR_OK ||
	        live_pg_open(s, "yavio-live listener", false, &c->listener) != ERR_OK)
		return false;
	pg_listen(c->listener, PGQ_ACCESS_LISTEN);
	return true;
}

struct live_checks *live_checks_start(const struct live *live,
        void (*done)(struct live_check *check, void *arg),
        void (*changed)(const char *user_id, void *arg), void *arg)
{
	struct live_checks *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->live = live;
	c->done = done;
	c->changed = changed;
	c->arg = arg;
	c->last = &c->first;
	pthread_mutex_init(&c->lock, NULL);
	c->started = open_all(c) && pthread_create(&c->thread, NULL, run, c) == 0;
	if (c->started)
		return c;
	live_checks_stop(c);
	return NULL;
}

void live_checks_add(struct live_checks *c, struct live_check *check)
{
	pthread_mutex_lock(&c->lock);
	check->next = NULL;
	*c->last = check;
	c->last = &check->next;
	pthread_mutex_unlock(&c->lock);
}

void live_checks_stop(struct live_checks *c)
{
	struct live_check *check;

	if (c == NULL)
		return;
	c->stopping = true;
	if (c->started)
		pthread_join(c->thread, NULL);
	while ((check = take(c)) != NULL)
		free(check);
	pg_close(c->pg);
	pg_close(c->listener);
	ch_close(c->ch);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
