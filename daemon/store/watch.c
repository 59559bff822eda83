/* SPDX-License-Identifier: MIT
 * Watches the clients of running statements. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/store/watch.h"

enum { WATCH_KILLS_MAX = 32 /* in one round */ };

struct watch {
	struct engine *engine;
	pthread_t thread;
	pthread_mutex_t lock;
	struct watched *first;
	atomic_bool stopping, end_all;
};

static bool client_gone(const struct watched *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLRDHUP};
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

static bool client_stalled(struct watched *s, int64_t now)
{
	return !atomic_load(&s->in_engine) && now - atomic_load(&s->progress_ms) > WATCH_STALL_MS;
}

/* Fills tokens with the statements to stop in this round. */
static size_t round_collect(struct watch *w, char tokens[][ENGINE_TOKEN_BYTES])
{
	size_t found = 0;
	int64_t now = clock_mono_ms();
	pthread_mutex_lock(&w->lock);
	for (struct watched *s = w->first; s && found < WATCH_KILLS_MAX; s = s->next) {
		if (client_stalled(s, now))
			shutdown(s->fd, SHUT_RDWR);
		if (!atomic_load(&s->gone) &&
		        (atomic_load(&w->end_all) || (!s->finishes && client_gone(s))))
			atomic_store(&s->gone, true);
		if (!atomic_load(&s->gone) || now - s->killed_ms < WATCH_KILL_AGAIN_MS)
			continue;
		s->killed_ms = now;
		memcpy(tokens[found++], s->token, ENGINE_TOKEN_BYTES);
	}
	pthread_mutex_unlock(&w->lock);
	return found;
}

static void *watch_run(void *arg)
{
	struct watch *w = arg;
	char tokens[WATCH_KILLS_MAX][ENGINE_TOKEN_BYTES];
	while (!atomic_load(&w->stopping)) {
		size_t found = round_collect(w, tokens);
		for (size_t i = 0; i < found; i++) {
			log_debug("statement stopped: its client went away",
			        F_STR("token", tokens[i]));
			engine_kill(w->engine, tokens[i]);
		}
		clock_sleep_ms(WATCH_PERIOD_MS);
	}
	return NULL;
}

struct watch *watch_start(struct engine *engine)
{
	struct watch *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->engine = engine;
	pthread_mutex_init(&w->lock, NULL);
	if (pthread_create(&w->thread, NULL, watch_run, w) == 0)
		return w;
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

void watch_stop(struct watch *w)
{
	if (!w)
		return;
	atomic_store(&w->stopping, true);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void watch_add(struct watch *w, struct watched *s, int fd, const char *token, bool finishes)
{
	*s = (struct watched){.fd = fd, .finishes = finishes, .killed_ms = -WATCH_KILL_AGAIN_MS};
	str_copy(s->token, sizeof(s->token), token);
	atomic_store(&s->in_engine, true);
	atomic_store(&s->progress_ms, clock_mono_ms());
	pthread_mutex_lock(&w->lock);
	s->next = w->first;
	s->link = &w->first;
	if (s->next)
		s->next->link = &s->next;
	w->first = s;
	pthread_mutex_unlock(&w->lock);
}

void watch_remove(struct watch *w, struct watched *s)
{
	pthread_mutex_lock(&w->lock);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	pthread_mutex_unlock(&w->lock);
}

void watch_end_all(struct watch *w)
{
	atomic_store(&w->end_all, true);
}
